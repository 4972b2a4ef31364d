import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultCode } from '../../lib/fault.ts';
import { createRemoteKeySet } from '../../lib/identity/jwks.ts';
import { createVerifier, type Verifier } from '../../lib/identity/verifier.ts';
import type { JsonObject } from '../../lib/json.ts';
import {
  base64url,
  CORP,
  claims,
  faultOf,
  KEYS,
  type Loopback,
  makeKey,
  makeToken,
  NOW,
  type SigningKey,
  serveKeys,
  serveLoopback,
  type TokenParts,
} from './fixtures.ts';
import { forgeWithExponentOne, makeRocaKey, makeRsaKey } from './weak-keys.ts';

/** Key sets served over real HTTP, each held against a token that its key has validly signed. */

let idp: Loopback;
beforeAll(async () => {
  idp = await serveLoopback();
});
afterAll(() => idp.close());

const weak = {
  rsa1024: makeRsaKey('k', 1024),
  exponent3: makeRsaKey('k', 2048, 3),
  roca: makeRocaKey('k'),
};
const rsa = KEYS.rsa;
const [rsaJwk, ecJwk, edJwk] = [rsa.jwk, KEYS.ec256.jwk, KEYS.ed.jwk];
const ec521WithoutZeros = {
  ...KEYS.ec521.jwk,
  x: base64url(Buffer.from(KEYS.ec521.jwk['x'] as string, 'base64url').subarray(1)),
};

function verifierOfLoopback(): Verifier {
  const issuer = { ...CORP, url: idp.url };
  return createVerifier({ issuers: [issuer], keySets: (of) => createRemoteKeySet(of, { fetch }) });
}

function tokenOfLoopback(parts: TokenParts = {}): string {
  return makeToken({ ...parts, payload: claims({ iss: idp.url }) });
}

interface KeyCase {
  readonly name: string;
  readonly keys: readonly unknown[];
  readonly code: FaultCode;
  readonly key?: SigningKey;
  readonly header?: Record<string, unknown>;
}

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ ...rsaJwk, kid: at === 0 ? 'rsa' : `rsa-${at}` }));
const withKid = (jwk: JsonObject, kid: string) => ({ ...jwk, kid });

