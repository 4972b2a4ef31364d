import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { reconcile } from '../../lib/audit/ledger/reconcile.ts';
import { auditLog } from '../../lib/audit/log.ts';
import { readAudit } from '../../lib/audit/query.ts';
import { recordAt } from '../audit/ledger/grown.ts';
import { type Answer, type Api, identityProviders, makeApi, POLICY, withSignIn } from '../support/api.ts';
import { type AwsAnswer, type AwsCall, dynamoDbError, inProcessAws, stsError } from '../support/aws.ts';
import { type TestTable, testTable } from '../support/table.ts';
import { CORP, claims, KEYS, makeKey, makeToken, NOW, PARTNER } from '../support/tokens.ts';

/**
 * What is promised when something below fails: a row for each dependency and way to fail, the faults injected where the
 * AWS SDK hands its requests over. The rows of the checkpointer are in `checkpointer.test.ts`; what each part does for
 * itself, in finer steps, is in test/audit/log-faults.test.ts, test/sts/assume-role.test.ts, test/store and
 * test/identity/jwks.test.ts.
 */

type Injected = (call: AwsCall, attempt: number) => AwsAnswer | Promise<AwsAnswer> | undefined;

let store: TestTable;
beforeAll(async () => {
  store = await testTable();
  // The SDK's pauses between attempts are a random part of up to two seconds; none is as good.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await store.close();
});

const down = (): never => {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
};
const cutOff = (): never => {
  throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
};
const slow = (): Promise<AwsAnswer> => new Promise(() => undefined);
const throttled = () => dynamoDbError('ProvisionedThroughputExceededException', 'slow down');
const torn = (): AwsAnswer => ({ status: 200, type: 'application/x-amz-json-1.0', body: '{"Attr' });
const stsThrottled = () => stsError('Throttling', 'Rate exceeded');
const once =
  (fault: () => AwsAnswer): Injected =>
  (_, attempt) =>
    attempt === 1 ? fault() : undefined;

/** DynamoDB does what it is asked, and its answer is lost. */
async function persisted({ headers, body }: AwsCall): Promise<AwsAnswer> {
  const { host: _, 'content-length': __, ...rest } = headers;
  await fetch(store.url, { method: 'POST', headers: rest, body });
  return down();
}

const puts = (what: string) => (call: AwsCall) => call.action === 'PutItem' && call.body.includes(what);
const intent = puts('#intent');
const outcome = puts('#outcome');
const usedToken = puts('token#');
const readBack = ({ action, body }: AwsCall) => action === 'GetItem' && body.includes('audit#');
const rateCounter = ({ action }: AwsCall) => action === 'UpdateItem';
const ledgerIndex = ({ action }: AwsCall) => action === 'Query';
const sts = ({ service }: AwsCall) => service === 'sts';

interface Promised {
  readonly status: number;
  readonly code?: string;
  /** AssumeRole calls that leave for STS. */
  readonly sts: number;
  /** What is durable of the request when the caller hears: its intent, and its outcome. */
  readonly records: readonly string[];
}

const NOT_ASKED: Promised = { status: 503, code: 'audit_unavailable', sts: 0, records: [] };
/** The intent that stays open becomes `unresolved`, see below. */
const DISCARDED: Promised = { status: 503, code: 'audit_unavailable', sts: 1, records: ['intent'] };
const ISSUED: Promised = { status: 200, sts: 1, records: ['intent', 'issued'] };
const CLOSED: Promised = { status: 503, code: 'store_unavailable', sts: 0, records: ['failed'] };

function ended(status: number, code: string, calls: number, end: string): Promised {
  return { status, code, sts: calls, records: ['intent', end] };
}

