import { describe, expect, it, test } from 'vitest';
import { clauseInWords, whoInWords } from '../../../lib/access/review/words.ts';
import { operatorNames } from '../../../lib/iam/operators.ts';

describe('A condition in words', () => {
  test.each<[string, string, string[], string]>([
    ['StringEquals', 'claim:team', ['a', 'b'], 'team is a or b'],
    ['StringNotEquals', 'claim:team', ['a'], 'team is not a (or there is none)'],
    ['StringEqualsIfExists', 'claim:team', ['a'], 'team is a (or there is none)'],
    ['ForAnyValue:StringEquals', 'claim:amr', ['mfa', 'hwk'], 'some amr is mfa or hwk'],
    ['ForAnyValue:StringNotEquals', 'claim:amr', ['pwd'], 'some amr is not pwd'],
    ['ForAnyValue:StringEqualsIfExists', 'claim:amr', ['mfa'], 'some amr is mfa (or there is none)'],
    ['ForAllValues:StringLike', 'claim:amr', ['mfa*'], 'every amr is like mfa* (or there is none)'],
    ['NumericLessThanEquals', 'session:authAgeSeconds', ['900'], 'seconds since the sign-in is at most 900'],
    ['NotIpAddress', 'aws:SourceIp', ['10.0.0.0/8'], 'the source address is not in 10.0.0.0/8 (or there is none)'],
    ['DateLessThan', 'aws:CurrentTime', ['2026-01-01T00:00:00Z'], 'the time is before 2026-01-01T00:00:00Z'],
    ['Bool', 'claim:email_verified', ['true'], 'email_verified is true'],
    ['Null', 'request:ticket', ['true'], 'the ticket is absent'],
    ['Null', 'claim:amr', ['False'], 'amr is there'],
    ['Null', 'claim:amr', ['true', 'false'], 'amr is there or not'],
    ['StringEquals', 'claim:__proto__', ['x'], '__proto__ is x'],
  ])('%s %s', (operator, key, values, words) => {
    expect(clauseInWords({ operator, key, values })).toBe(words);
  });

  it('has a verb for every operator', () => {
    for (const operator of operatorNames().filter((name) => name !== 'Null')) {
      expect(clauseInWords({ operator, key: 'claim:x', values: ['1'] })).toMatch(/^x is.* 1/);
    }
  });
});

describe('Whom a grant is for', () => {
  test.each([
    [{ callers: {}, issuers: [] }, 'everyone'],
    [{ callers: { groups: ['a', 'b-*'], site: ['x'] }, issuers: [] }, 'groups: a | b-*, site: x'],
    [{ callers: {}, issuers: ['corp', 'ci'] }, 'everyone, from corp | ci'],
  ])('%j', (grant, words) => {
    expect(whoInWords(grant)).toBe(words);
  });
});
