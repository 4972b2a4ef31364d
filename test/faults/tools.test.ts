import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AwsAnswer, type AwsCall, dynamoDbError } from '../support/aws.ts';
import { type Browser, makePortal, type Portal } from '../support/portal.ts';
import { postJson, type RegisteredTool, register, type ToolAnswer, toolAnswer } from '../support/tool.ts';
import {
  authorizeQuery,
  callPortal,
  codeRequest,
  decideOnTool,
  deviceRequest,
  expectRefused,
  hiddenFields,
  PORTAL_REFUSED,
  REFUSED,
  refreshRequest,
  sessionsWritten,
  somebody,
  typeCode,
  waitingDevice,
} from '../support/tool-refusals.ts';

/**
 * What is promised when the store fails while a tool is signed in, or works: nobody is let in, nothing leaves without a
 * record, clients are told to try again and not to sign in again, and what can be used later is not used up.
 */

type Injected = (call: AwsCall, attempt: number) => AwsAnswer | Promise<AwsAnswer> | undefined;

/** The fault of the request that is under way, so that rows can wait for their deadlines together. */
const faults = new AsyncLocalStorage<(call: AwsCall) => AwsAnswer | Promise<AwsAnswer> | undefined>();

let portal: Portal;
beforeAll(async () => {
  // The SDK's pauses between attempts are a random part of up to two seconds; none is as good.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  portal = await makePortal();
  portal.aws.intercept = (call) => faults.getStore()?.(call);
  await register(portal);
});
afterAll(async () => {
  await portal.close();
  vi.restoreAllMocks();
});

const down = (): never => {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
};
const slow = (): Promise<AwsAnswer> => new Promise(() => undefined);
const throttled = () => dynamoDbError('ProvisionedThroughputExceededException', 'slow down');
const once: Injected = (_, attempt) => (attempt === 1 ? throttled() : undefined);
/** DynamoDB does what it is asked, and its answer is lost; the SDK tries again. */
const persisted: Injected = async (call, attempt) => {
  if (attempt > 1) return undefined as never;
  const { host: _, 'content-length': __, ...headers } = call.headers;
  await fetch(portal.store.url, { method: 'POST', headers, body: call.body });
  return down();
};

const CREDENTIALS = '/federation/credentials?account_id=222222222222&role_name=ReadOnly';

type Which = (call: AwsCall) => boolean;

const at =
  (kind: string, action?: string): Which =>
  (call) =>
    call.service === 'dynamodb' &&
    call.body.includes(`"S":"${kind}#`) &&
    (action === undefined || call.action === action);
const outcome: Which = (call) => call.action === 'PutItem' && call.body.includes('#outcome');
const intent: Which = (call) => call.action === 'PutItem' && call.body.includes('#intent');

/** Does something while one kind of call fails; the fault is met. */
async function failing<T>(which: Which, how: Injected, work: () => Promise<T>): Promise<T> {
  let attempt = 0;
  const fault = (call: AwsCall) => {
    if (!which(call)) return undefined;
    attempt += 1;
    return how(call, attempt);
  };
  const result = await faults.run(fault, work);
  expect(attempt).toBeGreaterThan(0);
  return result;
}

const token = (request: object) => postJson(portal, '/token', request);
const statusOf = async (accessToken: unknown) =>
  (await callPortal(portal, '/assignment/accounts', String(accessToken))).status;
const recordOf = ({ body }: ToolAnswer) => {
  const session = /\(session (\w+)\)/.exec(String(body['message']))?.[1];
  return portal.logged().filter(({ sessionId, phase }) => sessionId === session && phase === 'outcome');
};

let signingIn: Promise<unknown> = Promise.resolve();

/** Somebody new. The identity provider has one person at a time. */
function signedIn(): Promise<Browser> {
  const browser = portal.browser();
  const turn = signingIn.then(() => browser.signIn(somebody()));
  signingIn = turn;
  return turn.then(() => browser);
}

async function approvedCode(client: RegisteredTool): Promise<string> {
  const to = await decideOnTool(await signedIn(), authorizeQuery(client));
  return to.searchParams.get('code') ?? '';
}