describe('A token is refused when its key', () => {
  it.each<KeyCase>([
    { name: 'is not in the set', keys: [ecJwk], code: 'key_unknown' },
    { name: 'is not named', keys: [rsaJwk], header: { kid: undefined }, code: 'key_unknown' },
    { name: 'is named by an id in another case', keys: [rsaJwk], header: { kid: 'RSA' }, code: 'key_unknown' },
    { name: 'has no id in the set', keys: [{ ...rsaJwk, kid: undefined }], code: 'key_unknown' },
    { name: 'has an id of another type', keys: [{ ...rsaJwk, kid: ['rsa'] }], code: 'key_unknown' },
    { name: 'shares its id with another', keys: [rsaJwk, KEYS.partner.jwk], code: 'key_ambiguous' },
    { name: 'stands in the set twice', keys: [rsaJwk, rsaJwk], code: 'key_ambiguous' },
    {
      name: 'shares its id with a symmetric key',
      keys: [rsaJwk, { kty: 'oct', k: 'AAAA', kid: 'rsa' }],
      code: 'key_ambiguous',
    },
    { name: 'is for encryption', keys: [{ ...rsaJwk, use: 'enc' }], code: 'key_not_allowed' },
    { name: 'has an odd use', keys: [{ ...rsaJwk, use: 'SIG' }], code: 'key_not_allowed' },
    { name: 'has an empty key_ops', keys: [{ ...rsaJwk, key_ops: [] }], code: 'key_not_allowed' },
    { name: 'may only encrypt', keys: [{ ...rsaJwk, key_ops: ['encrypt'] }], code: 'key_not_allowed' },
    { name: 'has key_ops of another type', keys: [{ ...rsaJwk, key_ops: 'verify' }], code: 'key_not_allowed' },
    { name: 'is published with its private half', keys: [rsa.privateJwk], code: 'key_not_allowed' },
    { name: 'is published with one private member', keys: [{ ...rsaJwk, d: 'AQAB' }], code: 'key_not_allowed' },
    {
      name: 'is an elliptic-curve key with its private half',
      keys: [KEYS.ec256.privateJwk],
      key: KEYS.ec256,
      code: 'key_not_allowed',
    },
    { name: 'is symmetric', keys: [{ kty: 'oct', k: base64url('secret'), kid: 'rsa' }], code: 'key_not_allowed' },
    { name: 'is of an unknown type', keys: [{ ...rsaJwk, kty: 'XYZ' }], code: 'key_not_allowed' },
    { name: 'has no type', keys: [{ ...rsaJwk, kty: undefined }], code: 'key_not_allowed' },
    { name: 'has an alg of another type', keys: [{ ...rsaJwk, alg: 1 }], code: 'key_not_allowed' },
    { name: 'has 1024 bits', keys: [weak.rsa1024.jwk], key: weak.rsa1024, code: 'key_too_weak' },
    { name: 'has 8200 bits', keys: [{ ...rsaJwk, n: base64url(Buffer.alloc(1_025, 0xff)) }], code: 'key_not_allowed' },
    { name: 'has the exponent three', keys: [weak.exponent3.jwk], key: weak.exponent3, code: 'key_too_weak' },
    { name: 'has an even exponent', keys: [{ ...rsaJwk, e: 'AQAC' }], code: 'key_too_weak' },
    {
      name: 'has an endless exponent',
      keys: [{ ...rsaJwk, e: base64url(Buffer.alloc(256, 0xff)) }],
      code: 'key_not_allowed',
    },
    { name: 'has the ROCA fingerprint', keys: [weak.roca.jwk], key: weak.roca, code: 'key_too_weak' },
    {
      name: 'has a modulus that three divides',
      keys: [{ ...rsaJwk, n: base64url(Buffer.alloc(256, 0xff)) }],
      code: 'key_too_weak',
    },
    { name: 'has a modulus in standard base64', keys: [{ ...rsaJwk, n: `${rsaJwk['n']}==` }], code: 'key_not_allowed' },
    { name: 'has no modulus', keys: [{ ...rsaJwk, n: undefined }], code: 'key_not_allowed' },
    { name: 'has a number as modulus', keys: [{ ...rsaJwk, n: 5 }], code: 'key_not_allowed' },
    { name: 'is off its curve', keys: [{ ...ecJwk, y: ecJwk['x'] }], key: KEYS.ec256, code: 'key_not_allowed' },
    {
      name: 'is the point of zeros',
      keys: [{ ...ecJwk, x: base64url(Buffer.alloc(32)), y: base64url(Buffer.alloc(32)) }],
      key: KEYS.ec256,
      code: 'key_not_allowed',
    },
    { name: 'has short coordinates', keys: [ec521WithoutZeros], key: KEYS.ec521, code: 'key_not_allowed' },
    {
      name: 'claims another curve than its own',
      keys: [{ ...ecJwk, crv: 'P-384' }],
      key: KEYS.ec256,
      code: 'key_not_allowed',
    },
    {
      name: 'is on a curve that is not accepted',
      keys: [{ ...ecJwk, crv: 'secp256k1' }],
      key: KEYS.ec256,
      code: 'key_not_allowed',
    },
    {
      name: 'is on an Edwards curve that is not accepted',
      keys: [{ ...edJwk, crv: 'Ed448' }],
      key: KEYS.ed,
      code: 'key_not_allowed',
    },
    {
      name: 'is an Ed25519 point of small order',
      keys: [{ ...edJwk, x: base64url(Buffer.from([1, ...Buffer.alloc(31)])) }],
      key: KEYS.ed,
      code: 'key_not_allowed',
    },
    {
      name: 'is no Ed25519 point',
      keys: [{ ...edJwk, x: base64url(Buffer.from([2, ...Buffer.alloc(31)])) }],
      key: KEYS.ed,
      code: 'key_not_allowed',
    },
    {
      name: 'has an Ed25519 encoding beyond the field',
      keys: [{ ...edJwk, x: base64url(Buffer.alloc(32, 0xff)) }],
      key: KEYS.ed,
      code: 'key_not_allowed',
    },
    {
      name: 'is for another algorithm of its type',
      keys: [{ ...rsaJwk, alg: 'PS256' }],
      header: { alg: 'PS384' },
      code: 'alg_not_allowed',
    },
    { name: 'is for PS256 and the token is RS256', keys: [{ ...rsaJwk, alg: 'PS256' }], code: 'alg_not_allowed' },
    { name: 'is another issuer’s of the same id', keys: [KEYS.partner.jwk], code: 'signature_invalid' },
    { name: 'is in a set of 51', keys: many(51), code: 'jwks_too_large' },
    {
      name: 'is in a set of more than 150 KB',
      keys: [{ ...rsaJwk, x5c: ['A'.repeat(160_000)] }],
      code: 'jwks_too_large',
    },
    { name: 'is in an empty set', keys: [], code: 'jwks_invalid' },
    { name: 'is in a set with a string', keys: [rsaJwk, 'key'], code: 'jwks_invalid' },
    { name: 'is in a set with null', keys: [null, rsaJwk], code: 'jwks_invalid' },
  ])('$name: $code', async ({ keys, code, key, header }) => {
    serveKeys(idp, () => ({ keys }));
    const token = tokenOfLoopback({ ...(key && { key }), ...(header && { header }) });
    const fault = await faultOf(() => verifierOfLoopback().verify(token, NOW));
    expect(fault.code).toBe(code);
  });

  it('has the exponent one, with which anybody signs', async () => {
    serveKeys(idp, () => ({ keys: [{ ...rsaJwk, e: 'AQ' }] }));
    const input = tokenOfLoopback().split('.', 2).join('.');
    const token = `${input}.${base64url(forgeWithExponentOne(input, 256))}`;
    expect((await faultOf(() => verifierOfLoopback().verify(token, NOW))).code).toBe('key_too_weak');
  });
});

