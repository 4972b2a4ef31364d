import type { AuditRecord } from '../../lib/audit/record.ts';
import { writeOut } from '../output.ts';
import { printable, printableJson } from '../text.ts';
import { csvHeading, csvLine } from './csv.ts';
import type { Format } from './query-options.ts';

/** Writes records as they come; nothing is kept but the widths of the table's columns. */
export interface RecordWriter {
  /** @returns false when nobody reads any more */
  write(records: readonly AuditRecord[]): boolean;
}

/**
 * @param out takes the text of one page at once
 * @param widths of a table's columns at least, where its first page may be small
 */
export function recordWriter(
  format: Format,
  out: (text: string) => boolean = writeOut,
  widths: readonly number[] = [],
): RecordWriter {
  switch (format) {
    case 'jsonl':
      return linesWriter((record) => `${printableJson(record)}\n`, '', out);
    case 'csv':
      return linesWriter(csvLine, csvHeading(), out);
    case 'table':
      return new TableWriter(out, widths);
  }
}

function linesWriter(
  lineOf: (record: AuditRecord) => string,
  heading: string,
  out: (text: string) => boolean,
): RecordWriter {
  let pending = heading;
  return {
    write(records) {
      const text = pending + records.map(lineOf).join('');
      pending = '';
      return text === '' || out(text);
    },
  };
}

/** Characters that are usual in each column, for a table that is written record by record. */
export const USUAL_WIDTHS = [24, 11, 10, 20, 16, 26];

const HEADING = ['TIME', 'WHAT', 'OUTCOME', 'CALLER', 'ROLE', 'SESSION', 'WHY'];

/** A table whose columns are as wide as the widest cell up to now: it is written before its end is known. */
class TableWriter implements RecordWriter {
  readonly #out: (text: string) => boolean;
  readonly #widths: number[];
  #isFirst = true;

  constructor(out: (text: string) => boolean, widths: readonly number[]) {
    this.#out = out;
    this.#widths = [...widths];
  }

  write(records: readonly AuditRecord[]): boolean {
    if (records.length === 0) return true;
    const rows = records.map((record) => row(record).map(printable));
    if (this.#isFirst) rows.unshift(HEADING);
    this.#isFirst = false;
    for (const cells of rows) {
      for (const [column, cell] of cells.entries()) {
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, cell.length);
      }
    }
    return this.#out(rows.map((cells) => this.#line(cells)).join(''));
  }

  #line(cells: readonly string[]): string {
    const padded = cells.map((cell, column) => cell.padEnd(this.#widths[column] ?? 0));
    return `${padded.join('  ').trimEnd()}\n`;
  }
}

function row(record: AuditRecord): string[] {
  const why = [record.code ?? record.denial, record.reason, record.ticket].filter((part) => part !== undefined);
  return [
    record.time,
    record.action,
    record.outcome ?? record.phase,
    record.caller?.username ?? '-',
    record.role ?? record.permission ?? '-',
    record.sessionId,
    why.join(' · '),
  ];
}
