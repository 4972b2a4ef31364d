import { describe, expect, it, test } from 'vitest';
import { decide, permissionsFor } from '../../lib/access/decide.ts';
import type { AccessRequest, Decision, Denied, RoleAllowed } from '../../lib/access/decision.ts';
import { indexPolicy } from '../../lib/access/policy-index.ts';
import { asks, caller, compiled, grant, indexOf, NOW } from './policies.ts';

const INDEX = indexOf(`
  - name: engineering
    roles: [dev/Developer, prod/ReadOnly]
    callers: { groups: [engineering, "team-*"] }
    session: { tags: { team: "\${claim:team}" }, transitiveTagKeys: [team] }
  - name: employed-sre
    roles: [prod/*]
    callers: { groups: [sre], employment: [employee] }
    condition:
      ForAnyValue:StringEquals: { claim:amr: [mfa] }
      NumericLessThanEquals: { session:authAgeSeconds: 3600 }
    duration: 20m
    require: { reason: true, ticket: true }
  - name: sre-reads
    roles: [prod/ReadOnly]
    callers: { groups: [sre] }
  - name: break-glass
    roles: [prod/Admin]
    callers: { groups: [secret-break-glass] }
    condition: { StringEquals: { session:username: boss@example.com } }
  - name: auditors
    permissions: [audit:read]
    callers: { groups: [security] }
  - name: no-contractors
    effect: deny
    roles: [prod/*]
    permissions: [audit:read]
    callers: { employment: [contractor] }
  - name: office-only
    effect: deny
    roles: [prod/Admin]
    callers: everyone
    condition: { NotIpAddress: { aws:SourceIp: 203.0.113.0/24 } }
`);
const OFFICE = { sourceIp: '203.0.113.9' };
const SRE = { groups: ['sre'], employment: 'employee', amr: ['pwd', 'mfa'] };

function denied(decision: Decision): Denied {
  expect(decision.effect).toBe('deny');
  return decision as Denied;
}

function allowed(decision: Decision): RoleAllowed {
  expect(decision.effect).toBe('allow');
  return decision as RoleAllowed;
}

describe('who gets what', () => {
  test.each<[string, AccessRequest, string]>([
    ['an engineer reads', asks('prod/ReadOnly', { groups: ['engineering'], team: 'a' }), 'engineering'],
    ['a glob over groups', asks('dev/Developer', { groups: ['x', 'team-7'], team: 'a' }), 'engineering'],
    ['a claim that is one text', asks('dev/Developer', { groups: 'engineering', team: 'a' }), 'engineering'],
    ['a group that holds another’s name', asks('prod/ReadOnly', { groups: ['#sre#', 'xsre', 'sre '] }), 'no_grant'],
    ['a group in another case', asks('prod/ReadOnly', { groups: ['SRE'] }), 'no_grant'],
    ['a glob as a group', asks('prod/ReadOnly', { groups: ['*', 'team*', 's?e'] }), 'no_grant'],
    ['groups joined by commas', asks('prod/ReadOnly', { groups: 'sales,sre' }), 'no_grant'],
    ['no groups at all', asks('prod/ReadOnly', {}), 'no_grant'],
    ['groups that are an object', asks('prod/ReadOnly', { groups: { sre: true } }), 'no_grant'],
    ['groups one level too deep', asks('prod/ReadOnly', { groups: [['sre']] }), 'no_grant'],
    ['sre with everything', asks('prod/Admin', SRE, { ...OFFICE, reason: 'r', ticket: 'T-1' }), 'employed-sre'],
    ['sre without a reason', asks('prod/Admin', SRE, { ...OFFICE, ticket: 'T-1' }), 'requirement_unmet'],
    [
      'sre with a blank reason',
      asks('prod/Admin', SRE, { ...OFFICE, reason: '  ', ticket: 'T-1' }),
      'requirement_unmet',
    ],
    [
      'sre without mfa',
      asks('prod/Admin', { ...SRE, amr: ['pwd'] }, { ...OFFICE, reason: 'r', ticket: 'T-1' }),
      'condition_unmet',
    ],
    [
      'sre from elsewhere',
      asks('prod/Admin', SRE, { sourceIp: '198.51.100.1', reason: 'r', ticket: 'T-1' }),
      'explicit_deny',
    ],
    ['sre from nowhere', asks('prod/Admin', SRE, { reason: 'r', ticket: 'T-1' }), 'explicit_deny'],
    ['a contractor who is sre', asks('prod/ReadOnly', { groups: ['sre'], employment: 'contractor' }), 'explicit_deny'],
    ['a role that is not there', asks('prod/Root', SRE), 'role_unknown'],
    ['a role named like a member of objects', asks('constructor', SRE), 'role_unknown'],
    ['a pattern for a role', asks('prod/*', SRE), 'role_unknown'],
    [
      'the first grant in file order wins',
      asks('prod/ReadOnly', { ...SRE, groups: ['sre', 'team-1'], team: 'a' }),
      'engineering',
    ],
    ['a later grant where an earlier does not hold', asks('prod/ReadOnly', SRE), 'sre-reads'],
    [
      'a later grant where the first cannot be filled',
      asks('prod/ReadOnly', { groups: ['engineering', 'sre'] }),
      'sre-reads',
    ],
    ['a claim the session needs is missing', asks('dev/Developer', { groups: ['engineering'] }), 'template_refused'],
    [
      'a claim the session needs is hostile',
      asks('dev/Developer', { groups: ['engineering'], team: '*' }),
      'template_refused',
    ],
    [
      'an issuer the policy does not know',
      asks('prod/ReadOnly', SRE, { caller: caller(SRE, { issuer: 'other' }) }),
      'no_grant',
    ],
  ])('%s', (_what, request, expected) => {
    const decision = decide(INDEX, request);
    expect(decision.effect === 'allow' ? decision.grant : decision.reason).toBe(expected);
  });

  it('gives what AssumeRole needs', () => {
    expect(decide(INDEX, asks('dev/Developer', { groups: ['engineering'], team: 'payments' }))).toMatchObject({
      effect: 'allow',
      kind: 'role',
      role: { id: 'dev/Developer', arn: 'arn:aws:iam::111111111111:role/Developer' },
      tags: { team: 'payments' },
      transitiveTagKeys: ['team'],
      policyArns: [],
    });
  });

  it('is the same decision every time', () => {
    const request = asks('prod/ReadOnly', SRE);
    expect(decide(INDEX, request)).toEqual(decide(INDEX, request));
  });
});

