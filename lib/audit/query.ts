import { Fault } from '../fault.ts';
import { type IpRange, parseIpAddress, rangeHolds } from '../iam/ip.ts';
import { firstSessionIdAt, isSessionId, sessionTime } from '../session-id.ts';
import type { Table } from '../store/dynamodb.ts';
import { after, before, type Partition, readMerged } from '../store/merged.ts';
import {
  AUDIT_SHARDS,
  auditKey,
  auditPartition,
  dayOf,
  INDEX_SHARDS,
  INDEXES,
  monthOf,
  spreadKey,
} from '../store/table.ts';
import type { AuditRecord } from './record.ts';

/** Which records; all given filters must hold. */
export interface AuditFilter {
  /** Epoch ms, inclusive: when the session began. */
  readonly since: number;
  /** Epoch ms, exclusive. */
  readonly until: number;
  readonly caller?: string | undefined;
  readonly role?: string | undefined;
  readonly account?: string | undefined;
  readonly session?: string | undefined;
  readonly accessKeyId?: string | undefined;
  /** One address is a range of one. */
  readonly sourceIp?: IpRange | undefined;
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  readonly code?: string | undefined;
  readonly order: 'newest' | 'oldest';
  /** 1–500 records a page. */
  readonly limit: number;
  /** The sort key of the last record of the page before. */
  readonly cursor?: string | undefined;
}

export interface AuditPage {
  readonly records: AuditRecord[];
  /** Give it back to go on; undefined when there is no more. */
  readonly cursor: string | undefined;
}

const DAY = 86_400_000;
/** How many days or months one page may open before it answers with what it has and a cursor. */
const MAX_PERIODS = 31;
/** How many records one page may read, matching or not, before it answers with what it has and a cursor. */
const MAX_READ = 10_000;
/** Characters of records in one page: a function's answer is 6 MB at most, and a trace can be long. */
const MAX_CHARACTERS = 2_000_000;

/**
 * Reads one page of the audit log, in the order of session ids (which is the order of time).
 *
 * The narrowest way in is chosen: a session is two reads, an access key, a caller, a role or an account one
 * index, a span of time its days. The cursor is the last record's sort key, so a page costs the same however
 * deep it is, and records written meanwhile never shift it. A page's cost is bounded whatever is asked: it may
 * hold fewer records than wanted, or none, and a cursor to go on with.
 *
 * @throws Fault `store_unavailable`
 */
export async function readAudit(table: Table, filter: AuditFilter): Promise<AuditPage> {
  try {
    return await page(table, filter);
  } catch (cause) {
    throw new Fault('store_unavailable', 'the audit log could not be read', { cause });
  }
}

async function page(table: Table, filter: AuditFilter): Promise<AuditPage> {
  if (filter.session !== undefined) return { records: await session(table, filter), cursor: undefined };
  const range = { ...bounds(filter), order: filter.order };
  const records: AuditRecord[] = [];
  let opened = 0;
  let read = 0;
  let characters = 0;
  for (const group of partitionGroups(filter)) {
    opened += 1;
    if (opened > MAX_PERIODS) return { records, cursor: group.startCursor };
    for await (const item of readMerged(table, group.queries, range, filter.limit)) {
      const text = String(item['record']);
      const record = JSON.parse(text) as AuditRecord;
      read += 1;
      if (matches(record, filter)) {
        records.push(record);
        characters += text.length;
      }
      const isFull = records.length === filter.limit || characters >= MAX_CHARACTERS;
      if (isFull || read === MAX_READ) return { records, cursor: String(item['sk']) };
    }
  }
  return { records, cursor: undefined };
}

async function session(table: Table, filter: AuditFilter): Promise<AuditRecord[]> {
  const id = filter.session ?? '';
  if (!isSessionId(id)) return [];
  const items = await Promise.all([table.get(auditKey(id, 'intent')), table.get(auditKey(id, 'outcome'))]);
  const records = items.flatMap((item) => (item ? [JSON.parse(String(item['record'])) as AuditRecord] : []));
  const found = records.filter((record) => matches(record, filter));
  return filter.order === 'newest' ? found.reverse() : found;
}

