import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditFilter } from '../../lib/audit/filter.ts';
import { Fault } from '../../lib/fault.ts';
import { auditQuery, credentialsRequest } from '../../lib/http/contract.ts';
import { bearerToken, jsonBody, noQuery, query, RequestFault } from '../../lib/http/request.ts';
import { httpEvent } from '../support/events.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

function faultOf(act: () => unknown): Fault | undefined {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    return error as Fault;
  }
  return undefined;
}

function credentials(body: string | undefined, headers: Record<string, string> = JSON_TYPE, more: object = {}) {
  return jsonBody(
    httpEvent('POST', '/v1/credentials', { headers, ...(body !== undefined && { body }), ...more }),
    credentialsRequest,
  );
}

describe('the bearer token', () => {
  const token = (headers: Record<string, string>) => bearerToken(httpEvent('GET', '/v1/roles', { headers }));

  test.each([
    [{ authorization: 'Bearer a.b.c' }, 'a.b.c'],
    [{ Authorization: 'bearer a.b.c' }, 'a.b.c'],
    [{ authorization: 'BEARER   a.b.c' }, 'a.b.c'],
  ])('is read from %j', (headers, expected) => expect(token(headers)).toBe(expected));

  test.each<[Record<string, string>, string]>([
    [{}, 'token_missing'],
    [{ authorization: '' }, 'token_missing'],
    [{ 'x-authorization': 'Bearer a.b.c' }, 'token_missing'],
    [{ authorization: 'Bearer' }, 'token_malformed'],
    [{ authorization: 'Bearer ' }, 'token_malformed'],
    [{ authorization: 'Basic YTpi' }, 'token_malformed'],
    [{ authorization: 'Bearer a b' }, 'token_malformed'],
    [{ authorization: 'Bearer a.b.c,Bearer d.e.f' }, 'token_malformed'],
    [{ authorization: 'Bearer a.b.c\n' }, 'token_malformed'],
    [{ authorization: `Bearer ${'a'.repeat(33_000)}` }, 'headers_too_large'],
    [{ authorization: 'Bearer a.b.c', 'x-padding': 'p'.repeat(33_000) }, 'headers_too_large'],
  ])('of %j is refused as %s', (headers, code) => expect(faultOf(() => token(headers))?.code).toBe(code));
});

