import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Bounds of a document. */
export interface JsonLimits {
  /** Nesting of objects and arrays; the outermost object counts as one. */
  readonly depth: number;
  /** Members of the outermost object. */
  readonly members: number;
}

export type JsonProblem =
  | 'syntax'
  | 'not_an_object'
  | 'too_many_members'
  | 'too_deep'
  | 'lone_surrogate'
  | 'number_not_finite'
  | 'duplicate_member';

/** The document, or why it is refused and under which member of the outermost object, where that is known. */
export type JsonReading =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly problem: JsonProblem; readonly member: string | undefined };

/**
 * Reads a JSON object that means the same to every reader (I-JSON, RFC 7493 §2.1–2.3): no member twice in any
 * spelling and at any depth, no lone surrogate, no number beyond a double, bounded depth and size.
 *
 * Every object of the result has no prototype, so that a look-up by a name from outside (`toString`,
 * `__proto__`) finds only what the document holds.
 *
 * How duplicates are found: `JSON.parse` keeps one of several members of a name, whatever their spelling. So the
 * document has a duplicate exactly when it holds more member separators outside strings than the parsed value
 * holds members. There is no second JSON grammar that could disagree with the first.
 */
export function readStrictJson(text: string, limits: JsonLimits): JsonReading {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refused('syntax', undefined);
  }
  if (!isJsonObject(value)) return refused('not_an_object', undefined);

  // The text is well-formed UTF-16 (it was decoded from valid UTF-8): only an escape can make a lone surrogate.
  const walk: Walk = { depth: limits.depth, escapes: text.includes('\\u'), members: 0 };
  const names = Object.keys(value);
  if (names.length > limits.members) return refused('too_many_members', undefined);
  for (const name of names) {
    if (walk.escapes && !name.isWellFormed()) return refused('lone_surrogate', undefined);
    const problem = problemIn(value[name] as Json, 2, walk);
    if (problem !== undefined) return refused(problem, name);
  }
  if (countMembers(text) !== walk.members + names.length) return refused('duplicate_member', undefined);
  Object.setPrototypeOf(value, null);
  return { ok: true, value };
}

interface Walk {
  readonly depth: number;
  readonly escapes: boolean;
  members: number;
}

/** Looks at one value and all below it. Recursion is bounded by the depth limit. */
function problemIn(value: Json, depth: number, walk: Walk): JsonProblem | undefined {
  if (typeof value === 'string') return walk.escapes && !value.isWellFormed() ? 'lone_surrogate' : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'number_not_finite';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > walk.depth) return 'too_deep';
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      const problem = problemIn(item, depth + 1, walk);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const object = value as JsonObject;
  for (const name of Object.keys(object)) {
    walk.members += 1;
    if (walk.escapes && !name.isWellFormed()) return 'lone_surrogate';
    const problem = problemIn(object[name] as Json, depth + 1, walk);
    if (problem !== undefined) return problem;
  }
  Object.setPrototypeOf(object, null);
  return undefined;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Colons outside strings, in a text that is known to be valid JSON: one per member. */
function countMembers(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === COLON) members += 1;
    else if (character === QUOTE) at = endOfString(text, at);
  }
  return members;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 1;
}

function refused(problem: JsonProblem, member: string | undefined): JsonReading {
  return { ok: false, problem, member };
}
