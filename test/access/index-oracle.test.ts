import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decide, rolesFor } from '../../lib/access/decide.ts';
import type { AccessRequest } from '../../lib/access/decision.ts';
import { mergeAscending } from '../../lib/access/merge.ts';
import type { AccessPolicy, Grant } from '../../lib/access/policy.ts';
import { indexPolicy } from '../../lib/access/policy-index.ts';
import { PrefixTrie } from '../../lib/access/prefix-trie.ts';
import { asks, caller, compiled, grant, NOW } from './policies.ts';
import { claims, grants } from './random-policies.ts';

/** Deny by default, deny wins, first allow decides: read off the policy grant by grant, without an index. */
function naive(policy: AccessPolicy, request: AccessRequest): string {
  const { claims, issuer } = request.caller;
  const role = request.target.kind === 'role' ? request.target.role : '';
  const applies = (one: Grant): boolean =>
    one.roles.includes(role) &&
    (one.issuers.length === 0 || one.issuers.includes(issuer)) &&
    Object.entries(one.callers).every(([claim, patterns]) => {
      const values = Object.hasOwn(claims, claim) ? [claims[claim]].flat().map(String) : [];
      return values.some((value) => patterns.some((pattern) => like(pattern, value)));
    }) &&
    Object.entries(one.condition['StringEquals'] ?? {}).every(([key, wanted]) => {
      const claim = key.slice('claim:'.length);
      const values = Object.hasOwn(claims, claim) ? [claims[claim]].flat().map(String) : [];
      return values.some((value) => wanted.includes(value));
    }) &&
    (!one.require.reason || request.reason !== undefined);
  if (policy.grants.some((one) => one.effect === 'deny' && applies(one))) return 'explicit_deny';
  return policy.grants.find((one) => one.effect === 'allow' && applies(one))?.name ?? 'deny';
}

function like(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') return like(pattern.slice(1), text) || (text !== '' && like(pattern, text.slice(1)));
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && like(pattern.slice(1), text.slice(1));
}

describe('the index', () => {
  test.each([6, 40])('decides like a scan of every grant, over random policies of up to %d grants', (most) => {
    fc.assert(
      fc.property(grants(most), claims, fc.boolean(), fc.constantFrom('corp', 'ci'), (all, held, hasReason, issuer) => {
        const policy = compiled(['prod/A', 'prod/B'], all);
        const index = indexPolicy(policy);
        for (const role of ['prod/A', 'prod/B']) {
          const request = asks(
            role,
            {},
            {
              caller: caller(held, { issuer }),
              ...(hasReason && { reason: 'because' }),
            },
          );
          const decision = decide(index, request);
          const outcome =
            decision.effect === 'allow'
              ? decision.grant
              : decision.reason === 'explicit_deny'
                ? decision.reason
                : 'deny';
          expect(outcome).toBe(naive(policy, request));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('lists as available exactly what a request with a reason would get', () => {
    fc.assert(
      fc.property(grants(30), claims, (all, held) => {
        const index = indexPolicy(compiled(['prod/A', 'prod/B'], all));
        const who = caller(held);
        const available = rolesFor(index, { caller: who, now: NOW })
          .filter((one) => one.available)
          .map((one) => one.role.id);
        const given = ['prod/A', 'prod/B'].filter(
          (role) => decide(index, asks(role, {}, { caller: who, reason: 'r' })).effect === 'allow',
        );
        expect(available).toEqual(given);
      }),
      { numRuns: 500 },
    );
  });

  it('tells a caller no group, team or grant name that is not theirs', () => {
    const secret = fc.integer({ min: 0, max: 99_999 }).map((n) => `SECRET-${n}`);
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 20 }), fc.boolean(), (names, asCondition) => {
        const all = names.map((name, index) =>
          grant({
            name: `${name}-${index}`,
            roles: ['prod/A'],
            callers: asCondition ? {} : { groups: [name, `${name}-*`] },
            condition: asCondition
              ? { 'ForAnyValue:StringLike': { 'claim:groups': [name], 'session:username': [name] } }
              : {},
          }),
        );
        const index = indexPolicy(compiled(['prod/A'], all));
        const decision = decide(index, asks('prod/A', { groups: ['mine'] }));
        expect(decision.effect).toBe('deny');
        const told = decision.effect === 'deny' ? decision.missing : [];
        expect(told.length).toBeGreaterThan(0);
        expect(JSON.stringify(told)).not.toContain('SECRET');
        const listed = rolesFor(index, { caller: caller({ groups: ['mine'] }), now: NOW });
        expect(JSON.stringify(listed)).not.toContain('SECRET');
      }),
      { numRuns: 200 },
    );
  });

  it('finds the one grant among ten thousand', () => {
    const all = Array.from({ length: 10_000 }, (_, n) =>
      grant({ name: `g${n}`, roles: ['prod/A'], callers: { groups: [n % 2 === 0 ? `group-${n}` : `team-${n}-*`] } }),
    );
    const index = indexPolicy(compiled(['prod/A'], all));
    const groups = Array.from({ length: 199 }, (_, n) => `other-${n}`);
    expect(decide(index, asks('prod/A', { groups: [...groups, 'group-7000'] }))).toMatchObject({ grant: 'g7000' });
    expect(decide(index, asks('prod/A', { groups: [...groups, 'team-7001-eu'] }))).toMatchObject({ grant: 'g7001' });
    expect(decide(index, asks('prod/A', { groups })).trace.steps).toEqual([]);
  });
});

test('the trie finds exactly the prefixes, or suffixes, of a text', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'é', '😀'), { maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), text, fc.boolean(), (prefixes, searched, fromEnd) => {
      const trie = new PrefixTrie<string>(fromEnd);
      for (const prefix of prefixes) trie.add(prefix, prefix);
      const found = [...(trie.find(searched) ?? [])].sort();
      const expected = prefixes.filter((one) => (fromEnd ? searched.endsWith(one) : searched.startsWith(one))).sort();
      expect(found).toEqual(expected);
    }),
    { numRuns: 3_000 },
  );
});

test('merging gives every item once, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 10 }), { maxLength: 8 }),
      (lists) => {
        const items = Array.from({ length: 41 }, (_, order) => ({ order }));
        const inOrder = (list: readonly number[]) => items.filter(({ order }) => list.includes(order));
        const merged = mergeAscending(lists.map(inOrder));
        const expected = [...new Set(lists.flat())].sort((a, b) => a - b);
        expect([...merged].map(({ order }) => order)).toEqual(expected);
      },
    ),
    { numRuns: 1_000 },
  );
});
