import type { Json, JsonObject } from '../json.ts';
import { tagValueProblem } from './limits.ts';

/**
 * `${claim:name}` in session tags and session policies, filled from a caller's verified claims.
 *
 * Templates are filled in parsed documents, string by string, so a value can never close a quote or add a
 * statement. What is left is a value that means more than itself where IAM reads it: a wildcard, a policy
 * variable, an ARN separator. Those are refused, never escaped or rewritten, because whoever chose the value in
 * the identity provider must not be able to widen what the access policy's author wrote.
 */
export interface Template {
  readonly source: string;
  /** Claim names in it, in order. */
  readonly claims: readonly string[];
  readonly parts: readonly TemplatePart[];
}

export type TemplatePart = { readonly text: string } | { readonly claim: string };

/** A claim's values as the caller has them: undefined when absent, several when it is a list. */
export type ClaimLookup = (claim: string) => readonly string[] | undefined;

/** Why a template could not be filled. `message` holds no value of a claim. */
export interface TemplateProblem {
  readonly claim: string;
  readonly message: string;
}

export type Filled<T> =
  | { readonly value: T; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: TemplateProblem };

const CLAIM_NAME = /^[^${}*?\s\p{Cc}]{1,256}$/u;
const OPENING = '${claim:';

/** Splits a text into its literal parts and its claims. Other `${…}` are kept as they are: they are IAM's. */
export function parseTemplate(source: string): Template | { readonly message: string } {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (;;) {
    const at = source.indexOf(OPENING, from);
    const text = source.slice(from, at < 0 ? undefined : at);
    if (/\$\{\s*claim/i.test(text)) return { message: `a claim is written \${claim:name}, unlike in "${source}"` };
    if (text !== '') parts.push({ text });
    if (at < 0) break;
    const end = source.indexOf('}', at);
    if (end < 0) return { message: `"\${claim:" is not closed in "${source}"` };
    const claim = source.slice(at + OPENING.length, end);
    if (!CLAIM_NAME.test(claim)) return { message: `"${claim}" is no claim name` };
    parts.push({ claim });
    from = end + 1;
  }
  return { source, parts, claims: parts.flatMap((part) => ('claim' in part ? [part.claim] : [])) };
}

/** Whether a text holds any `${`, be it a claim or an IAM variable. */
export function hasVariable(text: string): boolean {
  return text.includes('${');
}

/** A tag's value. What is filled in, and the whole, must be what STS accepts as a tag value. */
export function fillTag(template: Template, lookup: ClaimLookup): Filled<string> {
  const filled = fill(template, lookup, tagValueProblem);
  if (filled.problem !== undefined) return filled;
  // Each part may be short enough and the whole too long.
  const whole = tagValueProblem(filled.value);
  return whole === undefined ? filled : problem(template.claims.join(', '), `does not fit: ${whole}`);
}

/** A whole session policy: a copy of the document in which every string value is filled. Keys never are. */
export function fillDocument(document: JsonObject, lookup: ClaimLookup): Filled<JsonObject> {
  const filled = fillValue(document, lookup);
  return filled.problem === undefined ? { value: filled.value as JsonObject } : filled;
}

/** Every string value in a document, with its path. */
export function* stringsIn(
  value: Json,
  path: readonly (string | number)[] = [],
): Generator<{ readonly path: readonly (string | number)[]; readonly text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    yield* stringsIn(member as Json, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function fillValue(value: Json, lookup: ClaimLookup): Filled<Json> {
  if (typeof value === 'string') return value.includes(OPENING) ? fillPolicyString(value, lookup) : { value };
  if (typeof value !== 'object' || value === null) return { value };
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value as readonly Json[]) {
      const filled = fillValue(item, lookup);
      if (filled.problem !== undefined) return filled;
      items.push(filled.value);
    }
    return { value: items };
  }
  const members: [string, Json][] = [];
  for (const [name, member] of Object.entries(value as JsonObject)) {
    const filled = fillValue(member, lookup);
    if (filled.problem !== undefined) return filled;
    members.push([name, filled.value]);
  }
  // fromEntries defines own members, so a member named __proto__ stays data.
  return { value: Object.fromEntries(members) };
}

function fillPolicyString(source: string, lookup: ClaimLookup): Filled<string> {
  const template = parseTemplate(source);
  // A compiled access policy holds none of these; should one arrive, nothing is filled and nothing is allowed.
  if ('message' in template) return { problem: { claim: '', message: template.message } };
  // In an ARN a colon or slash would reach into another part: another account, another bucket's prefix.
  const separators = template.source.startsWith('arn:') ? /[:/]/ : undefined;
  return fill(template, lookup, (value) => {
    if (/[*?]/.test(value)) return 'holds a wildcard, which would widen the session policy';
    if (/[${}]/.test(value)) return 'holds a policy variable, which would widen the session policy';
    if (separators?.test(value)) return 'holds ":" or "/", which separate the parts of an ARN';
    if (!/^[\u0020-\u007e\u00a0-\u00ff]*$/.test(value)) return 'holds characters that a session policy may not hold';
    return undefined;
  });
}

function fill(template: Template, lookup: ClaimLookup, refuse: (value: string) => string | undefined): Filled<string> {
  let text = '';
  for (const part of template.parts) {
    if ('text' in part) {
      text += part.text;
      continue;
    }
    const { claim } = part;
    const values = lookup(claim);
    const [value] = values ?? [];
    if (values === undefined || value === undefined) return problem(claim, 'is missing');
    if (values.length > 1) return problem(claim, 'has several values where one is needed');
    // Empty text next to a wildcard would turn `${claim:team}*` into `*`.
    if (value === '') return problem(claim, 'is empty');
    if (/[\p{Cc}\u2028\u2029]/u.test(value)) return problem(claim, 'holds control characters');
    const refusal = refuse(value);
    if (refusal !== undefined) return problem(claim, refusal);
    text += value;
  }
  return { value: text };
}

function problem(claim: string, what: string): { readonly problem: TemplateProblem } {
  return { problem: { claim, message: `claim "${claim}" ${what}` } };
}
