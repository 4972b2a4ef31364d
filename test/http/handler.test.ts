import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { Fault } from '../../lib/fault.ts';
import type { Problem } from '../../lib/http/contract.ts';
import { apiHandler, json, type Route } from '../../lib/http/handler.ts';
import { problemOf } from '../../lib/http/problem.ts';
import { RequestFault } from '../../lib/http/request.ts';
import { telemetry } from '../../lib/telemetry.ts';
import { httpEvent, lambdaContext } from '../support/events.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

function stack(handler: Route['handler']) {
  const lines: string[] = [];
  const clock = () => NOW;
  const api = apiHandler({ telemetry: telemetry((line) => lines.push(line), clock), clock }, [
    { method: 'GET', path: '/x', handler },
  ]);
  const call = async (method = 'GET', path = '/x') =>
    (await api(httpEvent(method, path), lambdaContext(), undefined as never)) as APIGatewayProxyStructuredResultV2;
  return { call, lines };
}

function failing(error: unknown) {
  return stack(async () => {
    throw error;
  });
}

function problem(response: APIGatewayProxyStructuredResultV2): Problem {
  expect(response.headers?.['content-type']).toBe('application/problem+json');
  return JSON.parse(response.body ?? '') as Problem;
}

describe('every answer', () => {
  test.each<[string, ReturnType<typeof stack>]>([
    ['of a route', stack(async () => json({ ok: true }))],
    ['that is a problem', failing(new Fault('token_missing', 'x'))],
    ['that is a failure', failing(new Error('x'))],
  ])('%s carries no-store and the security headers', async (_, { call }) => {
    expect((await call()).headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringContaining('max-age=31536000'),
      'x-content-type-options': 'nosniff',
    });
  });

  test('that a route marks as public may be cached', async () => {
    const { call } = stack(async () => json({}, { 'cache-control': 'public, max-age=3600' }));
    expect((await call()).headers?.['cache-control']).toBe('public, max-age=3600');
  });
});

describe('a fault', () => {
  test('becomes a problem document with its code and the request id', async () => {
    const response = await failing(new Fault('token_expired', 'exp was 12 s ago')).call();
    expect(response.statusCode).toBe(401);
    expect(problem(response)).toMatchObject({
      type: 'urn:daypass:problem:token_expired',
      status: 401,
      code: 'token_expired',
      requestId: 'lambda-request',
      sessionId: expect.stringMatching(/^[0-9A-Z]{26}$/),
    });
    expect(response.body).not.toContain('12 s ago');
  });

  test('carries Retry-After where a retry makes sense', async () => {
    const response = await failing(new Fault('rate_limited', 'x', { retryAfterSeconds: 17 })).call();
    expect([response.statusCode, response.headers?.['retry-after']]).toEqual([429, '17']);
  });

  test('of the token is a challenge (RFC 6750), without an error code when there was no token', async () => {
    expect((await failing(new Fault('token_missing', 'x')).call()).headers?.['www-authenticate']).toBe('Bearer');
    expect((await failing(new Fault('signature_invalid', 'x')).call()).headers?.['www-authenticate']).toBe(
      'Bearer error="invalid_token"',
    );
  });

  test('of the request names the members', async () => {
    const response = await failing(new RequestFault([{ path: 'role', message: 'wrong' }])).call();
    expect(problem(response).errors).toEqual([{ path: 'role', message: 'wrong' }]);
  });

  test('that nobody foresaw shows neither message nor stack, and the log has the stack without the message', async () => {
    const { call, lines } = failing(new TypeError('a secret in the message'));
    const response = await call();
    expect(problem(response)).toMatchObject({ status: 500, code: 'internal_error' });
    expect(response.body).not.toMatch(/secret|at |\.ts/);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('a secret');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'ERROR',
      code: 'internal_error',
      cause: {
        names: ['TypeError'],
        at: [expect.stringContaining('handler.test.ts'), ...Array(7).fill(expect.anything())],
      },
    });
  });

  test('of the audit log is counted', async () => {
    const { call, lines } = failing(new Fault('audit_unavailable', 'down'));
    expect((await call()).statusCode).toBe(503);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      AuditWriteError: 1,
      _aws: { CloudWatchMetrics: [{ Namespace: 'Daypass' }] },
    });
  });

  test('of the caller is not an error of the function', async () => {
    const { call, lines } = failing(new Fault('token_expired', 'x'));
    await call();
    expect(lines).toEqual([]);
  });

  test('of an unknown path or method is a 404 problem', async () => {
    const { call } = stack(async () => json({}));
    expect(problem(await call('GET', '/y')).code).toBe('not_found');
    expect(problem(await call('POST', '/x')).code).toBe('not_found');
  });
});

test('no code sends its exact detail outside', () => {
  const detail = 'exact-detail-for-the-record';
  const codes = [
    'token_malformed',
    'sts_access_denied',
    'store_unavailable',
    'internal_error',
    'claim_missing',
  ] as const;
  for (const code of codes) {
    expect(JSON.stringify(problemOf(new Fault(code, detail), { requestId: 'r', sessionId: 's' }))).not.toContain(
      detail,
    );
  }
});
