import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { firstSessionIdAt } from '../../session-id.ts';
import type { Item, Table } from '../../store/dynamodb.ts';
import { readMerged } from '../../store/merged.ts';
import { AUDIT_SHARDS, auditPartition, dayOf } from '../../store/table.ts';
import { type ExportFormat, HOUR, objectName } from './layout.ts';
import { exportLine } from './lines.ts';
import type { ExportStore } from './ports.ts';

export interface HourParts {
  readonly table: Table;
  readonly store: ExportStore;
  readonly format: ExportFormat;
  /** Of the Daypass that exports. */
  readonly productVersion: string;
}

export interface ExportedHour {
  readonly name: string;
  /** Lines in the object. */
  readonly records: number;
  /** Records that have no line, and why: the first few. */
  readonly problems: readonly string[];
  /** How many have none. */
  readonly left: number;
}

/** Characters that go to the compressor at once. */
const BATCH = 65_536;
const SHOWN_PROBLEMS = 20;
/** Fixed: another level would be other bytes for the same records. */
const GZIP = { level: 6 };

/**
 * One hour of the table as one object. It is read shard by shard and compressed as it comes, so memory does not grow
 * with it. An hour without records is an object without lines: what is not there was not exported.
 *
 * @param hour epoch milliseconds, the beginning of the hour
 * @throws what the table and the store throw; nothing is left in the store then
 */
export async function exportHour(parts: HourParts, hour: number): Promise<ExportedHour> {
  const name = objectName(hour, parts.format);
  const counts = { records: 0, left: 0, problems: [] as string[] };
  const writer = parts.store.begin(name);
  try {
    await pipeline(Readable.from(batches(parts, hour, counts)), createGzip(GZIP), async (compressed) => {
      for await (const bytes of compressed as AsyncIterable<Uint8Array>) await writer.write(bytes);
    });
    await writer.end();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  return { name, ...counts };
}

async function* batches(
  { table, format, productVersion }: HourParts,
  hour: number,
  counts: { records: number; left: number; problems: string[] },
): AsyncGenerator<string> {
  let batch = '';
  for await (const item of itemsOf(table, hour)) {
    const result = exportLine(parse(String(item['record'])), format, productVersion);
    if ('line' in result) {
      counts.records += 1;
      batch += `${result.line}\n`;
    } else {
      counts.left += 1;
      if (counts.problems.length < SHOWN_PROBLEMS) counts.problems.push(`${item['sk']}: ${result.problem}`);
    }
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  yield batch;
}

/** The records of the sessions that began in the hour, in the order of their ids, intent before outcome. */
function itemsOf(table: Table, hour: number): AsyncGenerator<Item> {
  const partitions = Array.from({ length: AUDIT_SHARDS }, (_, shard) => ({
    partition: auditPartition(dayOf(hour), shard),
  }));
  // `<id>#intent` of the hour's first id sorts after the bare id, and that of the next hour's after this bound.
  const range = { from: firstSessionIdAt(hour), to: firstSessionIdAt(hour + HOUR), order: 'oldest' } as const;
  return readMerged(table, partitions, range);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
