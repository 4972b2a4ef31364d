import { indexPolicy } from '../../../lib/access/policy-index.ts';
import { type Check, type PlanOptions, planChecks } from '../../../lib/access/testing/plan.ts';
import { readPolicyTests } from '../../../lib/access/testing/read.ts';
import { type CheckResult, runCheck } from '../../../lib/access/testing/run.ts';
import { supposedCaller } from '../../../lib/identity/supposed-caller.ts';
import { NOW, policyOf } from '../policies.ts';

/** Three grants on the roles of `policies.ts`. */
export const INDEX = indexPolicy(
  policyOf(`
  - name: engineers-read
    roles: [dev/Developer, prod/ReadOnly]
    callers: { groups: [engineering] }
    session: { tags: { team: "\${claim:team}" } }
  - name: sre-admin
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition:
      ForAnyValue:StringEquals: { claim:amr: [mfa] }
      NumericLessThanEquals: { session:authAgeSeconds: 900 }
      DateGreaterThan: { aws:CurrentTime: "2026-01-01T00:00:00Z" }
    duration: 20m
    require: { reason: true }
  - name: auditors
    permissions: [audit:read]
    callers: { groups: [security] }
  - name: no-contractors
    effect: deny
    roles: [prod/*]
    callers: { employment: [contractor] }
`),
);

const NO_FILES: PlanOptions['claimsOf'] = (file) => ({ problem: `${file} cannot be read` });

/** Members of one case, as they are written in a test file; a `name` is added where there is none. */
export function testFile(...cases: readonly string[]): string {
  const written = cases.map((members, index) => {
    const named = /^name:/m.test(members) ? members : `name: case ${index + 1}\n${members}`;
    return `  - ${named.trim().replaceAll('\n', '\n    ')}`;
  });
  return `cases:\n${written.join('\n')}\n`;
}

/** The checks of a test file, which must be without a mistake. */
export function checksOf(text: string, options: Partial<PlanOptions> = {}): readonly Check[] {
  const { tests, diagnostics } = readPolicyTests(text, 'access.test.yml');
  if (tests === undefined) throw new Error(JSON.stringify(diagnostics, undefined, 2));
  const plan = planChecks(tests, INDEX, { now: NOW, claimsOf: NO_FILES, ...options });
  if (plan.diagnostics.length > 0) throw new Error(JSON.stringify(plan.diagnostics, undefined, 2));
  return plan.checks;
}

/** Everything that is wrong with a test file, as `line:column code`. */
export function problemsOf(text: string, options: Partial<PlanOptions> = {}): string[] {
  const { tests, diagnostics } = readPolicyTests(text, 'access.test.yml');
  const planned =
    tests === undefined
      ? diagnostics
      : planChecks(tests, INDEX, { now: NOW, claimsOf: NO_FILES, ...options }).diagnostics;
  return planned.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

export function run(text: string): CheckResult[] {
  return checksOf(text).map((check) => runCheck(INDEX, check, supposedCaller));
}
