import { describe, expect, it, test } from 'vitest';
import * as z from 'zod/mini';
import type { FaultCode } from '../../lib/fault.ts';
import { containerAnswer, containerProblem } from '../../lib/http/contract.ts';
import { type Api, type Call, identityProviders, makeApi } from '../support/api.ts';
import { dynamoDbError, inProcessAws, stsError } from '../support/aws.ts';
import { good } from '../support/hostile/case.ts';
import { HOSTILE_TOKENS } from '../support/hostile/catalogue.ts';
import { STACK, stretchOf } from '../support/leaks.ts';
import { claims, makeToken, NOW } from '../support/tokens.ts';

const READ_ONLY = '/v1/container/prod/ReadOnly';
const SRE = makeToken({ payload: claims({ groups: ['sre'], amr: ['mfa'], team: 'platform' }) });

const ask = (api: Api, path = READ_ONLY, call: Call = { token: good }) => api.call('GET', path, call);

describe('Container credentials', () => {
  it('are answered as the AWS SDKs read them, by the one path', async () => {
    const api = makeApi();
    const { status, headers, body } = await ask(api);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'application/json', 'no-store']);
    expect(z.parse(containerAnswer, body)).toEqual(body);
    const [, outcome] = api.records();
    expect(body).toEqual({
      AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      SecretAccessKey: 's'.repeat(40),
      Token: 't'.repeat(400),
      Expiration: '2026-01-15T13:00:00.000Z',
      AccountId: '111122223333',
      RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
      SessionId: outcome?.sessionId,
    });
    expect(outcome).toMatchObject({
      action: 'credentials',
      via: 'container',
      outcome: 'issued',
      role: 'prod/ReadOnly',
    });
  });

  test.each([
    ['with Bearer before it', `Bearer ${good}`],
    ['as a file holds it', good],
    ['with bearer in small letters', `bearer ${good}`],
  ])('take the token %s', async (_, authorization) => {
    expect((await ask(makeApi(), READ_ONLY, { headers: { authorization } })).status).toBe(200);
  });

  it('are narrowed by the address, and take a reason and a ticket from it', async () => {
    const api = makeApi();
    const query = 'durationSeconds=900&reason=deploy%20of%20the%20shop&ticket=OPS-1';
    const { status, body } = await ask(api, '/v1/container/prod/Admin', { token: SRE, query });
    expect(status).toBe(200);
    expect(Date.parse(String(body['Expiration'])) - NOW).toBe(900_000);
    expect(api.records().at(-1)).toMatchObject({ reason: 'deploy of the shop', ticket: 'OPS-1', durationSeconds: 900 });
  });

  it('that a grant wants a reason for say so', async () => {
    const { status, body } = await ask(makeApi(), '/v1/container/prod/Admin', { token: SRE });
    expect([status, body['code']]).toEqual([403, 'access_denied']);
    expect(body['message']).toMatch(/a reason is required/);
  });
});