const ROWS: readonly (readonly [string, (call: AwsCall) => boolean, Injected, Promised])[] = [
  ['intent: down → 503, STS is not called', intent, down, NOT_ASKED],
  ['intent: slow → the same, at the deadline', intent, slow, NOT_ASKED],
  ['intent: throttled → the same, after bounded attempts', intent, throttled, NOT_ASKED],
  ['intent: throttled once → tried again', intent, once(throttled), ISSUED],
  ['intent: answer torn, not persisted → read back: the same', intent, torn, NOT_ASKED],
  ['intent: persisted but failed → read back, and on', intent, persisted, ISSUED],

  ['outcome: down → 503, the credentials are discarded', outcome, down, DISCARDED],
  ['outcome: slow → the same, at the deadline', outcome, slow, DISCARDED],
  ['outcome: throttled → the same, after bounded attempts', outcome, throttled, DISCARDED],
  ['outcome: throttled once → tried again', outcome, once(throttled), ISSUED],
  ['outcome: answer torn, not persisted → read back: discarded', outcome, torn, DISCARDED],
  ['outcome: persisted but failed → read back, released', outcome, persisted, ISSUED],
  [
    'outcome: persisted but failed, and cannot be read back → any doubt is a no: discarded',
    (call) => outcome(call) || readBack(call),
    (call) => (outcome(call) ? persisted(call) : down()),
    { ...DISCARDED, records: ['intent', 'issued'] },
  ],

  ['STS: down → failed, 502', sts, down, ended(502, 'sts_unavailable', 3, 'failed')],
  ['STS: slow → unresolved, 504', sts, slow, ended(504, 'sts_timeout', 1, 'unresolved')],
  ['STS: throttled → failed, 429 after three attempts', sts, stsThrottled, ended(429, 'sts_throttled', 3, 'failed')],
  ['STS: throttled once → tried again', sts, once(stsThrottled), { ...ISSUED, sts: 2 }],
  [
    'STS: perhaps issued, the answer lost → unresolved, 504, asked once',
    sts,
    cutOff,
    ended(504, 'sts_timeout', 1, 'unresolved'),
  ],
  [
    'STS: fails itself → unresolved, 502, asked once',
    sts,
    () => stsError('InternalFailure', 'x', 500),
    ended(502, 'sts_failed', 1, 'unresolved'),
  ],
  [
    'STS: answer torn → unresolved, 502, asked once',
    sts,
    () => ({ status: 200, type: 'text/xml', body: '<AssumeRoleResponse><Assume' }),
    ended(502, 'sts_response_invalid', 1, 'unresolved'),
  ],

  ['rate counter: down → fails closed', rateCounter, down, CLOSED],
  ['rate counter: slow → fails closed', rateCounter, slow, CLOSED],
  ['rate counter: throttled → fails closed', rateCounter, throttled, CLOSED],
  ['rate counter: throttled once → tried again', rateCounter, once(throttled), ISSUED],
  ['rate counter: answer torn → fails closed', rateCounter, torn, CLOSED],

  ['used tokens: down → fails closed', usedToken, down, CLOSED],
  ['used tokens: slow → fails closed', usedToken, slow, CLOSED],
  ['used tokens: throttled → fails closed', usedToken, throttled, CLOSED],
  ['used tokens: throttled once → tried again', usedToken, once(throttled), ISSUED],
  ['used tokens: answer torn → fails closed', usedToken, torn, CLOSED],
  [
    'used tokens: persisted, tried again → known for this very use',
    usedToken,
    (call, attempt) => (attempt === 1 ? persisted(call) : undefined),
    ISSUED,
  ],

  ['how far the ledger is: down → fails closed', ledgerIndex, down, CLOSED],
  ['how far the ledger is: slow → fails closed', ledgerIndex, slow, CLOSED],
  ['how far the ledger is: throttled → fails closed', ledgerIndex, throttled, CLOSED],
];

const SINGLE_USE = { ...POLICY, issuers: [{ ...CORP, singleUse: true }, PARTNER] };
const SEAL_LAG = { DAYPASS_MAX_SEAL_LAG_MINUTES: '60' };