describe('permissions', () => {
  const permission = (claims: Parameters<typeof caller>[0]) =>
    decide(INDEX, { caller: caller(claims), target: { kind: 'permission', permission: 'audit:read' }, now: NOW });

  it('are granted like roles', () => {
    expect(permission({ groups: ['security'] })).toMatchObject({
      effect: 'allow',
      kind: 'permission',
      grant: 'auditors',
    });
    expect(permission({ groups: ['sre'] })).toMatchObject({ effect: 'deny', reason: 'no_grant' });
    expect(permission({ groups: ['security'], employment: 'contractor' })).toMatchObject({ reason: 'explicit_deny' });
  });

  it('that no grant gives are denied', () => {
    const target = { kind: 'permission', permission: 'policy:read' } as const;
    expect(decide(INDEX, { caller: caller({ groups: ['security'] }), target, now: NOW })).toMatchObject({
      reason: 'no_grant',
    });
  });

  it('are listed', () => {
    expect(permissionsFor(INDEX, { caller: caller({ groups: ['security'] }), now: NOW })).toEqual(['audit:read']);
    expect(permissionsFor(INDEX, { caller: caller({ groups: ['sre'] }), now: NOW })).toEqual([]);
  });
});

describe('how long', () => {
  const index = indexPolicy({
    ...compiled(
      ['prod/A'],
      [
        grant({ name: 'short', roles: ['prod/A'], callers: { g: ['short'] }, durationSeconds: 1_800 }),
        grant({ name: 'long', roles: ['prod/A'], callers: { g: ['long'] }, durationSeconds: 43_200 }),
      ],
    ),
    roles: compiled(['prod/A'], []).roles.map((role) => ({ ...role, maxDurationSeconds: 7_200 })),
  });
  const ask = (g: string, durationSeconds?: number, more: Parameters<typeof caller>[1] = {}) =>
    decide(index, { caller: caller({ g }, more), target: { kind: 'role', role: 'prod/A' }, now: NOW, durationSeconds });
  const ci = (seconds: number) => ({ issuer: 'ci', expiresAt: NOW / 1000 + seconds });

  test.each([
    ['what was asked', ask('short', 900), 900, 'request'],
    ['the grant', ask('short', 3_600), 1_800, 'grant'],
    ['the grant when nothing is asked', ask('short'), 1_800, 'grant'],
    ['one hour on a chained path', ask('long', 43_200), 3_600, 'chaining'],
    ['what was asked when that is a tie', ask('long', 3_600), 3_600, 'request'],
    ['the token where the issuer says so', ask('long', 3_600, ci(1_000)), 1_000, 'token'],
    ['not the token where it does not', ask('long', undefined, { expiresAt: NOW / 1000 + 60 }), 3_600, 'chaining'],
    ['the shortest session of a token', ask('long', undefined, ci(900)), 900, 'token'],
  ])('is limited by %s', (_what, decision, seconds, limit) => {
    expect(allowed(decision)).toMatchObject({ durationSeconds: seconds, durationLimitedBy: limit });
  });

  it('is limited by the role', () => {
    const request = asks('prod/Admin', SRE, { ...OFFICE, reason: 'r', ticket: 't' });
    expect(allowed(decide(INDEX, request)).durationSeconds).toBe(1_200);
    const shortRole = indexOf('  - { name: g, roles: [prod/Admin], callers: { groups: [a] } }\n');
    expect(allowed(decide(shortRole, asks('prod/Admin', { groups: 'a' })))).toMatchObject({
      durationSeconds: 1_800,
      durationLimitedBy: 'role',
    });
  });

  test.each([899, 0, -5])('a sign-in that ends in %d seconds is too short', (seconds) => {
    expect(denied(ask('long', undefined, ci(seconds)))).toMatchObject({
      reason: 'sign_in_too_short',
      missing: [{ kind: 'sign_in' }],
    });
  });

  test.each([899, 0, -1, 900.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'asking for %d seconds is no request',
    (seconds) => {
      expect(() => ask('long', seconds)).toThrow('request_invalid');
    },
  );
});

describe('what is missing', () => {
  it('of a grant for others is only which claims matter', () => {
    const { missing } = denied(decide(INDEX, asks('prod/ReadOnly', { groups: ['sales'] })));
    expect(missing).toEqual([
      {
        kind: 'grant',
        claims: ['employment', 'groups'],
        message: 'no grant gives you "prod/ReadOnly"; grants look at employment, groups',
      },
    ]);
  });

  it('of a grant for the caller is everything at once', () => {
    const stale = caller({ ...SRE, amr: ['pwd'] }, { authenticatedAt: NOW / 1000 - 4_000 });
    const { missing, reason } = denied(decide(INDEX, asks('prod/Admin', {}, { caller: stale, ...OFFICE })));
    expect(reason).toBe('condition_unmet');
    expect(missing.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      'condition: sign in with MFA: amr must include mfa',
      'condition: sign in again: your sign-in must be at most 3600 seconds old',
      'reason: say why you need it: a reason is required',
      'ticket: name a ticket: one is required',
    ]);
  });

  it('under a deny is only that there is one', () => {
    const { missing } = denied(decide(INDEX, asks('prod/Admin', SRE)));
    expect(missing).toEqual([{ kind: 'denied', message: 'a rule of the access policy denies this to you' }]);
  });

  it('under a deny is nothing to a caller whom no grant is for: the role reads like one that does not exist', () => {
    const contractor = { groups: ['sales'], employment: 'contractor' };
    const real = denied(decide(INDEX, asks('prod/Admin', contractor)));
    const unreal = denied(decide(INDEX, asks('prod/Nope', contractor)));
    expect(real.reason).toBe('explicit_deny');
    expect(JSON.stringify(real.missing).replaceAll('Admin', 'Nope')).toBe(JSON.stringify(unreal.missing));
  });

  it('names the claim that a session needs, not its value', () => {
    const { missing } = denied(decide(INDEX, asks('dev/Developer', { groups: ['engineering'], team: 'SECRET*' })));
    expect(missing).toEqual([{ kind: 'claim', claim: 'team', message: expect.stringContaining('"team"') }]);
    expect(JSON.stringify(missing)).not.toContain('SECRET');
  });

  test.each([
    ['{ StringEquals: { claim:groups: [secret-team] } }', 'your sign-in\'s "groups" is not what is needed here'],
    ['{ StringEquals: { session:username: [secret-boss] } }', 'session:username is not what is needed here'],
    ['{ StringEquals: { session:issuer: [secret-idp] } }', 'session:issuer is not what is needed here'],
    ['{ StringLike: { aws:UserAgent: [secret-agent*] } }', 'aws:UserAgent is not what is needed here'],
    ['{ IpAddress: { aws:SourceIp: [198.51.100.0/24] } }', 'use a network from which this is allowed'],
    ['{ StringLike: { request:ticket: ["OPS-*"] } }', 'request:ticket must be like OPS-*'],
    ['{ NumericLessThan: { request:durationSeconds: [1800] } }', 'request:durationSeconds must be less than 1800'],
    ['{ StringEquals: { claim:acr: [gold, platinum] } }', 'acr must be gold or platinum'],
  ])('in words, for %s', (block, message) => {
    const index = indexOf(`  - { name: g, roles: [prod/ReadOnly], callers: everyone, condition: ${block} }\n`);
    const { missing } = denied(decide(index, asks('prod/ReadOnly', {})));
    expect(missing.map((item) => item.message)).toEqual([message]);
    expect(JSON.stringify(missing)).not.toMatch(/secret|198\.51/);
  });
});

