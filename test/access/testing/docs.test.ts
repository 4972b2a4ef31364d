import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reportLines } from '../../../cli/testing/report.ts';
import type { FileReport } from '../../../cli/testing/run-files.ts';
import { compilePolicy } from '../../../lib/access/compile.ts';
import { formatDiagnostic } from '../../../lib/access/diagnostic.ts';
import { indexPolicy } from '../../../lib/access/policy-index.ts';
import { coverageOf } from '../../../lib/access/testing/coverage.ts';
import { planChecks } from '../../../lib/access/testing/plan.ts';
import { readPolicyTests } from '../../../lib/access/testing/read.ts';
import { runCheck } from '../../../lib/access/testing/run.ts';
import { supposedCaller } from '../../../lib/identity/supposed-caller.ts';
import { ROOT } from '../../support/imports.ts';
import { NOW } from '../policies.ts';

/**
 * Runs docs/policy-tests.md: its first `yaml` block is the policy, every other one a test file, and the `text` block
 * behind it what `daypass test --coverage` prints.
 */
const PAGE = readFileSync(join(ROOT, 'docs', 'policy-tests.md'), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```(yaml|text)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => [
  language,
  text,
]);
const [[, POLICY = ''] = [], ...REST] = BLOCKS;
const { policy } = compilePolicy(POLICY, 'access.yml');
if (policy === undefined) throw new Error('the policy of the page has mistakes');
const INDEX = indexPolicy(policy);

function report(text: string): FileReport {
  const file = 'access.test.yml';
  const { tests, diagnostics } = readPolicyTests(text, file);
  const plan =
    tests === undefined
      ? { checks: [], diagnostics }
      : planChecks(tests, INDEX, { now: NOW, claimsOf: () => ({ problem: 'there is no file here' }) });
  return {
    file,
    problems: plan.diagnostics.flatMap((diagnostic) => formatDiagnostic(diagnostic).split('\n')),
    results: plan.checks.map((check) => runCheck(INDEX, check, supposedCaller)),
  };
}

test('every test file on the page is followed by what it prints', () => {
  expect(REST.map(([language]) => language)).toEqual(
    Array(REST.length / 2)
      .fill(['yaml', 'text'])
      .flat(),
  );
  expect(REST.length).toBeGreaterThanOrEqual(10);
});

const EXAMPLES = REST.flatMap(([language, text = ''], place) =>
  language === 'yaml' ? [{ place: place / 2 + 1, text, printed: REST[place + 1]?.[1] }] : [],
);

test.each(EXAMPLES)('test file $place prints what it says', ({ text, printed }) => {
  const one = report(text);
  const coverage = one.results.length === 0 ? [] : [{ policy: 'access.yml', ...coverageOf(INDEX.policy, one.results) }];
  expect(`${reportLines({ files: [one], coverage }, { coverage: true }).join('\n')}\n`).toBe(printed);
});
