import { parseDate } from '../../iam/date.ts';
import { parseIpAddress } from '../../iam/ip.ts';
import { sessionSecondsProblem } from '../../iam/limits.ts';
import type { Json } from '../../json.ts';
import { type Diagnostic, type Locate, type Path, Reporter, sortDiagnostics } from '../diagnostic.ts';
import { parsePolicyText } from '../parse.ts';
import { durationSeconds } from '../schema.ts';
import { reportIssues, type ShapeWords } from '../shape-issues.ts';
import { type PolicyTestSource, policyTestSource, type TestCaseSource } from './schema.ts';

/** A test file that can be run once its policy is there. */
export interface PolicyTests {
  readonly file: string;
  readonly source: PolicyTestSource;
  readonly locate: Locate;
}

/**
 * Reads a test file as strictly as an access policy: what is misspelt would be a check that is never made. With an error
 * among the diagnostics there are no tests.
 *
 * @param file name to put into diagnostics
 */
export function readPolicyTests(
  text: string,
  file: string,
): { readonly tests?: PolicyTests; readonly diagnostics: readonly Diagnostic[] } {
  const { document, diagnostics } = parsePolicyText(text, file, 'a file of tests');
  if (document === undefined) return { diagnostics: sortDiagnostics(diagnostics) };
  const reporter = new Reporter(file, document.locate);
  const source = checkTestShape(document.value, reporter);
  if (source !== undefined) {
    checkTime(source.now, ['now'], reporter);
    for (const [index, one] of source.cases.entries()) checkCase(one, ['cases', index], reporter);
    checkNames(source.cases, reporter);
  }
  const found = sortDiagnostics(reporter.diagnostics);
  if (source === undefined || reporter.failed) return { diagnostics: found };
  return { tests: { file, source, locate: document.locate }, diagnostics: found };
}

const WORDS: ShapeWords = {
  membersNear: (path) =>
    Object.keys(path.length < 2 ? policyTestSource.shape : policyTestSource.shape.cases.element.shape),
  unionWords: (path) =>
    /^(duration|requestedDuration|signedInAgo)$/.test(String(path.at(-1)))
      ? 'a duration such as 30m'
      : 'a value or a list of values',
};

function checkTestShape(value: Json, reporter: Reporter): PolicyTestSource | undefined {
  const parsed = policyTestSource.safeParse(value);
  if (parsed.success) return parsed.data;
  reportIssues(parsed.error.issues, value, WORDS, reporter);
  return undefined;
}

/** What a case may expect of a session. */
const OF_SESSIONS = ['duration', 'tags', 'sourceIdentity'] as const;

function checkCase(one: TestCaseSource, path: Path, reporter: Reporter): void {
  exactlyOne(one, ['caller', 'claims'], 'says who asks', path, reporter);
  exactlyOne(one, ['role', 'permission'], 'says what is asked for', path, reporter);
  const meaningless = (name: keyof TestCaseSource, why: string): void => {
    if (one[name] !== undefined)
      reporter.keyError('key_meaningless', [...path, name], `"${name}" means nothing ${why}`);
  };
  if (one.permission !== undefined) {
    for (const name of ['requestedDuration', ...OF_SESSIONS] as const) meaningless(name, 'for a permission');
  }
  if (one.expect === 'allow') meaningless('missing', 'where access is expected');
  else for (const name of OF_SESSIONS) meaningless(name, 'where a denial is expected');
  if (one.signedInAgo !== undefined && Object.hasOwn(one.caller ?? {}, 'auth_time')) {
    reporter.keyError('key_meaningless', [...path, 'signedInAgo'], 'the claims hold an auth_time already');
  }
  checkTime(one.now, [...path, 'now'], reporter);
  if (one.sourceIp !== undefined && parseIpAddress(one.sourceIp) === undefined) {
    reporter.error('value_invalid', [...path, 'sourceIp'], `"${one.sourceIp}" is no IP address`);
  }
  if (one.requestedDuration === undefined) return;
  const wrong = sessionSecondsProblem(durationSeconds(one.requestedDuration));
  if (wrong !== undefined) reporter.error('duration_out_of_range', [...path, 'requestedDuration'], wrong);
}

function exactlyOne(
  one: TestCaseSource,
  names: readonly (keyof TestCaseSource)[],
  what: string,
  path: Path,
  reporter: Reporter,
): void {
  const given = names.filter((name) => one[name] !== undefined);
  if (given.length === 1) return;
  const message = `a case ${what} with either ${names.join(' or ')}`;
  if (given.length === 0) reporter.error('key_missing', path, message);
  else reporter.keyError('key_meaningless', [...path, given[1] ?? ''], message);
}

function checkTime(written: string | undefined, path: Path, reporter: Reporter): void {
  if (written === undefined || timeOf(written) !== undefined) return;
  reporter.error('value_invalid', path, `"${written}" is no time`, 'such as 2026-01-31T09:00:00Z');
}

/** Epoch milliseconds of a time with its zone; a bare number or a day alone is none. */
export function timeOf(written: string): number | undefined {
  return written.includes('T') ? parseDate(written) : undefined;
}

/** A name is how a failure is found again. */
function checkNames(cases: readonly TestCaseSource[], reporter: Reporter): void {
  const seen = new Set<string>();
  for (const [index, { name }] of cases.entries()) {
    if (seen.has(name)) reporter.error('case_duplicate', ['cases', index, 'name'], `another case is named "${name}"`);
    seen.add(name);
  }
}
