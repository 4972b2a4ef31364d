import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { ReviewedCaller } from '../../lib/access/review/access-changes.ts';
import { compileGlob, hasWildcard } from '../../lib/iam/glob.ts';
import { nearest } from '../../lib/nearest.ts';
import { type Command, POLICY_OPTIONS } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { detail, say, writeOut } from '../output.ts';
import { policyOf } from '../policy/policy-file.ts';
import { CALLERS_OPTIONS, callersOf } from '../review/callers.ts';
import { reachText } from '../review/reach-text.ts';
import { printable, printableJson, table } from '../text.ts';

export const whoCan: Command = {
  name: 'who-can',
  summary: 'show which grants, conditions and claims reach a role',
  usage: 'ROLE [--policy FILE] [--callers PLACE] [--json]',
  description: [
    'Reads an access policy and lists every grant and deny that names the role (prod/Admin, a pattern such as prod/*) or',
    'permission (audit:read): for whom, under which conditions, for how long, with which session policy. With --callers',
    'also which of these people have it now, and what the others lack. Needs no broker and no network.',
  ],
  options: { ...POLICY_OPTIONS, ...CALLERS_OPTIONS, json: { help: 'print JSON' } },
  positionals: { names: ['ROLE'], required: 1 },
  async run(input) {
    const policy = await policyOf(input);
    const targets = targetsOf(policy, input.positionals[0] ?? '');
    const now = Date.now();
    const { reachOf } = await import('../access-policy.ts');
    const place = input.text('callers');
    const people = place === undefined ? undefined : await callersOf(place, policy, now);
    const reaches = [];
    for (const target of targets) {
      const reach = reachOf(policy, target, now);
      reaches.push(
        people === undefined ? reach : { ...reach, people: await standings(policy, target, people.callers, now) },
      );
    }
    if (input.isSet('json')) writeOut(`${printableJson(reaches, 2)}\n`);
    else {
      writeOut(
        reaches
          .map((reach) => reachText(reach) + ('people' in reach && reach.people ? peopleText(reach.people) : ''))
          .join('\n'),
      );
    }
    if (people === undefined || people.unusable.length === 0) return EXIT.ok;
    say(`${people.unusable.length} of those named by --callers could not be read and are not in the answer:`);
    for (const { where, message } of people.unusable) detail(`${where}: ${message}`);
    return EXIT.refused;
  },
};

function targetsOf(policy: AccessPolicy, text: string): string[] {
  const ids = policy.roles.map(({ id }) => id);
  const permissions = [...new Set(policy.grants.flatMap((grant) => grant.permissions))];
  const all = [...ids, ...permissions];
  if (hasWildcard(text)) {
    const glob = compileGlob(text);
    const found = all.filter(glob.matches);
    if (found.length > 0) return found;
  } else if (all.includes(text)) return [text];
  const close = nearest(text, all);
  throw new Failure('refused', `the access policy knows no role or permission “${printable(text)}”`, {
    hint: close === undefined ? 'roles are named account/name' : `did you mean ${close}?`,
  });
}

interface Standing {
  readonly name: string;
  readonly has: boolean;
  readonly seconds?: number;
  readonly requires: readonly string[];
  readonly missing: readonly string[];
}

async function standings(
  policy: AccessPolicy,
  target: string,
  callers: readonly ReviewedCaller[],
  now: number,
): Promise<Standing[]> {
  const { accessOf, indexPolicy, rolesFor } = await import('../access-policy.ts');
  const index = indexPolicy(policy);
  return callers.map(({ name, caller }): Standing => {
    const held = accessOf(index, caller, now).get(target);
    if (held !== undefined) {
      return {
        name,
        has: true,
        ...(held.seconds !== undefined && { seconds: held.seconds }),
        requires: held.requires,
        missing: [],
      };
    }
    const near = rolesFor(index, { caller, now }).find(({ role }) => role.id === target);
    return { name, has: false, requires: [], missing: near?.missing.map(({ message }) => message) ?? [] };
  });
}

function peopleText(people: readonly Standing[]): string {
  const rows = people
    .filter(({ has, missing }) => has || missing.length > 0)
    .map(({ name, has, requires, missing }) => [
      name,
      has
        ? `has it${requires.length > 0 ? ` with a ${requires.join(' and a ')}` : ''}`
        : `close: ${missing.join('; ')}`,
    ]);
  const others = people.length - rows.length;
  const list = rows.length === 0 ? '' : `${table(rows)}\n`;
  return `${list.replace(/^(?=.)/gm, '  ')}${others > 0 ? `  ${others} of ${people.length} do not have it\n` : ''}`;
}
