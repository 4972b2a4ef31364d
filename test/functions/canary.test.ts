import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { issueSession, openConsole } from '../../lib/broker.ts';
import { type Api, BROKER_CREDENTIALS, identityProviders, makeApi, withSignIn } from '../support/api.ts';
import { type AwsAnswer, type AwsCall, assumedRole, dynamoDbError, inProcessAws, stsError } from '../support/aws.ts';
import { context } from '../support/broker.ts';
import { HOSTILE_TOKENS } from '../support/hostile/catalogue.ts';
import { STACK, stretchOf } from '../support/leaks.ts';
import { claims, makeToken, NOW } from '../support/tokens.ts';
import { assumeRole } from '../support/web-identity.ts';

/**
 * Canary secrets, planted wherever a secret comes by, also where a failing library might quote it. Whatever
 * happens, no stretch of one stands in an answer (but for the credentials it hands out), a header, a line of
 * the log, an item of the table or an error.
 */
const token = makeToken({ payload: claims({ groups: ['engineering', 'sre'], amr: ['mfa'], team: 'platform' }) });
const ISSUED = {
  secretAccessKey: 'cAnArY+secret/access+key/0123456789abcde',
  sessionToken: `canarySessionToken${'Zx9/Kq7+'.repeat(40)}endOfCanary==`,
} as const;
const BROKERS = {
  secretAccessKey: BROKER_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
  sessionToken: BROKER_CREDENTIALS.AWS_SESSION_TOKEN,
} as const;
const SIGN_IN_TOKEN = `canarySignInToken${'Yw8_Jp6-'.repeat(30)}endOfCanary`;
const SECRETS: readonly string[] = [token, ...Object.values(ISSUED), ...Object.values(BROKERS), SIGN_IN_TOKEN];

/** What a library might say that quotes all it knows. */
const EVERYTHING = [...SECRETS, ...token.split('.')].join(' ');

/** An error that quotes everything in its message, its stack, its cause and a member. */
function tellTale(name = 'Error', more: object = {}): Error {
  const error = new Error(EVERYTHING, { cause: new Error(EVERYTHING, { cause: { data: EVERYTHING } }) });
  return Object.assign(error, { name, data: EVERYTHING, ...more });
}

interface Scenario {
  readonly name: string;
  readonly status: number;
  readonly code?: string;
  readonly outcome?: string;
  readonly body?: object;
  readonly token?: string;
  readonly sts?: (call: AwsCall) => AwsAnswer;
  /** Of the table, by action and how many calls of it came before. */
  readonly table?: (call: AwsCall, before: number) => AwsAnswer | undefined;
  readonly fetch?: (url: string) => Promise<Response>;
  /** AWS's sign-in endpoint. */
  readonly signIn?: () => Response | Promise<Response>;
}

const throwing = (error: () => unknown) => (): never => {
  throw error();
};
const granted = (call: AwsCall, more: object = {}) => assumedRole(call, { clock: () => NOW, ...ISSUED, ...more });

/** What STS says of these names an ARN or a parameter and is kept; it never had a secret to quote there. */
const stsRefusals: readonly (readonly [string, number, string, number?])[] = [
  ['AccessDenied', 502, 'sts_access_denied', 403],
  ['PackedPolicyTooLarge', 502, 'sts_packed_policy_too_large'],
  ['MalformedPolicyDocument', 502, 'sts_policy_malformed'],
  ['ValidationError', 502, 'sts_request_invalid'],
  ['RegionDisabledException', 502, 'sts_region_disabled', 403],
];

/** Of these it may quote the signed request, in which the broker's own session token stands. */
const stsQuotes: typeof stsRefusals = [
  ['ExpiredToken', 502, 'sts_broker_credentials_expired', 403],
  ['InvalidClientTokenId', 502, 'sts_broker_credentials_expired', 403],
  ['SignatureDoesNotMatch', 502, 'sts_broker_credentials_expired', 403],
  ['IncompleteSignature', 502, 'sts_broker_credentials_expired'],
  ['Throttling', 429, 'sts_throttled'],
  ['InternalFailure', 502, 'sts_failed', 500],
  ['NobodyKnows', 502, 'sts_request_invalid'],
];

const thrownBySts: readonly (readonly [string, number, string, object?])[] = [
  ['Error', 502, 'sts_response_invalid'],
  ['TypeError', 502, 'sts_response_invalid'],
  ['TimeoutError', 504, 'sts_timeout'],
  ['AbortError', 504, 'sts_timeout'],
  ['Error', 504, 'sts_timeout', { code: 'ECONNRESET' }],
  ['Error', 502, 'sts_unavailable', { code: 'ECONNREFUSED' }],
  ['CredentialsProviderError', 502, 'sts_broker_credentials_expired'],
];

