import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog } from '../../lib/audit/log.ts';
import { type AuditFilter, readAudit } from '../../lib/audit/query.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { parseIpAddress, parseIpRange, rangeHolds } from '../../lib/iam/ip.ts';
import { newSessionId, sessionTime } from '../../lib/session-id.ts';
import { type TestTable, testTable } from '../support/table.ts';

const BEGIN = Date.UTC(2025, 11, 29, 22);
const HOUR = 3_600_000;
const CALLERS = ['dev@example.com', 'sre@example.com', 'auditor@example.com'];
const SOURCES = ['203.0.113.7', '198.51.100.1', '2001:db8::1'];
const ROLES = ['prod/ReadOnly', 'prod/Admin', 'dev/Developer'];

let store: TestTable;
/** Every record, oldest first: the naive log that the queries are held against. */
const all: AuditRecord[] = [];

beforeAll(async () => {
  store = await testTable();
  const log = auditLog(store.table);
  for (let index = 0; index < 120; index += 1) {
    // Three hours apart: over the turn of a day, a month and a year.
    const time = BEGIN + index * 3 * HOUR;
    const role = ROLES[index % 3] ?? '';
    const base: AuditRecord = {
      schema: 1,
      phase: 'intent',
      sessionId: newSessionId(time),
      requestId: `request-${index}`,
      time: new Date(time).toISOString(),
      action: index % 7 ? 'credentials' : 'roles',
      policyDigest: 'd',
      ...(index % 4 < 3 && { sourceIp: SOURCES[index % 4] ?? '' }),
      caller: { issuer: 'corp', subject: 's', username: CALLERS[index % 2] ?? '' },
      role,
      account: role.split('/')[0] ?? '',
    };
    all.push(base);
    all.push({
      ...base,
      phase: 'outcome',
      outcome: index % 5 ? 'issued' : 'denied',
      ...(index % 5 ? { accessKeyId: `ASIAEXAMPLE${1000 + index}` } : { code: 'access_denied' }),
    });
  }
  // A few at once: all of them would wait for each other longer than one write may take.
  for (let at = 0; at < all.length; at += 20) {
    await Promise.all(all.slice(at, at + 20).map((record) => log.append(record)));
  }
});
afterAll(() => store.close());

function filter(more: Partial<AuditFilter>): AuditFilter {
  return { since: BEGIN - HOUR, until: BEGIN + 500 * HOUR, order: 'oldest', limit: 500, ...more };
}

function naive(wanted: AuditFilter): AuditRecord[] {
  const found = all.filter((record) => {
    const time = sessionTime(record.sessionId);
    return (
      time >= wanted.since &&
      time < wanted.until &&
      (wanted.caller === undefined || record.caller?.username === wanted.caller) &&
      (wanted.role === undefined || record.role === wanted.role) &&
      (wanted.account === undefined || record.account === wanted.account) &&
      (wanted.accessKeyId === undefined || record.accessKeyId === wanted.accessKeyId) &&
      (wanted.session === undefined || record.sessionId === wanted.session) &&
      (wanted.action === undefined || record.action === wanted.action) &&
      (wanted.sourceIp === undefined || holds(wanted.sourceIp, record.sourceIp)) &&
      (wanted.outcome === undefined || record.outcome === wanted.outcome) &&
      (wanted.code === undefined || record.code === wanted.code)
    );
  });
  return wanted.order === 'newest' ? found.reverse() : found;
}

function holds(range: NonNullable<AuditFilter['sourceIp']>, text: string | undefined): boolean {
  const address = parseIpAddress(text ?? '');
  return address !== undefined && rangeHolds(range, address);
}

async function pages(wanted: AuditFilter): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await readAudit(store.table, { ...wanted, cursor });
    expect(page.records.length).toBeLessThanOrEqual(wanted.limit);
    records.push(...page.records);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return records;
}

