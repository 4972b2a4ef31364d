import { expect, test } from 'vitest';
import {
  externalIdProblem,
  MAX_POLICY_TAGS,
  sessionPolicyProblem,
  sessionSecondsProblem,
  sessionTagsProblem,
  tagKeyProblem,
  tagValueProblem,
} from '../../lib/iam/limits.ts';

test.each([
  ['team', undefined],
  ['Kostenstelle Köln', undefined],
  ['', 'at least 1'],
  ['k'.repeat(128), undefined],
  ['k'.repeat(129), 'at most 128'],
  ['aws:x', 'reserved'],
  ['AWS:x', 'reserved'],
  ['daypass:session-id', 'reserved'],
  ['Daypass:session-id', 'reserved'],
  ['a*', 'letters'],
  ['a\n', 'letters'],
])('tag key %j: %j', (key, problem) => {
  if (problem === undefined) expect(tagKeyProblem(key)).toBeUndefined();
  else expect(tagKeyProblem(key)).toContain(problem);
});

test.each([
  ['', undefined],
  ['a b_c.d:e/f=g+h-i@j', undefined],
  ['v'.repeat(256), undefined],
  ['v'.repeat(257), 'at most 256'],
  ['*', 'letters'],
  ['a\u0000', 'letters'],
  ['a\u202eb', 'letters'],
])('tag value %j: %j', (value, problem) => {
  if (problem === undefined) expect(tagValueProblem(value)).toBeUndefined();
  else expect(tagValueProblem(value)).toContain(problem);
});

test('tags that differ in case only are the same tag', () => {
  expect(sessionTagsProblem({ Team: 'a', team: 'b' })).toContain('same');
});

test('one of the fifty tags is kept for the session id', () => {
  const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, '']));
  expect(sessionTagsProblem(tags(MAX_POLICY_TAGS))).toBeUndefined();
  expect(sessionTagsProblem(tags(50))).toContain('at most 49');
});

test.each([
  [899, 'at least 15 minutes'],
  [900, undefined],
  [900.5, 'at least'],
  [Number.NaN, 'at least'],
  [43_200, undefined],
  [43_201, 'at most 12 hours'],
])('a session of %d seconds: %j', (seconds, problem) => {
  if (problem === undefined) expect(sessionSecondsProblem(seconds)).toBeUndefined();
  else expect(sessionSecondsProblem(seconds)).toContain(problem);
});

test('policy and ARNs count together, and only Latin-1 is policy text', () => {
  expect(sessionPolicyProblem('x'.repeat(2_048), [])).toBeUndefined();
  expect(sessionPolicyProblem('x'.repeat(2_048), ['a'])).toContain('2048');
  expect(sessionPolicyProblem(undefined, Array(11).fill('a'))).toContain('at most 10');
  expect(sessionPolicyProblem('{"a":"\u0100"}', [])).toContain('U+00FF');
});

test.each([
  ['daypass-prod', undefined],
  ['a', '2–1224'],
  ['a'.repeat(1_225), '2–1224'],
  ['a b', '2–1224'],
  ['K\u212a', '2–1224'],
])('external id %j: %j', (id, problem) => {
  if (problem === undefined) expect(externalIdProblem(id)).toBeUndefined();
  else expect(externalIdProblem(id)).toContain(problem);
});
