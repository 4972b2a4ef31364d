import type { AccessPolicy } from '../../lib/access/policy.ts';
import { compileGlob, hasWildcard } from '../../lib/iam/glob.ts';
import { nearest } from '../../lib/nearest.ts';
import { type Command, POLICY_OPTIONS } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { writeOut } from '../output.ts';
import { policyOf } from '../policy/policy-file.ts';
import { CALLERS_OPTIONS, CIRCUMSTANCES_OPTIONS, callersOf, sourceIpOf, tellUnusable } from '../review/callers.ts';
import { reachText } from '../review/reach-text.ts';
import { printableJson } from '../text.ts';

export const whoCan: Command = {
  name: 'who-can',
  summary: 'show which grants, conditions and claims reach a role',
  usage: 'ROLE [--policy FILE] [--callers PLACE [--source-ip ADDRESS]] [--json]',
  description: [
    'Reads an access policy and lists every grant and deny that names the role (prod/Admin, a pattern such as prod/*) or',
    'permission (audit:read): for whom, under which conditions, for how long, with which session policy. With --callers',
    'also which of these people have it now, and what the others lack. Needs no broker and no network. Exit code 1 when',
    'the policy has errors, or people named by --callers cannot be read.',
  ],
  options: {
    ...POLICY_OPTIONS,
    ...CALLERS_OPTIONS,
    ...CIRCUMSTANCES_OPTIONS,
    json: { help: 'print JSON' },
  },
  positionals: { names: ['ROLE'], required: 1 },
  async run(input) {
    const policy = await policyOf(input);
    const targets = targetsOf(policy, input.positionals[0] ?? '');
    const now = Date.now();
    const { indexPolicy, reachesOf, standingsOf } = await import('../access-policy.ts');
    const place = input.text('callers');
    const sourceIp = await sourceIpOf(input);
    const found = place === undefined ? undefined : await callersOf(place, { before: policy, after: policy }, now);
    const people = found && standingsOf(indexPolicy(policy), targets, found.callers, { now, sourceIp });
    const reaches = reachesOf(policy, targets, now);
    const answer = reaches.map((reach, index) => {
      const own = people?.[index];
      return own === undefined ? reach : { ...reach, people: own };
    });
    if (input.isSet('json')) writeOut(`${printableJson(answer, 2)}\n`);
    else writeOut(answer.map(reachText).join('\n'));
    return found !== undefined && tellUnusable(found.unusable) ? EXIT.refused : EXIT.ok;
  },
};

/** Role ids and permissions that a word means. */
function targetsOf(policy: AccessPolicy, text: string): string[] {
  const permissions = [...new Set(policy.grants.flatMap((grant) => grant.permissions))];
  const all = [...policy.roles.map(({ id }) => id), ...permissions];
  if (hasWildcard(text)) {
    const found = all.filter(compileGlob(text).matches);
    if (found.length > 0) return found;
  } else if (all.includes(text)) return [text];
  const close = nearest(text, all);
  throw new Failure('refused', `the access policy knows no role or permission “${text}”`, {
    hint: close === undefined ? 'roles are named account/name' : `did you mean ${close}?`,
  });
}
