import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seal } from '../../lib/audit/ledger/seal.ts';
import { sealLagGuard } from '../../lib/audit/ledger/seal-lag.ts';
import { tableHead } from '../../lib/audit/ledger/table-head.ts';
import { tableRecords } from '../../lib/audit/ledger/table-records.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { readAudit } from '../../lib/audit/query.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { ORIGIN, recordAt, SIGNER, START } from '../audit/ledger/grown.ts';
import { MemoryFiles } from '../audit/ledger/memory-files.ts';
import { type Api, makeApi } from '../support/api.ts';
import {
  type AwsAnswer,
  type AwsCall,
  dynamoDbError,
  type InProcessAws,
  inProcessAws,
  stsError,
} from '../support/aws.ts';
import { type TestTable, testTable } from '../support/table.ts';
import { makeToken, NOW } from '../support/tokens.ts';

/**
 * What is promised when something below fails, one row for each dependency and way to fail, with the faults injected
 * where the AWS SDK hands its requests over. Of the rows that are tested elsewhere: the identity provider's keys in
 * test/identity/jwks.test.ts, what STS may answer in test/sts, the sealer's deaths in test/audit/ledger/seal.test.ts.
 */

type Injected = (call: AwsCall, attempt: number) => AwsAnswer | Promise<AwsAnswer> | undefined;

const never = (): Promise<AwsAnswer> => new Promise(() => undefined);
const down = (): never => {
  throw Object.assign(new Error('connect ECONNREFUSED'), { name: 'ECONNREFUSED', code: 'ECONNREFUSED' });
};
const throttled = () => dynamoDbError('ProvisionedThroughputExceededException', 'slow down');
const torn = (): AwsAnswer => ({ status: 200, type: 'application/x-amz-json-1.0', body: '{"Attr' });

interface Promised {
  readonly status: number;
  readonly code?: string;
  /** Calls of AssumeRole that reach STS. */
  readonly sts: number;
  /** Outcomes in the table. */
  readonly outcomes: readonly (string | undefined)[];
}

let store: TestTable;
beforeAll(async () => {
  store = await testTable();
});
afterAll(() => store.close());

/** A broker whose calls of one kind fail as told; `stored` lets a call through before its answer is lost. */
function broken(which: (call: AwsCall) => boolean, how: Injected | 'stored'): { api: Api; sts: () => number } {
  const clock = () => NOW;
  const aws: InProcessAws = inProcessAws({ clock, dynamoDbUrl: store.url });
  let attempt = 0;
  aws.intercept = (call) => {
    if (!which(call)) return undefined;
    attempt += 1;
    if (how !== 'stored') return how(call, attempt);
    return (async () => {
      await fetch(store.url, { method: 'POST', headers: bare(call.headers), body: call.body });
      return down();
    })();
  };
  return { api: makeApi({ clock, aws }), sts: () => aws.calls.filter(({ service }) => service === 'sts').length };
}

function bare({ host: _, 'content-length': __, ...headers }: Readonly<Record<string, string>>): Record<string, string> {
  return headers;
}

const intent = ({ action, body }: AwsCall) => action === 'PutItem' && body.includes('#intent');
const outcome = ({ action, body }: AwsCall) => action === 'PutItem' && body.includes('#outcome');
const readBack = ({ action, body }: AwsCall) => action === 'GetItem' && body.includes('audit#');
const rate = ({ action }: AwsCall) => action === 'UpdateItem';
const sts = ({ service }: AwsCall) => service === 'sts';
const once =
  (fault: () => AwsAnswer): Injected =>
  (_, attempt) =>
    attempt === 1 ? fault() : undefined;

const NOTHING = { status: 503, code: 'audit_unavailable', sts: 0, outcomes: [] } as const;
const DISCARDED = { status: 503, code: 'audit_unavailable', sts: 1, outcomes: [] } as const;
const FINE = { status: 200, sts: 1, outcomes: ['issued'] } as const;
const CLOSED = { status: 503, code: 'store_unavailable', sts: 0, outcomes: ['failed'] } as const;