/** A fresh thing to redeem each, of somebody of its own. */
const BROUGHT = {
  async code() {
    const client = await register(portal);
    return codeRequest(client, await approvedCode(client));
  },
  async refresh() {
    const client = await register(portal);
    const { body } = await token(codeRequest(client, await approvedCode(client)));
    return refreshRequest(client, String(body['refreshToken']));
  },
  async device() {
    const { client, deviceCode, userCode } = await waitingDevice(portal);
    const browser = await signedIn();
    const { body } = await typeCode(browser, userCode);
    await browser.post('/device/decision', { ...hiddenFields(body, '/device/decision'), decision: 'approve' });
    return deviceRequest(client, deviceCode);
  },
} as const;

/** What the same request gives when all is well again. */
type Later = 'tokens' | 'nothing';

const TOKEN_ROWS: readonly (readonly [string, keyof typeof BROUGHT, Which, Injected, Later])[] = [
  ['the code cannot be read: down', 'code', at('code', 'GetItem'), down, 'tokens'],
  ['the code cannot be read: slow', 'code', at('code', 'GetItem'), slow, 'tokens'],
  ['the code cannot be read: throttled', 'code', at('code', 'GetItem'), throttled, 'tokens'],
  ['the code cannot be used up: down', 'code', at('code', 'PutItem'), down, 'tokens'],
  ['the code cannot be used up: slow', 'code', at('code', 'PutItem'), slow, 'tokens'],
  ['the session cannot be written: down', 'code', at('tool', 'PutItem'), down, 'nothing'],
  ['the session cannot be written: slow', 'code', at('tool', 'PutItem'), slow, 'nothing'],
  ['the record cannot be written: down', 'code', outcome, down, 'nothing'],
  ['the record cannot be written: slow', 'code', outcome, slow, 'nothing'],
  ['the session cannot be read: down', 'refresh', at('tool', 'GetItem'), down, 'tokens'],
  ['the session cannot be read: slow', 'refresh', at('tool', 'GetItem'), slow, 'tokens'],
  ['the session cannot be written: down', 'refresh', at('tool', 'PutItem'), down, 'tokens'],
  ['the session cannot be written: throttled', 'refresh', at('tool', 'PutItem'), throttled, 'tokens'],
  // The same successor, for a minute.
  ['the record cannot be written: down', 'refresh', outcome, down, 'tokens'],
  ['the device’s request cannot be read: down', 'device', at('device', 'GetItem'), down, 'tokens'],
  ['the device’s request cannot be read: slow', 'device', at('device', 'GetItem'), slow, 'tokens'],
  ['the device’s request cannot be used up: down', 'device', at('device', 'PutItem'), down, 'tokens'],
  ['the session cannot be written: down', 'device', at('tool', 'PutItem'), down, 'nothing'],
  ['the record cannot be written: down', 'device', outcome, down, 'nothing'],
];

describe.concurrent('No token leaves when', () => {
  test.each(TOKEN_ROWS)('%s (%s)', async (_, brought, which, how, later) => {
    const request = await BROUGHT[brought]();
    const answer = await failing(which, how, () => token(request));
    expectRefused(answer, REFUSED.server);
    if (which === outcome) expect(recordOf(answer)).toEqual([]);
    else expect(recordOf(answer)).toMatchObject([{ action: 'token', outcome: 'failed', code: 'store_unavailable' }]);
    const again = await token(request);
    if (later === 'nothing') return expectRefused(again, REFUSED.grant);
    expect([again.status, await statusOf(again.body['accessToken'])]).toEqual([200, 200]);
  });
});

describe.concurrent('A token leaves all the same when', () => {
  test.each<readonly [string, keyof typeof BROUGHT, Which, Injected]>([
    ['the code is read at the second attempt', 'code', at('code', 'GetItem'), once],
    ['the code is used up at the second attempt', 'code', at('code', 'PutItem'), once],
    ['the session is written at the second attempt', 'code', at('tool', 'PutItem'), once],
    ['the record is written at the second attempt', 'code', outcome, once],
    ['the record was written, and said not to be', 'code', outcome, persisted],
    ['the rotation was written, and said not to be', 'refresh', at('tool', 'PutItem'), persisted],
    ['the session was written, and said not to be', 'code', at('tool', 'PutItem'), persisted],
    ['the code was used up, and said not to be', 'code', at('code', 'PutItem'), persisted],
    ['the device’s code was used up, and said not to be', 'device', at('device', 'PutItem'), persisted],
  ])('%s (%s)', async (_, brought, which, how) => {
    const request = await BROUGHT[brought]();
    const { status, body } = await failing(which, how, () => token(request));
    expect([status, await statusOf(body['accessToken'])]).toEqual([200, 200]);
  });
});