describe('a query finds exactly the records that match, in order', () => {
  test.each<[string, Partial<AuditFilter>]>([
    ['all of them', {}],
    ['newest first', { order: 'newest' }],
    ['by caller', { caller: 'sre@example.com' }],
    ['by a caller without records', { caller: 'nobody@example.com' }],
    ['by role, over the turn of the year', { role: 'prod/Admin' }],
    ['by account, newest first', { account: 'prod', order: 'newest' }],
    ['by access key id', { accessKeyId: 'ASIAEXAMPLE1007' }],
    ['by outcome', { outcome: 'denied' }],
    ['by code', { code: 'access_denied', order: 'newest' }],
    ['by action', { action: 'roles' }],
    ['by source address', { sourceIp: parseIpRange('203.0.113.7') }],
    ['by a range of source addresses', { sourceIp: parseIpRange('203.0.113.0/24'), caller: 'dev@example.com' }],
    ['by a range of IPv6', { sourceIp: parseIpRange('2001:db8::/32'), order: 'newest' }],
    ['by every IPv4 address, which no record without one has', { sourceIp: parseIpRange('0.0.0.0/0') }],
    ['by caller and role', { caller: 'dev@example.com', role: 'prod/ReadOnly' }],
    ['in one day', { since: Date.UTC(2026, 0, 1), until: Date.UTC(2026, 0, 2) }],
    ['in no time', { since: Date.UTC(2027, 0, 1), until: Date.UTC(2027, 0, 2) }],
  ])('%s', async (_, more) => {
    const wanted = filter(more);
    expect(await pages(wanted)).toEqual(naive(wanted));
  });

  test('by session, with both its records', async () => {
    const wanted = filter({ session: all[20]?.sessionId ?? '' });
    expect(await pages(wanted)).toEqual(naive(wanted));
    expect(await pages({ ...wanted, order: 'newest' })).toEqual(naive(wanted).reverse());
  });

  test.each(['', 'x', '../../etc', '01ARZ3NDEKTSV4RRFFQ69G5FAV'])(
    'by the session %j that there is not, nothing',
    async (session) => {
      expect(await pages(filter({ session }))).toEqual([]);
    },
  );

  test('whatever the filter and the page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          since: fc.integer({ min: -10, max: 370 }).map((hours) => BEGIN + hours * HOUR),
          hours: fc.integer({ min: 1, max: 400 }),
          order: fc.constantFrom('newest' as const, 'oldest' as const),
          limit: fc.integer({ min: 1, max: 50 }),
          caller: fc.option(fc.constantFrom(...CALLERS), { nil: undefined }),
          role: fc.option(fc.constantFrom(...ROLES), { nil: undefined }),
          account: fc.option(fc.constantFrom('prod', 'dev'), { nil: undefined }),
          outcome: fc.option(fc.constantFrom('issued', 'denied'), { nil: undefined }),
        }),
        async ({ hours, ...more }) => {
          const wanted = filter({ ...more, until: more.since + hours * HOUR });
          expect(await pages(wanted)).toEqual(naive(wanted));
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('a span of months answers a bounded page and a cursor to go on', async () => {
  const wanted = filter({ since: Date.UTC(2025, 9, 1), until: Date.UTC(2026, 1, 1), order: 'newest' });
  const first = await readAudit(store.table, wanted);
  expect(first.cursor).toBeDefined();
  expect(await pages(wanted)).toEqual(naive(wanted));
});

test('a page of long records ends before it is larger than a function may answer', async () => {
  const other = await testTable();
  const log = auditLog(other.table);
  const time = Date.UTC(2026, 2, 1);
  const steps = [{ grant: 'g'.repeat(60_000), effect: 'allow', outcome: 'matched' }] as const;
  for (let index = 0; index < 50; index += 1) {
    const record = all[1] as AuditRecord;
    const sessionId = newSessionId(time + index);
    await log.append({ ...record, sessionId, trace: { target: 'role', steps } });
  }
  const wanted = filter({ since: time, until: time + HOUR });
  const sizes: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await readAudit(other.table, { ...wanted, cursor });
    sizes.push(page.records.length);
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(Math.max(...sizes)).toBe(34);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(50);
  await other.close();
});

test('a store that is down is a fault', async () => {
  const other = await testTable();
  await other.close();
  await expect(readAudit(other.table, filter({}))).rejects.toMatchObject({ code: 'store_unavailable' });
});
