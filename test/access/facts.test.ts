import { describe, expect, it, test } from 'vitest';
import { claimValues } from '../../lib/access/claims.ts';
import { CONTEXT_KEYS, canonicalKey, factsOf } from '../../lib/access/facts.ts';
import type { JsonObject } from '../../lib/json.ts';
import { caller, NOW } from './policies.ts';

describe('claims', () => {
  const claims = JSON.parse(`{
    "groups": ["a", "b"], "one": "x", "number": 7, "yes": true, "nothing": null, "empty": [],
    "mixed": ["a", 1, false, null, ["b"], {"c": 1}],
    "realm": { "roles": ["r"], "deep": { "er": "d" } },
    "realm.roles": ["exact"], "https://example.com/groups": ["u"], "a": { "b.c": "last" },
    "__proto__": { "polluted": "p" }
  }`) as JsonObject;

  test.each([
    ['groups', ['a', 'b']],
    ['one', ['x']],
    ['number', ['7']],
    ['yes', ['true']],
    ['nothing', undefined],
    ['empty', []],
    ['mixed', ['a', '1', 'false']],
    ['realm', undefined],
    ['realm.roles', ['exact']],
    ['realm.deep.er', ['d']],
    ['realm.deep.none', undefined],
    ['https://example.com/groups', ['u']],
    ['a.b.c', ['last']],
    ['Groups', undefined],
    ['toString', undefined],
    ['constructor', undefined],
    ['constructor.name', undefined],
    ['groups.length', undefined],
    ['groups.0', undefined],
    ['one.length', undefined],
    ['__proto__.polluted', ['p']],
    ['realm.__proto__', undefined],
    ['', undefined],
  ])('%j are %j', (name, values) => expect(claimValues(claims, name)).toEqual(values));
});

describe('condition keys', () => {
  const facts = factsOf({
    caller: caller({ groups: ['a'] }),
    now: NOW,
    durationSeconds: 900,
    reason: 'why',
    ticket: 'T-1',
    sourceIp: '203.0.113.9',
    userAgent: 'cli',
  });

  test.each([
    ['claim:groups', ['a']],
    ['session:authAgeSeconds', ['60']],
    ['session:issuer', ['corp']],
    ['session:username', ['someone@example.com']],
    ['request:durationSeconds', ['900']],
    ['request:reason', ['why']],
    ['request:ticket', ['T-1']],
    ['aws:SourceIp', ['203.0.113.9']],
    ['aws:UserAgent', ['cli']],
    ['aws:CurrentTime', ['2026-01-31T09:00:00.000Z']],
    ['aws:EpochTime', ['1769850000']],
  ])('%s is %j', (key, values) => expect(facts.context(key)).toEqual(values));

  it('whose fact is not known are absent', () => {
    const bare = factsOf({ caller: caller({}, { authenticatedAt: undefined }), now: NOW });
    const known = CONTEXT_KEYS.filter((key) => bare.context(key) !== undefined);
    expect(known).toEqual(['session:issuer', 'session:username', 'aws:CurrentTime', 'aws:EpochTime']);
  });

  test.each([
    [NOW / 1000 - 90, ['90']],
    [NOW / 1000 + 20, ['0']],
    [NOW / 1000 + 301, undefined],
    [NOW, undefined],
  ])('a sign-in at %d has age %j: one in milliseconds is not fresh for ever', (authenticatedAt, values) => {
    const { context } = factsOf({ caller: caller({}, { authenticatedAt }), now: NOW });
    expect(context('session:authAgeSeconds')).toEqual(values);
  });

  test.each([
    ['AWS:SOURCEIP', 'aws:SourceIp'],
    ['session:authageseconds', 'session:authAgeSeconds'],
    ['Claim:Groups', 'claim:Groups'],
    ['claim:', undefined],
    ['aws:PrincipalArn', undefined],
    ['groups', undefined],
  ])('%s is spelled %s', (key, canonical) => expect(canonicalKey(key)).toBe(canonical));
});
