import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../lib/access/policy.ts';
import { indexPolicy } from '../../lib/access/policy-index.ts';
import { explainAccess, issueSession, type SessionRequest } from '../../lib/broker.ts';
import { context, fakeBroker } from '../support/broker.ts';
import { caller, compiled, grant, NOW } from './policies.ts';
import { claims, grants } from './random-policies.ts';

/** An explanation held against what the same request for credentials is answered. */

const terms = fc.record({
  mfa: fc.boolean(),
  ticket: fc.boolean(),
  tagged: fc.boolean(),
  fresh: fc.boolean(),
  durationSeconds: fc.constantFrom(undefined, 900, 1_800),
});

/** Random grants whose terms bring out every kind of denial. */
const policies = fc.tuple(grants(12), fc.array(terms, { minLength: 12, maxLength: 12 })).map(([all, more]) =>
  all.map((one, index): Grant => {
    const { mfa = false, ticket = false, tagged = false, fresh = false, durationSeconds } = more[index] ?? {};
    const condition = {
      ...one.condition,
      ...(mfa && { 'ForAnyValue:StringEquals': { 'claim:amr': ['mfa'] } }),
      ...(fresh && { NumericLessThan: { 'session:authAgeSeconds': ['30'] } }),
    };
    if (one.effect === 'deny') return { ...one, condition };
    return {
      ...one,
      condition,
      ...(durationSeconds !== undefined && { durationSeconds }),
      require: { ...one.require, ticket },
      session: { tags: tagged ? { team: '${claim:team}' } : {}, transitiveTagKeys: [], policyArns: [] },
    };
  }),
);

const requests: fc.Arbitrary<SessionRequest> = fc.record(
  {
    role: fc.constantFrom('prod/A', 'prod/B', 'prod/Unknown'),
    durationSeconds: fc.constantFrom(900, 3_600),
    reason: fc.constant('because'),
    ticket: fc.constant('OPS-1'),
  },
  { requiredKeys: ['role'] },
);

const callers = fc
  .tuple(claims, fc.boolean(), fc.constantFrom('corp', 'ci'), fc.constantFrom(600, 7_200))
  .map(([held, mfa, issuer, left]) =>
    caller({ ...held, ...(mfa && { amr: ['mfa'] }) }, { issuer, expiresAt: NOW / 1000 + left }),
  );

function brokerOf(all: readonly Grant[], who: ReturnType<typeof caller>) {
  const policyIndex = indexPolicy(compiled(['prod/A', 'prod/B'], all));
  return { ...fakeBroker(), policyIndex, clock: () => NOW, verifier: { verify: async () => who } };
}

const entry = (request: SessionRequest) => ({ token: () => 'a token', request: () => request });

