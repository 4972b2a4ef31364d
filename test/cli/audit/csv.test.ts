import { expect, test } from 'vitest';
import { csvHeading, csvLine } from '../../../cli/audit/csv.ts';
import { auditRecord } from '../../support/records.ts';

/** RFC 4180 read the plain way. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === ',') {
      row.push(cell);
      cell = '';
    } else if (character === '\r' && text[at + 1] === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
      at += 1;
    } else cell += character;
  }
  expect([isQuoted, row, cell]).toEqual([false, [], '']);
  return rows;
}

function cellsOf(reason: string): Record<string, string> {
  const [heading = [], row = [], ...rest] = parse(csvHeading() + csvLine(auditRecord({ reason })));
  expect(rest).toEqual([]);
  expect(row).toHaveLength(heading.length);
  return Object.fromEntries(heading.map((name, column) => [name, row[column] ?? '']));
}

test('every member of a record but its trace has a column', () => {
  const record = auditRecord({ reason: 'why', durationSeconds: 900, accountId: '111122223333' });
  expect(cellsOf('why')).toMatchObject({
    username: 'dev@example.com',
    issuer: 'corp',
    reason: 'why',
    ticket: '',
    role: 'prod/ReadOnly',
  });
  expect(csvLine(record)).toContain(',900,');
});

test.each(['plain', 'a,b', 'say "no"', '""', ',', 'emoji 🎟', "it's", 'a;b', ''])(
  '%j is read back as it was (RFC 4180)',
  (reason) => {
    expect(cellsOf(reason)['reason']).toBe(reason);
  },
);

test.each([
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '=HYPERLINK("http://x","y")',
  "=cmd|'/c calc'!A0",
  '＝1',
  '＋1',
  '－1',
  '＠x',
  '=a,b',
])('%j is no formula: it has an apostrophe in front', (reason) => expect(cellsOf(reason)['reason']).toBe(`'${reason}`));

test.each([
  ['\t=1', "'\\u{9}=1"],
  ['\r\n=1,x', "'\\u{d}\\u{a}=1,x"],
  ['x\ny', 'x\\u{a}y'],
  ['\u202e=1', '\\u{202e}=1'],
  ['\u001b]0;x\u0007', '\\u{1b}]0;x\\u{7}'],
])('%j cannot begin a line, a formula or a command of the terminal', (reason, shown) => {
  expect(cellsOf(reason)['reason']).toBe(shown);
});

test('a formula is disarmed in every column', () => {
  const evil = '=1+1';
  const texts = Object.fromEntries(
    csvHeading()
      .trim()
      .split(',')
      .filter((name) => !['username', 'issuer', 'subject'].includes(name))
      .map((name) => [name, evil]),
  );
  const line = csvLine({
    ...auditRecord(),
    ...texts,
    caller: { username: evil, issuer: evil, subject: evil },
  } as never);
  for (const cell of parse(line)[0] ?? []) expect(cell).toBe("'=1+1");
});
