import { describe, expect, test } from 'vitest';
import { allow, ask, type Question } from './ask.ts';

const STARS = '*'.repeat(1_000);
const LETTERS = 'a'.repeat(10_000);

/** Patterns that drive a backtracking matcher mad. A test of this file that hangs has found one here. */
describe('a glob of 1,000 stars is answered at once', () => {
  const spread = `${'a*'.repeat(1_000)}b`;
  const question = 'a?'.repeat(500) + STARS;
  test.each<[string, Question, string]>([
    [
      'in a resource',
      { on: `arn:aws:s3:::${LETTERS}`, identity: [allow('*', `arn:aws:s3:::${spread}`)] },
      'implicitlyDenied',
    ],
    [
      'in a resource that matches',
      { on: `arn:aws:s3:::${LETTERS}b`, identity: [allow('*', `arn:aws:s3:::${spread}`)] },
      'allowed',
    ],
    [
      'with question marks',
      { on: `arn:aws:s3:::${LETTERS}`, identity: [allow('*', `arn:aws:s3:::${question}`)] },
      'allowed',
    ],
    [
      'with question marks, and no match',
      { on: `arn:aws:s3:::${LETTERS}`, identity: [allow('*', `arn:aws:s3:::${'?*'.repeat(1_000)}b`)] },
      'implicitlyDenied',
    ],
    [
      'beside a variable',
      {
        on: `arn:aws:s3:::${LETTERS}`,
        identity: [allow('*', `arn:aws:s3:::\${aws:username}${spread}`)],
        context: { 'aws:username': 'a' },
      },
      'implicitlyDenied',
    ],
    ['in an action', { action: `s3:${'a'.repeat(128)}`, identity: [allow(`s3:${spread}`)] }, 'implicitlyDenied'],
    [
      'in a condition',
      {
        identity: [allow('*', '*', { Condition: { StringLike: { 'aws:x': spread } } })],
        context: { 'aws:x': LETTERS },
      },
      'implicitlyDenied',
    ],
    [
      'in an ARN of a condition',
      {
        identity: [allow('*', '*', { Condition: { ArnLike: { 'aws:x': `arn:aws:s3:::${spread}` } } })],
        context: { 'aws:x': `arn:aws:s3:::${LETTERS}` },
      },
      'implicitlyDenied',
    ],
    [
      'with a value of 10,000 variables’ marks',
      {
        on: 'arn:aws:s3:::x',
        identity: [allow('*', 'arn:aws:s3:::${aws:username}')],
        context: { 'aws:username': '${aws:username}'.repeat(10_000) },
      },
      'implicitlyDenied',
    ],
  ])('%s', (_sentence, asked, decision) => {
    expect(ask(asked).decision).toBe(decision);
  });
});

describe('keys that objects have by themselves are none of the request’s', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s', (key) => {
    const present = { identity: [allow('*', '*', { Condition: { Null: { [key]: 'false' } } })] };
    expect(ask(present).decision).toBe('implicitlyDenied');
    const filled = { on: 'arn:aws:s3:::x', identity: [allow('*', `arn:aws:s3:::*\${${key}}*`)] };
    expect(ask(filled).decision).toBe('implicitlyDenied');
  });
});
