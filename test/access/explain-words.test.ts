import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/access/decide.ts';
import { explainDecision } from '../../lib/access/explain.ts';
import { explainGrants } from '../../lib/access/explain-detail.ts';
import { explanationLines } from '../../lib/access/explain-words.ts';
import type { Circumstances } from '../../lib/access/facts.ts';
import type { PolicyIndex } from '../../lib/access/policy-index.ts';
import type { JsonObject } from '../../lib/json.ts';
import { caller, indexOf, NOW } from './policies.ts';

const INDEX = indexOf(`
  - name: engineers
    roles: [dev/Developer, prod/ReadOnly]
    callers: { groups: [engineering, "team-*"], employment: [employee] }
    session:
      tags: { team: "\${claim:team}" }
      transitiveTagKeys: [team]
      policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::\${claim:team}/*" } }
      policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  - name: sre-admin
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition:
      ForAnyValue:StringEquals: { claim:amr: [mfa] }
      NumericLessThanEquals: { session:authAgeSeconds: 30 }
    duration: 20m
    require: { reason: true, ticket: true }
  - name: break-glass
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition: { StringLike: { request:ticket: "INC-*" }, IpAddress: { aws:SourceIp: 198.51.100.0/24 } }
  - name: auditors
    permissions: [audit:read]
    callers: { groups: [security] }
  - name: no-contractors
    effect: deny
    roles: [prod/*]
    callers: { employment: [contractor] }
  - name: office-only
    effect: deny
    roles: [prod/Admin]
    condition: { NotIpAddressIfExists: { aws:SourceIp: [198.51.100.0/24] } }
`);

function told(role: string, claims: JsonObject, more: Partial<Circumstances> = {}, index: PolicyIndex = INDEX) {
  const circumstances = { ...more, caller: caller(claims), now: NOW };
  const target = role.includes(':')
    ? ({ kind: 'permission', permission: 'audit:read' } as const)
    : ({ kind: 'role', role } as const);
  const decision = decide(index, { ...circumstances, target });
  const explanation = explainDecision(index, circumstances, decision);
  return {
    own: explanationLines(explanation),
    full: explanationLines({ ...explanation, detail: explainGrants(index, circumstances, decision) }),
  };
}

function detailOf(role: string, claims: JsonObject, index: PolicyIndex) {
  const circumstances = { caller: caller(claims), now: NOW };
  return explainGrants(index, circumstances, decide(index, { ...circumstances, target: { kind: 'role', role } }));
}

const SRE = { groups: ['sre'], amr: ['pwd'], employment: 'employee' };
const ENGINEER = { groups: ['engineering'], employment: 'employee', team: 'payments' };

