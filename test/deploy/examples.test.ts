import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { decide } from '../../lib/access/decide.ts';
import { indexPolicy } from '../../lib/access/policy-index.ts';
import type { JsonObject } from '../../lib/json.ts';
import { ROOT } from './packaged.ts';

const folder = join(ROOT, 'examples', 'access-policies');
const files = readdirSync(folder).filter((name) => /^[^.]+\.yml$/.test(name));

test('there are examples', () => {
  expect(files.length).toBeGreaterThanOrEqual(3);
});

describe.each(files)('examples/access-policies/%s', (file) => {
  const { policy, diagnostics } = compilePolicy(readFileSync(join(folder, file), 'utf8'), file);

  test('compiles without an error or a warning', () => {
    expect(diagnostics).toEqual([]);
    expect(policy).toBeDefined();
  });

  test('hands out every role it names, each with an external id', () => {
    const granted = new Set(policy?.grants.flatMap(({ effect, roles }) => (effect === 'allow' ? roles : [])));
    for (const role of policy?.roles ?? []) {
      expect(granted).toContain(role.id);
      expect(role.externalId).toMatch(/^daypass-/);
    }
  });

  test('lets somebody read the audit log, but not everybody', () => {
    const readers = policy?.grants.filter(
      ({ effect, permissions }) => effect === 'allow' && permissions.includes('audit:read'),
    );
    expect(readers).not.toEqual([]);
    for (const { callers } of readers ?? []) expect(Object.keys(callers)).not.toEqual([]);
  });
});

describe('what the examples decide', () => {
  const NOW = Date.UTC(2026, 10, 22, 12);
  const OFFICE = '198.51.100.17';
  const ONCALL = { groups: ['on-call'], amr: ['pwd', 'mfa'] };
  const PUSH = {
    repository_owner_id: '1234567',
    repository_id: '7654321',
    ref: 'refs/heads/main',
    event_name: 'push',
    sha: 'a'.repeat(40),
  };

  interface Case {
    readonly file: string;
    readonly issuer: string;
    readonly claims: JsonObject;
    readonly role: string;
    readonly expected: string;
    readonly sourceIp?: string;
    readonly signedInSecondsAgo?: number;
    readonly reason?: string;
    readonly ticket?: string;
  }

  const small = { file: 'small-team.yml', issuer: 'entra' };
  const many = { file: 'many-accounts.yml', issuer: 'okta', sourceIp: OFFICE };
  const operator = { ...many, role: 'search-prod/Operator', signedInSecondsAgo: 60, reason: 'repair', ticket: 'OPS-1' };
  const github = { file: 'github-actions.yml', issuer: 'github' };

  test.each<[string, Case]>([
    [
      'a developer',
      { ...small, claims: { roles: ['Daypass.Developer'] }, role: 'dev/Developer', expected: 'developers' },
    ],
    ['no app role', { ...small, claims: {}, role: 'dev/Developer', expected: 'no_grant' }],
    [
      'an operator with a reason',
      {
        ...small,
        claims: { roles: ['Daypass.Operator'] },
        role: 'prod/Operator',
        reason: 'repair',
        expected: 'on-call',
      },
    ],
    [
      'an operator without one',
      { ...small, claims: { roles: ['Daypass.Operator'] }, role: 'prod/Operator', expected: 'requirement_unmet' },
    ],

    [
      'a team in its account',
      { ...many, claims: { groups: ['team-payments'] }, role: 'payments-dev/Developer', expected: 'payments-builds' },
    ],
    [
      'a team in another’s account',
      { ...many, claims: { groups: ['team-payments'] }, role: 'search-dev/Developer', expected: 'no_grant' },
    ],
    ['on call, fresh, with mfa', { ...operator, claims: ONCALL, expected: 'on-call-operates' }],
    ['on call without mfa', { ...operator, claims: { ...ONCALL, amr: ['pwd'] }, expected: 'condition_unmet' }],
    [
      'on call, signed in this morning',
      { ...operator, claims: ONCALL, signedInSecondsAgo: 10_000, expected: 'condition_unmet' },
    ],
    ['on call from home', { ...operator, claims: ONCALL, sourceIp: '203.0.113.9', expected: 'explicit_deny' }],
    [
      'on call, a contractor',
      { ...operator, claims: { ...ONCALL, employment: 'contractor' }, expected: 'explicit_deny' },
    ],

    ['a push to main', { ...github, claims: PUSH, role: 'staging/Deploy', expected: 'shop-deploys-to-staging' }],
    [
      'another branch',
      { ...github, claims: { ...PUSH, ref: 'refs/heads/topic' }, role: 'staging/Deploy', expected: 'no_grant' },
    ],
    [
      'a pull request from a fork',
      {
        ...github,
        claims: { ...PUSH, event_name: 'pull_request_target' },
        role: 'staging/Deploy',
        expected: 'no_grant',
      },
    ],
    [
      'another repository',
      { ...github, claims: { ...PUSH, repository_id: '1' }, role: 'staging/Deploy', expected: 'no_grant' },
    ],
    ['production without the environment', { ...github, claims: PUSH, role: 'prod/Deploy', expected: 'no_grant' }],
    [
      'production with it',
      {
        ...github,
        claims: { ...PUSH, environment: 'production' },
        role: 'prod/Deploy',
        expected: 'shop-deploys-to-production',
      },
    ],
    [
      'a person with a pipeline’s claims',
      { ...github, issuer: 'keycloak', claims: PUSH, role: 'staging/Deploy', expected: 'no_grant' },
    ],
    [
      'a pipeline with a person’s claims',
      { ...github, claims: { realm_access: { roles: ['engineer'] } }, role: 'prod/ReadOnly', expected: 'no_grant' },
    ],
    [
      'a person',
      {
        ...github,
        issuer: 'keycloak',
        claims: { realm_access: { roles: ['engineer'] } },
        role: 'prod/ReadOnly',
        expected: 'engineers-read',
      },
    ],
  ])('%s', (_, { file, issuer, claims, role, expected, signedInSecondsAgo, ...request }) => {
    const { policy } = compilePolicy(readFileSync(join(folder, file), 'utf8'), file);
    if (!policy) throw new Error(`${file} does not compile`);
    const seconds = NOW / 1000;
    const caller = {
      issuer,
      issuerUrl: policy.issuers.find(({ name }) => name === issuer)?.url ?? '',
      subject: 'someone',
      username: 'someone',
      claims,
      authenticatedAt: signedInSecondsAgo === undefined ? undefined : seconds - signedInSecondsAgo,
      issuedAt: seconds - 60,
      expiresAt: seconds + 3600,
      tokenSha256: '',
    };
    const decision = decide(indexPolicy(policy), { ...request, caller, target: { kind: 'role', role }, now: NOW });
    expect(decision.effect === 'allow' ? decision.grant : decision.reason).toBe(expected);
  });
});

test('the profiles of examples/aws-config ask for roles of the examples', () => {
  const config = readFileSync(join(ROOT, 'examples', 'aws-config'), 'utf8');
  const asked = [...config.matchAll(/^credential_process = daypass credential-process (\S+)/gm)].map(
    ([, role]) => role,
  );
  expect(asked.length).toBeGreaterThan(0);
  const { policy } = compilePolicy(readFileSync(join(folder, 'many-accounts.yml'), 'utf8'), 'many-accounts.yml');
  for (const role of asked) expect(policy?.roles.map(({ id }) => id)).toContain(role);
});
