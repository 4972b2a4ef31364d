import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seal } from '../../../lib/audit/ledger/seal.ts';
import { sealLagGuard } from '../../../lib/audit/ledger/seal-lag.ts';
import { tableHead } from '../../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../../lib/audit/log.ts';
import { type TestTable, testTable } from '../../support/table.ts';
import { ORIGIN, recordAt, SIGNER, START } from './grown.ts';
import { MemoryFiles } from './memory-files.ts';

const HOUR = 3_600_000;
const BEHIND = { code: 'ledger_behind', retryAfterSeconds: 60 };

let store: TestTable;
beforeAll(async () => {
  store = await testTable();
});
afterAll(() => store.close());

describe('A function that may issue only while the ledger keeps up', () => {
  test('goes on while no record waits too long, stops when one does, and goes on again once it is sealed', async () => {
    const guard = sealLagGuard(store.table, HOUR);
    await guard.check(START);
    await auditLog(store.table).append(recordAt(0));
    await sealLagGuard(store.table, HOUR).check(START + HOUR);
    await expect(guard.check(START + HOUR + 1)).rejects.toMatchObject(BEHIND);
    const parts = { records: tableRecords(store.table), heads: tableHead(store.table), files: new MemoryFiles() };
    await seal({ ...parts, signer: SIGNER, origin: ORIGIN, clock: () => START + HOUR, settleMs: 0, batch: 100 });
    await expect(guard.check(START + HOUR + 5000)).rejects.toMatchObject(BEHIND);
    await guard.check(START + HOUR + 12_000);
  });

  test('looks again before it stops for what it saw a while ago', async () => {
    const waiting = [{ sk: `${recordAt(0).sessionId}#outcome` }];
    const guard = sealLagGuard({ keys: async () => waiting } as never, HOUR);
    await guard.check(START + HOUR - 15_000);
    waiting.length = 0;
    await guard.check(START + HOUR + 1);
  });

  test('stops when it cannot be told', async () => {
    const dead = { keys: () => Promise.reject(new Error('down')) };
    await expect(sealLagGuard(dead as never, 1).check(0)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  test('asks at most once a minute', async () => {
    let asked = 0;
    const table = {
      async keys() {
        asked += 1;
        return [];
      },
    };
    const guard = sealLagGuard(table as never, 1);
    for (let at = 0; at < 120_000; at += 1000) await guard.check(at);
    expect(asked).toBe(2 * 4);
  });
});