describe('the trace', () => {
  it('says what became of every grant looked at, in file order', () => {
    const decision = decide(INDEX, asks('prod/Admin', { ...SRE, amr: ['pwd'] }, OFFICE));
    expect(decision.trace).toEqual({
      target: 'prod/Admin',
      steps: [
        {
          grant: 'employed-sre',
          effect: 'allow',
          outcome: 'condition_unmet',
          because: 'ForAnyValue:StringEquals claim:amr',
        },
        { grant: 'break-glass', effect: 'allow', outcome: 'callers_unmatched', because: 'groups' },
        { grant: 'no-contractors', effect: 'deny', outcome: 'callers_unmatched', because: 'employment' },
        { grant: 'office-only', effect: 'deny', outcome: 'condition_unmet', because: 'NotIpAddress aws:SourceIp' },
      ],
    });
  });

  it('ends with the grant that decided, and holds the other issuer’s', () => {
    const index = indexPolicy(
      compiled(
        ['prod/A'],
        [
          grant({ name: 'ci', roles: ['prod/A'], issuers: ['ci'] }),
          grant({ name: 'all', roles: ['prod/A'] }),
          grant({ name: 'unused', roles: ['prod/A'] }),
        ],
      ),
    );
    expect(decide(index, asks('prod/A', {})).trace.steps).toEqual([
      { grant: 'ci', effect: 'allow', outcome: 'issuer_unmatched', because: 'corp' },
      { grant: 'all', effect: 'allow', outcome: 'matched' },
    ]);
  });

  it('of a thousand grants fits a record and keeps the one that decided', () => {
    const grants = Array.from({ length: 1_000 }, (_, i) =>
      grant({
        name: `g${i}`,
        roles: ['prod/A'],
        callers: { g: ['x'] },
        condition: { StringEquals: { 'claim:n': [`${i}`] } },
      }),
    );
    const decision = decide(indexPolicy(compiled(['prod/A'], grants)), asks('prod/A', { g: 'x', n: '999' }));
    expect(decision).toMatchObject({ effect: 'allow', grant: 'g999' });
    expect(decision.trace.steps.length).toBe(100);
    expect(decision.trace.steps.at(-1)).toEqual({ grant: 'g999', effect: 'allow', outcome: 'matched' });
    expect(decision.trace.omitted).toBe(900);
  });
});

