import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import { coveredBy } from '../../lib/access/coverage.ts';
import { compileGlob } from '../../lib/iam/glob.ts';
import { HEAD, NOW } from './policies.ts';

/** All three roles granted under a condition, so that only what a test adds is warned about. */
const REST = `  - name: rest
    roles: [dev/Developer, prod/ReadOnly, prod/Admin]
    callers: { groups: [base] }
    condition: { Bool: { claim:email_verified: true } }
`;

function warnings(grants: string, head = HEAD): string[] {
  const { policy, diagnostics } = compilePolicy(head + REST + grants, 'access.yml', { now: NOW });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(policy).toBeDefined();
  return diagnostics.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
}

function condition(block: string): string[] {
  return warnings(`  - name: g\n    roles: [prod/ReadOnly]\n    callers: { groups: [a] }\n    condition: ${block}\n`);
}

describe('warnings', () => {
  it('are none for a policy without anything odd', () => expect(warnings('')).toEqual([]));

  test.each([
    ['{ StringEquals: { claim:a: x }, StringNotEquals: { claim:a: [x, y] } }', 'must be and must not be x'],
    [
      '{ StringEquals: { session:issuer: corp }, "ForAnyValue:StringEquals": { session:issuer: ci } }',
      'two different values',
    ],
    [
      '{ NumericLessThan: { session:authAgeSeconds: 10 }, NumericGreaterThan: { session:authAgeSeconds: 20 } }',
      'within both bounds',
    ],
    [
      '{ NumericLessThan: { session:authAgeSeconds: 10 }, NumericGreaterThanEquals: { session:authAgeSeconds: 10 } }',
      'within both bounds',
    ],
    [
      '{ DateLessThan: { aws:CurrentTime: 2027-01-01 }, DateGreaterThan: { aws:CurrentTime: 2027-02-01 } }',
      'within both bounds',
    ],
    ['{ Null: { claim:amr: true }, "ForAnyValue:StringEquals": { claim:amr: mfa } }', 'absent and present'],
    ['{ Null: { claim:groups: true } }', 'callers need it'],
    ['{ DateLessThan: { aws:CurrentTime: 2026-01-30 } }', 'has passed'],
    ['{ NumericLessThan: { aws:EpochTime: 1000 } }', 'has passed'],
  ])('a grant under %s can never match', (block, why) => {
    expect(condition(block)).toEqual([expect.stringMatching(new RegExp(`^20:5 grant_never_matches .*${why}`))]);
  });

  test.each([
    '{ StringEquals: { claim:a: x }, StringNotEquals: { claim:a: y } }',
    '{ StringEquals: { claim:a: [x, y] }, StringNotEquals: { claim:a: y } }',
    '{ StringEquals: { claim:a: x }, StringEqualsIfExists: { claim:a: y } }',
    '{ "ForAnyValue:StringEquals": { claim:a: x }, StringEquals: { claim:a: y } }',
    '{ NumericLessThanEquals: { session:authAgeSeconds: 10 }, NumericGreaterThanEquals: { session:authAgeSeconds: 10 } }',
    '{ NumericLessThan: { session:authAgeSeconds: [5, 30] }, NumericGreaterThan: { session:authAgeSeconds: 20 } }',
    '{ NumericLessThan: { session:authAgeSeconds: 9 }, NumericLessThanEquals: { session:authAgeSeconds: 5 }, NumericGreaterThanEquals: { session:authAgeSeconds: 5 } }',
    '{ Null: { claim:amr: true }, StringEqualsIfExists: { claim:amr: mfa } }',
    '{ Null: { claim:amr: [true, false] } }',
    '{ DateLessThan: { aws:CurrentTime: 2026-02-01 } }',
    '{ DateLessThan: { aws:CurrentTime: [2020-01-01, 2026-02-01] } }',
  ])('a grant under %s may match', (block) => expect(condition(block)).toEqual([]));

  test.each([
    ['callers: { groups: [a] }', 'callers: { groups: [a, b] }', true],
    ['callers: { groups: [a] }', 'callers: everyone', true],
    ['callers: { groups: [team-a] }', 'callers: { groups: ["team-*"] }', true],
    ['callers: { groups: ["team-a*"] }', 'callers: { groups: ["team-*"] }', true],
    ['callers: { groups: [a], employment: [contractor] }', 'callers: { employment: [contractor] }', true],
    ['callers: { groups: [a, b] }', 'callers: { groups: [a] }', false],
    ['callers: { groups: [a] }', 'callers: { groups: [a], employment: [x] }', false],
    ['callers: { groups: ["team-*"] }', 'callers: { groups: ["team-a*"] }', false],
    ['callers: { groups: [a] }', 'callers: { groups: [a] }\n    condition: { Bool: { claim:x: true } }', false],
    [
      'callers: { groups: [a] }\n    condition: { Bool: { claim:x: true } }',
      'callers: { groups: [a] }\n    condition: { Bool: { claim:x: true } }',
      true,
    ],
    ['callers: { groups: [a] }', 'callers: { groups: [a] }\n    issuers: [corp]', false],
    ['callers: { groups: [a] }\n    issuers: [corp]', 'callers: { groups: [a] }\n    issuers: [corp]', true],
  ])('a grant with %j under a deny with %j is hidden: %s', (allow, deny, hidden) => {
    const found = warnings(
      `  - name: g\n    roles: [prod/ReadOnly]\n    ${allow}\n  - name: d\n    effect: deny\n    roles: [prod/ReadOnly]\n    ${deny}\n`,
    ).filter((text) => text.includes('grant_hidden') && text.includes('"g"'));
    expect(found).toEqual(hidden ? ['20:5 grant_hidden grant "g" is hidden by the deny "d"'] : []);
  });

  it('says which roles of a grant a deny hides', () => {
    expect(
      warnings(`  - { name: g, roles: [dev/Developer, prod/ReadOnly], callers: { groups: [a] } }
  - { name: d, effect: deny, roles: [prod/*], callers: { groups: [a] } }
`),
    ).toEqual(['20:5 grant_hidden grant "g" never gives prod/ReadOnly: hidden by the deny "d"']);
  });

  test.each([
    [
      '  - { name: g, roles: ["*"], callers: { groups: [a] }, condition: { Bool: { claim:x: true } } }\n',
      '20:24 wide_open_roles',
    ],
    [
      '  - { name: g, roles: "*/*", callers: { groups: [a] }, condition: { Bool: { claim:x: true } } }\n',
      '20:23 wide_open_roles',
    ],
    ['  - { name: g, roles: [prod/ReadOnly], callers: everyone }\n', '20:49 wide_open_callers'],
    ['  - { name: g, roles: [prod/ReadOnly], callers: { groups: [a, "*"] } }\n', '20:59 wide_open_callers'],
    ['  - { name: g, roles: [prod/ReadOnly], callers: { groups: "?*" } }\n', '20:59 wide_open_callers'],
    ['  - { name: g, roles: [prod/Admin], callers: { groups: [a] } }\n', '20:5 admin_without_condition'],
    ['  - { name: g, roles: [prod/*], callers: { groups: [a] } }\n', '20:5 admin_without_condition'],
    [
      '  - name: g\n    roles: [prod/ReadOnly]\n    callers: { groups: [a] }\n    session: { policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::b/${claim:team}*" } } }\n',
      '23:103 template_next_to_wildcard',
    ],
    [
      '  - { name: g, roles: [prod/Admin], callers: { groups: [a] }, duration: 1h, condition: { Bool: { claim:x: true } } }\n',
      '20:73 duration_above_role',
    ],
    [
      '  - { name: g, roles: [prod/ReadOnly], callers: { groups: [a] }, condition: { "ForAllValues:StringEquals": { claim:amr: [mfa] } } }\n',
      '20:121 for_all_values_of_nothing',
    ],
  ])('%j: %s', (grants, expected) => {
    expect(warnings(grants).map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([expected]);
  });

  it('leave ForAllValues alone where the claim must be there', () => {
    expect(condition('{ "ForAllValues:StringEquals": { claim:amr: [mfa] }, Null: { claim:amr: false } }')).toEqual([]);
  });

  it('name a role that no grant gives', () => {
    const { diagnostics } = compilePolicy(
      `${HEAD}  - { name: g, roles: [dev/*], callers: { groups: [a] } }\n  - { name: d, effect: deny, roles: [prod/*], callers: { groups: [a] } }\n`,
      'p.yml',
    );
    expect(diagnostics.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '13 role_without_grant',
      '14 role_without_grant',
    ]);
  });

  it('name a grant for any issuer where several are trusted', () => {
    const head = HEAD.replace(
      'accounts:',
      '  ci: { issuer: "https://ci.example.com", audience: x, algorithms: [RS256], username: sub, usernamePrefix: ci- }\naccounts:',
    );
    const found = warnings(
      '  - { name: g, roles: [prod/ReadOnly], callers: { groups: [a] }, issuers: [corp] }\n',
      head,
    );
    expect(found).toEqual([expect.stringContaining('17:5 grant_any_issuer grant "rest"')]);
  });
});

it('a pattern said to be covered has no match outside the wider one', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 5 }).map((parts) => parts.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, pattern, text, (wider, narrow, value) => {
      if (coveredBy([wider])(narrow) && compileGlob(narrow).matches(value)) {
        expect(compileGlob(wider).matches(value)).toBe(true);
      }
    }),
    { numRuns: 5_000 },
  );
});
