import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AuditFilter, readAudit } from '../../lib/audit/query.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { Item, RangeQuery, Table } from '../../lib/store/dynamodb.ts';
import { readMerged } from '../../lib/store/merged.ts';
import { auditRecord } from '../support/records.ts';

/** Partitions in memory that count what is read of them. */
function counted(partitions: Readonly<Record<string, readonly Item[]>>) {
  const reads = { queries: 0, items: 0 };
  const table = {
    async range({ partition, from, to, order, limit }: RangeQuery): Promise<Item[]> {
      const keys = (partitions[partition] ?? []).filter(({ sk }) => String(sk) >= from && String(sk) <= to);
      const found = (order === 'newest' ? [...keys].reverse() : keys).slice(0, limit);
      reads.queries += 1;
      reads.items += found.length;
      return found;
    },
  } as Table;
  return { table, reads };
}

async function collect(items: AsyncGenerator<Item>): Promise<unknown[]> {
  const keys: unknown[] = [];
  for await (const { sk } of items) keys.push(sk);
  return keys;
}

test('several partitions read as one, in order, each item once and read once', async () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[0-9A-Z]{2,4}$/), { maxLength: 700 });
  await fc.assert(
    fc.asyncProperty(names, fc.constantFrom('newest' as const, 'oldest' as const), async (keys, order) => {
      const sorted = [...keys].sort();
      const partitions: Record<string, Item[]> = { a: [], b: [], c: [] };
      sorted.forEach((sk, index) => {
        partitions['abc'[(index * index) % 3] ?? 'a']?.push({ sk });
      });
      const { table, reads } = counted(partitions);
      const shards = ['a', 'b', 'c'].map((partition) => ({ partition }));
      const found = await collect(readMerged(table, shards, { from: '', to: '\uffff', order }));
      expect(found).toEqual(order === 'newest' ? sorted.reverse() : sorted);
      expect(reads.items).toBe(keys.length);
    }),
    { numRuns: 50 },
  );
});

test('a question that nothing answers costs a bounded read, whatever the page size, and can go on', async () => {
  const base = auditRecord();
  const items = Array.from({ length: 25_000 }, (_, index) => {
    const sessionId = base.sessionId.slice(0, 10) + String(index).padStart(16, '0');
    return { sk: `${sessionId}#outcome`, record: canonicalJson({ ...base, sessionId }) };
  });
  const day = base.time.slice(0, 10);
  const { table, reads } = counted({ [`audit#${day}#00`]: items });
  const filter: AuditFilter = {
    since: Date.parse(`${day}T00:00:00Z`),
    until: Date.parse(`${day}T23:59:59Z`),
    code: 'token_replayed',
    order: 'newest',
    limit: 1,
  };
  const first = await readAudit(table, filter);
  expect(first).toMatchObject({ records: [], cursor: expect.stringMatching(/#outcome$/) });
  expect(reads.items).toBeLessThanOrEqual(10_100);
  expect(reads.queries).toBeLessThanOrEqual(120);
  const second = await readAudit(table, { ...filter, cursor: first.cursor });
  const third = await readAudit(table, { ...filter, cursor: second.cursor });
  expect(third).toEqual({ records: [], cursor: undefined });
  expect(reads.items).toBe(25_000);
});
