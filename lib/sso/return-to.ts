/** A base that no real address has, to see whether a path stays on its own origin. */
const NOWHERE = 'https://daypass.invalid';

/** A path that every reader of URLs takes for one: no backslash, no control character, no second slash. */
const PLAIN_PATH = /^\/(?!\/)[\w\-.~/%!$&'()*+,;=:@]*(\?[\w\-.~/%!$&'()*+,;=:@?]*)?$/;

/** The request of a tool to be signed in is the longest there is. */
const MAX_CHARACTERS = 4096;

/**
 * Where to go after a sign-in: a path of this origin, or `/` for anything else. Never throws: a strange value says
 * nothing about the person who signs in.
 */
export function returnPath(text: string | undefined): string {
  if (text === undefined || text.length > MAX_CHARACTERS || !PLAIN_PATH.test(text)) return '/';
  const url = new URL(text, NOWHERE);
  // Dots are resolved as a browser would, and must not have led to `//`.
  if (url.origin !== NOWHERE || url.pathname.startsWith('//')) return '/';
  return `${url.pathname}${url.search}`;
}
