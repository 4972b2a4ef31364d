import { canonicalJson } from '../../json.ts';
import { readRecord } from '../read-record.ts';
import type { ExportFormat } from './layout.ts';
import { toOcsf } from './ocsf.ts';

/** A line for the export, without its end, or why the record has none. */
export type ExportLine = { readonly line: string } | { readonly problem: string };

/**
 * The line of a record. As `jsonl` it is the record's canonical bytes, which the ledger hashes.
 *
 * @param value what should be a record
 * @param productVersion of the Daypass that exports
 */
export function exportLine(value: unknown, format: ExportFormat, productVersion: string): ExportLine {
  const reading = readRecord(value);
  if ('problem' in reading) return { problem: `${reading.name ?? 'a record'}: ${reading.problem}` };
  const { record } = reading;
  return { line: format === 'ocsf' ? JSON.stringify(toOcsf(record, productVersion)) : canonicalJson(record) };
}
