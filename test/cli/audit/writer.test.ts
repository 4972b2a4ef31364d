import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../../cli/audit/query-options.ts';
import { recordWriter } from '../../../cli/audit/writer.ts';
import { auditRecord } from '../../support/records.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202e\u2028]/;

function collected(format: (typeof FORMATS)[number]) {
  const written: string[] = [];
  const writer = recordWriter(format, (text) => {
    written.push(text);
    return true;
  });
  return { writer, written };
}

describe.each(FORMATS)('As %s', (format) => {
  test('100,000 records are written page by page, and nothing is held back', () => {
    const { writer, written } = collected(format);
    const page = Array.from({ length: 500 }, () => auditRecord());
    for (let count = 1; count <= 200; count += 1) {
      writer.write(page);
      expect(written.length).toBe(count);
    }
    const lines = written.join('').trimEnd().split('\n').length;
    expect(lines).toBe(100_000 + (format === 'jsonl' ? 0 : 1));
    const longest = Math.max(...written.slice(1).map((text) => text.length));
    const shortest = Math.min(...written.slice(1).map((text) => text.length));
    expect(longest).toBe(shortest);
  });

  test('says when nobody reads any more', () => {
    expect(recordWriter(format, () => false).write([auditRecord()])).toBe(false);
  });

  test('nothing that a record holds can command a terminal', () => {
    const { writer, written } = collected(format);
    const evil = '\u001b[2J\u202e\u009b\r\nx\u2028';
    writer.write([
      auditRecord({
        reason: evil,
        role: evil,
        code: evil as never,
        caller: { issuer: evil, subject: evil, username: evil },
      }),
    ]);
    expect(written.join('').replaceAll('\r\n', '\n').replaceAll('\n', '')).not.toMatch(CONTROL);
    expect(written.join('').trimEnd().split('\n')).toHaveLength(format === 'jsonl' ? 1 : 2);
  });
});

test('a table’s columns only grow, so that it can be written before its end is known', () => {
  const { writer, written } = collected('table');
  writer.write([auditRecord({ role: 'prod/ReadOnly' })]);
  writer.write([auditRecord({ role: 'prod/AVeryLongNameOfARole' })]);
  writer.write([auditRecord({ role: 'x/Y' })]);
  const at = written.map((text) =>
    text
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.search(/[0-9A-Z]{26}/),
  );
  expect(at[1]).toBeGreaterThan(at[0] ?? 0);
  expect(at[2]).toBe(at[1]);
});

test('a CSV of no records is its heading', () => {
  const { writer, written } = collected('csv');
  writer.write([]);
  expect(written.join('')).toMatch(/^time,phase,.*\r\n$/);
});
