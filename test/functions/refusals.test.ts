import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Fault, type FaultCode } from '../../lib/fault.ts';
import { problem } from '../../lib/http/contract.ts';
import { problemOf } from '../../lib/http/problem.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import { type Answer, type Api, type ApiOptions, identityProviders, makeApi, POLICY } from '../support/api.ts';
import { good } from '../support/hostile/case.ts';
import { HOSTILE_TOKENS } from '../support/hostile/catalogue.ts';
import { HOSTILE_KEYS, tokenOf } from '../support/hostile/keys.ts';
import { answerOf, HOSTILE_PROVIDERS } from '../support/hostile/provider.ts';
import { STACK, stretchOf } from '../support/leaks.ts';
import { CORP, claims, makeToken, NOW, PARTNER } from '../support/tokens.ts';

/**
 * Every refusal, through the function as it is deployed: the right status and code for the caller, exactly one
 * record, STS never asked, and nothing of the token anywhere.
 */

/** The issuer's fault, not the token's. */
const UNAVAILABLE: readonly FaultCode[] = ['idp_unavailable', 'jwks_invalid', 'jwks_too_large'];

interface Refusal {
  readonly name: string;
  readonly code: FaultCode;
  readonly token: () => string | Promise<string>;
  readonly issuer?: Partial<Issuer>;
  readonly fetch?: ApiOptions['fetch'];
}

const families: readonly { readonly title: string; readonly cases: readonly Refusal[] }[] = [
  ...HOSTILE_TOKENS.map(({ title, cases }) => ({
    title,
    cases: cases
      // Spaces before a token belong to the header, not to the token (RFC 9110 §11.4).
      .filter(({ name }) => name !== 'a leading space')
      // What no gateway would let through is refused with the headers that carry it.
      .map((hostile) =>
        hostile.name === '6 MiB of dots' ? { ...hostile, code: 'headers_too_large' as const } : hostile,
      ),
  })),
  {
    title: 'A key that',
    cases: HOSTILE_KEYS.map((hostile) => ({
      name: hostile.name,
      code: hostile.code,
      token: () => tokenOf(hostile, claims()),
      fetch: identityProviders({ keys: hostile.keys }),
    })),
  },
  {
    title: 'An identity provider that',
    cases: HOSTILE_PROVIDERS.map((provider) => ({
      name: provider.name,
      code: provider.code,
      token: () => good,
      fetch: async (address: string) => {
        const { status, headers, body } = answerOf(provider, CORP.url, address);
        return new Response(status === 204 ? null : body, { status, headers });
      },
    })),
  },
];

const refusals = families.flatMap(({ cases }) => cases);

function apiFor({ issuer, fetch }: Refusal): Api {
  return makeApi({
    ...(issuer && { policy: { ...POLICY, issuers: [{ ...CORP, ...issuer }, PARTNER] } }),
    ...(fetch && { fetch }),
  });
}

function statusOf(code: FaultCode): number {
  if (code === 'headers_too_large') return 431;
  return UNAVAILABLE.includes(code) ? 503 : 401;
}

/** All that holds for a refusal, whatever was refused and wherever. */
function expectRefused(
  api: Api,
  answer: Answer,
  expected: { readonly code: FaultCode; readonly status: number; readonly action: string; readonly token?: string },
): void {
  const { code, status, action, token } = expected;
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(z.parse(problem, answer.body)).toEqual(answer.body);
  if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);

  const records = api.records();
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    phase: 'outcome',
    outcome: UNAVAILABLE.includes(code) ? 'failed' : 'refused',
    code,
    action,
    sessionId: answer.body['sessionId'],
    requestId: answer.body['requestId'],
  });
  expect(api.aws.calls.filter(({ service }) => service === 'sts')).toEqual([]);

  const sent = api.aws.calls.map(({ headers, body }) => JSON.stringify(headers) + body);
  for (const text of [answer.text, JSON.stringify(answer.headers), ...api.lines.map(withoutFrames), ...sent]) {
    expect(text).not.toMatch(STACK);
    if (token !== undefined) expect(stretchOf(token, text)).toBeUndefined();
  }
}

/** The log says where a failure of the broker's side came from; that is all of a stack that is written anywhere. */
function withoutFrames(line: string): string {
  const entry = JSON.parse(line) as { level: string; cause?: { at: unknown } };
  if (entry.level === 'ERROR' && entry.cause) entry.cause.at = [];
  return JSON.stringify(entry);
}

it('There are at least 130 refusals, of every family', () => {
  expect(refusals.length).toBeGreaterThan(130);
  expect(families.every(({ cases }) => cases.length >= 4)).toBe(true);
});

it('The policy they are refused by is the one that is compiled, issuers included', () => {
  const login = { clientId: 'daypass-cli', scopes: ['openid', 'email', 'groups'] };
  expect(POLICY.issuers).toEqual([{ ...CORP, login }, PARTNER]);
});

it('A good token is not refused', async () => {
  const api = makeApi();
  const answer = await api.credentials({ token: good });
  expect([answer.status, answer.body['SourceIdentity']]).toEqual([200, 'dev@example.com']);
});

