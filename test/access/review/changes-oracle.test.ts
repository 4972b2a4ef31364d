import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from '../../../lib/access/decide.ts';
import type { RoleAllowed } from '../../../lib/access/decision.ts';
import type { Grant } from '../../../lib/access/policy.ts';
import { indexPolicy, type PolicyIndex } from '../../../lib/access/policy-index.ts';
import { accessChanges, MORE } from '../../../lib/access/review/access-changes.ts';
import { byTarget, overall } from '../../../lib/access/review/change.ts';
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
  (all, place) =>
    change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, require: { reason: true, ticket: true } })),
  (all, place) =>
    change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, require: { reason: false, ticket: false } })),
  (all, place) => change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, session: LIMITED })),
  (all, place) => change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, session: OTHERWISE_LIMITED })),
  (all, place) => change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, session: UNLIMITED })),
  (all, place) => change(all, place, (one) => (one.effect === 'deny' ? one : { ...one, session: TAGGED })),
  (all, place) => change(all, place, (one) => ({ ...one, condition: OFFICE })),
  (all, place) => change(all, place, (one) => ({ ...one, condition: TIGHT })),
  (all, place) => change(all, place, (one) => ({ ...one, condition: WIDE })),
  (all, place) => change(all, place, (one) => (one.effect === 'deny' ? { ...one, effect: 'allow' } : DENY(one))),
  (all, place) => change(all, place, (one) => ({ ...one, name: `${one.name}-renamed` })),
  (all, place) => all.toSpliced(place, 1).toSpliced(0, 0, all[place] as Grant),
  (all, place) => [...all.slice(place), ...all.slice(0, place)],
];

const UNLIMITED = { tags: {}, transitiveTagKeys: [], policyArns: [] };
const LIMITED = { ...UNLIMITED, policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] };
const OTHERWISE_LIMITED = {
  ...UNLIMITED,
  policy: { Version: '2012-10-17', Statement: [{ Resource: '${claim:team}' }] },
};
const TAGGED = { ...UNLIMITED, tags: { team: '${claim:team}' } };
const OFFICE = { NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] } };
const TIGHT = { NumericLessThanEquals: { 'session:authAgeSeconds': ['30'] } };
const WIDE = { NumericLessThanEquals: { 'session:authAgeSeconds': ['900'] } };
const DENY = ({ durationSeconds: _, ...one }: Grant): Grant => {
  return { ...one, effect: 'deny', require: { reason: false, ticket: false }, session: UNLIMITED };
};

function change(all: readonly Grant[], place: number, edit: (grant: Grant) => Grant): Grant[] {
  return all.map((grant, index) => (index === place ? edit(grant) : grant));
}

