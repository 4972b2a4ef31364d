import { describe, expect, it, test } from 'vitest';
import { recordedClaims } from '../../../lib/access/looked-at.ts';
import { replay } from '../../../lib/access/review/replay.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { indexOf, NOW } from '../policies.ts';

const POLICY = `  - name: admin
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition: { ForAnyValue:StringEquals: { claim:amr: [mfa] }, NumericLessThanEquals: { session:authAgeSeconds: 900 } }
    require: { reason: true }
  - { name: auditors, permissions: [audit:read], callers: { groups: [security] } }
`;
const CLAIMS = { groups: ['sre'], amr: ['pwd', 'mfa'], auth_time: NOW / 1000 - 60, exp: NOW / 1000 + 600 };

function record(more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    schema: 1,
    phase: 'outcome',
    sessionId: '01M81T4DYQ9MKQA6RAF2W5X0SX',
    requestId: 'r',
    time: new Date(NOW).toISOString(),
    action: 'credentials',
    outcome: 'issued',
    caller: { issuer: 'corp', subject: 's', username: 'sre@example.com' },
    role: 'prod/Admin',
    grant: 'admin',
    durationSeconds: 1800,
    reason: 'INC-7',
    policyDigest: 'd',
    claims: CLAIMS,
    ...more,
  };
}

const index = indexOf(POLICY);
const verdict = (grants: string, more: Partial<AuditRecord> = {}) => {
  const replayed = replay(indexOf(grants), record(more));
  return replayed && [replayed.verdict, replayed.why];
};
const denied = {
  outcome: 'denied',
  denial: 'no_grant',
  grant: undefined,
  durationSeconds: undefined,
} as unknown as Partial<AuditRecord>;

describe('A recorded decision, under another policy', () => {
  it('is the same under the same policy', () => {
    expect(replay(index, record())).toEqual({
      verdict: 'same',
      sessionId: '01M81T4DYQ9MKQA6RAF2W5X0SX',
      time: new Date(NOW).toISOString(),
      caller: 'sre@example.com',
      target: 'prod/Admin',
    });
  });

  test.each<[string, string, Partial<AuditRecord>, (string | undefined)[]]>([
    [
      'a grant that is gone',
      POLICY.slice(POLICY.indexOf('  - { name: auditors')),
      {},
      ['refused', 'no_grant: no grant gives you "prod/Admin"; grants look at groups'],
    ],
    [
      'a tighter condition',
      POLICY.replace('900', '30'),
      {},
      ['refused', 'condition_unmet: sign in again: your sign-in must be at most 30 seconds old'],
    ],
    [
      'a ticket that is wanted now',
      POLICY.replace('reason: true', 'ticket: true'),
      {},
      ['refused', 'requirement_unmet: name a ticket: one is required'],
    ],
    [
      'a shorter session',
      POLICY.replace('    require', '    duration: 15m\n    require'),
      {},
      ['shorter', '900 s by grant admin, was 1800 s by admin'],
    ],
    [
      'another role of AWS under the same name',
      POLICY,
      { roleArn: 'arn:aws:iam::222222222222:role/Reader' },
      ['changed', 'a session of arn:aws:iam::222222222222:role/Admin, was of arn:aws:iam::222222222222:role/Reader'],
    ],
    ['the same role of AWS', POLICY, { roleArn: 'arn:aws:iam::222222222222:role/Admin' }, ['same', undefined]],
    ['a grant that gives it', POLICY, denied, ['allowed', 'by grant admin']],
    ['no grant still', POLICY, { ...denied, claims: { ...CLAIMS, groups: ['sales'] } }, ['same', undefined]],
    [
      'a claim that nobody looked at then',
      POLICY.replace('groups: [sre]', 'groups: [sre], site: [x]'),
      {},
      ['unknown', 'the policy looks at the claim site, and the policy of its time did not look at it'],
    ],
    [
      'a claim that the record had no room for',
      POLICY,
      { claims: { amr: ['mfa'], auth_time: 1, exp: 1 }, claimsOmitted: ['groups'] },
      ['unknown', 'the policy looks at the claim groups, and the record had no room for it'],
    ],
    [
      'a record from before claims were kept',
      POLICY,
      { claims: undefined } as unknown as Partial<AuditRecord>,
      ['unknown', 'the record holds no claims'],
    ],
  ])('%s', (_, grants, more, expected) => {
    expect(verdict(grants, more)).toEqual(expected);
  });

  it('of an issuer that is not trusted any more would be refused', () => {
    const other = { caller: { issuer: 'gone', subject: 's', username: 'x' } };
    expect(replay(index, record(other))).toMatchObject({
      verdict: 'refused',
      why: 'issuer gone is not trusted any more',
    });
    expect(replay(index, record({ ...denied, ...other }))).toMatchObject({ verdict: 'same' });
  });

  it('about a permission is decided as one', () => {
    const audit = {
      action: 'audit',
      permission: 'audit:read',
      role: undefined,
      grant: 'auditors',
    } as unknown as Partial<AuditRecord>;
    expect(replay(index, record({ ...audit, claims: { groups: ['security'] } }))).toMatchObject({
      verdict: 'same',
      target: 'audit:read',
    });
    expect(replay(index, record({ ...audit, claims: { groups: [] } }))).toMatchObject({ verdict: 'refused' });
  });

  test.each<[string, Partial<AuditRecord>]>([
    ['an intent', { phase: 'intent' }],
    ['a refused token', { caller: undefined } as unknown as Partial<AuditRecord>],
    ['a refusal before any decision', { outcome: 'refused', grant: undefined } as unknown as Partial<AuditRecord>],
    ['an explanation', { action: 'explain', permission: 'policy:read' }],
  ])('%s holds none', (_, more) => {
    expect(replay(index, record(more))).toBeUndefined();
  });
});

describe('The claims of a record', () => {
  it('are those that the policy looks at, absent ones as null, and the times of the sign-in', () => {
    expect(index.claimsLookedAt).toEqual(['amr', 'groups']);
    expect(recordedClaims({ groups: ['a'], secret: 'x', auth_time: 5 }, index.claimsLookedAt)).toEqual({
      claims: { amr: null, groups: ['a'], auth_time: 5, exp: null },
    });
  });

  it('are bounded: the largest are left out, and named', () => {
    const many = Array.from({ length: 2000 }, (_, place) => `group-${place}`);
    const { claims, claimsOmitted } = recordedClaims({ groups: many, amr: ['mfa'] }, ['amr', 'groups']);
    expect(claims).toEqual({ amr: ['mfa'], auth_time: null, exp: null });
    expect(claimsOmitted).toEqual(['groups']);
  });

  it('never reach into a prototype', () => {
    const hostile = JSON.parse('{"__proto__":{"groups":["sre"]}}') as JsonObject;
    expect(recordedClaims(hostile, ['groups', 'constructor']).claims).toMatchObject({
      groups: null,
      constructor: null,
    });
  });
});