describe.each(families)('$title', ({ cases }) => {
  it.each(cases)('$name: $code', async (refusal) => {
    const { code } = refusal;
    const api = apiFor(refusal);
    const token = await refusal.token();
    const answer = await api.credentials({ token });
    expectRefused(api, answer, { code, status: statusOf(code), action: 'credentials', token });
    // What the caller hears follows from the code alone: nothing of the token, not even in other words.
    const { requestId, sessionId } = answer.body as { requestId: string; sessionId: string };
    expect(answer.body).toEqual(problemOf(new Fault(code, ''), { requestId, sessionId }));
  });
});

const oneOfEach = [...new Map(refusals.map((refusal) => [refusal.code, refusal])).values()];

describe.each([
  { method: 'GET', path: '/v1/roles', action: 'roles' },
  { method: 'GET', path: '/v1/whoami', action: 'whoami' },
  { method: 'GET', path: '/v1/audit', action: 'audit' },
  { method: 'POST', path: '/v1/explain', action: 'explain', body: { role: 'prod/ReadOnly' } },
])('$method $path refuses and records the same', ({ method, path, action, body }) => {
  it.each(oneOfEach)('$code', async (refusal) => {
    const { code } = refusal;
    const api = apiFor(refusal);
    const token = await refusal.token();
    const answer = await api.call(method, path, { token, ...(body && { body }) });
    expectRefused(api, answer, { code, status: statusOf(code), action, token });
  });
});

describe('Without a bearer token', () => {
  it.each<{ name: string; headers: Record<string, string>; code: FaultCode }>([
    { name: 'no header', headers: {}, code: 'token_missing' },
    { name: 'an empty header', headers: { authorization: '' }, code: 'token_missing' },
    { name: 'another scheme', headers: { authorization: `Basic ${good}` }, code: 'token_malformed' },
    { name: 'no scheme', headers: { authorization: good }, code: 'token_malformed' },
    {
      name: 'two tokens, as a gateway joins them',
      headers: { authorization: `Bearer ${good},Bearer ${good}` },
      code: 'token_malformed',
    },
    { name: 'a token in another header', headers: { 'x-authorization': `Bearer ${good}` }, code: 'token_missing' },
    { name: 'a token in a cookie', headers: { cookie: `token=${good}` }, code: 'token_missing' },
  ])('$name is refused as $code', async ({ headers, code }) => {
    const api = makeApi();
    const answer = await api.credentials({ headers });
    expectRefused(api, answer, { code, status: 401, action: 'credentials', token: good });
  });

  it('a token in the query string is not read', async () => {
    const api = makeApi();
    const answer = await api.credentials({ query: `access_token=${good}` });
    expectRefused(api, answer, { code: 'token_missing', status: 401, action: 'credentials', token: good });
  });
});