/** The table says no to every record, and quotes what it was sent. */
const failing = {
  status: 503,
  table: (call: AwsCall) =>
    call.action === 'PutItem' ? dynamoDbError('InternalServerError', EVERYTHING, 500) : undefined,
};

const unavailable = { status: 503, code: 'audit_unavailable' } as const;

const scenarios: readonly Scenario[] = [
  { name: 'a session is issued', status: 200, outcome: 'issued' },
  { name: 'the access policy says no', status: 403, code: 'access_denied', body: { role: 'prod/Admin' } },
  { name: 'the role is one nobody has', status: 403, code: 'access_denied', body: { role: 'prod/Nothing' } },
  { name: 'the body holds a secret', status: 400, code: 'request_invalid', body: { role: EVERYTHING } },
  { name: 'a member is named by a secret', status: 400, code: 'request_invalid', body: { [token]: 1 } },
  ...HOSTILE_TOKENS.flatMap(({ title, cases: [first] }) =>
    first === undefined || first.issuer
      ? []
      : [{ name: `a token is refused (${title})`, status: 401, code: first.code, token: first.token() as string }],
  ).filter((scenario) => typeof scenario.token === 'string'),
  ...stsRefusals.map(([name, status, code, http]) => ({
    name: `STS answers ${name}`,
    status,
    code,
    sts: () => stsError(name, 'not for arn:aws:iam::111122223333:role/ReadOnly', http),
  })),
  ...stsQuotes.map(([name, status, code, http]) => ({
    name: `STS answers ${name} and quotes everything`,
    status,
    code,
    sts: () => stsError(name, EVERYTHING, http),
  })),
  ...thrownBySts.map(([name, status, code, more]) => ({
    name: `the call to STS throws ${name} ${more ? Object.values(more) : ''}`,
    status,
    code,
    sts: throwing(() => tellTale(name, more)),
  })),
  { name: 'the call to STS throws text', status: 502, code: 'sts_response_invalid', sts: throwing(() => EVERYTHING) },
  { name: 'STS answers about another session', status: 502, sts: (call) => granted(call, { session: 'other' }) },
  {
    name: 'STS answers about a session named by a secret',
    status: 502,
    sts: (call) => granted(call, { session: token }),
  },
  { name: 'STS answers what has expired', status: 502, sts: (call) => granted(call, { lifetimeSeconds: -1 }) },
  {
    name: 'STS puts the secret where the key id goes',
    status: 502,
    sts: (call) => granted(call, { accessKeyId: ISSUED.secretAccessKey }),
  },
  {
    name: 'the answer of STS is cut short',
    status: 502,
    sts: (call) => ({ ...granted(call), body: granted(call).body.slice(0, -60) }),
  },
  {
    name: 'the answer of STS is JSON',
    status: 502,
    sts: () => ({ status: 200, type: 'text/xml', body: JSON.stringify(ISSUED) }),
  },
  {
    name: 'STS answers HTML',
    status: 502,
    sts: () => ({ status: 503, type: 'text/html', body: `<html>${EVERYTHING}` }),
  },
  ...(['InternalServerError', 'ResourceNotFoundException', 'AccessDeniedException'] as const).map((name) => ({
    name: `the table answers ${name} to the intent`,
    ...unavailable,
    table: (call: AwsCall) =>
      call.action === 'PutItem'
        ? dynamoDbError(name, EVERYTHING, name === 'InternalServerError' ? 500 : 400)
        : undefined,
  })),
  {
    name: 'the table throws at the intent',
    ...unavailable,
    table: (call) => (call.action === 'PutItem' ? throwing(() => tellTale())() : undefined),
  },
  {
    name: 'the table throws at the outcome, when STS has issued',
    ...unavailable,
    table: (call, before) =>
      call.action === 'PutItem' && before > 0 ? throwing(() => tellTale('TimeoutError'))() : undefined,
  },
  {
    name: 'another outcome is there already',
    ...unavailable,
    table: (call, before) =>
      call.action === 'PutItem' && before > 0
        ? dynamoDbError('ConditionalCheckFailedException', EVERYTHING)
        : undefined,
  },
  {
    name: 'the rate counter throws',
    status: 503,
    code: 'store_unavailable',
    table: (call) => (call.action === 'UpdateItem' ? throwing(() => tellTale())() : undefined),
  },
  {
    name: 'the rate counter is full',
    status: 429,
    code: 'rate_limited',
    table: (call) =>
      call.action === 'UpdateItem' ? dynamoDbError('ConditionalCheckFailedException', EVERYTHING) : undefined,
  },
  {
    name: 'the identity provider throws',
    status: 503,
    code: 'idp_unavailable',
    fetch: async () => throwing(() => tellTale())(),
  },
  {
    name: 'the identity provider answers secrets',
    status: 503,
    code: 'jwks_invalid',
    fetch: async () => new Response(EVERYTHING),
  },
];

