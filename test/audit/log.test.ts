import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog } from '../../lib/audit/log.ts';
import { canonicalJson } from '../../lib/json.ts';
import { auditKey } from '../../lib/store/table.ts';
import { auditRecord } from '../support/records.ts';
import { type TestTable, testTable } from '../support/table.ts';

describe('on a real table', () => {
  let store: TestTable;
  beforeAll(async () => {
    store = await testTable();
  });
  afterAll(() => store.close());

  test('a record is kept as its canonical bytes under the key its session id gives', async () => {
    const given = auditRecord();
    await auditLog(store.table).append(given);
    const item = await store.table.get(auditKey(given.sessionId, 'outcome'));
    expect(item?.['record']).toBe(canonicalJson(given));
    expect(item?.['pk']).toMatch(/^audit#2026-01-15#(0\d|1[0-5])$/);
  });

  test('appending the same record again is one record', async () => {
    const given = auditRecord();
    const log = auditLog(store.table);
    await log.append(given);
    await expect(log.append(given)).resolves.toBeUndefined();
  });

  test('a record that exists is never changed', async () => {
    const given = auditRecord();
    const log = auditLog(store.table);
    await log.append(given);
    await expect(log.append({ ...given, role: 'prod/Admin' })).rejects.toMatchObject({ code: 'audit_unavailable' });
    const item = await store.table.get(auditKey(given.sessionId, 'outcome'));
    expect(item?.['record']).toBe(canonicalJson(given));
  });

  test('of 16 writers with different records for one place, one wins', async () => {
    for (let round = 0; round < 20; round += 1) {
      const base = auditRecord();
      const log = auditLog(store.table);
      const results = await Promise.allSettled(
        Array.from({ length: 16 }, (_, index) => log.append({ ...base, reason: `writer ${index}` })),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });
});