describe.concurrent('Nobody is let in when', () => {
  const APPROVAL_ROWS: readonly (readonly [string, Which, Injected])[] = [
    ['the browser’s session cannot be read: down', at('signin'), down],
    ['the browser’s session cannot be read: slow', at('signin'), slow],
    ['the record cannot be written: down', outcome, down],
    ['the record cannot be written: slow', outcome, slow],
    ['what comes of it cannot be written: down', at('code', 'PutItem'), down],
    ['what comes of it cannot be written: slow', at('code', 'PutItem'), slow],
  ];

  test.each(APPROVAL_ROWS)('a tool is approved, and %s', async (_, which, how) => {
    const browser = await signedIn();
    const client = await register(portal);
    const page = await browser.get(`/authorize?${authorizeQuery(client)}`);
    const form = { ...hiddenFields(page.body, '/authorize'), decision: 'approve' };
    const answer = await failing(which, how, () => browser.post('/authorize', form));
    expect([answer.status, answer.location]).toEqual([503, undefined]);
    expect((await browser.post('/authorize', form)).status).toBe(303);
  });

  test.each<readonly [string, Which, Injected]>([
    ['the browser’s session cannot be read: down', at('signin'), down],
    ['the request cannot be found: down', at('usercode'), down],
    ['the request cannot be read: slow', at('device', 'GetItem'), slow],
    ['the record cannot be written: down', outcome, down],
    ['what comes of it cannot be written: down', at('device', 'PutItem'), down],
    ['what comes of it cannot be written: slow', at('device', 'PutItem'), slow],
  ])('a device is approved, and %s', async (_, which, how) => {
    const { client, deviceCode, userCode } = await waitingDevice(portal);
    const browser = await signedIn();
    const page = await typeCode(browser, userCode);
    const form = { ...hiddenFields(page.body, '/device/decision'), decision: 'approve' };
    expect((await failing(which, how, () => browser.post('/device/decision', form))).status).toBe(503);
    expectRefused(await token(deviceRequest(client, deviceCode)), REFUSED.pending);
    expect((await browser.post('/device/decision', form)).status).toBe(200);
  });

  test.each<readonly [string, Which]>([
    ['the guesses cannot be counted', at('rate')],
    ['the request cannot be found', at('usercode')],
    ['the request cannot be read', at('device', 'GetItem')],
  ])('a code is typed, and %s', async (_, which) => {
    const { userCode } = await waitingDevice(portal);
    const browser = await signedIn();
    const page = await failing(which, down, () => typeCode(browser, userCode));
    expect([page.status, page.body.includes('Sign it in')]).toEqual([503, false]);
  });

  test.each<readonly [string, Which]>([
    ['the request cannot be written', at('device', 'PutItem')],
    ['no user code can be taken', at('usercode', 'PutItem')],
  ])('a device begins, and %s', async (_, which) => {
    const client = await register(portal);
    const begin = () => postJson(portal, '/device_authorization', { ...client, startUrl: 'x' });
    expectRefused(await failing(which, down, begin), REFUSED.server);
  });
});

describe.concurrent('Who decides on a device', () => {
  test.each(['approve', 'deny'])('hears what was decided, also when the answer is lost: %s', async (decision) => {
    const { client, deviceCode, userCode } = await waitingDevice(portal);
    const browser = await signedIn();
    const page = await typeCode(browser, userCode);
    const form = { ...hiddenFields(page.body, '/device/decision'), decision };
    const put = at('device', 'PutItem');
    expect((await failing(put, persisted, () => browser.post('/device/decision', form))).status).toBe(200);
    const { status } = await token(deviceRequest(client, deviceCode));
    expect(status).toBe(decision === 'approve' ? 200 : 400);
  });
});