const ROWS: readonly (readonly [string, (call: AwsCall) => boolean, Injected | 'stored', Promised])[] = [
  ['intent: down → 503, STS is not called', intent, down, NOTHING],
  ['intent: slow → the same, at the deadline', intent, never, NOTHING],
  ['intent: throttled for ever → the same, after bounded attempts', intent, throttled, NOTHING],
  ['intent: throttled once → tried again', intent, once(throttled), FINE],
  ['intent: an answer torn in the middle → read back, not there: nothing', intent, torn, NOTHING],
  ['intent: stored, the answer lost → read back, and on', intent, 'stored', FINE],
  ['outcome: down → the credentials are thrown away', outcome, down, DISCARDED],
  ['outcome: slow → the same, at the deadline', outcome, never, DISCARDED],
  ['outcome: throttled for ever → the same', outcome, throttled, DISCARDED],
  ['outcome: throttled once → tried again', outcome, once(throttled), FINE],
  ['outcome: an answer torn in the middle → not there, thrown away', outcome, torn, DISCARDED],
  ['outcome: stored, the answer lost → read back, released', outcome, 'stored', FINE],
  [
    'outcome: stored, the answer and the reading back lost → any doubt is a no',
    (call) => outcome(call) || readBack(call),
    down,
    DISCARDED,
  ],
  ['rate counter: down → fails closed', rate, down, CLOSED],
  ['rate counter: slow → fails closed', rate, never, CLOSED],
  ['rate counter: torn answer → fails closed', rate, torn, CLOSED],
  ['STS: no connection → failed', sts, down, { status: 502, code: 'sts_unavailable', sts: 3, outcomes: ['failed'] }],
  [
    'STS: throttled for ever → 429 after three attempts',
    sts,
    () => stsError('Throttling', 'Rate exceeded'),
    { status: 429, code: 'sts_throttled', sts: 3, outcomes: ['failed'] },
  ],
  ['STS: throttled once → tried again', sts, once(() => stsError('Throttling', 'Rate exceeded')), { ...FINE, sts: 2 }],
  [
    'STS: a failure of its own → nobody knows, asked once',
    sts,
    () => stsError('InternalFailure', 'x', 500),
    { status: 502, code: 'sts_failed', sts: 1, outcomes: ['unresolved'] },
  ],
  [
    'STS: an answer that cannot be read → nobody knows',
    sts,
    () => ({ status: 200, type: 'text/xml', body: '<AssumeRoleResponse><Assume' }),
    { status: 502, code: 'sts_response_invalid', sts: 1, outcomes: ['unresolved'] },
  ],
];

test.each(ROWS)('%s', { timeout: 30_000 }, async (_, which, how, promised) => {
  const { api, sts: called } = broken(which, how);
  const { status, body, text } = await api.credentials({ token: makeToken() });
  expect([status, body['code']]).toEqual([promised.status, promised.code]);
  expect(called()).toBe(promised.sts);
  if (promised.status !== 200) expect(text).not.toMatch(/ASIA|SecretAccessKey|SessionToken/);
  const session = String(body['sessionId'] ?? body['SessionId']);
  const found = await recordsOf(session);
  expect(found.filter(({ phase }) => phase === 'outcome').map((one) => one.outcome)).toEqual(promised.outcomes);
});

async function recordsOf(session: string): Promise<AuditRecord[]> {
  const filter = { session, since: 0, until: NOW + 1e9, order: 'oldest', limit: 2 } as const;
  return (await readAudit(store.table, filter)).records;
}

describe('The checkpointer', () => {
  const parts = (changes: object = {}) => ({
    records: tableRecords(store.table),
    heads: tableHead(store.table),
    files: new MemoryFiles(),
    signer: SIGNER,
    origin: ORIGIN,
    clock: () => START + 1e9,
    settleMs: 0,
    batch: 2000,
    ...changes,
  });

  test.each<[string, object]>([
    ['the table is down', { records: { unsealed: () => Promise.reject(new Error('down')) } }],
    ['the signing key does not answer', { signer: { key: SIGNER.key, sign: () => Promise.reject(new Error('down')) } }],
    [
      'the files cannot be written',
      { files: Object.assign(new MemoryFiles(), { write: () => Promise.reject(new Error('down')) }) },
    ],
  ])('signs nothing while %s, and goes on when it is back', async (_, changes) => {
    const other = await testTable();
    try {
      const own = { records: tableRecords(other.table), heads: tableHead(other.table), files: new MemoryFiles() };
      await auditLog(other.table).append(recordAt(0));
      await expect(seal(parts({ ...own, ...changes }))).rejects.toThrow();
      expect([...own.files.files.keys()].includes('checkpoint')).toBe(false);
      expect(await seal(parts(own))).toMatchObject({ size: 1 });
      expect(own.files.files.has('checkpoint')).toBe(true);
    } finally {
      await other.close();
    }
  });

  test('behind: issuing goes on, or stops where the deployment says so, and starts again by itself', async () => {
    const other = await testTable();
    try {
      const waits = recordAt(0);
      const guard = () => sealLagGuard(other.table, 3_600_000);
      await guard().check(START);
      await auditLog(other.table).append(waits);
      await guard().check(START + 3_600_000);
      const late = guard();
      await expect(late.check(START + 3_600_001)).rejects.toMatchObject({
        code: 'ledger_behind',
        retryAfterSeconds: 60,
      });
      await seal(parts({ records: tableRecords(other.table), heads: tableHead(other.table) }));
      await expect(late.check(START + 3_605_000)).rejects.toMatchObject({ code: 'ledger_behind' });
      await late.check(START + 3_612_000);
    } finally {
      await other.close();
    }
  });

  test('that cannot be told how far it is behind stops issuing too', async () => {
    const dead = { keys: () => Promise.reject(new Error('down')) };
    await expect(sealLagGuard(dead as never, 1).check(0)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  test('is asked at most once a minute', async () => {
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
