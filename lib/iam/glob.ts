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
  if (pieces.length === 0) {
    if (shortest === 0) return () => true;
    if (suffix === '') return (text) => text.startsWith(prefix);
    return (text) => text.length >= shortest && text.startsWith(prefix) && text.endsWith(suffix);
  }
  return (text) => {
    if (text.length < shortest || !text.startsWith(prefix) || !text.endsWith(suffix)) return false;
    const end = text.length - suffix.length;
    let from = prefix.length;
    for (const piece of pieces) {
      const at = text.indexOf(piece, from);
      if (at < 0 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return true;
  };
}

const STAR = 0x2a;
const QUESTION = 0x3f;

/** With `?`: two pointers, and after a mismatch only the last star takes one character more. */
function questionMatcher(pattern: string): (text: string) => boolean {
  const wanted = codePoints(pattern);
  return (text) => {
    const given = codePoints(text);
    let at = 0;
    let want = 0;
    let star = -1;
    let taken = 0;
    while (at < given.length) {
      // The pattern's own star comes first: a `*` in the text is an ordinary character.
      if (wanted[want] === STAR) {
        star = want++;
        taken = at;
      } else if (want < wanted.length && (wanted[want] === QUESTION || wanted[want] === given[at])) {
        want++;
        at++;
      } else if (star >= 0) {
        want = star + 1;
        at = ++taken;
      } else {
        return false;
      }
    }
    while (wanted[want] === STAR) want++;
    return want === wanted.length;
  };
}

function codePoints(text: string): number[] {
  const points: number[] = [];
  for (const character of text) points.push(character.codePointAt(0) ?? 0);
  return points;
}