describe.concurrent('A tool that is signed in hears 503, never 401, and gets nothing when', () => {
  const accessToken = async () => {
    const { body } = await token(await BROUGHT.code());
    return String(body['accessToken']);
  };

  test.each<readonly [string, string, Which, Injected, number]>([
    ['its session cannot be read: down', CREDENTIALS, at('tool'), down, 0],
    ['its session cannot be read: slow', CREDENTIALS, at('tool'), slow, 0],
    ['its session cannot be read: throttled', CREDENTIALS, at('tool'), throttled, 0],
    ['the intent cannot be written: down', CREDENTIALS, intent, down, 0],
    ['the intent cannot be written: slow', CREDENTIALS, intent, slow, 0],
    ['the outcome cannot be written: down', CREDENTIALS, outcome, down, 1],
    ['the outcome cannot be written: slow', CREDENTIALS, outcome, slow, 1],
    ['its session cannot be read: down', '/assignment/accounts', at('tool'), down, 0],
    ['its session cannot be read: slow', '/assignment/roles?account_id=222222222222', at('tool'), slow, 0],
  ])('%s (%s)', async (_, target, which, how, stsCalls) => {
    const as = await accessToken();
    let asked = 0;
    const answer = await failing(
      (call) => {
        if (call.service === 'sts') asked += 1;
        return which(call);
      },
      how,
      () => callPortal(portal, target, as),
    );
    expectRefused(answer, PORTAL_REFUSED.server);
    expect(asked).toBe(stsCalls);
    expect((await callPortal(portal, target, as)).status).toBe(200);
  });

  test.each<readonly [string, Which, number]>([
    ['its session cannot be read', at('tool', 'GetItem'), 200],
    ['its session cannot be ended', at('tool', 'PutItem'), 200],
    // It is over, and that is what the client asked for.
    ['the record cannot be written', outcome, 401],
  ])('it signs out, and %s', async (_, which, after) => {
    const as = await accessToken();
    const answer = await failing(which, down, () => callPortal(portal, '/logout', as, 'POST'));
    expectRefused(answer, PORTAL_REFUSED.server);
    expect(await statusOf(as)).toBe(after);
  });
});

/** In a minute that is new, nobody has anything left of the one before. */
describe('When requests cannot be counted', () => {
  const uncounted = async <T>(work: () => Promise<T>): Promise<T> => {
    portal.ahead += 60_000;
    return failing((call) => call.action === 'UpdateItem', down, work);
  };

  test('no token is given, and none is used up', async () => {
    const request = await BROUGHT.refresh();
    expectRefused(await uncounted(() => token(request)), REFUSED.server);
    expect((await token(request)).status).toBe(200);
  });

  test('no device begins', async () => {
    const client = await register(portal);
    const begin = () => postJson(portal, '/device_authorization', { ...client, startUrl: 'x' });
    expectRefused(await uncounted(begin), REFUSED.server);
  });

  test('nothing is approved', async () => {
    const client = await register(portal);
    const browser = await signedIn();
    const page = await browser.get(`/authorize?${authorizeQuery(client)}`);
    const form = { ...hiddenFields(page.body, '/authorize'), decision: 'approve' };
    const answer = await uncounted(() => browser.post('/authorize', form));
    expect([answer.status, answer.location]).toEqual([503, undefined]);
  });

  test('no tool is served, but can sign out', async () => {
    const { body } = await token(await BROUGHT.code());
    const as = String(body['accessToken']);
    for (const target of ['/assignment/accounts', CREDENTIALS]) {
      expectRefused(await uncounted(() => callPortal(portal, target, as)), PORTAL_REFUSED.server);
    }
    portal.ahead += 60_000;
    const out = await faults.run(
      ({ action }) => (action === 'UpdateItem' ? down() : undefined),
      () => callPortal(portal, '/logout', as, 'POST'),
    );
    expect(out.status).toBe(200);
  });
});

describe('The key of registrations', () => {
  test('that cannot be read lets nobody register, and is read again later', async () => {
    const other = await makePortal();
    try {
      const client = await register(portal);
      other.aws.intercept = ({ body }) => (body.includes('"S":"key#') ? down() : undefined);
      const request = { clientName: 'x', clientType: 'public' };
      expectRefused(await postJson(other, '/client/register', request), REFUSED.server);
      const before = sessionsWritten(other);
      expectRefused(await postJson(other, '/token', codeRequest(client, 'x')), REFUSED.server);
      const page = await other.request('GET', `/authorize?${authorizeQuery(client)}`);
      expect([page.status, page.location, sessionsWritten(other)]).toEqual([503, undefined, before]);
      other.aws.intercept = () => undefined;
      expect((await postJson(other, '/client/register', request)).status).toBe(200);
      expect(toolAnswer(await other.request('GET', '/assignment/accounts')).status).toBe(401);
    } finally {
      await other.close();
    }
  });
});
