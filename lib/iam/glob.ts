/**
 * IAM's wildcards: `*` is any run of characters (also none), `?` exactly one. There is no escape and no regular
 * expression, so nothing can blow up: matching takes at most |pattern| × |text| steps, and for patterns without
 * `?` it is a few native string searches.
 *
 * A character is a Unicode code point, so `?` matches an emoji as a whole.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export interface Glob {
  readonly pattern: string;
  /** No wildcard in it: matches its own text only. */
  readonly literal: boolean;
  /** Text before the first wildcard. Whatever matches starts with it. */
  readonly prefix: string;
  /** Text after the last wildcard. Whatever matches ends with it. */
  readonly suffix: string;
  matches(text: string): boolean;
}

/** Compiles once; the result holds no state and may be used from anywhere. */
export function compileGlob(pattern: string): Glob {
  const first = firstWildcard(pattern);
  if (first < 0) {
    return { pattern, literal: true, prefix: pattern, suffix: pattern, matches: (text) => text === pattern };
  }
  const prefix = pattern.slice(0, first);
  const suffix = pattern.slice(lastWildcard(pattern) + 1);
  const matches = pattern.includes('?') ? questionMatcher(pattern) : starMatcher(pattern, prefix, suffix);
  return { pattern, literal: false, prefix, suffix, matches };
}

export function hasWildcard(pattern: string): boolean {
  return firstWildcard(pattern) >= 0;
}

function firstWildcard(pattern: string): number {
  const star = pattern.indexOf('*');
  const question = pattern.indexOf('?');
  if (star < 0) return question;
  return question < 0 ? star : Math.min(star, question);
}

function lastWildcard(pattern: string): number {
  return Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?'));
}

/** Only stars: the pieces between them must follow each other, so the leftmost place of each is always right. */
function starMatcher(pattern: string, prefix: string, suffix: string): (text: string) => boolean {
  const pieces = pattern
    .split('*')
    .slice(1, -1)
    .filter((piece) => piece !== '');
  const shortest = prefix.length + suffix.length;
  if (shortest === 0 && pieces.length === 0) return () => true;
  // Patterns of one policy begin alike and differ where the prefix ends: one letter settles most comparisons.
  const end = prefix.length - 1;
  const endCode = prefix.charCodeAt(end);
  const starts = (text: string): boolean => end < 0 || (text.charCodeAt(end) === endCode && text.startsWith(prefix));
  if (pieces.length === 0) {
    if (suffix === '') return starts;
    return (text) => text.length >= shortest && starts(text) && text.endsWith(suffix);
  }
  return (text) => {
    if (text.length < shortest || !starts(text) || (suffix !== '' && !text.endsWith(suffix))) return false;
    const last = text.length - suffix.length;
    let from = prefix.length;
    for (const piece of pieces) {
      const at = text.indexOf(piece, from);
      if (at < 0 || at + piece.length > last) return false;
      from = at + piece.length;
    }
    return true;
  };
}

const STAR = 0x2a;
const QUESTION = 0x3f;

/**
 * A pattern as code points, in which a wildcard is a number that no character has. A pattern that is put together
 * from a policy's text and a request's values needs this: a `*` that came with a value is a character.
 */
export type GlobPattern = readonly number[];

const ANY_RUN = -1;
const ANY_ONE = -2;

/** The code points of a pattern, its wildcards marked. */
export function globPattern(pattern: string): number[] {
  const points = codePoints(pattern);
  for (const [index, point] of points.entries()) {
    if (point === STAR) points[index] = ANY_RUN;
    else if (point === QUESTION) points[index] = ANY_ONE;
  }
  return points;
}

/** The code points of a text in which nothing is a wildcard. */
export function literalPattern(text: string): number[] {
  return codePoints(text);
}

/** Two pointers, and after a mismatch only the last star takes one character more. */
export function matchesPattern(wanted: GlobPattern, text: string): boolean {
  return matchesPoints(wanted, codePoints(text));
}

/** With `?`: by code points. */
function questionMatcher(pattern: string): (text: string) => boolean {
  const wanted = globPattern(pattern);
  return (text) => matchesPoints(wanted, codePoints(text));
}

function matchesPoints(wanted: GlobPattern, given: readonly number[]): boolean {
  let at = 0;
  let want = 0;
  let star = -1;
  let taken = 0;
  while (at < given.length) {
    if (wanted[want] === ANY_RUN) {
      star = want++;
      taken = at;
    } else if (want < wanted.length && (wanted[want] === ANY_ONE || wanted[want] === given[at])) {
      want++;
      at++;
    } else if (star >= 0) {
      want = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (wanted[want] === ANY_RUN) want++;
  return want === wanted.length;
}

function codePoints(text: string): number[] {
  const points: number[] = [];
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    points.push(point);
    at += point > 0xffff ? 2 : 1;
  }
  return points;
}