describe('A key set is refused when the identity provider', () => {
  const discovery = () => ({ issuer: idp.url, jwks_uri: `${idp.url}/jwks` });
  const discoveryOf = (changes: Record<string, unknown>) => () => JSON.stringify({ ...discovery(), ...changes });
  const keySet = () => JSON.stringify({ keys: [rsaJwk] });

  interface Answer {
    readonly status?: number;
    readonly headers?: Record<string, string>;
    readonly body?: () => string;
  }
  it.each<{ name: string; code: FaultCode; discovery?: Answer; keys?: Answer }>([
    { name: 'redirects the key set', keys: { status: 302, headers: { location: '/elsewhere' } }, code: 'jwks_invalid' },
    {
      name: 'redirects the key set for good',
      keys: { status: 308, headers: { location: '/elsewhere' } },
      code: 'jwks_invalid',
    },
    {
      name: 'redirects discovery',
      discovery: { status: 301, headers: { location: '/elsewhere' } },
      code: 'jwks_invalid',
    },
    {
      name: 'answers HTML',
      keys: { headers: { 'content-type': 'text/html' }, body: () => '<html>Sign in</html>' },
      code: 'jwks_invalid',
    },
    { name: 'answers HTML for discovery', discovery: { body: () => '<html></html>' }, code: 'jwks_invalid' },
    { name: 'answers nothing', keys: { body: () => '' }, code: 'jwks_invalid' },
    { name: 'answers an array', keys: { body: () => '[]' }, code: 'jwks_invalid' },
    { name: 'answers a member twice', keys: { body: () => `{"keys":[],${keySet().slice(1)}` }, code: 'jwks_invalid' },
    { name: 'answers keys as an object', keys: { body: () => '{"keys":{}}' }, code: 'jwks_invalid' },
    { name: 'answers 204', keys: { status: 204 }, code: 'jwks_invalid' },
    { name: 'answers 404', keys: { status: 404, body: keySet }, code: 'idp_unavailable' },
    { name: 'answers 500', keys: { status: 500, body: keySet }, code: 'idp_unavailable' },
    { name: 'answers 429', discovery: { status: 429 }, code: 'idp_unavailable' },
    {
      name: 'names another issuer',
      discovery: { body: discoveryOf({ issuer: 'https://evil.example' }) },
      code: 'jwks_invalid',
    },
    {
      name: 'names its issuer with a slash',
      discovery: { body: () => discoveryOf({ issuer: `${idp.url}/` })() },
      code: 'jwks_invalid',
    },
    { name: 'names no issuer', discovery: { body: discoveryOf({ issuer: undefined }) }, code: 'jwks_invalid' },
    { name: 'names no key set', discovery: { body: discoveryOf({ jwks_uri: undefined }) }, code: 'jwks_invalid' },
    {
      name: 'names a key set on plain http elsewhere',
      discovery: { body: discoveryOf({ jwks_uri: 'http://192.0.2.1/jwks' }) },
      code: 'jwks_invalid',
    },
    {
      name: 'names a key set in a file',
      discovery: { body: discoveryOf({ jwks_uri: 'file:///etc/passwd' }) },
      code: 'jwks_invalid',
    },
    {
      name: 'names a key set behind credentials',
      discovery: { body: () => discoveryOf({ jwks_uri: idp.url.replace('//', '//a:b@') })() },
      code: 'jwks_invalid',
    },
    {
      name: 'names an array of key sets',
      discovery: { body: () => discoveryOf({ jwks_uri: [`${idp.url}/jwks`] })() },
      code: 'jwks_invalid',
    },
    {
      name: 'answers 151 KB of spaces',
      keys: { body: () => ' '.repeat(151 * 1024) + keySet() },
      code: 'jwks_too_large',
    },
    { name: 'answers discovery of 151 KB', discovery: { body: () => ' '.repeat(151 * 1024) }, code: 'jwks_too_large' },
  ])('$name: $code', async (answers) => {
    idp.answer = (request, response) => {
      if (request.url === '/elsewhere') response.end(keySet());
      else if (request.url === '/jwks') give(answers.keys, keySet);
      else give(answers.discovery, () => JSON.stringify(discovery()));

      function give(answer: Answer | undefined, usual: () => string): void {
        response.writeHead(answer?.status ?? 200, answer?.headers).end((answer?.body ?? usual)());
      }
    };
    idp.requests.length = 0;
    expect((await faultOf(() => verifierOfLoopback().verify(tokenOfLoopback(), NOW))).code).toBe(answers.code);
    expect(idp.requests).not.toContain('/elsewhere');
  });
});

