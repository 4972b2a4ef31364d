import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { Command, Input } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { writeOut } from '../output.ts';
import { compiledPolicy, readPolicy } from '../policy/policy-file.ts';
import { readTextOrInput } from '../read-text.ts';
import { CALLERS_OPTIONS, CIRCUMSTANCES_OPTIONS, callersOf, sourceIpOf, tellUnusable } from '../review/callers.ts';
import type { PolicyDiff } from '../review/diff.ts';
import { diffMarkdown } from '../review/diff-markdown.ts';
import { diffText } from '../review/diff-text.ts';
import { printableJson } from '../text.ts';

export const diff: Command = {
  name: 'diff',
  summary: 'compare two versions of an access policy: who gains and loses what',
  usage: 'OLD|- NEW|- [--callers PLACE] [--by-role|--markdown|--json] [--fail-on widens|changes]',
  description: [
    'Tells for each statement whether the change widens or narrows access, and for --callers who gains and loses which',
    'role, for how long and with what. Where nothing widens and nothing is unclear, nobody gets more than before. - is',
    'standard input: git show main:access.yml | daypass diff - access.yml. Exit code 1 with --fail-on when access is',
    'widened (or, with --fail-on changes, when it may be), when people named by --callers cannot be read, and when a',
    'policy has errors.',
  ],
  options: {
    ...CALLERS_OPTIONS,
    ...CIRCUMSTANCES_OPTIONS,
    'by-role': { help: 'show by role, too, whom the changes are about' },
    markdown: { help: 'print Markdown for a pull request' },
    json: { help: 'print JSON' },
    'fail-on': { value: 'WHAT', help: 'exit with 1 when access', choices: ['widens', 'changes'] },
  },
  positionals: { names: ['OLD', 'NEW'], required: 2 },
  async run(input) {
    const [oldFile = '', newFile = ''] = input.positionals;
    if (oldFile === '-' && newFile === '-') {
      throw new Failure('usage', 'one of the two can be standard input, not both');
    }
    if (input.isSet('json') && input.isSet('markdown')) {
      throw new Failure('usage', 'the answer is printed either as JSON or as Markdown');
    }
    const result = await compare(input, await read(oldFile), await read(newFile));
    if (input.isSet('json')) writeOut(`${printableJson(result, 2)}\n`);
    else writeOut(input.isSet('markdown') ? diffMarkdown(result) : diffText(result, input.isSet('by-role')));
    const isSomebodyMissing = tellUnusable(result.people?.unusable ?? []);
    const { isGateClosed } = await import('../access-policy.ts');
    const failOn = input.text('fail-on') as 'widens' | 'changes' | undefined;
    const { verdict, people } = result;
    const isClosed = failOn !== undefined && isGateClosed(failOn, verdict, people?.changes, people?.unknown);
    return isSomebodyMissing || isClosed ? EXIT.refused : EXIT.ok;
  },
};

async function read(file: string): Promise<AccessPolicy> {
  return file === '-' ? compiledPolicy(await readTextOrInput('-'), 'standard input') : readPolicy(file);
}

async function compare(input: Input, before: AccessPolicy, after: AccessPolicy): Promise<PolicyDiff> {
  const review = await import('../access-policy.ts');
  const changes = review.policyChanges(before, after);
  const common = {
    verdict: review.overall(changes),
    oldDigest: before.digest,
    newDigest: after.digest,
    changes,
    targets: review.byTarget(changes),
  };
  const place = input.text('callers');
  const sourceIp = await sourceIpOf(input);
  if (place === undefined) return common;
  const now = Date.now();
  const { callers, unusable } = await callersOf(place, { before, after }, now);
  const [old, proposed] = [review.indexPolicy(before), review.indexPolicy(after)];
  const people = {
    count: callers.length,
    unusable,
    unknown: review.unknownClaims(old, proposed, callers),
    changes: review.accessChanges(old, proposed, callers, { now, sourceIp }),
  };
  return { ...common, people };
}