describe('an explanation in words', () => {
  it('of a role that is given says for how long, as whom, and within what', () => {
    expect(told('dev/Developer', ENGINEER, { durationSeconds: 5_400 }).own).toEqual([
      'Allowed: dev/Developer.',
      'It lasts 1 h: AWS allows no more to a session that one role takes from another.',
      'It is of arn:aws:iam::111111111111:role/Developer, named {sessionId}-someone@example.com, with the source identity someone@example.com.',
      'Tags: team=payments, daypass:session-id={sessionId}.',
      'Passed on to roles that the session assumes: team.',
      'Limited by the session policy {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::payments/*"}}',
      'Limited by the managed policy arn:aws:iam::aws:policy/ReadOnlyAccess',
    ]);
  });

  it('of a role that is given names the grant, where the policy may be seen', () => {
    const { full } = told('prod/ReadOnly', ENGINEER, { durationSeconds: 1_800 });
    expect(full[0]).toBe('Allowed: prod/ReadOnly, by grant engineers.');
    expect(full[1]).toBe('It lasts 30 min: as long as was asked for.');
    expect(full.slice(-3)).toEqual([
      'The grants that name it:',
      '  grant engineers decides',
      '  deny no-contractors does not apply: employment must be contractor, and is employee',
    ]);
  });

  it('says what has to be sent', () => {
    const { own } = told(
      'prod/Admin',
      { ...SRE, amr: ['mfa'] },
      { reason: 'x', ticket: 'INC-1', sourceIp: '198.51.100.7' },
    );
    expect(own.slice(0, 3)).toEqual([
      'Allowed: prod/Admin.',
      'It lasts 30 min: the role allows no more.',
      'The request must bring a ticket.',
    ]);
  });

  it('of a denial says to the caller what the denial says', () => {
    expect(told('prod/Admin', SRE, { sourceIp: '198.51.100.7' }).own).toEqual([
      'Denied: prod/Admin.',
      'What is missing:',
      '  sign in with MFA: amr must include mfa',
      '  sign in again: your sign-in must be at most 30 seconds old',
      '  say why you need it: a reason is required',
      '  name a ticket: one is required',
      '  request:ticket must be like INC-*',
    ]);
  });

  it('of a denial tells of every grant what it would take, where the policy may be seen', () => {
    expect(told('prod/Admin', SRE, { sourceIp: '198.51.100.7' }).full).toEqual([
      'Denied: prod/Admin, because no grant that is for this caller has its conditions met.',
      'The grants that name it:',
      '  grant sre-admin is for you, but: sign in with MFA: amr must include mfa (it is pwd); sign in again: your sign-in must be at most 30 seconds old (it is 60); say why you need it: a reason is required; name a ticket: one is required',
      '  grant break-glass is for you, but: request:ticket must be like INC-* (it is absent)',
      '  deny no-contractors does not apply: employment must be contractor, and is employee',
      '  deny office-only does not apply: NotIpAddressIfExists aws:SourceIp 198.51.100.0/24 does not hold (it is 198.51.100.7)',
    ]);
  });

  it('names the deny, and what would otherwise have given it', () => {
    const { own, full } = told('prod/ReadOnly', { ...ENGINEER, employment: ['employee', 'contractor'] });
    expect(own).toEqual([
      'Denied: prod/ReadOnly.',
      'What is missing:',
      '  a rule of the access policy denies this to you',
    ]);
    expect(full).toEqual([
      'Denied: prod/ReadOnly, because a deny applies, which wins over every grant (no-contractors).',
      'The grants that name it:',
      '  grant engineers would give it too',
      '  deny no-contractors decides',
    ]);
  });

  it('says what a template could not be filled with', () => {
    const { full } = told('dev/Developer', { groups: ['team-a'], employment: 'employee' });
    expect(full).toEqual([
      'Denied: dev/Developer, because the session cannot be filled in from the claims.',
      'The grants that name it:',
      '  grant engineers is for you, but: claim "team" is missing',
    ]);
  });

  it('of a permission speaks of the grants that name it', () => {
    expect(told('audit:read', { groups: ['security'] }).full).toEqual([
      'Allowed: audit:read, by grant auditors.',
      'The grants that name it:',
      '  grant auditors decides',
    ]);
    expect(told('audit:read', SRE).full[2]).toBe(
      '  grant auditors is not for you: groups must be security, and is sre',
    );
  });

  it('of a role that does not exist has no grants to show', () => {
    expect(told('prod/Nothing', SRE).full).toEqual([
      'Denied: prod/Nothing, because the access policy has no such role.',
    ]);
  });

  it('stays short, however many grants, values and characters there are', () => {
    const many = Array.from(
      { length: 300 },
      (_, n) => `  - { name: g${n}, roles: [prod/Admin], callers: { groups: [x${n}] } }`,
    );
    const near = '  - { name: near, roles: [prod/Admin], callers: { groups: [mine] }, require: { reason: true } }';
    const index = indexOf(`${[...many, near].join('\n')}\n`);
    const groups = ['mine', ...Array.from({ length: 200 }, (_, n) => `group-${n}-${'y'.repeat(500)}`)];
    const { full } = told('prod/Admin', { groups }, {}, index);
    expect(full.join('\n').length).toBeLessThan(12_000);
    expect(full).toHaveLength(2 + 10 + 1 + 1);
    expect(full.at(-1)).toBe('  and 290 more that are for others');
    expect(full).toContain('  grant near is for you, but: say why you need it: a reason is required');
    const detail = detailOf('prod/Admin', { groups }, index);
    expect([detail.grants.length, detail.omitted]).toEqual([100, 201]);
    expect(detail.grants.at(-1)?.grant).toBe('near');
    expect(full[2]).toMatch(
      /^ {2}grant g0 is not for you: groups must be x0, and is mine and group-0-y+… and .* and 196 more$/,
    );
  });

  it('has a size, however large the grants are', () => {
    const patterns = JSON.stringify(Array.from({ length: 2_000 }, (_, n) => `group-${n}-${'y'.repeat(20)}`));
    const large = Array.from(
      { length: 60 },
      (_, n) => `  - { name: g${n}, roles: [prod/Admin], callers: { groups: ${patterns} } }`,
    );
    const mine = '  - { name: mine, roles: [prod/Admin], callers: { groups: [mine] } }';
    const detail = detailOf('prod/Admin', { groups: ['mine'] }, indexOf(`${[...large, mine].join('\n')}\n`));
    expect(JSON.stringify(detail).length).toBeLessThan(1_100_000);
    expect(detail.grants.at(-1)).toMatchObject({ grant: 'mine', decides: true });
    expect(detail.grants.length + (detail.omitted ?? 0)).toBe(61);
  });
});
