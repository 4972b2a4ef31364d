import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { examineIssuer } from '../../lib/identity/examine-issuer.ts';

const URL = 'https://idp.example.com';
const ISSUER = { name: 'corp', url: URL, algorithms: ['RS256', 'ES256'] } as const;
const { publicKey } = await generateKeyPair('RS256', { extractable: true });
const rsa = await exportJWK(publicKey);
const ec = await exportJWK((await generateKeyPair('ES384', { extractable: true })).publicKey);

function answering(documents: Record<string, unknown>) {
  return async (url: string): Promise<Response> => {
    const found = documents[new globalThis.URL(url).pathname];
    if (found === undefined) return new Response('', { status: 404 });
    return found instanceof Response ? found : new Response(typeof found === 'string' ? found : JSON.stringify(found));
  };
}
const discovery = (change: object = {}) => ({ issuer: URL, jwks_uri: `${URL}/jwks`, ...change });
const examine = (documents: Record<string, unknown>) => examineIssuer(ISSUER, answering(documents), 1_000);

describe('an issuer, examined', () => {
  it('has its usable keys counted, and the others named with the reason', async () => {
    const keys = [
      { ...rsa, kid: 'good' },
      { ...ec, kid: 'other-curve' },
      { ...rsa, kid: 'encrypts', use: 'enc' },
    ];
    const found = await examine({ '/.well-known/openid-configuration': discovery(), '/jwks': { keys } });
    expect(found).toEqual({
      ok: true,
      usable: 1,
      algorithms: ['RS256'],
      refused: [
        { keyId: 'other-curve', reason: 'a P-384 key, not for RS256, ES256' },
        { keyId: 'encrypts', reason: 'use is "enc"' },
      ],
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'names another issuer',
      { '/.well-known/openid-configuration': discovery({ issuer: `${URL}/` }) },
      /names the issuer/,
    ],
    ['answers with a page', { '/.well-known/openid-configuration': '<html>' }, /not acceptable JSON/],
    ['is not there', {}, /answered 404/],
    ['redirects', { '/.well-known/openid-configuration': new Response('', { status: 302 }) }, /redirects are refused/],
    [
      'has keys over plain http',
      { '/.well-known/openid-configuration': discovery({ jwks_uri: 'http://idp.example.com/jwks' }) },
      /jwks_uri/,
    ],
    ['answers without end', { '/.well-known/openid-configuration': 'x'.repeat(200_000) }, /more than 153600 bytes/],
    ['has no keys', { '/.well-known/openid-configuration': discovery(), '/jwks': { keys: [] } }, /no keys/],
  ])('that %s is told so', async (_, documents, reason) => {
    const found = await examine(documents);
    expect(found.ok).toBe(false);
    expect(found.ok ? '' : found.reason).toMatch(reason);
  });
});
