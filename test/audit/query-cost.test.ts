import type { BatchGetItemCommandInput, DynamoDBClient, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { type AuditFilter, readAudit } from '../../lib/audit/query.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { firstSessionIdAt, sessionTime } from '../../lib/session-id.ts';
import { Table } from '../../lib/store/dynamodb.ts';
import { auditKey, spreadKeyOf } from '../../lib/store/table.ts';

const DAYS = 100;
const SESSIONS_A_DAY = 5_000;
const DAY = 86_400_000;
const BEGIN = Date.UTC(2026, 2, 1);
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A million records by partition, as the table and two of its indexes hold them; what is in a record follows from its key. */
const { partitions, total } = log();

function log() {
  const keys = new Map<string, string[]>();
  let count = 0;
  const put = (partition: string, sk: string): void => {
    const list = keys.get(partition);
    if (list === undefined) keys.set(partition, [sk]);
    else list.push(sk);
  };
  for (let index = 0; index < DAYS * SESSIONS_A_DAY; index += 1) {
    const time = BEGIN + Math.floor((index * DAY) / SESSIONS_A_DAY);
    // The last character is what shards are told by, so it must be spread.
    const sessionId = `${firstSessionIdAt(time).slice(0, 25)}${DIGITS[(index * 7) % 32]}`;
    for (const phase of ['intent', 'outcome'] as const) {
      const { pk, sk } = auditKey(sessionId, phase);
      put(pk, sk);
      put(spreadKeyOf(roleOf(sessionId), sessionId), sk);
      put(callerOf(sessionId), sk);
      count += 1;
    }
  }
  return { partitions: keys, total: count };
}

function numberOf(sessionId: string): number {
  return Math.round(((sessionTime(sessionId) - BEGIN) * SESSIONS_A_DAY) / DAY);
}

function roleOf(sessionId: string): string {
  return `prod/Role${numberOf(sessionId) % 5}`;
}

function callerOf(sessionId: string): string {
  return `person-${numberOf(sessionId) % 50}@example.com`;
}

function recordOf(sk: string): string {
  const [sessionId = '', phase] = sk.split('#');
  const time = new Date(sessionTime(sessionId)).toISOString();
  const caller = { issuer: 'corp', subject: 's', username: callerOf(sessionId) };
  const outcome = phase === 'outcome' ? { outcome: 'issued' } : {};
  return JSON.stringify({
    schema: 1,
    phase,
    sessionId,
    time,
    action: 'credentials',
    role: roleOf(sessionId),
    caller,
    ...outcome,
  });
}

/** A DynamoDB that answers queries of this log as the real one would, and counts what is asked of it. */
function countedTable() {
  const reads = { queries: 0, items: 0, times: [] as number[], partitions: new Set<string>() };
  const send = async ({ input }: { readonly input: QueryCommandInput | BatchGetItemCommandInput }) => {
    return 'RequestItems' in input ? batch(input) : query(input as QueryCommandInput);
  };
  /** What an index led to. */
  const batch = ({ RequestItems = {} }: BatchGetItemCommandInput) => {
    const keys = RequestItems['daypass']?.Keys ?? [];
    const sortKeys = keys.map((key) => key['sk']?.S ?? '');
    for (const sk of sortKeys) reads.times.push(sessionTime(sk));
    return { Responses: { daypass: sortKeys.map((sk) => ({ ...keyOf(sk), record: { S: recordOf(sk) } })) } };
  };
  const query = (input: QueryCommandInput) => {
    const values = input.ExpressionAttributeValues;
    const [partition = '', from = '', to = ''] = [':partition', ':from', ':to'].map((name) => values?.[name]?.S);
    const all = partitions.get(partition) ?? [];
    const [low, high] = [firstAtLeast(all, from), firstAtLeast(all, `${to}\u0000`)];
    const limit = input.Limit ?? 0;
    const found =
      input.ScanIndexForward === true
        ? all.slice(low, Math.min(high, low + limit))
        : all.slice(Math.max(low, high - limit), high).reverse();
    reads.queries += 1;
    reads.items += found.length;
    reads.partitions.add(partition);
    for (const sk of found) reads.times.push(sessionTime(sk));
    const isIndex = input.IndexName !== undefined;
    return { Items: found.map((sk) => ({ ...keyOf(sk), ...(!isIndex && { record: { S: recordOf(sk) } }) })) };
  };
  return { table: new Table({ send } as unknown as DynamoDBClient, 'daypass'), reads };
}

function keyOf(sk: string) {
  const [sessionId = '', phase] = sk.split('#');
  return { pk: { S: auditKey(sessionId, phase as 'intent' | 'outcome').pk }, sk: { S: sk } };
}

function firstAtLeast(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function readAll(table: Table, filter: AuditFilter): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await readAudit(table, { ...filter, cursor });
    records.push(...page.records);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return records;
}

describe('In a log of a million records a query over one day', () => {
  const since = BEGIN + 42 * DAY;
  const oneDay = { since, until: since + DAY, limit: 500 };

  test('there are a million', () => expect(total).toBe(1_000_000));

  test.each(['newest', 'oldest'] as const)('reads only that day, %s first', async (order) => {
    const { table, reads } = countedTable();
    const records = await readAll(table, { ...oneDay, order });
    expect(records).toHaveLength(2 * SESSIONS_A_DAY);
    expect([...reads.partitions].every((name) => name.startsWith('audit#2026-04-12#'))).toBe(true);
    expect(reads.partitions.size).toBe(16);
    // What a page reads ahead in each shard and does not use is bounded.
    expect(reads.items).toBeLessThan(2 * records.length);
  });

  test.each([
    ['role', { role: 'prod/Role3' }, 2_000],
    ['caller', { caller: 'person-7@example.com' }, 200],
  ] as const)('of a %s reads no record of another day and of no other one', async (_, filter, expected) => {
    const { table, reads } = countedTable();
    const records = await readAll(table, { ...oneDay, ...filter, order: 'newest' });
    expect(records.length).toBe(expected);
    expect(reads.times.filter((time) => time < since || time >= since + DAY)).toEqual([]);
    expect(reads.items).toBeLessThan(2 * expected + 400);
  });

  test('of an outcome, which no index has, still reads only that day', async () => {
    const { table, reads } = countedTable();
    const records = await readAll(table, { ...oneDay, outcome: 'issued', order: 'oldest' });
    expect(records).toHaveLength(SESSIONS_A_DAY);
    expect(reads.times.filter((time) => time < since || time >= since + DAY)).toEqual([]);
    expect(reads.items).toBeLessThan(2 * 2 * SESSIONS_A_DAY);
  });

  test('costs for its first page no more than a chunk of each shard', async () => {
    const { table, reads } = countedTable();
    expect((await readAudit(table, { ...oneDay, order: 'newest', limit: 100 })).records).toHaveLength(100);
    expect(reads.queries).toBeLessThanOrEqual(2 * 16);
    expect(reads.items).toBeLessThanOrEqual(400);
  });
});
