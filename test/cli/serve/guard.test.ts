import { describe, expect, test } from 'vitest';
import { guard, type RequestHead } from '../../../cli/serve/guard.ts';

const PORT = 4711;

/** @param headers as they were sent, one `name: value` each */
function head(headers: readonly string[], more: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    url: '/v1/container/prod/ReadOnly',
    rawHeaders: headers.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    remoteAddress: '127.0.0.1',
    ...more,
  };
}

const outcome = (of: RequestHead, port = PORT) => {
  const answer = guard(of, port);
  return answer && [answer.status, (JSON.parse(answer.body) as { code: string }).code];
};

const HOST = 'Host: 127.0.0.1:4711';

describe('A request passes', () => {
  test.each([
    ['by the address', [HOST]],
    ['by localhost', ['host: localhost:4711']],
    ['with what SDKs send', [HOST, 'User-Agent: Boto3/1.43', 'Accept: */*', 'Authorization: x', 'Connection: close']],
    ['as Node’s fetch sends it', [HOST, 'Sec-Fetch-Mode: cors', 'Accept-Language: *']],
    ['with an empty body', [HOST, 'Content-Length: 0']],
  ])('%s', (_, headers) => expect(outcome(head(headers))).toBeUndefined());

  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('from %s', (remoteAddress) => {
    expect(outcome(head([HOST], { remoteAddress }))).toBeUndefined();
  });

  test('without a port where that is the usual one', () => {
    expect(outcome(head(['Host: localhost']), 80)).toBeUndefined();
  });
});

describe('A request is refused', () => {
  test.each<[string, readonly string[], number, string]>([
    ['without a host', [], 403, 'HostNotAllowed'],
    ['for another host', ['Host: evil.example:4711'], 403, 'HostNotAllowed'],
    ['for a name that leads here', ['Host: 127.0.0.1.evil.example:4711'], 403, 'HostNotAllowed'],
    ['for a name that begins like ours', ['Host: localhost.evil.example:4711'], 403, 'HostNotAllowed'],
    ['for another port', ['Host: 127.0.0.1:4712'], 403, 'HostNotAllowed'],
    ['without the port', ['Host: 127.0.0.1'], 403, 'HostNotAllowed'],
    ['for another spelling of the address', ['Host: 127.1:4711'], 403, 'HostNotAllowed'],
    ['for the address as a number', ['Host: 2130706433:4711'], 403, 'HostNotAllowed'],
    ['for all addresses', ['Host: 0.0.0.0:4711'], 403, 'HostNotAllowed'],
    ['for AWS’s own address', ['Host: 169.254.169.254'], 403, 'HostNotAllowed'],
    ['for a host with a user', ['Host: x@127.0.0.1:4711'], 403, 'HostNotAllowed'],
    ['for two hosts', [HOST, 'Host: evil.example'], 403, 'HostNotAllowed'],
    ['for two hosts, ours last', ['Host: evil.example', HOST], 403, 'HostNotAllowed'],
    ['with an origin', [HOST, 'Origin: https://evil.example'], 403, 'BrowserNotAllowed'],
    ['with a null origin', [HOST, 'Origin: null'], 403, 'BrowserNotAllowed'],
    ['with its own origin', [HOST, 'origin: http://127.0.0.1:4711'], 403, 'BrowserNotAllowed'],
    ['with an empty origin', [HOST, 'Origin:'], 403, 'BrowserNotAllowed'],
    ['with a referrer', [HOST, 'Referer: http://127.0.0.1:4711/'], 403, 'BrowserNotAllowed'],
    ['with Fetch Metadata', [HOST, 'Sec-Fetch-Site: none'], 403, 'BrowserNotAllowed'],
    ['with a cookie', [HOST, 'Cookie: a=b'], 403, 'BrowserNotAllowed'],
    ['with X-Forwarded-For', [HOST, 'X-Forwarded-For: 127.0.0.1'], 403, 'ProxyNotAllowed'],
    ['with X-Forwarded-For in capitals', [HOST, 'X-FORWARDED-FOR: 10.0.0.1'], 403, 'ProxyNotAllowed'],
    ['with X-Forwarded-Host', [HOST, 'X-Forwarded-Host: evil.example'], 403, 'ProxyNotAllowed'],
    ['with Forwarded', [HOST, 'Forwarded: for=10.0.0.1'], 403, 'ProxyNotAllowed'],
    ['with Via', [HOST, 'Via: 1.1 proxy'], 403, 'ProxyNotAllowed'],
    ['with X-Real-IP', [HOST, 'X-Real-IP: 10.0.0.1'], 403, 'ProxyNotAllowed'],
    ['with a body', [HOST, 'Content-Length: 3'], 400, 'InvalidRequest'],
    ['with two lengths', [HOST, 'Content-Length: 0', 'Content-Length: 3'], 400, 'InvalidRequest'],
    ['with a body in chunks', [HOST, 'Transfer-Encoding: chunked'], 400, 'InvalidRequest'],
  ])('%s', (_, headers, status, code) => expect(outcome(head(headers))).toEqual([status, code]));

  test.each(['10.0.0.1', '192.168.1.2', '::ffff:10.0.0.1', 'fe80::1', '128.0.0.1', '', undefined])(
    'from %s',
    (remoteAddress) => expect(outcome(head([HOST], { remoteAddress }))).toEqual([403, 'NotLocal']),
  );

  test.each(['http://127.0.0.1:4711/v1/container/prod/ReadOnly', '//evil.example/', '*', '127.0.0.1:4711', '', '/a b'])(
    'that names no path: %s',
    (url) => expect(outcome(head([HOST], { url }))).toEqual([400, 'InvalidRequest']),
  );
});
