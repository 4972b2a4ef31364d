import type { AccessChange } from '../../lib/access/review/access-changes.ts';
import { DIRECTIONS, type Direction, type TargetChanges } from '../../lib/access/review/change.ts';
import { printable, table } from '../text.ts';
import { comparedOf, gapsOf, type PolicyDiff, verdictOf } from './diff.ts';

const SIGNS: Readonly<Record<Direction, string>> = { widens: '+', narrows: '-', changes: '~', neutral: ' ' };

/** Rows of one list; --json has them all. */
const MAX_ROWS = 500;

/** A comparison for a terminal: the verdict, what widens first, then (if asked for) by role, then people. */
export function diffText(diff: PolicyDiff, isByRole: boolean): string {
  const { verdict, changes, targets, people } = diff;
  const lines = DIRECTIONS.flatMap((direction) => {
    const own = changes.filter((one) => one.direction === direction);
    return own.map(({ subject, message }) => `${SIGNS[direction]} ${subject}: ${message}`);
  });
  return [
    `${verdict}: ${verdictOf(diff)}`,
    ...shortened(lines).map(printable),
    ...(!isByRole || targets.length === 0 ? [] : ['', table(shortened(targets.flatMap(targetRows)))]),
    ...(people === undefined ? [] : ['', ...peopleLines(people)]),
    '',
  ].join('\n');
}

/** Who gains and loses a role, by grant. */
function targetRows({ target, changes }: TargetChanges): string[][] {
  return changes.map(({ direction, subject, who, message }) => {
    return [`${SIGNS[direction]} ${target}`, who ?? 'everyone', `${subject}: ${message}`];
  });
}

function peopleLines(people: NonNullable<PolicyDiff['people']>): string[] {
  const { changes } = people;
  const rows = changes.map(({ caller, target, kind, message }) => [`${sign(kind)} ${caller}`, target, message]);
  return [
    comparedOf(people),
    ...(rows.length === 0 ? [] : [table(shortened(rows))]),
    ...gapsOf(people).map((gap) => printable(`? ${gap}`)),
  ];
}

export function sign(kind: AccessChange['kind']): string {
  switch (kind) {
    case 'gains':
    case 'nears':
    case 'easier':
    case 'longer':
    case 'freer':
      return '+';
    case 'other':
      return '~';
    case 'loses':
    case 'recedes':
    case 'harder':
    case 'shorter':
    case 'limited':
      return '-';
  }
}

function shortened<T extends string | string[]>(rows: readonly T[]): readonly T[] {
  if (rows.length <= MAX_ROWS) return rows;
  const more = `… and ${rows.length - MAX_ROWS} more; --json has them all`;
  return [...rows.slice(0, MAX_ROWS), (typeof rows[0] === 'string' ? more : [more]) as T];
}
