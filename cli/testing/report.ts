import type { CheckResult } from '../../lib/access/testing/run.ts';
import { counted, printableJson } from '../text.ts';
import type { FileReport, PolicyCoverage, TestReport } from './run-files.ts';

/** The report in lines for a person. */
export function reportLines({ files, coverage }: TestReport, options: { readonly coverage: boolean }): string[] {
  const lines = files.flatMap(fileLines);
  return options.coverage ? [...lines, ...coverage.flatMap(coverageLines)] : lines;
}

function fileLines({ file, problems, results }: FileReport): string[] {
  return [file, ...problems.map((problem) => `  ${problem}`), ...results.flatMap((result) => caseLines(file, result))];
}

function caseLines(file: string, { name, position, passed, mismatches, explanation }: CheckResult): string[] {
  if (passed) return [`  ok    ${name}`];
  return [
    `  FAIL  ${name}`,
    ...mismatches.map((mismatch) => `        ${mismatch}`),
    `        at ${file}:${position.line}:${position.column}`,
    ...explanation.map((line) => `        | ${line}`),
  ];
}

function coverageLines({ policy, grants, covered, percent }: PolicyCoverage): string[] {
  return [
    `${policy}: ${covered} of ${counted(grants.length, 'grant')} decided a case (${percent} %)`,
    ...grants.map(({ grant, effect, decided }) => {
      const name = effect === 'deny' ? `deny ${grant}` : grant;
      return `  ${decided === 0 ? 'never' : `${decided}×`.padStart(5)}  ${name}`;
    }),
  ];
}

/** The report as TAP 14. What is no case, such as a file that cannot be read, is a test that failed. */
export function tapLines({ files, coverage }: TestReport): string[] {
  const points = files.flatMap(tapPoints);
  return [
    'TAP version 14',
    `1..${points.length}`,
    ...points.flatMap(tapPointLines),
    ...coverage.map(
      ({ policy, covered, grants, percent }) =>
        `# ${policy}: ${covered} of ${grants.length} grants decided a case (${percent} %)`,
    ),
  ];
}

interface TapPoint {
  readonly name: string;
  readonly at: string;
  readonly mismatches: readonly string[];
}

function tapPoints({ file, problems, results }: FileReport): TapPoint[] {
  if (problems.length > 0) return [{ name: file, at: file, mismatches: problems }];
  return results.map(({ name, position, mismatches }) => {
    return { name, at: `${file}:${position.line}:${position.column}`, mismatches };
  });
}

function tapPointLines({ name, at, mismatches }: TapPoint, index: number): string[] {
  const description = `${index + 1} - ${escaped(name)}`;
  if (mismatches.length === 0) return [`ok ${description}`];
  // JSON is YAML, so any text can stand in it.
  const block = ['---', `at: ${printableJson(at)}`, `mismatches: ${printableJson(mismatches)}`, '...'];
  return [`not ok ${description}`, ...block.map((line) => `  ${line}`)];
}

/** In a description `#` starts a directive and `\` escapes (TAP 14, "Escaping"). */
function escaped(text: string): string {
  return text.replace(/[\\#]/g, '\\$&');
}
