import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsAnswer, type AwsCall, dynamoDbError, stsError } from '../support/aws.ts';
import { STACK, stretchOf } from '../support/leaks.ts';
import { type Browser, makePortal, type Portal } from '../support/portal.ts';
import { DEVICE_CODE, formOf, postJson, REDIRECT, register } from '../support/tool.ts';
import {
  authorizeQuery,
  callPortal,
  codeRequest,
  decideOnDevice,
  deviceRequest,
  hiddenFields,
  refreshRequest,
  somebody,
  typeCode,
  VERIFIER,
  waitingDevice,
} from '../support/tool-refusals.ts';

/**
 * The same of signing in tools as `canary.test.ts` has of sessions: whatever happens, nothing that a tool could be
 * signed in with stands in the log, a record, an item of the table, an error, or an answer to somebody else.
 */

let portal: Portal;
let browser: Browser;
let secrets: Secrets;
/** Bodies of what was sent to AWS before; the rest is of this test. */
let sent = 0;

interface Secrets {
  readonly clientSecret: string;
  readonly session: string;
  readonly code: string;
  readonly deviceCode: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly codeVerifier: string;
  /** Eight letters and a dash: found as a whole only. */
  readonly userCode: string;
}

const printed: string[] = [];
beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0);
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...values) => void printed.push(inspect(values, { depth: null })));
  }
  // The SDK's pauses between attempts are a random part of up to two seconds; none is as good.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  portal = await makePortal();
});
afterAll(async () => {
  await portal.close();
  vi.restoreAllMocks();
});
beforeEach(() => {
  printed.length = 0;
  portal.lines.length = 0;
  sent = portal.aws.calls.length;
});
afterEach(() => {
  portal.aws.intercept = () => undefined;
});