const printed: string[] = [];
for (const stream of [process.stdout, process.stderr]) {
  vi.spyOn(stream, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0);
}
for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  vi.spyOn(console, method).mockImplementation((...values) => void printed.push(inspect(values, { depth: null })));
}
afterAll(() => vi.restoreAllMocks());
beforeEach(() => printed.splice(0));

const signedIn = () => Response.json({ SigninToken: SIGN_IN_TOKEN });

function apiOf({ sts, table, fetch, signIn = signedIn }: Scenario): Api {
  const aws = inProcessAws({ clock: () => NOW, ...ISSUED });
  aws.intercept = (call) => {
    if (call.service === 'sts') return sts?.(call);
    return table?.(call, aws.calls.filter(({ action }) => action === call.action).length - 1);
  };
  return makeApi({ aws, fetch: withSignIn(signIn, fetch ?? identityProviders()) });
}

function expectNoCanary(texts: readonly string[]): void {
  for (const text of texts) for (const secret of SECRETS) expect(stretchOf(secret, text)).toBeUndefined();
}

/** What AWS's sign-in endpoint may do with what it was sent, and with what it knows. */
const signInScenarios: readonly Scenario[] = [
  { name: 'the console is opened', status: 200 },
  { name: 'a destination holds a secret', status: 400, body: { destination: `https://evil.example/${token}` } },
  {
    name: 'a destination of the console holds one in its query',
    status: 200,
    body: {
      destination: `https://console.aws.amazon.com/s3/home?x=${ISSUED.sessionToken.slice(0, 60)}#${SIGN_IN_TOKEN}`,
    },
  },
  ...([400, 403, 302, 429, 500] as const).map((status) => ({
    name: `the sign-in endpoint answers ${status} and quotes everything`,
    status: status === 429 || status === 500 ? 504 : 502,
    signIn: () => new Response(EVERYTHING, { status, headers: { location: `https://evil.example/?${SIGN_IN_TOKEN}` } }),
  })),
  ...(['Error', 'TypeError', 'AbortError', 'TimeoutError', 'SyntaxError'] as const).map((name) => ({
    name: `the call to the sign-in endpoint throws ${name}`,
    status: 504,
    code: 'console_unavailable',
    signIn: throwing(() => tellTale(name)),
  })),
  ...[EVERYTHING, `{"SigninToken":"${SIGN_IN_TOKEN}"`, JSON.stringify({ SigninToken: EVERYTHING })].map((text) => ({
    name: `the sign-in endpoint answers ${text.slice(0, 12)}…, which is no token`,
    status: 502,
    code: 'console_answer_invalid',
    signIn: () => new Response(text),
  })),
];

/** Bodies only: what signs a request belongs into its headers, and STS gets no token at all. */
function sentBy({ aws }: Api): string[] {
  return [
    ...aws.calls.map(({ body }) => decodeURIComponent(body)),
    ...[...aws.items.values()].map((item) => JSON.stringify(item)),
  ];
}

describe('No secret is anywhere when', () => {
  it.each(scenarios)('$name', async (scenario) => {
    const api = apiOf(scenario);
    const given = scenario.token ?? token;
    const answer = await api.credentials({ token: given, ...(scenario.body && { body: scenario.body }) });
    expect(answer.status).toBe(scenario.status);
    if (scenario.code) expect(answer.body['code']).toBe(scenario.code);

    const { SecretAccessKey, SessionToken, ...rest } = answer.body;
    if (answer.status === 200)
      expect({ SecretAccessKey, SessionToken }).toEqual({
        SecretAccessKey: ISSUED.secretAccessKey,
        SessionToken: ISSUED.sessionToken,
      });
    else expect([SecretAccessKey, SessionToken]).toEqual([undefined, undefined]);
    expectNoCanary([JSON.stringify(rest), JSON.stringify(answer.headers), ...api.lines, ...printed, ...sentBy(api)]);
    expect(JSON.stringify(rest)).not.toMatch(STACK);
    expect(stretchOf(given, [answer.text, ...api.lines, ...sentBy(api)].join('\n'))).toBeUndefined();
  });
});

