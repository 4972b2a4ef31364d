import type { Reach, ReachingGrant } from '../../lib/access/review/reach.ts';
import type { People } from '../../lib/access/review/standings.ts';
import { spokenDuration } from '../duration.ts';
import { counted, printable, table } from '../text.ts';

/** Who can reach a role, for a person: one row for each grant, then the denies, then people. */
export function reachText({ target, roleArn, grants, denies, people }: Reach & { readonly people?: People }): string {
  const heading = `${printable(roleArn === undefined ? target : `${target}  ${roleArn}`)}\n`;
  const rows = [
    ...grants.flatMap((grant) => rowsOf(grant.grant, grant, longestOf(grant), sessionOf(grant))),
    ...denies.flatMap((deny) => rowsOf(`deny ${deny.grant}`, deny, '', '')),
  ];
  const nobody = grants.length === 0 ? '  nobody: no grant gives it\n' : '';
  const all = rows.length === 0 ? '' : `${indented(table([COLUMNS, ...rows]))}\n`;
  const never = [...grants, ...denies].flatMap(({ grant, never: why }) =>
    why === undefined ? [] : [`  ${printable(`${grant} never matters: ${why}`)}\n`],
  );
  return `${heading}${nobody}${all}${never.join('')}${people === undefined ? '' : peopleText(people)}`;
}

const COLUMNS = ['GRANT', 'WHO', 'LONGEST', 'SESSION', 'CONDITIONS', 'IN THE POLICY'];

/** One line for a grant, and one more for each further claim or condition. */
function rowsOf(name: string, grant: ReachingGrant, longest: string, session: string): string[][] {
  const who = whoOf(grant);
  const terms = [
    ...grant.conditions.map(({ words, operator, key, values }) => [words, `${operator} ${key}: ${values.join(', ')}`]),
    ...grant.requires.map((one) => [`a ${one} is required`, `require: ${one}`]),
  ];
  return Array.from({ length: Math.max(1, who.length, terms.length) }, (_, line) => {
    const first = line === 0 ? [name, longest, session] : ['', '', ''];
    const [words = line === 0 ? 'none' : '', written = ''] = terms[line] ?? [];
    return [first[0] ?? '', who[line] ?? '', first[1] ?? '', first[2] ?? '', words, written];
  });
}

function whoOf({ callers, issuers }: ReachingGrant): string[] {
  const claims = Object.entries(callers).map(([claim, patterns]) => `${claim}: ${patterns.join(' | ')}`);
  return [
    ...(claims.length === 0 ? ['everyone'] : claims),
    ...(issuers.length === 0 ? [] : [`from ${issuers.join(' | ')}`]),
  ];
}

function longestOf({ durationSeconds, durationLimitedBy }: ReachingGrant): string {
  if (durationSeconds === undefined || durationLimitedBy === undefined) return '';
  return `${spokenDuration(durationSeconds)} (${durationLimitedBy})`;
}

function sessionOf({ tags, sessionPolicy, policyArns }: ReachingGrant): string {
  const parts = [
    ...(sessionPolicy === undefined ? [] : ['session policy']),
    ...policyArns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)),
    ...Object.entries(tags).map(([key, value]) => `${key}=${value}`),
  ];
  return parts.length === 0 ? 'the whole role' : parts.join(', ');
}

function peopleText({ standings, others }: People): string {
  const rows = standings.map(({ name, has, requires, missing, grant }) => {
    const requirements = requires.length > 0 ? ` with a ${requires.join(' and a ')}` : '';
    return [name, has ? `has it by ${grant}${requirements}` : `close by ${grant}; ${missing.join('; ')}`];
  });
  const list = rows.length === 0 ? '' : `${indented(table(rows))}\n`;
  return `${list}${others > 0 ? `  no grant is for ${counted(others, 'other')} of ${standings.length + others}\n` : ''}`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
