import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diff } from '../../../cli/aws/diff.ts';

const lines = (...text: string[]): string => text.map((line) => `${line}\n`).join('');
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index + 1}`);

/** What `patch` does with a unified diff, strictly: context and removed lines must be there. */
function patched(before: string, text: string): string {
  const source = before.split('\n');
  const target: string[] = [];
  let at = 0;
  const body = text.split('\n').slice(2, -1);
  let hasFinalNewline = true;
  for (const [index, line] of body.entries()) {
    const [, from, count] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (from !== undefined) {
      const start = Number(count) === 0 ? Number(from) : Number(from) - 1;
      target.push(...source.slice(at, start));
      at = start;
    } else if (line.startsWith('\\')) {
      hasFinalNewline = body[index - 1]?.startsWith('-') === true ? hasFinalNewline : false;
    } else {
      if (line[0] !== '+') expect(source[at++]).toBe(line.slice(1));
      if (line[0] !== '-') target.push(line.slice(1));
    }
  }
  target.push(...source.slice(at));
  if (!hasFinalNewline && target.at(-1) === '') target.pop();
  else if (hasFinalNewline && target.at(-1) !== '') target.push('');
  return target.join('\n');
}

describe('a diff', () => {
  it('of equal texts is empty', () => {
    expect(diff('a\n', 'a\n', 'f')).toBe('');
  });

  it('shows changes that are far apart as hunks of their own, with three lines around each', () => {
    const before = numbered(30);
    const after = [...before.slice(0, 4), 'new', ...before.slice(4, 24), ...before.slice(25)];
    expect(diff(lines(...before), lines(...after), 'f')).toBe(
      lines(
        '--- f',
        '+++ f',
        '@@ -2,6 +2,7 @@',
        ' line 2',
        ' line 3',
        ' line 4',
        '+new',
        ' line 5',
        ' line 6',
        ' line 7',
        '@@ -22,7 +23,6 @@',
        ' line 22',
        ' line 23',
        ' line 24',
        '-line 25',
        ' line 26',
        ' line 27',
        ' line 28',
      ),
    );
  });

  it('says where a file ends without a newline', () => {
    expect(diff('a\nb', 'a\nb\n', 'f')).toBe(
      lines('--- f', '+++ f', '@@ -1,2 +1,2 @@', ' a', '-b', '\\ No newline at end of file', '+b'),
    );
  });

  it('shows more edits than it looks for as one change', () => {
    const before = numbered(5_000);
    const after = before.map((line) => `new ${line}`);
    const shown = diff(lines('head', ...before, 'tail'), lines('head', ...after, 'tail'), 'f').split('\n');
    expect(shown.filter((line) => line.startsWith('@@'))).toEqual(['@@ -1,5002 +1,5002 @@']);
  });

  it('turns the one text into the other, whatever they are', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', '', '# x'), { maxLength: 40 }).map((all) => lines(...all));
    fc.assert(
      fc.property(text, text, (before, after) => {
        if (before !== after) expect(patched(before, diff(before, after, 'f'))).toBe(after);
      }),
      { numRuns: 2_000 },
    );
  });
});
