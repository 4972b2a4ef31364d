import { afterAll, describe, expect, it } from 'vitest';
import { reconcile } from '../../../lib/audit/ledger/reconcile.ts';
import { auditLog } from '../../../lib/audit/log.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { auditKey } from '../../../lib/store/table.ts';
import { type TestTable, testTable } from '../../support/table.ts';
import { recordAt, START } from './grown.ts';

const MINUTE = 60_000;
const GRACE = 15 * MINUTE;
const tables: TestTable[] = [];
afterAll(() => Promise.all(tables.map((table) => table.close())));

async function log(...records: AuditRecord[]) {
  const test = await testTable();
  tables.push(test);
  const written = auditLog(test.table);
  for (const record of records) await written.append(record);
  const observed: AuditRecord[] = [];
  const step = (now: number) =>
    reconcile({
      table: test.table,
      auditLog: written,
      observe: (record) => observed.push(record),
      clock: () => now,
      graceMs: GRACE,
    });
  /** Until it has caught up: one run looks at six hours. */
  const run = async (now: number) => {
    let closed = 0;
    for (;;) {
      const done = await step(now);
      closed += done.closed;
      if (done.until >= now - GRACE) return { closed, until: done.until };
    }
  };
  const outcomeOf = async (offset: number): Promise<AuditRecord | undefined> => {
    const item = await test.table.get(auditKey(recordAt(offset).sessionId, 'outcome'));
    return item && (JSON.parse(String(item['record'])) as AuditRecord);
  };
  return { run, observed, outcomeOf, written };
}

function intent(offset: number): AuditRecord {
  const { outcome: _, code: __, ...rest } = recordAt(offset, { phase: 'intent', roleSessionName: 'name' });
  return rest;
}

describe('A session without an outcome', () => {
  it('is closed as unresolved once its function has surely ended, and found by its name in CloudTrail', async () => {
    const { run, observed, outcomeOf } = await log(
      intent(0),
      recordAt(10),
      intent(20),
      recordAt(20, { outcome: 'issued' }),
    );
    expect(await run(START + GRACE)).toMatchObject({ closed: 0 });
    expect(await run(START + GRACE + 1000)).toMatchObject({ closed: 1, until: START + 1000 });
    expect(await outcomeOf(0)).toMatchObject({
      phase: 'outcome',
      outcome: 'unresolved',
      code: 'outcome_missing',
      roleSessionName: 'name',
      time: new Date(START + GRACE + 1000).toISOString(),
    });
    expect(observed.map(({ sessionId }) => sessionId)).toEqual([recordAt(0).sessionId]);
    expect(await outcomeOf(20)).toMatchObject({ outcome: 'issued' });
  });

  it('is closed once, however many reconcilers look', async () => {
    const { run, observed } = await log(intent(0), intent(10), intent(30));
    await Promise.all([run(START + GRACE + 1000), run(START + GRACE + 1001), run(START + GRACE + 1002)]);
    expect(observed.length).toBe(3);
    expect(await run(START + GRACE + 2000)).toMatchObject({ closed: 0 });
  });

  it('is found across the days, hours after everything stood still', async () => {
    const hours = (count: number) => count * 60 * MINUTE;
    const { run, outcomeOf } = await log(intent(0), intent(hours(20)));
    await run(START + hours(21));
    expect(await outcomeOf(0)).toMatchObject({ outcome: 'unresolved' });
    expect(await outcomeOf(hours(20))).toMatchObject({ outcome: 'unresolved' });
  });

  it('whose function is slower than anybody thought cannot get credentials out any more', async () => {
    const { run, written } = await log(intent(0));
    await run(START + GRACE + 1000);
    const issued = recordAt(0, { outcome: 'issued', accessKeyId: 'ASIAEXAMPLE' });
    await expect(written.append(issued)).rejects.toMatchObject({ code: 'audit_unavailable' });
  });
});