/** Everything that a tool can be given, given. */
async function prepare() {
  const client = await register(portal);
  browser = portal.browser();
  await browser.signIn(somebody());
  const page = await browser.get(`/authorize?${authorizeQuery(client)}`);
  const approval = { ...hiddenFields(page.body, '/authorize'), decision: 'approve' };
  const code = async () => {
    const { location } = await browser.post('/authorize', approval);
    return new URL(location ?? '').searchParams.get('code') ?? '';
  };
  const { body } = await postJson(portal, '/token', codeRequest(client, await code()));
  const device = await waitingDevice(portal);
  const found = await typeCode(browser, device.userCode);
  secrets = {
    clientSecret: client.clientSecret,
    session: browser.session ?? '',
    code: await code(),
    deviceCode: device.deviceCode,
    accessToken: String(body['accessToken']),
    refreshToken: String(body['refreshToken']),
    codeVerifier: VERIFIER,
    userCode: device.userCode,
  };
  return { client, device, approval, decision: { ...formOf(found.body).fields, decision: 'approve' } };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

interface Seen {
  readonly status: number;
  readonly text: string;
}

/** Every request that brings one of the secrets. */
const REQUESTS: Readonly<Record<string, (given: Prepared) => Promise<Seen>>> = {
  'a code is redeemed': ({ client }) => tokens(codeRequest(client, secrets.code)),
  'a token is refreshed': ({ client }) => tokens(refreshRequest(client, secrets.refreshToken)),
  'a device asks': ({ device }) => tokens(deviceRequest(device.client, secrets.deviceCode)),
  'a device begins': ({ device }) => tokens({ ...device.client, startUrl: 'x' }, '/device_authorization'),
  'a tool is approved': async ({ approval }) => seen(await browser.post('/authorize', approval)),
  'a code is typed': async () => seen(await typeCode(browser, secrets.userCode)),
  'a device is approved': async ({ decision }) => seen(await browser.post('/device/decision', decision)),
  'accounts are listed': () => asTool('/assignment/accounts'),
  'roles are listed': () => asTool('/assignment/roles?account_id=222222222222'),
  'credentials are asked for': () => asTool('/federation/credentials?account_id=222222222222&role_name=ReadOnly'),
  'a tool is signed out': () => asTool('/logout', 'POST'),
};

async function tokens(request: object, path = '/token'): Promise<Seen> {
  const { status, headers, body } = await postJson(portal, path, request);
  return { status, text: JSON.stringify([headers, body]) };
}

async function asTool(target: string, method: 'GET' | 'POST' = 'GET'): Promise<Seen> {
  const { status, headers, body } = await callPortal(portal, target, secrets.accessToken, method);
  return { status, text: JSON.stringify([headers, body]) };
}

function seen({ status, headers, body, location = '' }: Awaited<ReturnType<Browser['get']>>): Seen {
  return { status, text: [JSON.stringify(headers), body, location].join('\n') };
}

/** Records and items are what was sent to the table. */
function expectNoCanary(texts: readonly string[]): void {
  const kept = [...portal.aws.calls.slice(sent).map(({ body }) => body), ...portal.lines, ...printed];
  const { userCode, ...long } = secrets;
  for (const text of [...kept, ...texts]) {
    for (const [name, secret] of Object.entries(long)) {
      // A token begins with its session's id, which the next one has too.
      const found = stretchOf(secret.slice(secret.indexOf('.') + 1), text);
      if (found !== undefined) throw new Error(`${name} is in ${text}`);
    }
  }
  const letters = userCode.replace('-', '');
  for (const text of kept) expect([text.includes(userCode), text.includes(letters)]).toEqual([false, false]);
}

/** What a library might say that quotes all it knows. */
const everything = () => Object.values(secrets).join(' ');

/** An error that quotes everything in its message, its stack, its cause and a member. */
function tellTale(): Error {
  const text = everything();
  const error = new Error(text, { cause: new Error(text, { cause: { data: text } }) });
  return Object.assign(error, { name: 'TimeoutError', data: text });
}

type Failing = (call: AwsCall) => AwsAnswer | undefined;

const throwing = (): never => {
  throw tellTale();
};
const failed = () => dynamoDbError('InternalServerError', everything(), 500);
const itemsOf =
  (kind: string, how: () => AwsAnswer): Failing =>
  (call) =>
    call.service === 'dynamodb' && call.body.includes(`"S":"${kind}#`) ? how() : undefined;

const KINDS = ['tool', 'code', 'device', 'usercode', 'rate', 'signin', 'audit'] as const;

const FAULTS: readonly (readonly [string, Failing])[] = [
  ['nothing fails', () => undefined],
  ...KINDS.map((kind, at): readonly [string, Failing] =>
    at % 2 === 0
      ? [`the table throws at ${kind}# and quotes everything`, itemsOf(kind, throwing)]
      : [`the table fails at ${kind}# and quotes everything`, itemsOf(kind, failed)],
  ),
  ['the table says of every condition that it does not hold', conditionsFail],
  [
    'STS refuses and quotes everything',
    ({ service }) => (service === 'sts' ? stsError('Nobody', everything()) : undefined),
  ],
  ['STS throws and quotes everything', ({ service }) => (service === 'sts' ? throwing() : undefined)],
];

function conditionsFail({ action, body }: AwsCall): AwsAnswer | undefined {
  const isConditional = action === 'PutItem' && !body.includes('"S":"audit#');
  return isConditional ? dynamoDbError('ConditionalCheckFailedException', everything()) : undefined;
}

describe('Nothing that a tool is signed in with is anywhere when', () => {
  describe.each(FAULTS)('%s, and', (_, failing) => {
    let given: Prepared;
    beforeAll(async () => {
      portal.aws.intercept = () => undefined;
      given = await prepare();
    });

    it.each(Object.entries(REQUESTS))('%s', async (_name, request) => {
      portal.aws.intercept = failing;
      const { status, text } = await request(given);
      portal.aws.intercept = () => undefined;
      expect(status).toBeGreaterThanOrEqual(200);
      // What an answer hands out is new, and for whoever asked.
      expectNoCanary([text]);
      expect(text).not.toMatch(STACK);
      if (status >= 400) expect(text).not.toMatch(/dp[ar]_|"deviceCode"|[?&]code=|ASIA/);
    });
  });
});

describe('Nothing that a tool is signed in with is in an error when', () => {
  it.each(KINDS.filter((kind) => !['rate', 'signin', 'audit'].includes(kind)))(
    'the table throws at %s#',
    async (kind) => {
      const { client } = await prepare();
      portal.aws.intercept = itemsOf(kind, throwing);
      const { toolSessions, codes, devices, registrations } = portal.sso;
      const now = Date.now();
      const redemption = { clientId: client.clientId, redirectUri: REDIRECT, codeVerifier: VERIFIER };
      const errors = await Promise.all(
        [
          toolSessions.find(secrets.accessToken, now),
          toolSessions.refresh(secrets.refreshToken, client, now),
          toolSessions.find(secrets.refreshToken, now),
          toolSessions.end(secrets.accessToken, now),
          codes.open({ ...redemption, code: secrets.code }, now),
          codes.open({ ...redemption, code: secrets.refreshToken }, now),
          devices.ask(secrets.deviceCode, client.clientId, now),
          devices.find(secrets.userCode, { issuer: 'corp', subject: `guesser at ${kind}` }, now),
          devices.waiting(secrets.userCode, now),
          registrations.authenticate(client.clientId, secrets.refreshToken, now),
          registrations.read(secrets.clientSecret, now),
        ].map((work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error)),
      );
      const thrown = errors.filter((error) => error instanceof Error);
      expect(thrown.length).toBeGreaterThan(3);
      for (const error of thrown) {
        const { message, stack = '' } = error;
        const texts = [
          message,
          stack,
          String(error),
          JSON.stringify(error),
          inspect(error, { depth: null, showHidden: true }),
        ];
        for (const text of texts) {
          for (const secret of Object.values(secrets)) expect(stretchOf(secret, text)).toBeUndefined();
          expect(text).not.toContain(secrets.userCode);
        }
      }
    },
  );
});

describe('Nothing that a tool is signed in with is anywhere when it comes', () => {
  it('to the wrong place, or twice', async () => {
    const { client } = await prepare();
    const { code, refreshToken, accessToken, deviceCode, clientSecret, session } = secrets;
    const answers: Seen[] = [];
    for (const misplaced of [code, refreshToken, accessToken, deviceCode, clientSecret, session]) {
      answers.push(
        await tokens({ ...client, grantType: 'refresh_token', refreshToken: misplaced }),
        await tokens({ ...client, grantType: DEVICE_CODE, deviceCode: misplaced }),
        await tokens({ ...client, grantType: misplaced }),
        await tokens({ clientId: misplaced, clientSecret: misplaced, grantType: 'refresh_token', refreshToken: 'x' }),
        await tokens({ clientName: 'x', clientType: misplaced, [misplaced]: 1 }, '/client/register'),
        seen(await browser.get(`/authorize?${authorizeQuery({ clientId: misplaced })}`)),
        seen(await browser.get(`/authorize?${authorizeQuery(client, { redirect_uri: misplaced })}`)),
        seen(await browser.get(`/device?code=${misplaced}`)),
        seen(await browser.post('/device', { csrf: misplaced, code: misplaced })),
        seen(await browser.post('/authorize', { csrf: misplaced, request: misplaced, decision: misplaced })),
        seen(await browser.post('/device/decision', { csrf: misplaced, code: misplaced, decision: 'approve' })),
      );
      for (const target of [
        '/assignment/accounts?next_token=',
        '/assignment/roles?account_id=',
        '/federation/credentials?account_id=',
      ]) {
        const { headers, body } = await callPortal(portal, `${target}${misplaced}`, accessToken);
        answers.push({ status: 0, text: JSON.stringify([headers, body]) });
        const as = await callPortal(portal, '/assignment/accounts', misplaced);
        if (misplaced !== accessToken) answers.push({ status: 0, text: JSON.stringify([as.headers, as.body]) });
      }
    }
    expectNoCanary(answers.map(({ text }) => text));
  });

  it('with a name that a record keeps: a tool’s own', async () => {
    // Nobody vouches for a name, and it is shown to whoever approves: it is the one thing of a client that is kept.
    const { device } = await prepare();
    const other = portal.browser();
    await other.signIn(somebody());
    await decideOnDevice(other, device.userCode);
    await postJson(portal, '/token', deviceRequest(device.client, device.deviceCode));
    expect(portal.logged().some(({ client }) => client === 'botocore-client-test')).toBe(true);
    expectNoCanary([]);
  });
});