describe.concurrent('A request', () => {
  test.each(ROWS)('%s', async (_, which, how, promised) => {
    const clock = () => NOW;
    const aws = inProcessAws({ clock, dynamoDbUrl: store.url });
    let attempt = 0;
    aws.intercept = (call) => {
      if (!which(call)) return undefined;
      attempt += 1;
      return how(call, attempt);
    };
    const api = makeApi({ clock, aws, policy: SINGLE_USE, environment: SEAL_LAG });
    await expectPromised(api, makeToken({ payload: claims({ jti: randomUUID() }) }), promised, store);
    expect(attempt).toBeGreaterThan(0);
  });
});

test('What was left open is unresolved in the end', async () => {
  const observed: string[] = [];
  const clock = () => NOW + 16 * 60_000;
  const parts = { table: store.table, auditLog: auditLog(store.table), clock, graceMs: 15 * 60_000 };
  const observe = ({ outcome: end, code }: { outcome?: string; code?: string }) => observed.push(`${end} ${code}`);
  for (let step = 0; step < 5; step += 1) await reconcile({ ...parts, observe });
  const left = ROWS.filter(([, , , { records }]) => String(records) === 'intent');
  expect(observed).toEqual(left.map(() => 'unresolved outcome_missing'));
});

const HOUR = 3_600_000;
const idp = (answer: () => Response | Promise<Response>) => async () => answer();
const UNREAD: Promised = { status: 503, code: 'idp_unavailable', sts: 0, records: ['failed'] };

/** Keys were read at the start, or never; what the identity provider does when the request comes, and when that is. */
const KEY_ROWS: readonly (readonly [string, number | undefined, (url: string) => Promise<Response>, Promised])[] = [
  ['down, no keys yet → 503', undefined, idp(down), UNREAD],
  ['slow, no keys yet → 503, at the deadline', undefined, idp(() => new Promise(() => undefined)), UNREAD],
  ['throttling, no keys yet → 503', undefined, idp(() => new Response('', { status: 429 })), UNREAD],
  [
    'answering nonsense, no keys yet → 503',
    undefined,
    idp(() => new Response('<html>')),
    { ...UNREAD, code: 'jwks_invalid' },
  ],
  ['down → the last good keys serve', HOUR, idp(down), ISSUED],
  ['down → the last good keys serve for a day', 24 * HOUR, idp(down), ISSUED],
  ['down → and no longer', 24 * HOUR + 1, idp(down), UNREAD],
  ['answering nonsense → the last good keys serve', HOUR, idp(() => new Response('<html>')), ISSUED],
];

describe.concurrent('The identity provider', () => {
  test.each(KEY_ROWS)('%s', async (_, later, how, promised) => {
    const { api, ask } = await apiWithKeys(later, how);
    await expectPromised(api, ask(), promised, store);
  });

  test('down → a key that nobody has seen is never accepted', async () => {
    const { api, ask } = await apiWithKeys(HOUR, idp(down));
    const stranger = await makeKey('stranger', 'RS256');
    const refused = { status: 401, code: 'key_unknown', sts: 0, records: ['refused'] };
    await expectPromised(api, ask(stranger), refused, store);
  });

  /** A broker whose identity provider fails from some time on, and tokens of that time. */
  async function apiWithKeys(later: number | undefined, how: (url: string) => Promise<Response>) {
    let now = NOW;
    let fetch = later === undefined ? how : identityProviders();
    const clock = () => now;
    const aws = inProcessAws({ clock, dynamoDbUrl: store.url });
    const api = makeApi({ clock, aws, fetch: (url) => fetch(url) });
    const ask = (key = KEYS.rsa) =>
      makeToken({ key, payload: claims({ iat: now / 1000 - 60, exp: now / 1000 + 3600, sub: randomUUID() }) });
    if (later !== undefined) expect((await api.credentials({ token: ask() })).status).toBe(200);
    aws.calls.length = 0;
    now += later ?? 0;
    fetch = how;
    return { api, ask };
  }
});

