import { printable } from '../text.ts';
import { type PolicyDiff, VERDICTS } from './diff.ts';

/** Rows of one table; a pull request's comment has a size. */
const MAX_ROWS = 200;

const MARKS = { widens: '🔺 widens', changes: '🔶 changes', narrows: '🔹 narrows', neutral: '▫️ neutral' } as const;

/**
 * A comparison as a comment on a pull request: the verdict first, details folded away. Every name and value is escaped:
 * none can end a cell, start markup, or mention anybody.
 */
export function diffMarkdown({ verdict, changes, people, oldDigest, newDigest }: PolicyDiff): string {
  const lines = [`### Access review: ${MARKS[verdict]}`, '', `${capital(VERDICTS[verdict])}.`, ''];
  if (people !== undefined) lines.push(...peopleLines(people));
  if (changes.length > 0) {
    const order = ['widens', 'changes', 'narrows', 'neutral'];
    const sorted = changes.toSorted((one, other) => order.indexOf(one.direction) - order.indexOf(other.direction));
    const rows = sorted.map(({ direction, subject, message }) => [MARKS[direction], subject, message]);
    const open = verdict === 'widens' || verdict === 'changes' ? ' open' : '';
    lines.push(`<details${open}><summary>${changes.length} changes of the policy</summary>`, '');
    lines.push(...tableOf(['', 'what', 'how'], rows), '', '</details>', '');
  }
  lines.push(`<sub>${code(oldDigest.slice(0, 12))} → ${code(newDigest.slice(0, 12))}</sub>`, '');
  return lines.join('\n');
}

function peopleLines({ count, changes, unusable }: NonNullable<PolicyDiff['people']>): string[] {
  const lines: string[] = [];
  if (unusable.length > 0)
    lines.push(`**${unusable.length} of those to compare could not be read and are not in here.**`, '');
  if (changes.length === 0) return [...lines, `${count} callers compared: no difference.`, ''];
  const rows = changes.map(({ caller, target, kind, message }) => [kind, caller, target, message]);
  return [...lines, `${count} callers compared:`, '', ...tableOf(['', 'who', 'what', 'how'], rows), ''];
}

function tableOf(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const shown = rows.slice(0, MAX_ROWS).map((cells) => line(cells.map(escaped)));
  const more = rows.length - shown.length;
  const rest = more > 0 ? [line([`… and ${more} more`, ...heading.slice(1).map(() => '')])] : [];
  return [line(heading), line(heading.map(() => '---')), ...shown, ...rest];
}

/** Text in a cell: what Markdown or HTML would act on is written as an entity, an @ cannot mention anybody. */
export function escaped(text: string): string {
  return printable(text)
    .replace(/[&<>"'`|*_~[\](){}#!\\$:]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('@', '@\u2060');
}

function code(text: string): string {
  return `<code>${escaped(text)}</code>`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