describe('A key set serves', () => {
  it.each<{ name: string; keys: readonly unknown[]; key?: SigningKey; header?: Record<string, unknown> }>([
    { name: 'an RSA key', keys: [rsaJwk] },
    {
      name: 'a key that says what it is for',
      keys: [{ ...rsaJwk, use: 'sig', key_ops: ['verify'], alg: 'RS256', x5c: ['MIIB'] }],
    },
    {
      name: 'a key of the EdDSA name for a token of the newer name',
      keys: [{ ...edJwk, alg: 'EdDSA' }],
      key: KEYS.ed,
      header: { alg: 'Ed25519' },
    },
    {
      name: 'a key beside keys nobody can use',
      keys: [{ kty: 'oct', k: 'AA', kid: 'x' }, { kty: 'NEW' }, withKid(weak.rsa1024.jwk, 'old'), {}, rsaJwk],
    },
    { name: 'a key among fifty', keys: many(50) },
    {
      name: 'a key whose id is a digest in standard base64',
      keys: [withKid(rsaJwk, 'aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8g/+A=')],
      header: { kid: 'aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8g/+A=' },
    },
  ])('$name', async ({ keys, key, header }) => {
    serveKeys(idp, () => ({ keys }));
    const token = tokenOfLoopback({ ...(key && { key }), ...(header && { header }) });
    expect((await verifierOfLoopback().verify(token, NOW)).issuerUrl).toBe(idp.url);
  });

  it('keys of 3072 and 4096 bits', async () => {
    for (const bits of [3072, 4096]) {
      const key = makeRsaKey('large', bits);
      serveKeys(idp, () => ({ keys: [key.jwk] }));
      expect((await verifierOfLoopback().verify(tokenOfLoopback({ key }), NOW)).issuer).toBe('corp');
    }
  });

  it('twenty freshly made Ed25519 keys: none of them is mistaken for an unsound one', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, (_, at) => makeKey(`ed-${at}`, 'EdDSA')));
    serveKeys(idp, () => ({ keys: keys.map(({ jwk }) => jwk) }));
    const verifier = verifierOfLoopback();
    for (const key of keys) expect((await verifier.verify(tokenOfLoopback({ key }), NOW)).issuer).toBe('corp');
  });
});