describe('an explanation', () => {
  it('agrees with what the same request for credentials is answered, over random policies and callers', async () => {
    const seen = { allowed: 0, kinds: new Set<string>() };
    await fc.assert(
      fc.asyncProperty(policies, callers, requests, async (all, who, request) => {
        const broker = brokerOf(all, who);
        const session = await issueSession(broker, context(), entry(request));
        const explanation = await explainAccess(broker, context(), entry(request));
        expect(explanation.allowed).toBe(session.effect === 'issued');
        expect(explanation.missing).toEqual(session.effect === 'denied' ? session.missing : []);
        for (const { kind } of explanation.missing) seen.kinds.add(kind);
        if (session.effect === 'denied') {
          expect(explanation).toEqual({ role: request.role, allowed: false, missing: session.missing });
          return;
        }
        seen.allowed++;
        const [sent] = broker.asked;
        const { roleSessionName, requires: _, durationLimitedBy: __, ...told } = explanation.session ?? {};
        expect({ ...told, roleSessionName: roleSessionName?.replace('{sessionId}', session.sessionId) }).toEqual({
          roleArn: sent?.roleArn,
          accountId: '222222222222',
          durationSeconds: sent?.durationSeconds,
          tags: { ...sent?.tags, 'daypass:session-id': '{sessionId}' },
          transitiveTagKeys: sent?.transitiveTagKeys,
          policyArns: sent?.policyArns,
          sourceIdentity: sent?.sourceIdentity,
          roleSessionName: session.roleSessionName,
        });
      }),
      { numRuns: 1_000 },
    );
    expect(seen.allowed).toBeGreaterThan(50);
    const kinds = ['claim', 'condition', 'denied', 'grant', 'reason', 'sign_in', 'ticket'];
    expect([...seen.kinds].sort()).toEqual(kinds);
  });

  it('says of an allowed role exactly what has to be sent: without it the role is denied', async () => {
    await fc.assert(
      fc.asyncProperty(policies, callers, fc.constantFrom('prod/A', 'prod/B'), async (all, who, role) => {
        const broker = brokerOf(all.filter(({ effect }) => effect === 'allow').slice(0, 1), who);
        const full = { role, reason: 'because', ticket: 'OPS-1' };
        const { session } = await explainAccess(broker, context(), entry(full));
        for (const name of ['reason', 'ticket'] as const) {
          if (session === undefined) return;
          const without = await explainAccess(broker, context(), entry({ ...full, [name]: undefined }));
          expect(without.allowed).toBe(!session.requires.includes(name));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads the same, whether others have the role or nobody has it', async () => {
    await fc.assert(
      fc.asyncProperty(policies, callers, requests, async (all, who, request) => {
        // A stranger to every grant.
        const others = all.map((one) => ({ ...one, callers: { ...one.callers, groups: ['others'] } }));
        const told = async (role: string) => {
          const explanation = await explainAccess(brokerOf(others, who), context(), entry({ ...request, role }));
          return JSON.stringify(explanation).replaceAll(role, 'ROLE');
        };
        expect(await told('prod/A')).toBe(await told('prod/Unknown'));
      }),
      { numRuns: 300 },
    );
  });

  it('names no grant, and no value that a grant compares with, to who may not read the policy', async () => {
    const secret = fc.integer({ min: 0, max: 99_999 }).map((n) => `SECRET-${n}`);
    await fc.assert(
      fc.asyncProperty(fc.array(secret, { minLength: 1, maxLength: 12 }), fc.boolean(), async (names, isMeant) => {
        const all = names.map((name, index) =>
          grant({
            name: `${name}-${index}`,
            roles: ['prod/A'],
            callers: isMeant ? { groups: ['mine'] } : { groups: [name, `${name}-*`] },
            condition: {
              'ForAnyValue:StringLike': { 'claim:groups': [name], 'session:username': [name] },
              StringEquals: { 'session:issuer': [name] },
            },
          }),
        );
        const broker = brokerOf(all, caller({ groups: ['mine'] }));
        const explanation = await explainAccess(broker, context(), entry({ role: 'prod/A' }));
        expect(explanation.allowed).toBe(false);
        expect(JSON.stringify(explanation)).not.toContain('SECRET');
        expect(broker.records).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('with policy:read, and only with it, names the grant that decided; the reading is recorded', async () => {
    await fc.assert(
      fc.asyncProperty(policies, callers, requests, async (all, who, request) => {
        const reading = grant({ name: 'reviewers', permissions: ['policy:read'] });
        const broker = brokerOf([...all, reading], who);
        const session = await issueSession(broker, context(), entry(request));
        const record = broker.records.at(-1);
        const { detail, ...explanation } = await explainAccess(broker, context(), entry(request));
        expect(broker.events.at(-1)).toBe('outcome:allowed');
        const denying = record?.trace?.steps.find(({ effect, outcome }) => effect === 'deny' && outcome === 'matched');
        expect(detail?.grant).toBe(session.effect === 'issued' ? session.decision.grant : denying?.grant);
        expect(detail?.reason).toBe(record?.denial);
        expect(detail?.grants.filter(({ decides }) => decides).map((one) => one.grant)).toEqual(
          detail?.grant === undefined ? [] : [detail.grant],
        );
        // Every step of the record's trace is there, with the same outcome.
        for (const { grant: name, outcome } of record?.trace?.steps ?? []) {
          expect(detail?.grants.find((one) => one.grant === name)?.outcome).toBe(outcome);
        }
        for (const { outcome, why } of detail?.grants ?? []) expect(why.length === 0).toBe(outcome === 'matched');
        expect(explanation).toEqual(await explainAccess(brokerOf(all, who), context(), entry(request)));
      }),
      { numRuns: 500 },
    );
  });
});
