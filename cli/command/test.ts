import { type Command, type Input, POLICY_OPTIONS } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { say, writeOut } from '../output.ts';
import { reportLines, tapLines } from '../testing/report.ts';
import { runFiles, type TestReport } from '../testing/run-files.ts';
import { testFiles } from '../testing/test-files.ts';
import { counted, printable, printableJson } from '../text.ts';

export const test: Command = {
  name: 'test',
  summary: 'run the tests of an access policy',
  usage: '[DIR|FILE…] [--policy FILE] [--tap|--json] [--coverage] [--min-coverage PERCENT]',
  description: [
    'Runs the cases of *.test.yml files: who asks for what, and what should be decided. A directory stands for every',
    'such file below it; without one it is the working directory. Needs no broker and no network: nothing about the',
    'callers of a case is verified. Exit code 1 when a case fails, a file cannot be used, there is no case, or fewer',
    'grants than --min-coverage decided one.',
  ],
  options: {
    policy: { ...POLICY_OPTIONS.policy, help: 'the access policy (default: the one the file names, else access.yml)' },
    tap: { help: 'print TAP version 14' },
    json: { help: 'print JSON' },
    coverage: { help: 'list the grants and how many cases each decided' },
    'min-coverage': { value: 'PERCENT', help: 'fail when fewer of a policy’s grants decided a case' },
  },
  positionals: { names: ['FILE'], required: 0, repeats: true },
  async run(input) {
    if (input.isSet('tap') && input.isSet('json'))
      throw new Failure('usage', '--tap and --json are two forms; name one');
    const least = leastCoverage(input);
    const words = input.positionals.length === 0 ? ['.'] : input.positionals;
    const report = await runFiles(testFiles(words), input.text('policy'));
    write(report, input);
    return judge(report, least) ? EXIT.ok : EXIT.refused;
  },
};

function leastCoverage(input: Input): number {
  const text = input.text('min-coverage') ?? '0';
  if (/^(100|[0-9]{1,2})$/.test(text)) return Number(text);
  throw new Failure('usage', `--min-coverage ${text} is not a whole number from 0 to 100`);
}

function write(report: TestReport, input: Input): void {
  if (input.isSet('json')) {
    writeOut(`${printableJson(report, 2)}\n`);
    return;
  }
  const lines = input.isSet('tap') ? tapLines(report) : reportLines(report, { coverage: input.isSet('coverage') });
  if (lines.length > 0) writeOut(`${lines.map(printable).join('\n')}\n`);
}

/** Says what came out, for a person; whether all is well. */
function judge({ files, coverage }: TestReport, least: number): boolean {
  const results = files.flatMap((file) => file.results);
  const failed = results.filter(({ passed }) => !passed).length;
  const unusable = files.filter(({ problems }) => problems.length > 0).length;
  if (files.length === 0) say('there is no *.test.yml here');
  else {
    const parts = [`${results.length - failed} passed`, `${failed} failed`];
    if (unusable > 0) parts.push(`${counted(unusable, 'file')} could not be used`);
    say(`${counted(results.length, 'check')} in ${counted(files.length, 'file')}: ${parts.join(', ')}`);
  }
  const low = coverage.filter(({ percent }) => percent < least);
  for (const { policy, percent, grants } of low) {
    const never = grants.filter(({ decided }) => decided === 0).map(({ grant }) => grant);
    say(`${policy}: ${percent} % of its grants decided a case, less than ${least} %; never: ${never.join(', ')}`);
  }
  return results.length > 0 && failed === 0 && unusable === 0 && low.length === 0;
}