interface PartitionGroup {
  /** Read together and merged: the shards of one day or month. */
  readonly queries: readonly Partition[];
  /** A cursor from which a next page begins with this group. */
  readonly startCursor: string;
}

function* partitionGroups(filter: AuditFilter): Generator<PartitionGroup> {
  const start =
    filter.order === 'newest' && filter.cursor
      ? Math.min(filter.until - 1, sessionTime(filter.cursor))
      : filter.until - 1;
  const begin =
    filter.order === 'oldest' && filter.cursor ? Math.max(filter.since, sessionTime(filter.cursor)) : filter.since;
  if (start < begin) return;
  if (filter.accessKeyId !== undefined || filter.caller !== undefined) {
    const index = filter.accessKeyId !== undefined ? INDEXES.accessKeyId : INDEXES.caller;
    yield { queries: [{ index, partition: filter.accessKeyId ?? filter.caller ?? '' }], startCursor: '' };
    return;
  }
  const name = filter.role ?? filter.account;
  const index = filter.role !== undefined ? INDEXES.role : INDEXES.account;
  const shards = name === undefined ? AUDIT_SHARDS : INDEX_SHARDS;
  for (const period of periods(begin, start, name === undefined ? dayAt : monthAt, filter.order)) {
    const queries = Array.from({ length: shards }, (_, shard) =>
      name === undefined
        ? { partition: auditPartition(dayOf(period.start), shard) }
        : { index, partition: spreadKey(name, monthOf(period.start), shard) },
    );
    yield { queries, startCursor: `${firstSessionIdAt(filter.order === 'newest' ? period.end : period.start)}#intent` };
  }
}

/** A day or a month: epoch ms, the end exclusive. */
interface Period {
  readonly start: number;
  readonly end: number;
}

function dayAt(time: number): Period {
  const start = time - (time % DAY);
  return { start, end: start + DAY };
}

function monthAt(time: number): Period {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
}

/** The periods that hold the times from `begin` to `end`, both inclusive. */
function* periods(begin: number, end: number, periodAt: (time: number) => Period, order: 'newest' | 'oldest') {
  let period = periodAt(order === 'newest' ? end : begin);
  while (period.end > begin && period.start <= end) {
    yield period;
    period = periodAt(order === 'newest' ? period.start - 1 : period.end);
  }
}

function bounds(filter: AuditFilter): { from: string; to: string } {
  let from = firstSessionIdAt(filter.since);
  let to = firstSessionIdAt(filter.until);
  if (filter.cursor !== undefined && filter.order === 'newest' && before(filter.cursor) < to)
    to = before(filter.cursor);
  if (filter.cursor !== undefined && filter.order === 'oldest' && after(filter.cursor) > from)
    from = after(filter.cursor);
  return { from, to };
}

function matches(record: AuditRecord, filter: AuditFilter): boolean {
  const time = sessionTime(record.sessionId);
  return (
    time >= filter.since &&
    time < filter.until &&
    (filter.session === undefined || record.sessionId === filter.session) &&
    (filter.caller === undefined || record.caller?.username === filter.caller) &&
    (filter.role === undefined || record.role === filter.role) &&
    (filter.account === undefined || record.account === filter.account) &&
    (filter.accessKeyId === undefined || record.accessKeyId === filter.accessKeyId) &&
    (filter.sourceIp === undefined || isFrom(record.sourceIp, filter.sourceIp)) &&
    (filter.action === undefined || record.action === filter.action) &&
    (filter.outcome === undefined || record.outcome === filter.outcome) &&
    (filter.code === undefined || record.code === filter.code)
  );
}

function isFrom(sourceIp: string | undefined, range: IpRange): boolean {
  const address = parseIpAddress(sourceIp ?? '');
  return address !== undefined && rangeHolds(range, address);
}