describe('session policies', () => {
  const index = indexOf(`
  - name: own-data
    roles: [prod/ReadOnly]
    callers: { groups: [a] }
    session:
      policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
      policy:
        Version: "2012-10-17"
        Statement:
          Effect: Allow
          Action: s3:GetObject
          Resource: "arn:aws:s3:::data/\${claim:team}/*"
`);

  it('are filled and minified', () => {
    const { policy, policyArns } = allowed(decide(index, asks('prod/ReadOnly', { groups: 'a', team: 'pay' })));
    expect(policy).toBe(
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/pay/*"}}',
    );
    expect(policyArns).toEqual(['arn:aws:iam::aws:policy/ReadOnlyAccess']);
  });

  test.each(['*', 'pay/../x', '${aws:username}', 'a"b\u0000'])('are refused with team %j', (team) => {
    expect(denied(decide(index, asks('prod/ReadOnly', { groups: 'a', team }))).reason).toBe('template_refused');
  });

  it('are refused when a claim makes them too large', () => {
    const decision = denied(decide(index, asks('prod/ReadOnly', { groups: 'a', team: 'x'.repeat(2_000) })));
    expect(decision).toMatchObject({ reason: 'template_refused', missing: [{ kind: 'claim', claim: 'team' }] });
    expect(decision.missing[0]?.message).toContain('2048');
  });
});

describe('a policy that was not compiled', () => {
  test.each([
    [grant({ name: 'g', roles: ['prod/None'] }), 'unknown role'],
    [
      grant({ name: 'g', roles: ['prod/A'], condition: { StringMatches: { 'claim:a': ['b'] } } }),
      'unknown condition operator',
    ],
    [
      grant({ name: 'g', roles: ['prod/A'], condition: { StringEquals: { 'aws:nothing': ['b'] } } }),
      'unknown condition key',
    ],
    [
      grant({ name: 'g', roles: ['prod/A'], condition: { IpAddress: { 'aws:SourceIp': ['b'] } } }),
      'needs an IP address',
    ],
    [
      grant({
        name: 'g',
        roles: ['prod/A'],
        session: { tags: { a: '${claim:' }, transitiveTagKeys: [], policyArns: [] },
      }),
      'not closed',
    ],
  ])('does not start (%#)', (bad, message) => {
    expect(() => indexPolicy(compiled(['prod/A'], [bad]))).toThrow(message);
  });
});
