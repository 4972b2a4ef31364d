import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration, spokenDuration } from '../../cli/duration.ts';
import { counted, printable, printableJson, table } from '../../cli/text.ts';
import { tokenIdentity } from '../../cli/token.ts';
import { jwtFor } from './harness.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;
const anything = fc.string({ unit: 'binary' });

describe('text for a terminal', () => {
  test('has no unsafe character, whatever came in', () => {
    fc.assert(
      fc.property(anything, (text) => void expect(printable(text)).not.toMatch(UNSAFE)),
      { numRuns: 2_000 },
    );
  });

  test('leaves ordinary text in any script alone', () => {
    for (const text of ['Grüße', '日本語', 'مرحبا', '😀 ok', 'a–b']) expect(printable(text)).toBe(text);
  });

  test('JSON stays the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anything, (value, text) => {
        const line = printableJson({ value, text });
        expect(line).not.toMatch(UNSAFE);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ value, text })));
      }),
    );
  });

  test('a table’s cells cannot start a line of their own', () => {
    expect(
      table([
        ['A', 'B'],
        ['x\nprod/Admin', 'open'],
      ]),
    ).toBe('A                 B\nx\\u{a}prod/Admin  open');
  });
});

test.each([
  [0, '0 profiles'],
  [1, '1 profile'],
  [2, '2 profiles'],
])('%i is counted %s', (count, text) => {
  expect(counted(count, 'profile')).toBe(text);
});

test.each([
  ['30m', 1800],
  ['1h', 3600],
  ['7d', 604_800],
  ['900', 900],
  ['900s', 900],
  ['1.5h', undefined],
  ['-1h', undefined],
  ['', undefined],
  ['1h30m', undefined],
])('%j is %s seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each([
  [59, '59 s'],
  [60, '1 min'],
  [3600, '1 h'],
  [5400, '1 h 30 min'],
  [-5, '0 s'],
])('%i seconds are spoken %s', (seconds, text) => {
  expect(spokenDuration(seconds)).toBe(text);
});

test('a token’s identity is its iss and sub, or nothing', () => {
  expect(tokenIdentity(jwtFor('me', 'https://i'))).toEqual({ issuer: 'https://i', subject: 'me' });
  fc.assert(fc.property(fc.string(), (text) => tokenIdentity(text) === undefined));
});