describe('A refusal', () => {
  test.each<[string, string, Call, number, FaultCode]>([
    ['no token', READ_ONLY, {}, 401, 'token_missing'],
    ['an empty header', READ_ONLY, { headers: { authorization: '' } }, 401, 'token_missing'],
    ['another scheme', READ_ONLY, { headers: { authorization: `Basic ${good}` } }, 401, 'token_malformed'],
    ['two tokens', READ_ONLY, { headers: { authorization: `${good},${good}` } }, 401, 'token_malformed'],
    [
      'a signature of AWS',
      READ_ONLY,
      { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x, Signature=y' } },
      401,
      'token_malformed',
    ],
    ['a token in the address', READ_ONLY, { query: `token=${good}` }, 401, 'token_missing'],
    ['an unknown parameter', READ_ONLY, { token: good, query: 'role=prod/Admin' }, 400, 'request_invalid'],
    ['a parameter twice', READ_ONLY, { token: good, query: 'reason=ab&reason=cd' }, 400, 'request_invalid'],
    ['899 seconds', READ_ONLY, { token: good, query: 'durationSeconds=899' }, 400, 'request_invalid'],
    ['43201 seconds', READ_ONLY, { token: good, query: 'durationSeconds=43201' }, 400, 'request_invalid'],
    ['seconds with a fraction', READ_ONLY, { token: good, query: 'durationSeconds=900.5' }, 400, 'request_invalid'],
    ['seconds in another notation', READ_ONLY, { token: good, query: 'durationSeconds=0x400' }, 400, 'request_invalid'],
    ['a reason that nobody can read', READ_ONLY, { token: good, query: 'reason=%00' }, 400, 'request_invalid'],
    ['a role name that is none', '/v1/container/prod/Read%20Only', { token: good }, 404, 'not_found'],
    ['a role name that cannot be read', '/v1/container/prod/%E0%A4', { token: good }, 404, 'not_found'],
    ['an account name that is none', '/v1/container/PROD/ReadOnly', { token: good }, 404, 'not_found'],
    ['a role of others', '/v1/container/prod/Admin', { token: good }, 403, 'access_denied'],
    ['a role that is not there', '/v1/container/prod/Nothing', { token: good }, 403, 'access_denied'],
  ])('of %s is recorded, and says why by every spelling that SDKs read', async (_, path, call, status, code) => {
    const api = makeApi();
    const { status: got, headers, body, text } = await ask(api, path, call);
    expect([got, body['code']]).toEqual([status, code]);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(z.parse(containerProblem, body)).toEqual(body);
    expect([body['Code'], body['Message']]).toEqual([code, body['message']]);
    expect(body['message']).toContain(`(session ${body['sessionId']})`);
    const [record, ...more] = api.records();
    const outcome = status === 403 ? 'denied' : 'refused';
    expect(record).toMatchObject({
      action: 'credentials',
      via: 'container',
      outcome,
      code,
      sessionId: body['sessionId'],
    });
    expect(more).toEqual([]);
    expect(api.aws.calls.filter(({ service }) => service === 'sts')).toEqual([]);
    for (const line of [text, ...api.lines]) expect(stretchOf(good, line)).toBeUndefined();
  });

  it('of a role of others and of one that is not there reads the same', async () => {
    const texts = await Promise.all(
      ['Admin', 'Nothing'].map(async (name) => {
        const { body, text } = await ask(makeApi(), `/v1/container/prod/${name}`);
        return text.replaceAll(name, 'ROLE').replaceAll(String(body['sessionId']), 'SESSION');
      }),
    );
    expect(texts[0]).toBe(texts[1]);
  });

  const oneOfEach = [
    ...new Map(
      HOSTILE_TOKENS.flatMap(({ cases }) => cases.filter(({ issuer }) => issuer === undefined)).map((one) => [
        one.code,
        one,
      ]),
    ).values(),
  ].filter(({ code }) => code !== 'token_missing');

  test.each(oneOfEach)('of a token is the API’s: $code', async ({ token, code }) => {
    const hostile = await token();
    const api = makeApi();
    const { status, body, text } = await ask(api, READ_ONLY, { headers: { authorization: hostile } });
    const expected = hostile === '' ? 'token_missing' : code;
    expect([status, body['code']]).toEqual([
      hostile.length > 30_000 ? 431 : 401,
      hostile.length > 30_000 ? 'headers_too_large' : expected,
    ]);
    expect(text).not.toMatch(STACK);
  });
});

describe('What fails behind the broker', () => {
  test.each<[string, (action: string) => ReturnType<typeof stsError> | undefined, number, FaultCode, boolean]>([
    [
      'STS throttles',
      (action) => (action === 'AssumeRole' ? stsError('Throttling', '') : undefined),
      429,
      'sts_throttled',
      true,
    ],
    [
      'the role trusts somebody else',
      (action) => (action === 'AssumeRole' ? stsError('AccessDenied', '', 403) : undefined),
      502,
      'sts_access_denied',
      false,
    ],
    [
      'the caller asks too often',
      (action) => (action === 'UpdateItem' ? dynamoDbError('ConditionalCheckFailedException', '') : undefined),
      429,
      'rate_limited',
      true,
    ],
    [
      'the audit log is down',
      (action) => (action === 'PutItem' ? dynamoDbError('InternalServerError', '', 500) : undefined),
      503,
      'audit_unavailable',
      false,
    ],
  ])('%s', async (_, intercept, status, code, later) => {
    const aws = inProcessAws({ clock: () => NOW });
    aws.intercept = ({ action }) => intercept(action);
    const answer = await ask(makeApi({ aws, fetch: identityProviders() }));
    expect([answer.status, answer.body['Code']]).toEqual([status, code]);
    expect(answer.headers['retry-after'] !== undefined).toBe(later);
    expect(answer.text).not.toContain('SecretAccessKey');
  });
});
