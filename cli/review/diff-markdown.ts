import { DIRECTIONS, type Direction } from '../../lib/access/review/change.ts';
import { counted, printable } from '../text.ts';
import { comparedOf, gapsOf, type PolicyDiff, verdictOf } from './diff.ts';
import { sign } from './diff-text.ts';

/** A comment on GitHub has at most 65,536 characters; tables are cut before, the verdict never is. */
const MAX_TABLE_CHARACTERS = 18_000;
const MAX_CELL_CHARACTERS = 300;

const MARKS: Readonly<Record<Direction, string>> = {
  widens: '🔺 widens',
  changes: '🔶 changes',
  narrows: '🔹 narrows',
  neutral: '▫️ neutral',
};
const SIGNS: Readonly<Record<string, string>> = { '+': '🔺', '~': '🔶', '-': '🔹' };

/**
 * A comparison as a comment on a pull request: the verdict first, details folded away. Every name and value is escaped:
 * none can end a cell, start markup, or mention anybody.
 */
export function diffMarkdown(diff: PolicyDiff): string {
  const { verdict, changes, targets, people, oldDigest, newDigest } = diff;
  const counts = DIRECTIONS.map((direction) => [
    direction,
    changes.filter((one) => one.direction === direction).length,
  ]);
  const told = counts.filter(([, count]) => count !== 0).map(([direction, count]) => `${count} ${direction}`);
  const lines = [`### Access review: ${MARKS[verdict]}`, '', `${capital(verdictOf(diff))}.`, ''];
  if (people !== undefined) lines.push(...peopleLines(people));
  if (targets.length > 0) {
    const rows = targets.flatMap((one) =>
      one.changes.map(({ direction, who = 'everyone', subject, message }) => {
        return [MARKS[direction], one.target, who, `${subject}: ${message}`];
      }),
    );
    lines.push(
      ...folded(`Who gains and loses, of ${counted(targets.length, 'role')}`, ['', 'role', 'who', 'by'], rows),
    );
  }
  if (changes.length > 0) {
    const rows = DIRECTIONS.flatMap((direction) => changes.filter((one) => one.direction === direction)).map(
      ({ direction, subject, message }) => [MARKS[direction], subject, message],
    );
    lines.push(
      ...folded(`${counted(changes.length, 'change')} of the policy (${told.join(', ')})`, ['', 'what', 'how'], rows),
    );
  }
  lines.push(`<sub>${code(oldDigest.slice(0, 12))} → ${code(newDigest.slice(0, 12))}</sub>`, '');
  return lines.join('\n');
}

function peopleLines(people: NonNullable<PolicyDiff['people']>): string[] {
  const { changes, unusable } = people;
  const gaps = gapsOf(people)
    .slice(0, 10)
    .map((gap) => `- ${escaped(cut(gap))}`);
  if (unusable.length > 0) gaps.unshift(`- **${unusable.length} could not be read and are not in here**`);
  const rest = gaps.length > 0 ? [...gaps, ''] : [];
  const compared = comparedOf(people);
  if (changes.length === 0) return [`${compared}.`, '', ...rest];
  const rows = changes.map(({ caller, target, kind, message }) => [SIGNS[sign(kind)] ?? '', caller, target, message]);
  return [`${compared}.`, '', ...tableOf(['', 'who', 'what', 'how'], rows), '', ...rest];
}

function folded(summary: string, heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [`<details><summary>${escaped(summary)}</summary>`, '', ...tableOf(heading, rows), '', '</details>', ''];
}

function tableOf(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const shown: string[] = [];
  let characters = 0;
  for (const cells of rows) {
    const text = line(cells.map((cell) => escaped(cut(cell))));
    characters += text.length;
    if (characters > MAX_TABLE_CHARACTERS) break;
    shown.push(text);
  }
  const more = rows.length - shown.length;
  const rest = more > 0 ? [line([`… and ${more} more`, ...heading.slice(1).map(() => '')])] : [];
  return [line(heading), line(heading.map(() => '---')), ...shown, ...rest];
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length > MAX_CELL_CHARACTERS ? `${characters.slice(0, MAX_CELL_CHARACTERS).join('')}…` : text;
}

/**
 * Text in a cell: what Markdown or HTML would act on is written as an entity, an @ cannot mention anybody, and neither
 * an address nor the number of an issue nor a commit becomes a link: those are looked for in what is shown, so a word
 * joiner, which nobody sees, stands in them.
 */
export function escaped(text: string): string {
  return printable(text)
    .replace(/[&<>"'`|*_~[\](){}#!\\$:]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/www\./gi, (start) => `${start.slice(0, -1)}&#46;`)
    .replaceAll('@', '@\u2060')
    .replace(/&#35;(?=\d)/g, '&#35;\u2060')
    .replace(/\bGH-(?=\d)/gi, (start) => `${start}\u2060`)
    .replace(/\b(?=[0-9a-f]*[a-f])([0-9a-f]{4})(?=[0-9a-f]{3,36}\b)/g, '$1\u2060');
}

function code(text: string): string {
  return `<code>${escaped(text)}</code>`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