const closed = (status: number, code: string) => ended(status, code, 1, 'failed');

/** What AWS's sign-in endpoint does when the session is there: nothing of it leaves, and it is asked once. */
const SIGN_IN_ROWS: readonly (readonly [string, () => Response | Promise<Response>, Promised])[] = [
  ['down → failed, 504', down, closed(504, 'console_unavailable')],
  ['cut off → failed, 504', cutOff, closed(504, 'console_unavailable')],
  ['slow → failed, 504, at the deadline', () => new Promise(() => undefined), closed(504, 'console_unavailable')],
  ['throttling → failed, 504', () => new Response('', { status: 429 }), closed(504, 'console_unavailable')],
  ['failing itself → failed, 504', () => new Response('', { status: 500 }), closed(504, 'console_unavailable')],
  ['refusing → failed, 502', () => new Response('no', { status: 400 }), closed(502, 'console_refused')],
  ['redirecting → failed, 502', () => Response.redirect('https://evil.example'), closed(502, 'console_refused')],
  ['answer torn → failed, 502', () => new Response('{"Signin'), closed(502, 'console_answer_invalid')],
  ['nonsense → failed, 502', () => new Response('<html>'), closed(502, 'console_answer_invalid')],
  ['too large → failed, 502', () => new Response('x'.repeat(1e6)), closed(502, 'console_answer_invalid')],
];

describe.concurrent('AWS’s sign-in endpoint', () => {
  test.each(SIGN_IN_ROWS)('%s', async (_, how, promised) => {
    const clock = () => NOW;
    const aws = inProcessAws({ clock, dynamoDbUrl: store.url });
    let attempts = 0;
    const fetch = withSignIn(({ signal }) => {
      attempts += 1;
      const given = new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
      return Promise.race([given, (async () => how())()]);
    });
    const api = makeApi({ clock, aws, fetch });
    const answer = await api.console({ token: makeToken({ payload: claims({ sub: randomUUID() }) }) });
    await expectEnd(api, answer, promised, store);
    expect(attempts).toBe(1);
    expect(answer.text).not.toContain('Url');
  });
});

describe('The ledger behind', () => {
  test.each<[string, Record<string, string>, Promised]>([
    ['→ issuing goes on', {}, ISSUED],
    [
      '→ it stops, where the deployment says so',
      SEAL_LAG,
      { status: 503, code: 'ledger_behind', sts: 0, records: ['failed'] },
    ],
  ])('%s', async (_, environment, promised) => {
    const own = await testTable();
    try {
      await auditLog(own.table).append(recordAt(0));
      const clock = () => Date.parse(recordAt(0).time) + HOUR + 1;
      const aws = inProcessAws({ clock, dynamoDbUrl: own.url });
      const api = makeApi({ clock, aws, environment });
      const [iat, exp] = [clock() / 1000 - 60, clock() / 1000 + 3600].map(Math.floor);
      await expectPromised(api, makeToken({ payload: claims({ iat, exp }) }), promised, own);
    } finally {
      await own.close();
    }
  });
});

async function expectPromised(api: Api, token: string, promised: Promised, from: TestTable): Promise<void> {
  await expectEnd(api, await api.credentials({ token }), promised, from);
}

async function expectEnd(api: Api, answer: Answer, promised: Promised, { table }: TestTable): Promise<void> {
  const { status, body, text } = answer;
  expect([status, body['code']]).toEqual([promised.status, promised.code]);
  expect(api.aws.calls.filter(sts)).toHaveLength(promised.sts);
  expect(/ASIA|SecretAccessKey|SessionToken/.test(text)).toBe(status === 200);
  const session = String(body['sessionId'] ?? body['SessionId']);
  const { records } = await readAudit(table, { session, since: 0, until: 4e12, order: 'oldest', limit: 10 });
  expect(records.map(({ phase, outcome: end }) => end ?? phase)).toEqual(promised.records);
}
