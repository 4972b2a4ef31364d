import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from '../../../lib/access/decide.ts';
import { recordedClaims } from '../../../lib/access/looked-at.ts';
import type { Grant } from '../../../lib/access/policy.ts';
import { indexPolicy, type PolicyIndex } from '../../../lib/access/policy-index.ts';
import { Past } from '../../../lib/access/review/past.ts';
import { replay } from '../../../lib/access/review/replay.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import type { Caller } from '../../../lib/identity/caller.ts';
import { caller, compiled, NOW } from '../policies.ts';
import { claims, grants } from '../random-policies.ts';

/** What a replay concludes from part of what was known, held against the decision that knows all of it. */

const ROLE = { kind: 'role', role: 'prod/A' } as const;

function policyOf(all: readonly Grant[], digest: string) {
  return { ...compiled(['prod/A', 'prod/B'], all), digest };
}

function recordOf(index: PolicyIndex, who: Caller, reason: string | undefined): AuditRecord {
  const decision = decide(index, { caller: who, target: ROLE, reason, now: NOW });
  const { issuer, subject, username } = who;
  return {
    schema: 1,
    phase: 'outcome',
    sessionId: '01M81T4DYQ9MKQA6RAF2W5X0SX',
    requestId: 'r',
    time: new Date(NOW).toISOString(),
    action: 'credentials',
    caller: { issuer, subject, username },
    role: 'prod/A',
    policyDigest: index.policy.digest,
    trace: decision.trace,
    ...recordedClaims(who.claims, index.claimsLookedAt),
    ...(reason !== undefined && { reason }),
    ...(decision.effect === 'deny'
      ? { outcome: 'denied', denial: decision.reason }
      : { outcome: 'issued', grant: decision.grant }),
    ...(decision.effect === 'allow' && decision.kind === 'role' && { durationSeconds: decision.durationSeconds }),
  };
}

function truth(index: PolicyIndex, who: Caller, { reason, durationSeconds }: AuditRecord): string {
  const decision = decide(index, { caller: who, target: ROLE, reason, now: NOW });
  if (decision.effect === 'deny') return durationSeconds === undefined ? 'same' : 'refused';
  if (durationSeconds === undefined) return 'allowed';
  const is = decision.kind === 'role' ? decision.durationSeconds : 0;
  return is === durationSeconds ? 'same' : is > durationSeconds ? 'longer' : 'shorter';
}

const lasting = fc
  .tuple(grants(6), fc.array(fc.constantFrom(900, 1800, undefined), { minLength: 6, maxLength: 6 }))
  .map(([all, seconds]) =>
    all.map((one, place): Grant => {
      const durationSeconds = seconds[place];
      return one.effect === 'deny' || durationSeconds === undefined ? one : { ...one, durationSeconds };
    }),
  );
/** The policy of before and one near to it: some grants gone, some other, some at another place. */
const pairs = fc
  .tuple(
    lasting,
    lasting,
    fc.array(fc.constantFrom('old', 'old', 'old', 'new', 'gone'), { minLength: 6, maxLength: 6 }),
    fc.nat(5),
  )
  .map(([before, others, choices, turn]) => {
    const after = before.flatMap((one, place) => {
      const choice = choices[place];
      if (choice === 'gone') return [];
      const other = others[place];
      return [choice === 'new' && other !== undefined ? { ...other, name: one.name } : one];
    });
    return { before, after: [...after.slice(turn), ...after.slice(0, turn)] };
  });

it('a verdict from part of what was known is the true one, or unknown', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      pairs,
      claims,
      fc.constantFrom('corp', 'ci'),
      fc.constantFrom(undefined, 'r'),
      fc.subarray(['groups', 'team', 'constructor']),
      fc.boolean(),
      ({ before, after }, held, issuer, reason, dropped, hasOld) => {
        const old = policyOf(before, 'old');
        const now = policyOf(after, 'now');
        const index = indexPolicy(now);
        const who = caller(held, { issuer });
        const whole = recordOf(indexPolicy(old), who, reason);
        const kept = Object.entries(whole.claims ?? {}).filter(([name]) => !dropped.includes(name));
        const record = { ...whole, claims: Object.fromEntries(kept) };
        const found = replay(index, record, hasOld ? { past: new Past(old, now) } : {});
        const verdict = found?.verdict ?? 'none';
        const key = `${found?.by} ${verdict === 'unknown' ? 'unknown' : 'told'} ${hasOld}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        // Under the issuer `ci` sessions end with the token, whose end is recorded with the claims.
        if (verdict !== 'unknown')
          expect({ verdict, by: found?.by }).toEqual({ verdict: truth(index, who, record), by: found?.by });
        if (found?.by === 'record') expect(verdict).not.toBe('unknown');
      },
    ),
    { numRuns: 20_000 },
  );
  // With the policy of that time more is told than without, and something either way.
  const told = (hasOld: boolean) =>
    (seen.get(`inference told ${hasOld}`) ?? 0) / (seen.get(`inference unknown ${hasOld}`) ?? 1);
  expect(told(false)).toBeGreaterThan(0.05);
  expect(told(true)).toBeGreaterThan(told(false) * 1.5);
}, 120_000);
