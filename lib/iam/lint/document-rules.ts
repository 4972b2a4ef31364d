import { canonicalJson, type Json, type JsonObject } from '../../json.ts';
import { MAX_POLICY_CHARACTERS } from '../document-limits.ts';
import { foldCase } from '../fold-case.ts';
import { holdsVariable, parseVariables } from '../policy-variables.ts';
import type { KeyFinder } from './key-finder.ts';
import type { LintScope } from './scope.ts';
import type { PlacedText, StatementView } from './statement-view.ts';

/** What concerns the document as a whole. */
export function checkDocument(scope: LintScope, size: number): void {
  const { document, findings } = scope;
  if (!document.hasVersion) {
    const message = 'Version is missing: the document is of 2008-10-17, in which policy variables are plain text';
    findings.add('version_missing', [], message, { hint: 'add "Version": "2012-10-17"' });
  }
  checkSize(scope, size);
  checkTwins(scope);
}

/** Share of the limit from which a document is called nearly full. */
const NEARLY_FULL = 0.9;

function checkSize({ kind, document, findings }: LintScope, size: number): void {
  const limit = MAX_POLICY_CHARACTERS[kind];
  if (size > limit) return;
  if (size > limit * NEARLY_FULL) {
    const percent = Math.floor((size / limit) * 100);
    const message = `${size} of ${limit} characters, ${percent} %: there is little room left in this kind of policy (${kind})`;
    findings.add('document_nearly_full', [], message);
  }
  const above = (fits: number, what: string): void => {
    if (size > fits) findings.add('document_above_default', [], `${size} characters; ${what}`);
  };
  if (kind === 'identity')
    above(6_144, 'a managed policy has at most 6144, so this is an inline policy of a role only');
  if (kind === 'trust') above(2_048, 'a trust policy has at most 2048 unless the account’s quota was raised');
  const isBucketPolicy = document.statements.every(
    ({ actions }) => actions?.texts.every(({ text }) => foldCase(text).startsWith('s3:')) ?? false,
  );
  if (kind === 'resource' && isBucketPolicy) above(20_480, 'a bucket policy has at most 20480');
}

/** Statements that say the same as another, or the opposite of it. */
function checkTwins({ document, findings }: LintScope): void {
  const seen = new Map<string, number>();
  const denied = new Set(
    document.statements.filter(({ effect }) => effect === 'Deny').map((statement) => meaning(statement)),
  );
  for (const [index, statement] of document.statements.entries()) {
    const { effect, path, json } = statement;
    if (json['Sid'] === '') findings.add('sid_empty', [...path, 'Sid'], 'an empty Sid names nothing');
    if (effect === undefined) continue;
    const text = meaning(statement);
    const twin = seen.get(effect + text);
    if (twin !== undefined) {
      findings.add('statement_duplicate', path, `this says what statement ${twin} says`);
      continue;
    }
    seen.set(effect + text, index);
    if (effect === 'Allow' && denied.has(text)) {
      findings.add('statement_cancelled', path, 'another statement denies exactly what this one allows');
    }
  }
}

/** All but Sid and Effect, with the order and the spelling of lists taken out. */
function meaning({ json }: StatementView): string {
  const members = Object.entries(json).filter(([name]) => name !== 'Sid' && name !== 'Effect');
  return canonicalJson(Object.fromEntries(members.map(([name, value]) => [name, normal(value as Json, name)])));
}

function normal(value: Json, name: string): Json {
  if (typeof value === 'string') return [name.endsWith('Action') ? foldCase(value) : value];
  if (Array.isArray(value)) {
    const texts = (value as readonly Json[]).flatMap((item) => normal(item, name));
    return [...new Set(texts.map((item) => (typeof item === 'string' ? item : canonicalJson(item))))].sort();
  }
  if (typeof value !== 'object' || value === null) return [String(value)];
  const members = Object.entries(value as JsonObject);
  return Object.fromEntries(members.map(([key, member]) => [key, normal(member as Json, '')]));
}

/** Variables that are none, because of the document's version or because no key has their name. */
export function checkVariables(
  { resources, conditions }: StatementView,
  keys: KeyFinder,
  { document, findings }: LintScope,
): void {
  const inConditions = conditions.filter(({ operator }) => operator.comparison.variables !== undefined);
  const texts = [...(resources?.texts ?? []), ...inConditions.flatMap(({ values }) => values)];
  for (const placed of texts) {
    if (findings.isFull) return;
    if (!holdsVariable(placed.text)) continue;
    if (document.version === '2012-10-17') checkVariable(placed, keys, findings);
    else {
      const message = 'in a document of version 2008-10-17 this is plain text, not a variable';
      findings.add('variable_is_text', placed.path, message, { hint: 'set "Version": "2012-10-17"' });
    }
  }
}

function checkVariable({ text, path }: PlacedText, keys: KeyFinder, findings: LintScope['findings']): void {
  const parsed = parseVariables(text);
  if ('message' in parsed) return;
  for (const part of parsed.parts) {
    // `${claim:name}` is Daypass's own, filled in before AWS sees the policy.
    if (!('key' in part) || part.key.startsWith('claim:')) continue;
    const found = keys.find(part.key);
    if (found.kind !== 'unknown') continue;
    const hint = found.hint;
    findings.add('variable_unknown', path, `\${${part.key}} has no value in any request: ${found.message}`, { hint });
    return;
  }
}
