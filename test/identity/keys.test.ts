import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteKeySet } from '../../lib/identity/jwks.ts';
import { createVerifier, type Verifier } from '../../lib/identity/verifier.ts';
import type { JsonObject } from '../../lib/json.ts';
import { HOSTILE_KEYS, manyKeys, tokenOf, WEAK_KEYS } from '../support/hostile/keys.ts';
import { answerOf, HOSTILE_PROVIDERS } from '../support/hostile/provider.ts';
import {
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
} from '../support/tokens.ts';
import { makeRsaKey } from '../support/weak-keys.ts';

/** Key sets served over real HTTP, each held against a token that its key has validly signed. */

let idp: Loopback;
beforeAll(async () => {
  idp = await serveLoopback();
});
afterAll(() => idp.close());

function verifierOfLoopback(): Verifier {
  const issuer = { ...CORP, url: idp.url };
  return createVerifier({ issuers: [issuer], keySets: (of) => createRemoteKeySet(of, { fetch }) });
}

function tokenOfLoopback(parts: TokenParts = {}): string {
  return makeToken({ ...parts, payload: claims({ iss: idp.url }) });
}

describe('A token is refused when its key', () => {
  it.each(HOSTILE_KEYS)('$name: $code', async (hostile) => {
    serveKeys(idp, () => ({ keys: hostile.keys }));
    const token = tokenOf(hostile, claims({ iss: idp.url }));
    const fault = await faultOf(() => verifierOfLoopback().verify(token, NOW));
    expect(fault.code).toBe(hostile.code);
  });
});

describe('A key set is refused when the identity provider', () => {
  it.each(HOSTILE_PROVIDERS)('$name: $code', async (provider) => {
    idp.answer = (request, response) => {
      const { status, headers, body } = answerOf(provider, idp.url, request.url ?? '');
      response.writeHead(status, headers).end(body);
    };
    idp.requests.length = 0;
    expect((await faultOf(() => verifierOfLoopback().verify(tokenOfLoopback(), NOW))).code).toBe(provider.code);
    expect(idp.requests).not.toContain('/elsewhere');
  });
});

const [rsaJwk, edJwk] = [KEYS.rsa.jwk, KEYS.ed.jwk];
const withKid = (jwk: JsonObject, kid: string) => ({ ...jwk, kid });

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
      keys: [{ kty: 'oct', k: 'AA', kid: 'x' }, { kty: 'NEW' }, withKid(WEAK_KEYS.rsa1024.jwk, 'old'), {}, rsaJwk],
    },
    { name: 'a key among fifty', keys: manyKeys(50) },
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