describe.each([
  ['by STS’s protocol', (api: Api, WebIdentityToken: string) => assumeRole(api, { WebIdentityToken })],
  ['for a container', (api: Api, given: string) => api.call('GET', '/v1/container/prod/ReadOnly', { token: given })],
] as const)('No secret is anywhere %s when', (_, ask) => {
  it.each(scenarios.filter(({ body }) => body === undefined))('$name', async (scenario) => {
    const api = apiOf(scenario);
    const given = scenario.token ?? token;
    const answer = await ask(api, given);
    expect(answer.status === 200).toBe(scenario.status === 200);
    const handedOut = Object.values(ISSUED).filter((secret) => answer.text.includes(secret));
    expect(handedOut).toEqual(answer.status === 200 ? Object.values(ISSUED) : []);
    const rest = handedOut.reduce((text, secret) => text.replace(secret, ''), answer.text);
    const texts = [rest, JSON.stringify(answer.headers), ...api.lines, ...printed, ...sentBy(api)];
    expectNoCanary(texts);
    expect(rest).not.toMatch(STACK);
    expect(stretchOf(given, texts.join('\n'))).toBeUndefined();
  });
});

describe('No secret is anywhere of a console sign-in when', () => {
  it.each([...signInScenarios, ...scenarios.filter(({ body, status }) => body === undefined && status !== 200)])(
    '$name',
    async (scenario: Scenario) => {
      const api = apiOf(scenario);
      const given = scenario.token ?? token;
      const answer = await api.console({ token: given, body: { role: 'prod/ReadOnly', ...scenario.body } });
      expect(answer.status).toBe(scenario.status);
      if (scenario.code) expect(answer.body['code']).toBe(scenario.code);

      // The address goes to whoever asked, and is nowhere else; what they named as a destination comes back to them.
      const { Url, Destination, ...rest } = answer.body;
      expect(typeof Url === 'string' && Url.includes(SIGN_IN_TOKEN)).toBe(scenario.status === 200);
      expectNoCanary([JSON.stringify(rest), JSON.stringify(answer.headers), ...api.lines, ...printed, ...sentBy(api)]);
      expect([JSON.stringify(rest), ...api.lines, ...sentBy(api)].join('\n')).not.toMatch(/SigninToken|\/federation/);
      expect(JSON.stringify(rest)).not.toMatch(STACK);
      if (scenario.status !== 200) expect([Url, Destination]).toEqual([undefined, undefined]);
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it.each(signInScenarios.filter(({ signIn }) => signIn !== undefined))(
    '$name, and the path throws',
    async (scenario) => {
      const { broker } = apiOf(scenario);
      const error: unknown = await openConsole(broker as never, context(), {
        token: () => token,
        request: () => ({ role: 'prod/ReadOnly' }),
      }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      const { message, stack = '' } = error as Error;
      expectNoCanary([JSON.stringify(error), message, stack, String(error)]);
      expectNoCanary([inspect(error, { depth: null }), inspect({ error }, { depth: null, showHidden: true })]);
    },
  );
});

describe('No secret is anywhere of an explanation when', () => {
  const reviewer = makeToken({ payload: claims({ groups: ['reviewers', 'sre'], amr: ['pwd'] }) });

  it.each([
    { name: 'the role is allowed', status: 200 },
    { name: 'the role is denied', status: 200, body: { role: 'prod/Nothing' } },
    { name: 'the policy is read', status: 200, body: { role: 'prod/Admin' }, token: reviewer },
    { name: 'the reading of the policy cannot be recorded', ...failing, token: reviewer },
    ...scenarios.filter(({ sts, table, status }) => sts === undefined && table === undefined && status >= 400),
  ])('$name', async (scenario: Scenario) => {
    const api = apiOf(scenario);
    const given = scenario.token ?? token;
    const answer = await api.call('POST', '/v1/explain', {
      token: given,
      body: scenario.body ?? { role: 'prod/ReadOnly' },
    });
    // What is a denial elsewhere is an answer here.
    expect(answer.status).toBe(scenario.status === 403 ? 200 : scenario.status);
    const texts = [answer.text, JSON.stringify(answer.headers), ...api.lines, ...printed, ...sentBy(api)];
    expectNoCanary(texts);
    expect(answer.text).not.toMatch(STACK);
    expect(stretchOf(given, texts.join('\n'))).toBeUndefined();
  });
});

describe('No secret is in what the path throws when', () => {
  it.each(scenarios.filter(({ status, body }) => status !== 200 && status !== 403 && !body))(
    '$name',
    async (scenario) => {
      const { broker } = apiOf(scenario);
      const error: unknown = await issueSession(broker as never, context(), {
        token: () => scenario.token ?? token,
        request: () => ({ role: 'prod/ReadOnly' }),
      }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(Error);
      const { message, stack = '' } = error as Error;
      expectNoCanary([JSON.stringify(error), message, stack, String(error)]);
      expectNoCanary([inspect(error, { depth: null }), inspect({ error }, { depth: null, showHidden: true })]);
    },
  );
});