describe('A body', () => {
  const role = 'prod/ReadOnly';
  const base64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64');
  interface BodyCase {
    readonly name: string;
    readonly code: FaultCode;
    readonly status: number;
    readonly text?: string;
    readonly body?: unknown;
    readonly headers?: Record<string, string>;
    readonly isBase64Encoded?: boolean;
    readonly query?: string;
    /** Members the answer names. */
    readonly paths?: readonly string[];
  }
  const invalid = (name: string, body: unknown, ...paths: string[]): BodyCase => ({
    name,
    body,
    code: 'request_invalid',
    status: 400,
    paths,
  });
  const malformed = (name: string, more: Omit<BodyCase, 'name' | 'code' | 'status'>): BodyCase => ({
    name,
    code: 'body_malformed',
    status: 400,
    ...more,
  });
  const type = (name: string, value: string): BodyCase => ({
    name,
    code: 'content_type_unsupported',
    status: 415,
    body: { role },
    headers: { 'content-type': value },
  });

  const refused: readonly BodyCase[] = [
    invalid('with an unknown member', { role, policy: '{}' }, 'policy'),
    invalid('with a member that AWS would know', { role, SourceIdentity: 'root' }, 'SourceIdentity'),
    invalid('with a role ARN in the place of a role', { role: 'arn:aws:iam::111122223333:role/Admin' }, 'role'),
    invalid('without a role', {}, 'role'),
    invalid('with a role in an array', { role: [role] }, 'role'),
    invalid('with a role of another alphabet', { role: 'prod/Rеad' }, 'role'),
    invalid('with a duration as text', { role, durationSeconds: '900' }, 'durationSeconds'),
    invalid('with a duration below what STS takes', { role, durationSeconds: 899 }, 'durationSeconds'),
    invalid('with a duration above what STS takes', { role, durationSeconds: 43_201 }, 'durationSeconds'),
    invalid('with a duration that is no whole number', { role, durationSeconds: 900.5 }, 'durationSeconds'),
    invalid('with a line break in the reason', { role, reason: 'a\nb' }, 'reason'),
    invalid('with a bidirectional override in the reason', { role, reason: 'a\u202eb' }, 'reason'),
    invalid('with a reason of 513 characters', { role, reason: 'r'.repeat(513) }, 'reason'),
    invalid('with an empty reason', { role, reason: '' }, 'reason'),
    invalid('with a ticket that is a URL with a query', { role, ticket: 'https://t.example/?a=b' }, 'ticket'),
    malformed('that is an array', { text: `["${role}"]` }),
    malformed('that is null', { text: 'null' }),
    malformed('that names the role twice', { text: `{"role":"prod/Nope","role":"${role}"}` }),
    invalid('with a reason that nobody can see', { role, reason: '\u200b\u200e' }, 'reason'),
    {
      name: 'with a query string beside it',
      body: { role },
      query: 'a=b',
      code: 'request_invalid',
      status: 400,
      paths: [''],
    },
    malformed('that is empty', { text: '' }),
    malformed('that is not JSON', { text: `role=${role}` }),
    malformed('that ends early', { text: '{"role":' }),
    malformed('with something behind it', { text: `{"role":"${role}"}{}` }),
    malformed('with a byte-order mark', { text: `\ufeff{"role":"${role}"}` }),
    malformed('in base64 that is not JSON', { text: base64('role'), isBase64Encoded: true }),
    malformed('in base64 that is not UTF-8', {
      text: base64(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])),
      isBase64Encoded: true,
    }),
    malformed('that is base64 and not marked as such', { text: base64(`{"role":"${role}"}`) }),
    { name: 'over 16 KiB', text: ' '.repeat(16_385), code: 'body_too_large', status: 413 },
    {
      name: 'over 16 KiB in characters of three bytes',
      text: JSON.stringify({ role, reason: '€'.repeat(5_500) }),
      code: 'body_too_large',
      status: 413,
    },
    { name: 'of 6 MiB', text: ' '.repeat(6 * 1024 * 1024), code: 'body_too_large', status: 413 },
    {
      name: 'over 16 KiB in base64',
      text: base64(' '.repeat(16_385)),
      isBase64Encoded: true,
      code: 'body_too_large',
      status: 413,
    },
    type('of a form', 'application/x-www-form-urlencoded'),
    type('of plain text', 'text/plain'),
    type('of another JSON type', 'application/jwt+json'),
    type('in another charset', 'application/json; charset=utf-16'),
    type('without a type', ''),
  ];

  it.each(refused.flatMap((one) => ['credentials', 'explain'].map((action) => ({ action, ...one }))))(
    '$name is refused as $code by $action',
    async ({ action, name: _, code, status, paths, ...call }) => {
      const api = makeApi();
      const answer = await api.call('POST', `/v1/${action}`, { token: good, body: { role }, ...call });
      expectRefused(api, answer, { code, status, action, token: good });
      expect(api.records()[0]).toMatchObject({ caller: { username: 'dev@example.com' } });
      const errors = (answer.body['errors'] ?? []) as { path: string }[];
      expect(errors.map(({ path }) => path)).toEqual(paths ?? []);
    },
  );

  it('in base64 that is marked as such is read', async () => {
    const api = makeApi();
    const text = base64(JSON.stringify({ role }));
    expect((await api.credentials({ token: good, text, isBase64Encoded: true })).status).toBe(200);
  });
});

describe('A single-use token', () => {
  const policy = { ...POLICY, issuers: [{ ...CORP, singleUse: true }, PARTNER] };
  const once = () => makeToken({ payload: claims({ jti: crypto.randomUUID() }) });

  it('is refused the second time, by whichever way in', async () => {
    const api = makeApi({ policy });
    const token = once();
    expect((await api.call('GET', '/v1/whoami', { token })).status).toBe(200);
    const answer = await api.credentials({ token });
    expectRefused(api, answer, { code: 'token_replayed', status: 401, action: 'credentials', token });
  });

  it('serves one of ten requests at a time', async () => {
    const api = makeApi({ policy });
    const token = once();
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.credentials({ token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(401)]);
    expect(api.records().filter(({ code }) => code === 'token_replayed')).toHaveLength(9);
    expect(api.aws.calls.filter(({ service }) => service === 'sts')).toHaveLength(1);
  });

  it('is the same token when it is signed anew', async () => {
    const api = makeApi({ policy });
    const payload = claims({ jti: 'one' });
    const [first, second] = [
      makeToken({ payload }),
      makeToken({ payload, header: { alg: 'PS256' }, signedWith: 'PS256' }),
    ];
    expect((await api.call('GET', '/v1/whoami', { token: first })).status).toBe(200);
    expect((await api.credentials({ token: second })).body['code']).toBe('token_replayed');
  });

  it('is refused after its time, when the store may have forgotten it', async () => {
    const times = [NOW, NOW + 3_630_000];
    const api = makeApi({ policy, clock: () => times[0] ?? 0 });
    const token = once();
    expect((await api.call('GET', '/v1/whoami', { token })).status).toBe(200);
    times.shift();
    api.aws.items.clear();
    const answer = await api.credentials({ token });
    expectRefused(api, answer, { code: 'token_expired', status: 401, action: 'credentials', token });
  });
});
