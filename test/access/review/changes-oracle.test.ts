import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from '../../../lib/access/decide.ts';
import type { Grant } from '../../../lib/access/policy.ts';
import { indexPolicy } from '../../../lib/access/policy-index.ts';
import { accessChanges, MORE } from '../../../lib/access/review/access-changes.ts';
import { overall } from '../../../lib/access/review/change.ts';
import { policyChanges } from '../../../lib/access/review/policy-changes.ts';
import type { Caller } from '../../../lib/identity/caller.ts';
import { caller, compiled, NOW } from '../policies.ts';
import { claims, grants } from '../random-policies.ts';

/** What the review says of a change, held against what decisions do with it, over random policies and callers. */

const ROLES = ['prod/A', 'prod/B'];

/** Small edits, so that many changes only narrow, only widen, or do nothing. */
type Edit = (all: Grant[], place: number) => Grant[];
const EDITS: readonly Edit[] = [
  (all, place) => all.toSpliced(place, 1),
  (all, place) =>
    change(all, place, ({ callers, ...rest }) => ({ ...rest, callers: { ...callers, groups: ['team-a'] } })),
  (all, place) =>
    change(all, place, ({ callers, ...rest }) => ({ ...rest, callers: { ...callers, groups: ['team-*', 'a'] } })),
  (all, place) => change(all, place, ({ callers: { groups: _, ...callers }, ...rest }) => ({ ...rest, callers })),
  (all, place) => change(all, place, (one) => ({ ...one, roles: one.roles.slice(0, 1) })),
  (all, place) => change(all, place, (one) => ({ ...one, roles: ROLES })),
  (all, place) => change(all, place, (one) => ({ ...one, issuers: ['corp'] })),
  (all, place) => change(all, place, (one) => ({ ...one, issuers: [] })),
  (all, place) => change(all, place, (one) => ({ ...one, condition: { StringEquals: { 'claim:team': ['team-a'] } } })),
  (all, place) =>
    change(all, place, (one) => ({ ...one, condition: { StringNotEquals: { 'claim:team': ['a', 'b'] } } })),
  (all, place) => change(all, place, (one) => ({ ...one, condition: {} })),
  (all, place) => change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, durationSeconds: 900 })),
  (all, place) => change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, durationSeconds: 3600 })),
  (all, place) =>
    change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, require: { reason: true, ticket: false } })),
  (all, place) => change(all, place, (one) => ({ ...one, name: `${one.name}-renamed` })),
  (all, place) => [...all.slice(place), ...all.slice(0, place)],
];

function change(all: readonly Grant[], place: number, edit: (grant: Grant) => Grant): Grant[] {
  return all.map((grant, index) => (index === place ? edit(grant) : grant));
}

const policies = fc
  .tuple(grants(5), fc.array(fc.constantFrom(900, 1800, undefined), { minLength: 5, maxLength: 5 }))
  .map(([all, durations]) =>
    all.map((grant, index): Grant => {
      const durationSeconds = durations[index];
      return durationSeconds === undefined || grant.effect === 'deny' ? grant : { ...grant, durationSeconds };
    }),
  );
const edits = fc.array(fc.tuple(fc.nat({ max: EDITS.length - 1 }), fc.nat()), { minLength: 1, maxLength: 2 });
const callers = fc
  .array(fc.tuple(claims, fc.constantFrom('corp', 'ci')), { minLength: 4, maxLength: 4 })
  .map((all) => all.map(([held, issuer]) => caller(held, { issuer })));

function edited(all: readonly Grant[], how: readonly (readonly [number, number])[]): Grant[] {
  return how.reduce<Grant[]>(
    (now, [edit, place]) => (now.length === 0 ? now : (EDITS[edit] as Edit)(now, place % now.length)),
    [...all],
  );
}

/** Every decision that could come out, one by one: the second opinion. */
function secondsOf(index: ReturnType<typeof indexPolicy>, who: Caller, role: string, sent: object): number {
  const decision = decide(index, { caller: who, target: { kind: 'role', role }, now: NOW, ...sent });
  return decision.effect === 'allow' && decision.kind === 'role' ? decision.durationSeconds : 0;
}

const SENT = [{}, { reason: 'r' }, { reason: 'r', ticket: 't' }];

it('where nothing widens and nothing is unclear, nobody gets more; and who gains and loses is named', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(policies, edits, callers, (before, how, people) => {
      const old = compiled(ROLES, before);
      const now = compiled(ROLES, edited(before, how));
      const verdict = overall(policyChanges(old, now));
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      const [oldIndex, nowIndex] = [indexPolicy(old), indexPolicy(now)];
      const named = people.map((who, index) => ({ name: `p${index}`, caller: who }));
      const changes = accessChanges(oldIndex, nowIndex, named, NOW);
      for (const { name, caller: who } of named) {
        for (const role of ROLES) {
          const more = SENT.some((sent) => secondsOf(nowIndex, who, role, sent) > secondsOf(oldIndex, who, role, sent));
          const less = SENT.some((sent) => secondsOf(nowIndex, who, role, sent) < secondsOf(oldIndex, who, role, sent));
          const told = changes.filter((one) => one.caller === name && one.target === role);
          expect({ more, told: told.some(({ kind }) => MORE.has(kind)) }).toEqual({ more, told: more });
          expect({ less, told: told.some(({ kind }) => !MORE.has(kind)) }).toEqual({ less, told: less });
          if (more) expect(['widens', 'changes']).toContain(verdict);
          if (less) expect(verdict).not.toBe('neutral');
        }
      }
    }),
    { numRuns: 8_000 },
  );
  for (const verdict of ['widens', 'narrows', 'changes', 'neutral'])
    expect(seen.get(verdict) ?? 0).toBeGreaterThan(100);
});

it('the same policy has no change', () => {
  fc.assert(
    fc.property(policies, (all) => {
      const policy = compiled(ROLES, all);
      expect(policyChanges(policy, policy)).toEqual([]);
    }),
  );
});