const terms = fc.record({
  durationSeconds: fc.constantFrom(900, 1800, undefined),
  ticket: fc.boolean(),
  session: fc.constantFrom(UNLIMITED, UNLIMITED, LIMITED, OTHERWISE_LIMITED, TAGGED),
});
const policies = fc.tuple(grants(5), fc.array(terms, { minLength: 5, maxLength: 5 })).map(([all, more]) =>
  all.map((grant, index): Grant => {
    const { durationSeconds, ticket, session } = more[index] as (typeof more)[0];
    if (grant.effect === 'deny') return grant;
    const require = { ...grant.require, ticket };
    return { ...grant, require, session, ...(durationSeconds !== undefined && { durationSeconds }) };
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

/** What could come out of a request: every one is decided, by itself. The second opinion. */
function sessionOf(index: PolicyIndex, who: Caller, role: string, sent: object): RoleAllowed | undefined {
  const decision = decide(index, { caller: who, target: { kind: 'role', role }, now: NOW, ...sent });
  return decision.effect === 'allow' && decision.kind === 'role' ? decision : undefined;
}

const SENT = [{}, { reason: 'r' }, { ticket: 't' }, { reason: 'r', ticket: 't' }];
const isLess = (one: object, other: object) => Object.keys(one).every((key) => key in other);

/** The best that somebody can have who is ready to send this much, and may send less. */
function best(index: PolicyIndex, who: Caller, role: string, sent: object) {
  const all = SENT.filter((less) => isLess(less, sent)).flatMap((less) => sessionOf(index, who, role, less) ?? []);
  return {
    seconds: Math.max(0, ...all.map(({ durationSeconds }) => durationSeconds)),
    free: all.some(({ policy, policyArns }) => policy === undefined && policyArns.length === 0),
  };
}

function isMore(one: ReturnType<typeof best>, other: ReturnType<typeof best>): boolean {
  return one.seconds > other.seconds || (one.free && !other.free);
}

/** Whether a session has tags, or a session policy, with which it could not be had before. */
function isStrange(old: PolicyIndex, now: PolicyIndex, who: Caller, role: string, sent: object): boolean {
  const is = sessionOf(now, who, role, sent);
  if (is === undefined) return false;
  const were = SENT.filter((less) => isLess(less, sent)).flatMap((less) => sessionOf(old, who, role, less) ?? []);
  const limitsOf = ({ policy, policyArns }: RoleAllowed) => JSON.stringify([policy, policyArns]);
  const isNewLimit = !best(old, who, role, sent).free && were.every((was) => limitsOf(was) !== limitsOf(is));
  return isNewLimit || were.every(({ tags }) => JSON.stringify(tags) !== JSON.stringify(is.tags));
}

it('where nothing widens and nothing is unclear, nobody gets more; and who gains and loses is named', () => {
  const seen = new Map<string, number>();
  const kinds = new Set<string>();
  fc.assert(
    fc.property(policies, edits, callers, (before, how, people) => {
      const old = compiled(ROLES, before);
      const now = compiled(ROLES, edited(before, how));
      const found = policyChanges(old, now);
      const verdict = overall(found);
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      const [oldIndex, nowIndex] = [indexPolicy(old), indexPolicy(now)];
      const named = people.map((who, index) => ({ name: `p${index}`, before: who, after: who }));
      const changes = accessChanges(oldIndex, nowIndex, named, { now: NOW });
      for (const { kind } of changes) kinds.add(kind);
      for (const { name, before: who } of named) {
        for (const role of ROLES) {
          const had = SENT.map((sent) => best(oldIndex, who, role, sent));
          const has = SENT.map((sent) => best(nowIndex, who, role, sent));
          const more = SENT.some((_, place) => isMore(has[place] as (typeof has)[0], had[place] as (typeof had)[0]));
          const less = SENT.some((_, place) => isMore(had[place] as (typeof had)[0], has[place] as (typeof has)[0]));
          const told = changes.filter((one) => one.caller === name && one.target === role);
          const isTold = (...some: string[]) => told.some(({ kind }) => some.includes(kind));
          expect({ more, told: isTold('gains', 'easier', 'longer', 'freer') }).toEqual({ more, told: more });
          expect({ less, told: isTold('loses', 'harder', 'shorter', 'limited') }).toEqual({ less, told: less });
          const direction = byTarget(found).find(({ target }) => target === role)?.direction ?? 'neutral';
          // Of the role itself, not only of the policy; and of who came no further than close to it as well.
          if (more || told.some(({ kind }) => MORE.has(kind))) expect(['widens', 'changes']).toContain(direction);
          if (told.length > 0) expect(direction).not.toBe('neutral');
          if (SENT.some((sent) => isStrange(oldIndex, nowIndex, who, role, sent))) {
            expect(['widens', 'changes']).toContain(direction);
          }
        }
      }
    }),
    { numRuns: 8_000 },
  );
  for (const verdict of ['widens', 'narrows', 'changes', 'neutral'])
    expect(seen.get(verdict) ?? 0).toBeGreaterThan(100);
  expect([...kinds].sort()).toEqual([
    'easier',
    'freer',
    'gains',
    'harder',
    'limited',
    'longer',
    'loses',
    'nears',
    'other',
    'recedes',
    'shorter',
  ]);
}, 120_000);

it('the same policy has no change', () => {
  fc.assert(
    fc.property(policies, (all) => {
      const policy = compiled(ROLES, all);
      expect(policyChanges(policy, policy)).toEqual([]);
    }),
  );
});
