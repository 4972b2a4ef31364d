import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepLedger } from '../../lib/audit/ledger/keep.ts';
import { tableHead } from '../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { verifyProof } from '../../lib/audit/verify/verify-proof.ts';
import { ORIGIN, SIGNER } from '../audit/ledger/grown.ts';
import { MemoryFiles } from '../audit/ledger/memory-files.ts';
import { type Api, makeApi } from '../support/api.ts';
import { inProcessAws } from '../support/aws.ts';
import { type TestTable, testTable } from '../support/table.ts';
import { claims, makeToken, NOW } from '../support/tokens.ts';

/** `GET /v1/audit/proof`: that a session is in the sealed log, for whoever it belongs to and for auditors. */

const person = (name: string, groups: string[]) =>
  makeToken({ payload: claims({ sub: `subject-${name}`, email: `${name}@example.com`, groups }) });
const TOKENS = {
  dev: person('dev', ['engineering']),
  other: person('other', ['engineering']),
  auditor: person('auditor', ['security']),
};

const files = new MemoryFiles();
let store: TestTable;
let api: Api;
let session: string;

beforeAll(async () => {
  store = await testTable();
  const clock = () => NOW;
  const aws = inProcessAws({ clock, dynamoDbUrl: store.url });
  api = makeApi({ clock, aws, readLedger: (path) => files.read(path) });
  session = String((await api.credentials({ token: TOKENS.dev })).body['SessionId']);
});
afterAll(() => store.close());

async function sealAll(): Promise<void> {
  const clock = () => NOW + 1;
  const log = auditLog(store.table);
  await keepLedger(
    {
      sealer: {
        records: tableRecords(store.table),
        heads: tableHead(store.table),
        files,
        signer: SIGNER,
        origin: ORIGIN,
        clock,
        settleMs: 0,
        batch: 500,
      },
      reconciler: { table: store.table, auditLog: log, observe: () => undefined, clock, graceMs: 900_000 },
      sealed: () => undefined,
      unsealed: () => undefined,
      clock,
    },
    NOW + 1e9,
  );
}

const ask = (token: string, query = `session=${session}`) => api.call('GET', '/v1/audit/proof', { token, query });
const lastRecord = () => api.lines.flatMap((line) => JSON.parse(line).record ?? []).at(-1);

describe('The proof of a session', () => {
  it('is not there before the session is sealed, which is said with when to come back', async () => {
    const { status, body, headers } = await ask(TOKENS.dev);
    expect([status, body['code'], headers['retry-after']]).toEqual([409, 'not_sealed', '60']);
  });

  it('holds both records, each in a file that verifies alone', async () => {
    await sealAll();
    const before = api.records().length;
    const { status, body } = await ask(TOKENS.dev);
    expect(status).toBe(200);
    const proofs = body['proofs'] as { phase: string; leaf: number; file: string }[];
    expect(proofs.map(({ phase }) => phase)).toEqual(['intent', 'outcome']);
    for (const { file, leaf } of proofs) {
      const verdict = verifyProof(file, SIGNER.key);
      expect(verdict).toMatchObject({ valid: true, index: leaf });
    }
    // One's own session is no reading of the log.
    expect(api.records()).toHaveLength(before);
  });

  it('is given to holders of audit:read, which is on record', async () => {
    const { status } = await ask(TOKENS.auditor);
    expect(status).toBe(200);
    expect(lastRecord()).toMatchObject({ action: 'proof', outcome: 'allowed', permission: 'audit:read' });
  });

  it('of somebody else’s session and of none read alike to everybody else', async () => {
    const absent = await ask(TOKENS.other, 'session=01KAN000000000000000000000');
    const foreign = await ask(TOKENS.other);
    for (const { status, body } of [absent, foreign]) {
      expect([status, body['code'], body['detail']]).toEqual([404, 'not_found', 'There is nothing here.']);
      expect(lastRecord()).toMatchObject({ action: 'proof', outcome: 'refused', code: 'not_found' });
    }
    expect((await ask(TOKENS.auditor, 'session=01KAN000000000000000000000')).status).toBe(404);
  });

  it.each(['', 'session=', 'session=x', `session=${'a'.repeat(26)}`, 'session=01KAN000000000000000000000&x=1'])(
    'is not given for %j',
    async (query) => {
      expect((await ask(TOKENS.dev, query)).status).toBe(400);
    },
  );

  it('is not made of files that do not belong together', async () => {
    const tile = [...files.files.keys()].find((path) => path.startsWith('tile/0/')) ?? '';
    const good = files.files.get(tile) as Uint8Array;
    files.files.set(tile, good.subarray(0, 31));
    const { status, body } = await ask(TOKENS.dev);
    expect([status, body['code'], body['proofs']]).toEqual([500, 'ledger_inconsistent', undefined]);
    files.files.set(tile, good);
    expect((await ask(TOKENS.dev)).status).toBe(200);
  });
});
