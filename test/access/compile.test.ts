import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { formatDiagnostic } from '../../lib/access/diagnostic.ts';
import { policyDigest } from '../../lib/access/digest.ts';
import { accessPolicyJsonSchema } from '../../lib/access/json-schema.ts';
import { durationSeconds } from '../../lib/access/schema.ts';
import { HEAD, policyOf } from './policies.ts';

describe('a compiled policy', () => {
  const policy = policyOf(`  - name: g
    roles: ["prod/*", prod/ReadOnly]
    callers: { groups: a, employment: [b, b] }
    condition: { IpAddress: { AWS:sourceip: 10.0.0.0/8 }, NumericLessThan: { session:AuthAgeSeconds: 900 }, Bool: { Claim:Verified: true } }
    duration: 20m
`);

  it('has issuers with every default filled in', () => {
    expect(policy.issuers).toEqual([
      {
        name: 'corp',
        url: 'https://idp.example.com',
        audience: ['daypass'],
        algorithms: ['RS256'],
        username: 'email',
        usernamePrefix: '',
        reservedPrefixes: [],
        groups: 'groups',
        tokenTypes: ['jwt'],
        authorizedParties: ['daypass'],
        requireVerifiedEmail: true,
        clockSkewSeconds: 30,
        maxTokenLifetimeSeconds: 86_400,
        singleUse: false,
        sessionsEndWithToken: false,
      },
    ]);
  });

  it('has roles with their account, in file order', () => {
    expect(policy.roles.map(({ id, accountId, maxDurationSeconds }) => [id, accountId, maxDurationSeconds])).toEqual([
      ['dev/Developer', '111111111111', 7_200],
      ['prod/ReadOnly', '222222222222', 3_600],
      ['prod/Admin', '222222222222', 1_800],
    ]);
    expect(policy.accounts[0]).toEqual({ name: 'dev', id: '111111111111', label: 'dev', partition: 'aws' });
  });

  it('has grants with roles expanded, each once, and lists everywhere', () => {
    expect(policy.grants[0]).toMatchObject({
      effect: 'allow',
      roles: ['prod/ReadOnly', 'prod/Admin'],
      callers: { groups: ['a'], employment: ['b'] },
      durationSeconds: 1_200,
      require: { reason: false, ticket: false },
    });
  });

  it('spells condition keys one way, and leaves the case of claims alone', () => {
    expect(policy.grants[0]?.condition).toEqual({
      IpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] },
      NumericLessThan: { 'session:authAgeSeconds': ['900'] },
      Bool: { 'claim:Verified': ['true'] },
    });
  });

  it('has a digest that any change of meaning changes and no change of writing does', () => {
    const one = policyOf('  - { name: g, roles: [prod/ReadOnly], callers: { groups: a } }\n');
    const same = policyOf('  # who reads\n  - name: g\n    callers: { groups: ["a"] }\n    roles: prod/ReadOnly\n');
    const other = policyOf('  - { name: g, roles: [prod/ReadOnly], callers: { groups: b } }\n');
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(same.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
    expect(policyDigest(JSON.parse(JSON.stringify(one)))).toBe(one.digest);
  });

  it('takes settings of an issuer as written', () => {
    const head = HEAD.replace(
      '    username: email\n',
      `    username: sub
    usernamePrefix: emp.
    groups: roles
    jwksUri: https://idp.example.com/keys?v=2
    tokenTypes: [JWT, at+jwt]
    authorizedParties: cli
    hostedDomains: example.com
    requireVerifiedEmail: false
    clockSkew: 0
    maxTokenLifetime: 1h
    singleUse: true
    sessionsEndWithToken: true
    login: { clientId: cli }
`,
    );
    expect(policyOf('  - { name: g, roles: [prod/*], callers: everyone }\n', head).issuers[0]).toMatchObject({
      username: 'sub',
      usernamePrefix: 'emp.',
      groups: 'roles',
      jwksUri: 'https://idp.example.com/keys?v=2',
      tokenTypes: ['jwt', 'at+jwt'],
      authorizedParties: ['cli'],
      hostedDomains: ['example.com'],
      requireVerifiedEmail: false,
      clockSkewSeconds: 0,
      maxTokenLifetimeSeconds: 3_600,
      singleUse: true,
      sessionsEndWithToken: true,
      login: { clientId: 'cli', scopes: ['openid', 'email', 'profile'] },
    });
  });

  test.each([
    'http://127.0.0.1:4101',
    'http://[::1]:4101',
    'https://login.example.com/tenant/v2.0',
    'https://idp.example.com/',
    'https://idp.example.com',
  ])('trusts issuer %s as written', (url) => {
    const head = HEAD.replace('https://idp.example.com', `"${url}"`);
    expect(policyOf('  - { name: g, roles: [prod/*], callers: everyone }\n', head).issuers[0]?.url).toBe(url);
  });

  it('keeps names that JavaScript has a meaning for as plain names', () => {
    const { grants } = policyOf(
      '  - { name: constructor, roles: [prod/*], callers: { toString: x, constructor: y } }\n',
    );
    expect(Object.entries(grants[0]?.callers ?? {})).toEqual([
      ['toString', ['x']],
      ['constructor', ['y']],
    ]);
  });
});

test.each([
  ['30m', 1_800],
  ['1h', 3_600],
  ['900s', 900],
  ['900', 900],
  [900, 900],
])('%j is %d seconds', (written, seconds) => expect(durationSeconds(written)).toBe(seconds));

test('a diagnostic reads like a compiler’s', () => {
  const { diagnostics } = compilePolicy(
    `${HEAD}  - { name: g, roles: [prod/Admn], callers: { groups: a } }\n`,
    'access.yml',
  );
  expect(diagnostics.map(formatDiagnostic)).toEqual([
    'access.yml:16:24: error: unknown role "prod/Admn" [role_unknown]\n  hint: did you mean prod/Admin?',
  ]);
  expect(diagnostics[0]?.path).toBe('grants[0].roles[0]');
});

describe('the policies that come with the product', () => {
  test.each(['access.yml', 'dev/access.yml'])('%s compiles without a warning', (file) => {
    const { policy, diagnostics } = compilePolicy(
      readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'),
      file,
    );
    expect(diagnostics).toEqual([]);
    expect(policy).toBeDefined();
  });
});

describe('the JSON Schema for editors', () => {
  const schema = JSON.parse(JSON.stringify(accessPolicyJsonSchema())) as Record<string, never>;

  it('is draft 7, closed, and requires what the compiler requires', () => {
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      additionalProperties: false,
      required: ['version', 'issuers', 'accounts', 'roles', 'grants'],
    });
  });

  it('knows the durations as people write them', () => {
    expect(JSON.stringify(schema)).toContain('"pattern":"^[1-9][0-9]{0,6}(s|m|h)?$"');
  });
});
