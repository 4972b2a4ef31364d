import type { AccessChange } from '../../lib/access/review/access-changes.ts';
import type { Direction } from '../../lib/access/review/change.ts';
import { counted, printable, table } from '../text.ts';
import { type PolicyDiff, VERDICTS } from './diff.ts';

const SIGNS: Readonly<Record<Direction, string>> = { widens: '+', narrows: '-', changes: '~', neutral: ' ' };

/** A comparison for a terminal: the verdict, then what widens first. Names and values of a proposed policy are anybody's. */
export function diffText({ verdict, changes, people }: PolicyDiff): string {
  const lines = [`${verdict}: ${VERDICTS[verdict]}`];
  for (const direction of ['widens', 'changes', 'narrows', 'neutral'] as const) {
    for (const change of changes.filter((one) => one.direction === direction)) {
      lines.push(`${SIGNS[direction]} ${change.subject}: ${change.message}`);
    }
  }
  if (people === undefined) return printed(lines);
  lines.push(
    '',
    `${counted(people.count, 'caller')} compared: ${people.changes.length === 0 ? 'no difference' : counted(people.changes.length, 'difference')}`,
  );
  const rows = people.changes.map(({ caller, target, kind, message }) => [`${sign(kind)} ${caller}`, target, message]);
  return printed(lines) + (rows.length === 0 ? '' : `${table(rows)}\n`);
}

function printed(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}

function sign(kind: AccessChange['kind']): string {
  return kind === 'gains' || kind === 'longer' || kind === 'easier' ? '+' : '-';
}
