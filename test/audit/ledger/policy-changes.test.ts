import { afterAll, beforeAll, expect, test } from 'vitest';
import { policyChanges } from '../../../lib/audit/ledger/policy-changes.ts';
import { seal } from '../../../lib/audit/ledger/seal.ts';
import { tableHead } from '../../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../../lib/audit/log.ts';
import { readAudit } from '../../../lib/audit/query.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { type TestTable, testTable } from '../../support/table.ts';
import { ORIGIN, recordAt, SIGNER, START } from './grown.ts';
import { MemoryFiles } from './memory-files.ts';

/** A new access policy is an event of its own, once, before anything that was decided by it is sealed. */

let store: TestTable;
beforeAll(async () => {
  store = await testTable();
});
afterAll(() => store.close());

const DIGESTS = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
const NOW = START + 60_000;

async function events(): Promise<AuditRecord[]> {
  const { records } = await readAudit(store.table, {
    since: START - 1e9,
    until: NOW + 1e9,
    order: 'oldest',
    limit: 500,
  });
  return records.filter(({ action }) => action === 'policy-change');
}

const parts = () => ({ table: store.table, auditLog: auditLog(store.table), clock: () => NOW });

test('a step that holds records of new policies records each of them once, and seals that too', async () => {
  const observed: AuditRecord[] = [];
  const sealer = {
    records: tableRecords(store.table),
    heads: tableHead(store.table),
    files: new MemoryFiles(),
    signer: SIGNER,
    origin: ORIGIN,
    clock: () => NOW + 1,
    settleMs: 0,
    batch: 500,
    noticePolicies: policyChanges({ ...parts(), observe: (record) => observed.push(record) }),
  };
  for (let at = 0; at < 6; at += 1) {
    await auditLog(store.table).append(recordAt(at, { policyDigest: DIGESTS[at % 2] ?? '' }));
  }
  expect(await seal(sealer)).toMatchObject({ size: 6 });
  expect((await events()).map(({ policyDigest }) => policyDigest).sort()).toEqual(DIGESTS.slice(0, 2));
  expect(observed).toHaveLength(2);
  expect(await seal(sealer)).toMatchObject({ size: 8, added: 2 });
  expect(await seal(sealer)).toMatchObject({ size: 8, added: 0 });
  expect(observed[0]).toMatchObject({ phase: 'outcome', outcome: 'allowed', action: 'policy-change' });
});

test('of 16 keepers that see it at once, one decides the record', async () => {
  await Promise.all(Array.from({ length: 16 }, () => policyChanges({ ...parts(), observe: () => undefined })(DIGESTS)));
  expect((await events()).map(({ policyDigest }) => policyDigest).sort()).toEqual(DIGESTS);
});

test('one that died between deciding and appending is finished by the next', async () => {
  const digest = 'd'.repeat(64);
  const dying = { append: () => Promise.reject(new Error('died')) };
  const dead = policyChanges({ ...parts(), auditLog: dying, observe: () => undefined });
  await expect(dead([digest])).rejects.toThrow('died');
  expect((await events()).map(({ policyDigest }) => policyDigest)).not.toContain(digest);
  const observed: AuditRecord[] = [];
  await policyChanges({ ...parts(), observe: (record) => observed.push(record) })([digest, digest]);
  expect((await events()).filter(({ policyDigest }) => policyDigest === digest)).toEqual(observed);
});