describe('the body', () => {
  test('is read as it is and from base64', () => {
    const body = '{"role":"prod/ReadOnly","durationSeconds":900,"reason":"Störung 東京","ticket":"OPS-7"}';
    const expected = { role: 'prod/ReadOnly', durationSeconds: 900, reason: 'Störung 東京', ticket: 'OPS-7' };
    expect(credentials(body)).toEqual(expected);
    expect(credentials(Buffer.from(body).toString('base64'), JSON_TYPE, { isBase64Encoded: true })).toEqual(expected);
    expect(credentials(body, { 'content-type': 'application/json; charset=UTF-8' })).toEqual(expected);
  });

  test.each<[string, string | undefined, string]>([
    ['nothing', undefined, 'body_malformed'],
    ['an empty text', '', 'body_malformed'],
    ['no JSON', 'role=prod/ReadOnly', 'body_malformed'],
    ['two values', '{}{}', 'body_malformed'],
    ['a role twice', '{"role":"prod/A","role":"prod/B"}', 'body_malformed'],
    ['a role twice, one escaped', '{"role":"prod/A","r\\u006fle":"prod/B"}', 'body_malformed'],
    ['deep nesting', `{"role":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'body_malformed'],
    ['a reason nobody can see', '{"role":"prod/R","reason":"\\u200b\\u200e"}', 'request_invalid'],
    ['a reason without a letter', '{"role":"prod/R","reason":"..."}', 'request_invalid'],
    ['a byte-order mark', '\ufeff{}', 'body_malformed'],
    ['an array', '[]', 'body_malformed'],
    ['null', 'null', 'body_malformed'],
    ['an empty object', '{}', 'request_invalid'],
    ['an unknown member', '{"role":"prod/R","arn":"arn:aws:iam::1:role/R"}', 'request_invalid'],
    ['tags from the caller', '{"role":"prod/R","tags":{"team":"x"}}', 'request_invalid'],
    ['a prototype member', '{"role":"prod/R","__proto__":{"x":1}}', 'request_invalid'],
    ['a role ARN', '{"role":"arn:aws:iam::111122223333:role/R"}', 'request_invalid'],
    ['a role glob', '{"role":"prod/*"}', 'request_invalid'],
    ['a role without account', '{"role":"ReadOnly"}', 'request_invalid'],
    ['a role with a line end', '{"role":"prod/R\\n"}', 'request_invalid'],
    ['a duration as text', '{"role":"prod/R","durationSeconds":"900"}', 'request_invalid'],
    ['a duration under 15 minutes', '{"role":"prod/R","durationSeconds":899}', 'request_invalid'],
    ['a duration over 12 hours', '{"role":"prod/R","durationSeconds":43201}', 'request_invalid'],
    ['half seconds', '{"role":"prod/R","durationSeconds":900.5}', 'request_invalid'],
    ['a huge duration', '{"role":"prod/R","durationSeconds":1e400}', 'body_malformed'],
    ['an empty reason', '{"role":"prod/R","reason":""}', 'request_invalid'],
    ['a reason with a line end', '{"role":"prod/R","reason":"a\\nb"}', 'request_invalid'],
    ['a reason with a bidi override', '{"role":"prod/R","reason":"a\\u202eb"}', 'request_invalid'],
    ['a reason of 513 characters', `{"role":"prod/R","reason":"${'r'.repeat(513)}"}`, 'request_invalid'],
    ['a ticket with a space', '{"role":"prod/R","ticket":"a b"}', 'request_invalid'],
    ['over 16 KiB', `{"role":"${'r'.repeat(16_400)}"}`, 'body_too_large'],
  ])('that holds %s is refused', (_, body, code) => expect(faultOf(() => credentials(body))?.code).toBe(code));

  test.each([
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/json; charset=latin1',
  ])('of the type %j is refused', (type) =>
    expect(faultOf(() => credentials('{"role":"prod/R"}', { 'content-type': type }))?.code).toBe(
      'content_type_unsupported',
    ),
  );

  test('that is not UTF-8 is refused', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"role":"prod/R","reason":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    const act = () => credentials(bytes.toString('base64'), JSON_TYPE, { isBase64Encoded: true });
    expect(faultOf(act)?.code).toBe('body_malformed');
  });

  test('in base64 is bounded before it is decoded', () => {
    const act = () => credentials('A'.repeat(10_000_000), JSON_TYPE, { isBase64Encoded: true });
    expect(faultOf(act)?.code).toBe('body_too_large');
  });

  test('errors name the member and never the value', () => {
    const fault = faultOf(() => credentials('{"role":"a-secret-value","durationSeconds":"another-secret"}'));
    expect(fault).toBeInstanceOf(RequestFault);
    expect((fault as RequestFault).errors.map(({ path }) => path)).toEqual(['role', 'durationSeconds']);
    expect(JSON.stringify([fault?.message, (fault as RequestFault).errors])).not.toMatch(/secret/);
  });

  test('whatever it holds gives a request or a fault', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.base64String()), fc.boolean(), (body, isBase64Encoded) => {
        faultOf(() => credentials(body, JSON_TYPE, { isBase64Encoded }));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the query string', () => {
  const audit = (text: string) => query(httpEvent('GET', '/v1/audit', { query: text }), auditQuery);

  test('is read by its schema', () => {
    expect(audit('role=prod%2FAdmin&limit=5')).toEqual({ role: 'prod/Admin', limit: '5' });
    expect(audit('')).toEqual({});
  });

  test.each(['role=a&role=b', 'unknown=1', '__proto__=1', 'order=sideways'])('%s is refused', (text) =>
    expect(faultOf(() => audit(text))?.code).toBe('request_invalid'),
  );

  test('is refused where none belongs', () => {
    expect(faultOf(() => noQuery(httpEvent('GET', '/v1/roles', { query: 'x=1' })))?.code).toBe('request_invalid');
    expect(faultOf(() => credentials('{"role":"prod/R"}', JSON_TYPE, { query: 'role=prod/Admin' }))?.code).toBe(
      'request_invalid',
    );
  });
});

describe('the audit filter', () => {
  const NOW = Date.UTC(2026, 0, 15, 12);
  const filter = (text: string) => auditFilter(httpEvent('GET', '/v1/audit', { query: text }), NOW);

  test('covers the last 24 hours, newest first, by default', () => {
    expect(filter('')).toEqual({
      since: NOW + 1 - 86_400_000,
      until: NOW + 1,
      order: 'newest',
      limit: 100,
      cursor: undefined,
    });
  });

  test('takes RFC 3339 times with offsets', () => {
    expect(filter('since=2026-01-15T01:00:00%2B01:00&until=2026-01-15T06:00:00Z')).toMatchObject({
      since: Date.UTC(2026, 0, 15),
      until: Date.UTC(2026, 0, 15, 6),
    });
  });

  test('never looks into the future or behind the first record there can be', () => {
    expect(filter('since=1970-01-01T00:00:00Z&until=9999-01-01T00:00:00Z')).toMatchObject({
      since: Date.UTC(2026, 0, 1),
      until: NOW + 60_000,
    });
  });

  test.each([
    ['caller=', 'request_invalid'],
    [`caller=${'x'.repeat(257)}`, 'request_invalid'],
    ['since=yesterday', 'request_invalid'],
    ['since=2026-01-15', 'request_invalid'],
    ['since=2026-99-99T00:00:00Z', 'request_invalid'],
    ['since=1900-01-01T00:00:00Z', 'request_invalid'],
    ['since=2026-01-16T00:00:00Z&until=2026-01-15T00:00:00Z', 'request_invalid'],
    ['limit=0', 'request_invalid'],
    ['limit=501', 'request_invalid'],
    ['limit=-1', 'request_invalid'],
    ['limit=1e2', 'request_invalid'],
    ['cursor=x', 'cursor_invalid'],
    ['cursor=01ARZ3NDEKTSV4RRFFQ69G5FAV%23other', 'cursor_invalid'],
  ])('%s is refused', (text, code) => expect(faultOf(() => filter(text))?.code).toBe(code));
});
