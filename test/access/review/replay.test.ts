import { describe, expect, it, test } from 'vitest';
import { MAX_CLAIMS_BYTES, recordedClaims } from '../../../lib/access/looked-at.ts';
import { indexPolicy } from '../../../lib/access/policy-index.ts';
import { Past } from '../../../lib/access/review/past.ts';
import { replay } from '../../../lib/access/review/replay.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { indexOf, NOW, policyOf } from '../policies.ts';

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
      by: 'record',
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
      ['unknown', 'whether admin holds: site is not known (nobody looked at it then)'],
    ],
    [
      'a claim that the record had no room for',
      POLICY,
      { claims: { amr: ['mfa'], auth_time: CLAIMS.auth_time, exp: CLAIMS.exp }, claimsOmitted: ['groups'] },
      ['unknown', 'whether admin holds: groups is not known (the record had no room for all claims)'],
    ],
    [
      'a record from before claims were kept',
      POLICY,
      { claims: undefined } as unknown as Partial<AuditRecord>,
      ['unknown', 'whether admin holds: groups is not known (the record holds no claims)'],
    ],
    [
      'a deny by a claim that nobody looked at then',
      `${POLICY}  - { name: no-guests, effect: deny, roles: ["prod/*"], callers: { site: [guest] } }\n`,
      {},
      ['unknown', 'no-guests may deny it: site is not known (nobody looked at it then)'],
    ],
    [
      'a deny by the address, which every record holds',
      `${POLICY}  - { name: office, effect: deny, roles: ["prod/*"], callers: everyone, condition: { IpAddress: { aws:SourceIp: 192.0.2.0/24 } } }\n`,
      { sourceIp: '192.0.2.7', claims: undefined } as unknown as Partial<AuditRecord>,
      ['refused', 'denied by office'],
    ],
    [
      'a ticket that is wanted now, without claims',
      POLICY.replace('reason: true', 'ticket: true'),
      { claims: undefined } as unknown as Partial<AuditRecord>,
      ['refused', 'no grant holds (admin: a ticket is required, and none was sent)'],
    ],
    [
      'a role that nobody gives any more, without claims',
      POLICY.slice(POLICY.indexOf('  - { name: auditors')),
      { claims: undefined } as unknown as Partial<AuditRecord>,
      ['refused', 'no_grant: no grant gives you "prod/Admin"; grants look at groups'],
    ],
  ])('%s', (_, grants, more, expected) => {
    expect(verdict(grants, more)).toEqual(expected);
  });

  it('of a record without claims is the same under the very policy that made it', () => {
    const { claims: _, ...bare } = record({ policyDigest: index.policy.digest });
    expect(replay(index, bare)).toMatchObject({ verdict: 'same', by: 'inference' });
  });

  it('is made by claims that are known otherwise, and says so; what was recorded goes before', () => {
    const { claims: _, ...bare } = record();
    const beside = { claimsOf: () => ({ groups: ['sre'], amr: ['mfa'] }) };
    // When somebody signed in that day is nothing that their claims of today tell.
    expect(replay(index, bare, beside)).toMatchObject({ verdict: 'unknown' });
    const noTimes = indexOf(POLICY.replace(/, NumericLessThanEquals: {.*?}/, ''));
    expect(replay(noTimes, bare, beside)).toMatchObject({ verdict: 'same', by: 'callers' });
    const recorded = { ...bare, claims: { groups: ['sales'], auth_time: null, exp: null } };
    expect(replay(noTimes, recorded, beside)).toMatchObject({ verdict: 'refused', by: 'callers' });
  });

  describe('with the policy of that time, and no claims', () => {
    const GRANTS = `  - { name: first, roles: [prod/ReadOnly], callers: { groups: [a] }, duration: 15m }
  - { name: second, roles: [prod/ReadOnly], callers: { groups: [b] }, duration: 15m }
  - { name: third, roles: [prod/ReadOnly], callers: { groups: [c] } }
  - { name: no-guests, effect: deny, roles: ["prod/*"], callers: { site: [guest] } }
`;
    const before = policyOf(GRANTS);
    const { claims: _, ...bare } = record({
      role: 'prod/ReadOnly',
      grant: 'second',
      durationSeconds: 900,
      policyDigest: before.digest,
    });
    const { grant: _grant, durationSeconds: _seconds, ...nobody } = bare;
    const refusal = { ...nobody, outcome: 'denied' as const, denial: 'no_grant' as const };
    const guest = {
      ...nobody,
      outcome: 'denied' as const,
      denial: 'explicit_deny' as const,
      trace: { target: 'prod/ReadOnly', steps: [{ grant: 'no-guests', effect: 'deny', outcome: 'matched' } as const] },
    };
    const replayed = (edit: (text: string) => string, one: AuditRecord = bare) => {
      const policy = policyOf(edit(GRANTS));
      const { verdict: found, why } = replay(indexPolicy(policy), one, { past: new Past(before, policy) }) ?? {};
      return why === undefined ? [found] : [found, why];
    };

    test.each<[string, (text: string) => string, AuditRecord, (string | undefined)[]]>([
      ['the grant is as it was', (text) => text.replace('[c]', '[x]'), bare, ['same']],
      ['the grant has another name', (text) => text.replace('second', 'other'), bare, ['same']],
      ['the grant is for more', (text) => text.replace('[b]', '[b, x]'), bare, ['same']],
      [
        'the grant is shorter',
        (text) => text.replace(/(second.*?)15m/, '$120m'),
        bare,
        ['longer', '1200 s by grant second, was 900 s by second'],
      ],
      [
        'the grant is for others',
        (text) => text.replace('[b]', '[x]'),
        bare,
        ['unknown', 'whether second holds: groups is not known (the record holds no claims)'],
      ],
      [
        'an earlier grant is for more, and gives other sessions',
        (text) => text.replace('[a] }, duration: 15m', '[a, x] }, duration: 30m'),
        bare,
        ['unknown', 'first may decide instead of second: groups is not known (the record holds no claims)'],
      ],
      [
        'the grant and all behind it are gone',
        (text) => text.replace(/ {2}- \{ name: (second|third).*\n/g, ''),
        bare,
        ['refused', 'no grant holds (first: it did not hold when this was decided)'],
      ],
      [
        'a deny reaches less',
        (text) => text.replace('[guest]', '[guest-x]'),
        bare,
        ['unknown', expect.stringContaining('no-guests may deny it')],
      ],
      ['what was denied is as it was', (text) => text, refusal, ['same']],
      [
        'what was denied has fewer grants',
        (text) => text.replace('[a]', '[a-x, "a-y"]').replace(/.*first.*\n/, ''),
        refusal,
        ['same'],
      ],
      [
        'what was denied may be given by a wider grant',
        (text) => text.replace('[c]', '[c, d]'),
        refusal,
        ['unknown', 'whether third holds: groups is not known (the record holds no claims)'],
      ],
      ['what a deny took is still denied', (text) => text.replace('[c]', '[c, d]'), guest, ['same']],
      [
        'a deny that took it is gone',
        (text) => text.replace(/.*no-guests.*\n/, ''),
        guest,
        ['unknown', 'whether first holds: groups is not known (the record holds no claims)'],
      ],
    ])('where %s', (_what, edit, one, expected) => {
      expect(replayed(edit, one)).toEqual(expected);
    });

    it('is not told by a policy of another time', () => {
      expect(replayed((text) => `${text}`.replace('[c]', '[x]'), { ...bare, policyDigest: 'e' })[0]).toBe('unknown');
    });
  });

  it('of an issuer that is not trusted any more would be refused', () => {
    const other = { caller: { issuer: 'gone', subject: 's', username: 'x' } };
    expect(replay(index, record(other))).toMatchObject({
      verdict: 'refused',
      why: 'issuer gone is not trusted any more',
    });
    expect(replay(index, record({ ...denied, ...other }))).toMatchObject({ verdict: 'same' });
  });

  it('about the console is decided like one about credentials', () => {
    const opened = { action: 'console', destination: 'https://console.aws.amazon.com/ec2/home' } as const;
    expect(replay(index, record(opened))).toMatchObject({ verdict: 'same', target: 'prod/Admin' });
    expect(replay(index, record({ ...opened, ...denied }))).toMatchObject({ verdict: 'allowed' });
    expect(verdict(POLICY.replace('900', '30'), opened)?.[0]).toBe('refused');
    // Allowed, and then not opened.
    const refused = { ...opened, outcome: 'refused', code: 'destination_not_allowed' } as const;
    expect(replay(index, record(refused))).toMatchObject({ verdict: 'same' });
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

  it('are bounded too where a policy looks at thousands', () => {
    const names = Array.from({ length: 10_000 }, (_, place) => `claim-${place}`);
    const recorded = recordedClaims({}, names);
    expect(Buffer.byteLength(JSON.stringify(recorded))).toBeLessThan(MAX_CLAIMS_BYTES + 1_024);
    expect(recorded.claimsOmitted).toHaveLength(20);
  });

  it('are what a policy sees of them: nothing of an object', () => {
    const held = { address: { street: 'x' }, groups: ['a', { id: 1 }, 7, null], admin: true };
    expect(recordedClaims(held, ['address', 'groups', 'admin']).claims).toMatchObject({
      address: null,
      groups: ['a', 7],
      admin: true,
    });
  });

  it('never reach into a prototype', () => {
    const hostile = JSON.parse('{"__proto__":{"groups":["sre"]}}') as JsonObject;
    expect(recordedClaims(hostile, ['groups', 'constructor']).claims).toMatchObject({
      groups: null,
      constructor: null,
    });
  });
});
