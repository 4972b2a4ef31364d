import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../lib/fault.ts';
import { createRemoteKeySet, type RemoteKeySetOptions } from '../../lib/identity/jwks.ts';
import type { Fetch } from '../../lib/identity/jwks-source.ts';
import type { KeySet } from '../../lib/identity/key-set.ts';
import { CORP, faultOf, KEYS, type Loopback, NOW, serveKeys, serveLoopback } from '../support/tokens.ts';

/** The cache of a published key set, against a real HTTP server; time is what the test says it is. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let idp: Loopback;
let keySet: KeySet;
let failures: Fault[];
const published = { keys: [KEYS.rsa.jwk] as unknown[] };

beforeEach(async () => {
  idp = await serveLoopback();
  published.keys = [KEYS.rsa.jwk];
  serveKeys(idp, () => published);
  keySet = makeKeySet();
});
afterEach(() => idp.close());

function makeKeySet(options: Partial<RemoteKeySetOptions> = {}): KeySet {
  failures = [];
  const onFailure = (_issuer: string, fault: Fault) => void failures.push(fault);
  return createRemoteKeySet({ ...CORP, url: idp.url }, { fetch, onFailure, ...options });
}

function goDown(status = 503): void {
  idp.answer = (_request, response) => void response.writeHead(status).end();
}

const reads = () => idp.requests.filter((path) => path === '/jwks').length;
const codeOf = async (keyId: string, now: number) => (await faultOf(() => keySet.key(keyId, now))).code;

describe('A remote key set', () => {
  it('is not read before it is needed', async () => {
    expect(idp.requests).toEqual([]);
  });

  it('is found by discovery, read once and then served from memory', async () => {
    const key = await keySet.key('rsa', NOW);
    expect(await keySet.key('rsa', NOW + 9 * MINUTE)).toBe(key);
    expect(idp.requests).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('is found under a path issuer as discovery says, with and without a slash at its end', async () => {
    for (const path of ['/realms/a', '/realms/a/']) {
      idp.requests.length = 0;
      const set = createRemoteKeySet({ ...CORP, url: `${idp.url}${path}` }, { fetch });
      await faultOf(() => set.key('rsa', NOW));
      expect(idp.requests).toEqual(['/realms/a/.well-known/openid-configuration']);
    }
  });

  it('is read from jwksUri without discovery', async () => {
    const set = createRemoteKeySet({ ...CORP, jwksUri: `${idp.url}/keys` }, { fetch });
    await set.key('rsa', NOW);
    expect(idp.requests).toEqual(['/keys']);
  });

  it('is read once for fifty callers at a time', async () => {
    const keys = await Promise.all(Array.from({ length: 50 }, () => keySet.key('rsa', NOW)));
    expect(new Set(keys).size).toBe(1);
    expect(idp.requests).toHaveLength(2);
  });

  it('is read once for fifty callers at a time when that fails, too', async () => {
    goDown();
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf('rsa', NOW)));
    expect(new Set(codes)).toEqual(new Set(['idp_unavailable']));
    expect(idp.requests).toHaveLength(1);
  });

  it('is read again at the age of ten minutes, without discovery', async () => {
    await keySet.key('rsa', NOW);
    published.keys = [KEYS.ec256.jwk];
    await keySet.key('rsa', NOW + 10 * MINUTE - 1);
    expect(await codeOf('rsa', NOW + 10 * MINUTE)).toBe('key_unknown');
    await keySet.key('ec256', NOW + 10 * MINUTE);
    expect(idp.requests).toEqual(['/.well-known/openid-configuration', '/jwks', '/jwks']);
  });
});

describe('While the identity provider is down', () => {
  it('the last good keys serve for 24 hours and not a millisecond longer', async () => {
    await keySet.key('rsa', NOW);
    goDown();
    await keySet.key('rsa', NOW + HOUR);
    await keySet.key('rsa', NOW + 24 * HOUR);
    const fault = await faultOf(() => keySet.key('rsa', NOW + 24 * HOUR + 1));
    expect(fault.code).toBe('idp_unavailable');
    expect(fault.retryAfterSeconds).toBeGreaterThan(0);
  });

  it('no option makes the last good keys serve longer', async () => {
    keySet = makeKeySet({ maxStaleSeconds: 1e9 });
    await keySet.key('rsa', NOW);
    goDown();
    expect(await codeOf('rsa', NOW + 25 * HOUR)).toBe('idp_unavailable');
  });

  it('a shorter limit holds', async () => {
    keySet = makeKeySet({ maxStaleSeconds: 3_600 });
    await keySet.key('rsa', NOW);
    goDown();
    await keySet.key('rsa', NOW + HOUR);
    expect(await codeOf('rsa', NOW + HOUR + 1)).toBe('idp_unavailable');
  });

  it('it is asked after 1, 2, 4, … 60 seconds and no more often', async () => {
    goDown();
    const asked: number[] = [];
    for (let second = 0; second < 300; second += 1) {
      const before = idp.requests.length;
      await codeOf('rsa', NOW + second * SECOND);
      if (idp.requests.length > before) asked.push(second);
    }
    expect(asked).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(failures).toHaveLength(10);
  });

  it('the caller learns when a retry makes sense', async () => {
    goDown();
    for (const second of [0, 1, 3, 7]) await codeOf('rsa', NOW + second * SECOND);
    expect((await faultOf(() => keySet.key('rsa', NOW + 8 * SECOND))).retryAfterSeconds).toBe(7);
  });

  it('one that throttles is left alone for 30 seconds', async () => {
    goDown(429);
    for (let second = 0; second < 30; second += 1) await codeOf('rsa', NOW + second * SECOND);
    expect(idp.requests).toHaveLength(1);
    await codeOf('rsa', NOW + 30 * SECOND);
    expect(idp.requests).toHaveLength(2);
  });

  it('its return is noticed and the count of failures starts anew', async () => {
    goDown();
    for (const second of [0, 1, 3]) await codeOf('rsa', NOW + second * SECOND);
    serveKeys(idp, () => published);
    await keySet.key('rsa', NOW + 7 * SECOND);
    goDown();
    await keySet.key('rsa', NOW + HOUR);
    serveKeys(idp, () => published);
    published.keys = [KEYS.ec256.jwk];
    await keySet.key('ec256', NOW + HOUR + SECOND);
  });

  it('a flood of unknown key ids makes at most one request per 30 seconds', async () => {
    await keySet.key('rsa', NOW);
    goDown();
    const before = idp.requests.length;
    for (let at = 0; at < 600; at += 1)
      expect(await codeOf(`made-up-${at}`, NOW + SECOND + at * 100)).toBe('key_unknown');
    expect(idp.requests.length - before).toBeLessThanOrEqual(2);
    await keySet.key('rsa', NOW + 2 * MINUTE);
  });

  it('an unknown key is never accepted', async () => {
    await keySet.key('rsa', NOW);
    goDown();
    published.keys = [KEYS.ec256.jwk];
    expect(await codeOf('ec256', NOW + HOUR)).toBe('key_unknown');
  });
});

describe('An unknown key id', () => {
  it('makes the set be read again at once, so that a rotation is noticed', async () => {
    await keySet.key('rsa', NOW);
    published.keys = [KEYS.rsa.jwk, KEYS.ec256.jwk];
    await keySet.key('ec256', NOW + 1);
    expect(reads()).toBe(2);
  });

  it('serves every caller who waits for that one read', async () => {
    await keySet.key('rsa', NOW);
    published.keys = [KEYS.rsa.jwk, KEYS.ec256.jwk];
    await Promise.all(Array.from({ length: 50 }, () => keySet.key('ec256', NOW + 1)));
    expect(reads()).toBe(2);
  });

  it('is not looked for twice in a set that was read for it', async () => {
    expect(await codeOf('made-up', NOW)).toBe('key_unknown');
    expect(reads()).toBe(1);
  });

  it('causes one read per 30 seconds, however many come', async () => {
    await keySet.key('rsa', NOW);
    const times: number[] = [];
    for (let at = 0; at <= 900; at += 1) {
      const before = reads();
      expect(await codeOf(`made-up-${at}`, NOW + at * 100)).toBe('key_unknown');
      if (reads() > before) times.push(at * 100);
    }
    expect(times).toEqual([0, 30_000, 60_000, 90_000]);
  });

  it('causes one read when a thousand come at a time', async () => {
    await keySet.key('rsa', NOW);
    await Promise.all(Array.from({ length: 1_000 }, (_, at) => codeOf(`made-up-${at}`, NOW)));
    expect(reads()).toBe(2);
  });

  it('does not use up its read while the identity provider is left alone after failures', async () => {
    await keySet.key('rsa', NOW);
    goDown();
    for (let second = 0; second <= 150; second += 30) await codeOf('ec256', NOW + second * SECOND);
    expect(failures).toHaveLength(6);
    await codeOf('ec256', NOW + 181 * SECOND);
    expect(failures).toHaveLength(6);
    serveKeys(idp, () => published);
    published.keys = [KEYS.ec256.jwk];
    await keySet.key('ec256', NOW + 182 * SECOND);
  });

  it('does not keep known keys from serving', async () => {
    await keySet.key('rsa', NOW);
    const unknown = codeOf('made-up', NOW);
    await keySet.key('rsa', NOW);
    await unknown;
  });
});

describe('A bad answer', () => {
  it.each<[string, () => void, string]>([
    [
      'HTML',
      () => {
        idp.answer = (_request, response) => void response.end('<html>');
      },
      'jwks_invalid',
    ],
    [
      'a redirect',
      () => {
        idp.answer = (_request, response) => void response.writeHead(302, { location: '/jwks' }).end();
      },
      'jwks_invalid',
    ],
    [
      'an empty set',
      () => {
        published.keys = [];
      },
      'jwks_invalid',
    ],
    [
      '51 keys',
      () => {
        published.keys = Array.from({ length: 51 }, (_, at) => ({ ...KEYS.rsa.jwk, kid: `k${at}` }));
      },
      'jwks_too_large',
    ],
    [
      'a cut connection',
      () => {
        idp.answer = (_request, response) => void response.destroy();
      },
      'idp_unavailable',
    ],
    [
      'a body cut short',
      () => {
        idp.answer = (_request, response) => {
          response.writeHead(200, { 'content-length': '1000' });
          response.write('{"keys":');
          setTimeout(() => response.destroy(), 5);
        };
      },
      'idp_unavailable',
    ],
  ])('of %s leaves the last good keys in use and is reported', async (_name, spoil, code) => {
    await keySet.key('rsa', NOW);
    spoil();
    await keySet.key('rsa', NOW + HOUR);
    expect(failures.map((fault) => fault.code)).toEqual([code]);
  });

  it('without end is cut off at 150 KB, not read to its end first', async () => {
    let written = 0;
    idp.answer = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(16_384))) written += 16_384;
        written += 16_384;
      };
      response.on('drain', more);
      more();
    };
    expect(await codeOf('rsa', NOW)).toBe('jwks_too_large');
    expect(written).toBeLessThan(20 * 1024 * 1024);
  });

  it('that is a compressed bomb is cut off at 150 KB of what it unfolds to', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20));
    idp.answer = (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    expect(await codeOf('rsa', NOW)).toBe('jwks_too_large');
  });

  it('makes the next attempt start from discovery again', async () => {
    await keySet.key('rsa', NOW);
    goDown();
    await keySet.key('rsa', NOW + HOUR);
    idp.requests.length = 0;
    serveKeys(idp, () => published);
    await keySet.key('rsa', NOW + 2 * HOUR);
    expect(idp.requests).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });
});

describe('An identity provider that does not answer', () => {
  it('is given up after the timeout', async () => {
    idp.answer = () => {};
    keySet = makeKeySet({ timeoutMs: 50 });
    expect((await faultOf(() => keySet.key('rsa', NOW))).detail).toContain('did not answer within 50 ms');
  });

  it('is given up after the timeout in the middle of a body', async () => {
    idp.answer = (_request, response) => void response.writeHead(200).write('{');
    keySet = makeKeySet({ timeoutMs: 50 });
    expect(await codeOf('rsa', NOW)).toBe('idp_unavailable');
  });

  it('is given up even by a fetch that heeds no signal', async () => {
    const deaf: Fetch = () => new Promise(() => {});
    keySet = makeKeySet({ fetch: deaf, timeoutMs: 50 });
    // A waiting server keeps the process alive; the signal's timer does not.
    expect(await codeOf('rsa', NOW)).toBe('idp_unavailable');
  });

  it('is the same as one that a fetch cannot reach', async () => {
    keySet = makeKeySet({ fetch: () => Promise.reject(new TypeError('fetch failed')) });
    expect(await codeOf('rsa', NOW)).toBe('idp_unavailable');
  });

  it('is the same as one that a browser-like fetch would not redirect to', async () => {
    keySet = makeKeySet({ fetch: async () => Response.error() });
    expect(await codeOf('rsa', NOW)).toBe('jwks_invalid');
  });
});

describe('The address of an issuer', () => {
  it.each([
    'http://idp.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://localhost:4101',
    'http://0.0.0.0',
    'http://169.254.169.254',
    'http://[::ffff:10.0.0.1]',
    'ftp://idp.example.com',
    'javascript:alert(1)',
    'idp.example.com',
    '//idp.example.com',
    'https://user@idp.example.com',
    'https://user:secret@idp.example.com',
    'https://idp.example.com/#realm',
    'https://idp.example.com/?realm=a',
    'https://idp.example.com\\@evil.example',
    ' https://idp.example.com',
    'https://idp.example.com/\n',
    '',
  ])('%j is refused when the key set is made, before anything is read', (url) => {
    expect(() => createRemoteKeySet({ ...CORP, url }, { fetch })).toThrow(/^issuer corp: its URL /);
  });

  it.each([
    'https://idp.example.com',
    'https://idp.example.com:8443/realms/a/',
    'http://127.0.0.1:1',
    'http://127.0.0.2:1',
    'http://[::1]:1',
  ])('%j is taken', (url) => {
    expect(() => createRemoteKeySet({ ...CORP, url }, { fetch })).not.toThrow();
  });

  it('has its jwksUri held to the same rule', () => {
    expect(() => createRemoteKeySet({ ...CORP, jwksUri: 'http://10.0.0.1/jwks' }, { fetch })).toThrow(/its jwksUri/);
  });

  it('out there may not lead to loopback through discovery', async () => {
    const asked: string[] = [];
    const fetchOfEvil: Fetch = async (url) => {
      asked.push(url);
      return Response.json({ issuer: CORP.url, jwks_uri: 'http://127.0.0.1:4102/keys' });
    };
    const set = createRemoteKeySet(CORP, { fetch: fetchOfEvil });
    expect((await faultOf(() => set.key('rsa', NOW))).code).toBe('jwks_invalid');
    expect(asked).toEqual([`${CORP.url}/.well-known/openid-configuration`]);
  });
});
