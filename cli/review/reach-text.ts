import type { Reach, ReachingGrant } from '../../lib/access/review/reach.ts';
import { spokenDuration } from '../duration.ts';
import { counted, printable, table } from '../text.ts';

/** Who can reach a role, for a person: one row for each grant, denies last. */
export function reachText({ target, roleArn, grants, denies }: Reach): string {
  const heading = roleArn === undefined ? target : `${target}  ${roleArn}`;
  if (grants.length === 0) return `${heading}\n  nobody: no grant gives it\n`;
  const lines = [
    ['GRANT', 'WHO', 'LONGEST', 'SESSION', 'CONDITIONS'],
    ...grants.flatMap((grant) => rows(grant.grant, grant, sessionOf(grant))),
    ...denies.flatMap((deny) => rows(`deny ${deny.grant}`, deny, '')),
  ];
  const never = [...grants, ...denies].flatMap(({ grant, never: why }) =>
    why === undefined ? [] : [`  ${printable(`${grant} gives nothing to anybody: ${why}`)}\n`],
  );
  return `${heading}\n${indented(table(lines))}\n${never.join('')}`;
}

/** One line for a grant, and one more for each further condition. */
function rows(name: string, grant: ReachingGrant, session: string): string[][] {
  const { durationSeconds, requires, conditions } = grant;
  const terms = [...conditions.map(({ words }) => words), ...requires.map((one) => `a ${one} is required`)];
  const longest = durationSeconds === undefined ? '' : spokenDuration(durationSeconds);
  const [first = 'none', ...more] = terms;
  return [[name, who(grant), longest, session, first], ...more.map((term) => ['', '', '', '', term])];
}

function who({ callers, issuers }: ReachingGrant): string {
  const claims = Object.entries(callers).map(([claim, patterns]) => `${claim}: ${patterns.join(' | ')}`);
  const everyone = claims.length === 0 ? ['everyone'] : claims;
  return [...everyone, ...(issuers.length === 0 ? [] : [`from ${issuers.join(' | ')}`])].join(', ');
}

function sessionOf({ tags, hasSessionPolicy, policyArns }: ReachingGrant): string {
  const parts = [
    ...(hasSessionPolicy ? ['session policy'] : []),
    ...policyArns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)),
    ...(Object.keys(tags).length > 0 ? [counted(Object.keys(tags).length, 'tag')] : []),
  ];
  return parts.length === 0 ? 'the whole role' : parts.join(', ');
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
