import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../../lib/access/compile.ts';
import type { AccessPolicy, Grant } from '../../../lib/access/policy.ts';
import { indexPolicy } from '../../../lib/access/policy-index.ts';
import { coverageOf } from '../../../lib/access/testing/coverage.ts';
import { planChecks } from '../../../lib/access/testing/plan.ts';
import { readPolicyTests } from '../../../lib/access/testing/read.ts';
import { type CheckResult, runCheck } from '../../../lib/access/testing/run.ts';
import { supposedCaller } from '../../../lib/identity/supposed-caller.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { ROOT } from '../../support/imports.ts';
import { NOW } from '../policies.ts';

/** The tests that the example policies ship with: they pass, and would notice every change that gives more. */

const FOLDER = join(ROOT, 'examples', 'access-policies');
const NAMES = readdirSync(FOLDER)
  .filter((name) => /^[^.]+\.yml$/.test(name))
  .map((name) => name.replace(/\.yml$/, ''));

const textOf = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

function policyOf(name: string): AccessPolicy {
  const { policy, diagnostics } = compilePolicy(textOf(`${name}.yml`), `${name}.yml`);
  if (policy === undefined) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

function run(name: string, policy: AccessPolicy): CheckResult[] {
  const file = `${name}.test.yml`;
  const { tests, diagnostics } = readPolicyTests(textOf(file), file);
  expect(diagnostics).toEqual([]);
  if (tests === undefined) return [];
  expect(tests.source.policy).toBe(`${name}.yml`);
  const index = indexPolicy(policy);
  const claimsOf = (path: string) => ({ claims: JSON.parse(textOf(path)) as JsonObject });
  const plan = planChecks(tests, index, { now: NOW, claimsOf });
  expect(plan.diagnostics).toEqual([]);
  return plan.checks.map((check) => runCheck(index, check, supposedCaller));
}

const withInstead = (policy: AccessPolicy, grant: Grant, other: Grant): AccessPolicy => ({
  ...policy,
  grants: policy.grants.map((one) => (one === grant ? other : one)),
});

/** Every way to loosen one grant by taking one thing out of it. */
function looser(grant: Grant): readonly (readonly [string, Grant])[] {
  const ways: [string, Grant][] = [];
  for (const claim of Object.keys(grant.callers)) {
    const callers = Object.fromEntries(Object.entries(grant.callers).filter(([name]) => name !== claim));
    ways.push([`without its ${claim}`, { ...grant, callers }]);
  }
  for (const operator of Object.keys(grant.condition)) {
    const condition = Object.fromEntries(Object.entries(grant.condition).filter(([name]) => name !== operator));
    ways.push([`without its ${operator}`, { ...grant, condition }]);
  }
  for (const name of ['reason', 'ticket'] as const) {
    if (grant.require[name])
      ways.push([`without a ${name}`, { ...grant, require: { ...grant.require, [name]: false } }]);
  }
  if (grant.issuers.length > 0) ways.push(['for every issuer', { ...grant, issuers: [] }]);
  const { durationSeconds, ...unlimited } = grant;
  if (durationSeconds !== undefined) ways.push(['without its duration', unlimited]);
  return ways;
}

test('every example policy has its tests', () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(3);
  expect(readdirSync(FOLDER)).toEqual(expect.arrayContaining(NAMES.map((name) => `${name}.test.yml`)));
});

describe.each(NAMES)('examples/access-policies/%s.test.yml', (name) => {
  const policy = policyOf(name);

  it('passes, and has every grant decide a case', () => {
    const results = run(name, policy);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.length).toBeGreaterThan(10);
    expect(coverageOf(policy, results)).toMatchObject({ covered: policy.grants.length, percent: 100 });
  });

  it.each(policy.grants.map((grant) => [grant.name, grant] as const))('fails without %s', (_, grant) => {
    // Its name stays, so that the cases can still be planned.
    const empty = { ...grant, roles: [], permissions: [] };
    expect(run(name, withInstead(policy, grant, empty)).some(({ passed }) => !passed)).toBe(true);
  });

  const allowing = policy.grants.filter(({ effect }) => effect === 'allow');
  it.each(allowing.flatMap((grant) => looser(grant).map(([how, loose]) => [grant.name, how, grant, loose] as const)))(
    'fails with %s %s',
    (_, __, grant, loose) => {
      expect(run(name, withInstead(policy, grant, loose)).some(({ passed }) => !passed)).toBe(true);
    },
  );
});
