import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compileGlob } from '../../lib/iam/glob.ts';

/** The definition, word for word: exponential, and obviously right. */
function naive(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') return naive(rest, text) || (text.length > 0 && naive(pattern, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && naive(rest, text.slice(1));
}

const letters = fc.constantFrom('a', 'b', '*', '?', '.', '😀', '/');

describe('globs', () => {
  test.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'anything/at:all', true],
    ['?', '', false],
    ['?', 'é', true],
    ['?', '😀', true],
    ['??', '😀', false],
    ['team-*', 'team-', true],
    ['team-*', 'team-a', true],
    ['team-*', 'steam-a', false],
    ['team-*', 'TEAM-a', false],
    ['*-admins', 'eu-admins', true],
    ['*-admins', 'admins', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*b*b*', 'b', false],
    ['.*', 'abc', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['a*', 'a\nb', true],
    ['a\\*', 'a*', false],
    ['S3Admin', '#S3Admin#', false],
    ['*?*', '', false],
    ['?*?', 'ab', true],
    ['**', '', true],
  ])('%j matches %j: %s', (pattern, text, expected) => expect(compileGlob(pattern).matches(text)).toBe(expected));

  it('agrees with the definition on any pattern and text', () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }), fc.array(letters, { maxLength: 9 }), (pattern, text) => {
        expect(compileGlob(pattern.join('')).matches(text.join(''))).toBe(naive(pattern, text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('knows the literal text that every match starts and ends with', () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }), fc.array(letters, { maxLength: 9 }), (pattern, text) => {
        const glob = compileGlob(pattern.join(''));
        if (!glob.matches(text.join(''))) return;
        expect(text.join('').startsWith(glob.prefix)).toBe(true);
        expect(text.join('').endsWith(glob.suffix)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['*a'.repeat(40), 'b'.repeat(20_000)],
    [`${'a*'.repeat(60)}c`, 'a'.repeat(20_000)],
    [`${'*a?'.repeat(30)}c`, 'a'.repeat(2_000)],
  ])('a pattern made to blow up (%#) is only slow to write', (pattern, text) => {
    expect(compileGlob(pattern).matches(text)).toBe(false);
  });
});
