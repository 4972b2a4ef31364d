import { canonicalJson } from '../../json.ts';
import { readRecord } from '../read-record.ts';
import type { AuditRecord } from '../record.ts';
import type { ExportFormat } from './layout.ts';
import { toOcsf } from './ocsf.ts';

/**
 * The line of a record, without its end. As `jsonl` it is the record's canonical bytes, which the ledger hashes.
 *
 * @param productVersion of the Daypass that exports
 */
export function lineOf(record: AuditRecord, format: ExportFormat, productVersion: string): string {
  return format === 'ocsf' ? JSON.stringify(toOcsf(record, productVersion)) : canonicalJson(record);
}

/** The line of what should be a record, or why it has none. */
export type ExportLine = { readonly line: string } | { readonly problem: string };

export function exportLine(value: unknown, format: ExportFormat, productVersion: string): ExportLine {
  const reading = readRecord(value);
  if ('problem' in reading) return { problem: `${reading.name ?? 'a record'}: ${reading.problem}` };
  return { line: lineOf(reading.record, format, productVersion) };
}
