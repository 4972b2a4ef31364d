import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { Command, Input } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { detail, say, writeOut } from '../output.ts';
import { compiledPolicy, readPolicy } from '../policy/policy-file.ts';
import { readTextOrInput } from '../read-text.ts';
import { CALLERS_OPTIONS, callersOf } from '../review/callers.ts';
import type { PolicyDiff } from '../review/diff.ts';
import { diffMarkdown } from '../review/diff-markdown.ts';
import { diffText } from '../review/diff-text.ts';
import { printableJson } from '../text.ts';

export const diff: Command = {
  name: 'diff',
  summary: 'compare two versions of an access policy: who gains and loses what',
  usage: 'OLD|- NEW [--callers PLACE] [--markdown|--json] [--fail-on widens|changes]',
  description: [
    'Tells for each statement whether the change widens or narrows access, and for --callers who gains and loses which',
    'role, for how long and with what. Where nothing widens and nothing is unclear, nobody gets more than before. - is',
    'standard input: git show main:access.yml | daypass diff - access.yml. Exit code 1 with --fail-on when access is',
    'widened (or, with --fail-on changes, when it may be), and when people named by --callers cannot be read.',
  ],
  options: {
    ...CALLERS_OPTIONS,
    markdown: { help: 'print Markdown for a pull request' },
    json: { help: 'print JSON' },
    'fail-on': { value: 'WHAT', help: 'exit with 1 when access', choices: ['widens', 'changes'] },
  },
  positionals: { names: ['OLD', 'NEW'], required: 2 },
  async run(input) {
    const [oldFile = '', newFile = ''] = input.positionals;
    if (oldFile === '-' && newFile === '-')
      throw new Failure('usage', 'one of the two can be standard input, not both');
    const result = await compare(input, await read(oldFile), await read(newFile));
    if (input.isSet('json')) writeOut(`${printableJson(result, 2)}\n`);
    else writeOut(input.isSet('markdown') ? diffMarkdown(result) : diffText(result));
    const unusable = result.people?.unusable ?? [];
    if (unusable.length > 0) {
      say(`${unusable.length} of those named by --callers could not be read and are not in the answer:`);
      for (const { where, message } of unusable) detail(`${where}: ${message}`);
    }
    return unusable.length > 0 || fails(input.text('fail-on'), result) ? EXIT.refused : EXIT.ok;
  },
};

async function read(file: string): Promise<AccessPolicy> {
  return file === '-' ? compiledPolicy(await readTextOrInput('-'), 'standard input') : readPolicy(file);
}

async function compare(input: Input, before: AccessPolicy, after: AccessPolicy): Promise<PolicyDiff> {
  const { accessChanges, indexPolicy, overall, policyChanges } = await import('../access-policy.ts');
  const changes = policyChanges(before, after);
  const common = { verdict: overall(changes), oldDigest: before.digest, newDigest: after.digest, changes };
  const place = input.text('callers');
  if (place === undefined) return common;
  const now = Date.now();
  // Who somebody is, is told by the policy that is in force.
  const { callers, unusable } = await callersOf(place, before, now);
  const people = accessChanges(indexPolicy(before), indexPolicy(after), callers, now);
  return { ...common, people: { count: callers.length, unusable, changes: people } };
}

function fails(failOn: string | undefined, { verdict, people }: PolicyDiff): boolean {
  if (failOn === undefined) return false;
  const gained = people?.changes.some(({ kind }) => ['gains', 'longer', 'easier'].includes(kind)) ?? false;
  return gained || verdict === 'widens' || (failOn === 'changes' && verdict === 'changes');
}
