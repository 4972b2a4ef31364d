import { dirname, isAbsolute, join } from 'node:path';
import type { Diagnostic } from '../../lib/access/diagnostic.ts';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { PolicyIndex } from '../../lib/access/policy-index.ts';
import type { Coverage } from '../../lib/access/testing/coverage.ts';
import type { CheckResult } from '../../lib/access/testing/run.ts';
import { Failure } from '../failure.ts';
import { readClaims } from '../policy/claims-file.ts';
import { readPolicy } from '../policy/policy-file.ts';
import { readText } from '../read-text.ts';

/** What became of one test file. */
export interface FileReport {
  readonly file: string;
  /** Why none of its cases was run; empty when they were. */
  readonly problems: readonly string[];
  readonly results: readonly CheckResult[];
}

export interface PolicyCoverage extends Coverage {
  /** The access policy's file. */
  readonly policy: string;
}

export interface TestReport {
  readonly files: readonly FileReport[];
  readonly coverage: readonly PolicyCoverage[];
}

interface LoadedPolicy {
  readonly file: string;
  readonly policy: AccessPolicy;
  readonly index: PolicyIndex;
  readonly results: CheckResult[];
}

/** Runs every file's cases. A file that cannot be read or understood is reported, and the others are run. */
export async function runFiles(files: readonly string[], policyOption: string | undefined): Promise<TestReport> {
  const policies = new Map<string, LoadedPolicy>();
  const now = Date.now();
  const reports: FileReport[] = [];
  for (const file of files) {
    try {
      reports.push(await runFile(file, policyOption, policies, now));
    } catch (thrown) {
      if (!Failure.is(thrown)) throw thrown;
      reports.push({ file, problems: [thrown.message, ...thrown.lines], results: [] });
    }
  }
  const { coverageOf } = await import('../access-policy.ts');
  const coverage = [...policies.values()].map(({ file, policy, results }) => ({
    policy: file,
    ...coverageOf(policy, results),
  }));
  return { files: reports, coverage };
}

async function runFile(
  file: string,
  policyOption: string | undefined,
  policies: Map<string, LoadedPolicy>,
  now: number,
): Promise<FileReport> {
  const { planChecks, readPolicyTests, runCheck, supposedCaller } = await import('../access-policy.ts');
  const read = readPolicyTests(readText(file), file);
  if (read.tests === undefined) return unusable(file, read.diagnostics);
  const beside = (path: string): string => (isAbsolute(path) ? path : join(dirname(file), path));
  const named = read.tests.source.policy;
  const policy = await loadPolicy(policyOption ?? (named === undefined ? 'access.yml' : beside(named)), policies);
  const { checks, diagnostics } = planChecks(read.tests, policy.index, {
    now,
    claimsOf: (path) => claimsIn(beside(path)),
  });
  if (checks.length === 0) return unusable(file, diagnostics);
  const results = checks.map((check) => runCheck(policy.index, check, supposedCaller));
  policy.results.push(...results);
  return { file, problems: [], results };
}

async function unusable(file: string, diagnostics: readonly Diagnostic[]): Promise<FileReport> {
  const { formatDiagnostic } = await import('../access-policy.ts');
  return { file, problems: diagnostics.flatMap((diagnostic) => formatDiagnostic(diagnostic).split('\n')), results: [] };
}

async function loadPolicy(file: string, policies: Map<string, LoadedPolicy>): Promise<LoadedPolicy> {
  const known = policies.get(file);
  if (known !== undefined) return known;
  const { indexPolicy } = await import('../access-policy.ts');
  const policy = await readPolicy(file, 'name the access policy in the file (policy:) or with --policy FILE');
  const loaded = { file, policy, index: indexPolicy(policy), results: [] };
  policies.set(file, loaded);
  return loaded;
}

function claimsIn(file: string) {
  try {
    return { claims: readClaims(file) };
  } catch (thrown) {
    if (!Failure.is(thrown)) throw thrown;
    return { problem: thrown.message };
  }
}
