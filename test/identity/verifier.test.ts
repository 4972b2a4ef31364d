import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../lib/fault.ts';
import { hashRefusedToken } from '../../lib/identity/compact-jws.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import { createStaticKeySet } from '../../lib/identity/key-set.ts';
import { createVerifier } from '../../lib/identity/verifier.ts';
import {
  CORP,
  CORP_KEY_SET,
  claims,
  claimsWith,
  createMemoryReplayGuard,
  faultOf,
  KEYS,
  makeToken,
  makeVerifier,
  NOW,
  PARTNER,
  SECONDS,
  type TokenParts,
} from '../support/tokens.ts';

const verifier = makeVerifier();

describe('A verified token', () => {
  it('becomes a caller that holds what the issuer signed and nothing else', async () => {
    const token = makeToken({ payload: claims({ auth_time: SECONDS - 120 }) });
    const [header, payload, signature] = token.split('.') as [string, string, string];
    expect(await verifier.verify(token, NOW)).toEqual({
      issuer: 'corp',
      issuerUrl: CORP.url,
      subject: '00u1a2b3c4',
      username: 'dev@example.com',
      claims: claims({ auth_time: SECONDS - 120 }),
      authenticatedAt: SECONDS - 120,
      issuedAt: SECONDS - 60,
      expiresAt: SECONDS + 3_600,
      tokenSha256: createHash('sha256')
        .update(`${header}.${payload}.`)
        .update(Buffer.from(signature, 'base64url'))
        .digest('hex'),
    });
  });

  it('that jose signed passes, and jose agrees that it is good', async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'ES256', kid: 'ec256' })
      .sign(KEYS.ec256.privateKey);
    const caller = await verifier.verify(token, NOW);
    const { payload } = await jwtVerify(token, KEYS.ec256.publicKey, { currentDate: new Date(NOW) });
    expect(caller.claims).toEqual(payload);
  });

  it('has no sign-in time when the issuer does not say one', async () => {
    expect((await verifier.verify(makeToken(), NOW)).authenticatedAt).toBeUndefined();
  });

  it('has claims without a prototype, so that no inherited name is ever a claim', async () => {
    const caller = await verifier.verify(makeToken({ payload: claimsWith('"address":{"country":"AT"}') }), NOW);
    expect(caller.claims['constructor']).toBeUndefined();
    expect((caller.claims['address'] as Record<string, unknown>)['toString']).toBeUndefined();
  });
});

/** The neighbours of the refused: what looks odd and is right. */
const accepted: readonly { name: string; parts?: TokenParts; issuer?: Partial<Issuer> }[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => ({
    name: alg,
    parts: { header: { alg }, signedWith: alg },
  })),
  { name: 'ES256', parts: { key: KEYS.ec256 } },
  { name: 'ES384', parts: { key: KEYS.ec384 } },
  { name: 'ES512', parts: { key: KEYS.ec521 } },
  { name: 'EdDSA', parts: { key: KEYS.ed } },
  { name: 'EdDSA by its newer name', parts: { key: KEYS.ed, header: { alg: 'Ed25519' } } },
  { name: 'no typ', parts: { header: { typ: undefined } } },
  { name: 'typ in lower case', parts: { header: { typ: 'jwt' } } },
  { name: 'typ with its long name', parts: { header: { typ: 'application/JWT' } } },
  { name: 'a header parameter nobody knows', parts: { header: { nonce: 'x' } } },
  {
    name: 'an access token where they are welcome',
    parts: { header: { typ: 'at+jwt' } },
    issuer: { tokenTypes: ['at+jwt'] },
  },
  { name: 'an audience in an array', parts: { payload: claims({ aud: ['daypass'] }) } },
  {
    name: 'two audiences of ours with azp',
    parts: { payload: claims({ aud: ['daypass', 'daypass-cli'], azp: 'daypass-cli' }) },
  },
  { name: 'azp of a named party', parts: { payload: claims({ azp: 'web' }) }, issuer: { authorizedParties: ['web'] } },
  { name: 'expired 29 s ago', parts: { payload: claims({ exp: SECONDS - 29 }) } },
  { name: 'iat 30 s ahead', parts: { payload: claims({ iat: SECONDS + 30 }) } },
  { name: 'nbf 30 s ahead', parts: { payload: claims({ nbf: SECONDS + 30 }) } },
  { name: 'a life of exactly 24 h', parts: { payload: claims({ iat: SECONDS, exp: SECONDS + 86_400 }) } },
  { name: 'a sub of 255 characters', parts: { payload: claims({ sub: 's'.repeat(255) }) } },
  { name: 'a sub as CI systems write it', parts: { payload: claims({ sub: 'repo:org/app:ref:refs/heads/main' }) } },
  { name: 'a username of 64 characters', parts: { payload: claims({ email: `${'a'.repeat(52)}@example.com` }) } },
  { name: 'a username of two characters', parts: { payload: claims({ email: 'ab' }) } },
  {
    name: 'an unverified email where the policy allows it',
    parts: { payload: claims({ email_verified: false }) },
    issuer: { requireVerifiedEmail: false },
  },
  {
    name: 'another username claim, whatever email_verified says',
    parts: { payload: claims({ login: 'dev', email_verified: false }) },
    issuer: { username: 'login' },
  },
  {
    name: 'a username at a dotted path',
    parts: { payload: claims({ profile: { login: 'dev' } }) },
    issuer: { username: 'profile.login' },
  },
  {
    name: 'a username claim with dots in its name',
    parts: { payload: claims({ 'https://example.com/login': 'dev' }) },
    issuer: { username: 'https://example.com/login' },
  },
  { name: 'no groups', parts: { payload: claims({ groups: undefined }) } },
  { name: 'an empty list of groups', parts: { payload: claims({ groups: [] }) } },
  {
    name: 'groups named like prototype members',
    parts: { payload: claims({ groups: ['__proto__', 'constructor', 'toString'] }) },
  },
  {
    name: 'groups at a dotted path',
    parts: { payload: claims({ realm_access: { roles: ['sre'] } }) },
    issuer: { groups: 'realm_access.roles' },
  },
  { name: 'hasgroups false', parts: { payload: claims({ hasgroups: false }) } },
  { name: 'an empty _claim_names', parts: { payload: claims({ _claim_names: {} }) } },
  {
    name: 'the right hd',
    parts: { payload: claims({ hd: 'example.com' }) },
    issuer: { hostedDomains: ['example.com'] },
  },
  {
    name: 'a __proto__ claim, which is a claim like any',
    parts: { payload: claimsWith('"__proto__":{"admin":true}') },
  },
  {
    name: 'equal names in different objects',
    parts: { payload: claimsWith('"a":{"sub":"x"},"b":[{"sub":"y"},{"sub":"z"}]') },
  },
  { name: 'a proper surrogate pair', parts: { payload: claimsWith('"name":"\\ud83d\\ude00"') } },
  {
    name: 'quotes, colons and backslashes in strings',
    parts: { payload: claimsWith(String.raw`"a\"b\\":"\\\":{\"c\":1}\\"`) },
  },
  { name: 'nesting of 16 levels', parts: { payload: claimsWith(`"a":${'['.repeat(15)}${']'.repeat(15)}`) } },
  {
    name: '200 claims',
    parts: { payload: claims(Object.fromEntries(Array.from({ length: 192 }, (_, at) => [`c${at}`, at]))) },
  },
  { name: 'a token of nearly 16 KiB', parts: { payload: claims({ pad: 'x'.repeat(11_500) }) } },
  { name: 'a number that a double rounds', parts: { payload: claimsWith('"n":0.1000000000000000055511151231257827') } },
];

describe('A token is accepted with', () => {
  it.each(accepted)('$name', async ({ parts, issuer }) => {
    const caller = await makeVerifier(issuer).verify(makeToken(parts), NOW);
    expect(caller.issuer).toBe('corp');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('the key of its own issuer, though another issuer has a key of the same id', async () => {
    const caller = await verifier.verify(makeToken({ key: KEYS.partner, payload: claims({ iss: PARTNER.url }) }), NOW);
    expect(caller).toMatchObject({ issuer: 'partner', username: 'partner-dev@example.com' });
  });
});

describe('A type accepted from one issuer', () => {
  it('is still refused from another', async () => {
    const fault = await faultOf(() => verifier.verify(makeToken({ header: { typ: 'at+jwt' } }), NOW));
    expect(fault.code).toBe('token_type_wrong');
    const partners = makeToken({ key: KEYS.partner, header: { typ: 'at+jwt' }, payload: claims({ iss: PARTNER.url }) });
    expect((await verifier.verify(partners, NOW)).issuer).toBe('partner');
  });
});

describe('A single-use token', () => {
  const singleUse = { singleUse: true };
  const token = makeToken({ key: KEYS.ec256, payload: claims({ jti: 'run-1' }) });

  it('is good once', async () => {
    const once = makeVerifier(singleUse);
    await once.verify(token, NOW);
    expect((await faultOf(() => once.verify(token, NOW))).code).toBe('token_replayed');
  });

  it('is good for one of many concurrent requests', async () => {
    const once = makeVerifier(singleUse);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => once.verify(token, NOW)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('stays used when it comes back with another signature of the same key', async () => {
    const once = makeVerifier(singleUse);
    const again = makeToken({ key: KEYS.ec256, payload: claims({ jti: 'run-1' }) });
    expect(again).not.toBe(token);
    await once.verify(token, NOW);
    expect((await faultOf(() => once.verify(again, NOW))).code).toBe('token_replayed');
  });

  it('is remembered until it is refused anyway', async () => {
    const guard = createMemoryReplayGuard();
    const once = makeVerifier(singleUse, guard);
    await once.verify(token, NOW);
    const forgetAt = [...guard.used.values()][0] as number;
    guard.used.clear();
    expect((await faultOf(() => once.verify(token, forgetAt * 1_000))).code).toBe('token_expired');
    await once.verify(token, forgetAt * 1_000 - 1);
  });

  it('is not used up by a request that is refused for another reason', async () => {
    const guard = createMemoryReplayGuard();
    const once = makeVerifier(singleUse, guard);
    const refused = makeToken({ payload: claims({ jti: 'run-2', groups: 'sre' }) });
    expect((await faultOf(() => once.verify(refused, NOW))).code).toBe('claim_type_invalid');
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`;
    expect((await faultOf(() => once.verify(forged, NOW))).code).toBe('signature_invalid');
    expect(guard.used.size).toBe(0);
  });

  it('is refused when nobody can tell whether it was used', async () => {
    const down = { consume: () => Promise.reject(new Fault('store_unavailable', 'the store is down')) };
    expect((await faultOf(() => makeVerifier(singleUse, down).verify(token, NOW))).code).toBe('store_unavailable');
    const broken = { consume: () => Promise.reject(new TypeError('broken')) };
    expect((await faultOf(() => makeVerifier(singleUse, broken).verify(token, NOW))).code).toBe('internal_error');
  });

  it('of one issuer does not use up the same jti of another', async () => {
    const guard = createMemoryReplayGuard();
    await guard.consume('partner', 'run-1', SECONDS);
    await makeVerifier(singleUse, guard).verify(token, NOW);
    expect(guard.used.size).toBe(2);
  });

  it('is not asked about where tokens are good for many requests', async () => {
    const guard = createMemoryReplayGuard();
    const many = makeVerifier({}, guard);
    await many.verify(token, NOW);
    await many.verify(token, NOW);
    expect(guard.used.size).toBe(0);
  });
});

describe('A verifier is not made', () => {
  const keySets = () => createStaticKeySet(CORP_KEY_SET);
  it.each<[string, Partial<Issuer>]>([
    ['without an audience', { audience: [] }],
    ['without an algorithm', { algorithms: [] }],
    ['with an issuer whose callers have two kinds of names', { subject: 'ci-${claim:sub}' }],
    ['with an issuer whose callers have no names', { username: '' }],
    ['with a symmetric algorithm', { algorithms: ['HS256' as never] }],
    ['with a clock skew that is not a number', { clockSkewSeconds: Number.NaN }],
    ['with an endless clock skew', { clockSkewSeconds: Number.POSITIVE_INFINITY }],
    ['with an endless token lifetime', { maxTokenLifetimeSeconds: Number.POSITIVE_INFINITY }],
    ['single-use without a replay guard', { singleUse: true }],
  ])('%s', (_name, changes) => {
    expect(() => createVerifier({ issuers: [{ ...CORP, ...changes }], keySets })).toThrow(/^issuer corp: /);
  });

  it('with two issuers of one URL', () => {
    expect(() => createVerifier({ issuers: [CORP, { ...CORP, name: 'twin' }], keySets })).toThrow(/same URL/);
  });
});

describe('Whatever comes in', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= +/';

  it('garbage ends in a fault with a token code', async () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
    );
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (text) => {
        expect((await faultOf(() => verifier.verify(text, NOW))).code).toMatch(/^(token|alg|header|issuer)_/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('any JSON as header and payload ends in a fault that is not internal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (header, payload) => {
        const token = makeToken({ header: JSON.stringify(header), payload: JSON.stringify(payload), key: KEYS.ed });
        expect((await faultOf(() => verifier.verify(token, NOW))).code).not.toBe('internal_error');
      }),
      { numRuns: 500 },
    );
  });

  it('any JSON as the value of any claim ends in a caller or in a fault that is not internal', async () => {
    const name = fc.constantFrom(
      ...Object.keys(claims()),
      'azp',
      'nbf',
      'auth_time',
      'events',
      '_claim_names',
      'hasgroups',
    );
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue(), async (claim, value) => {
        const token = makeToken({ payload: claims({ [claim]: value }), key: KEYS.ed });
        const code = await verifier.verify(token, NOW).then(
          () => 'accepted',
          (error: unknown) => Fault.from(error).code,
        );
        expect(code).not.toBe('internal_error');
        expect(code).not.toBe('signature_invalid');
      }),
      { numRuns: 500 },
    );
  });

  it('a value that is no string at all ends in a fault', async () => {
    for (const value of [undefined, null, 1, {}, [], Symbol('token')]) {
      expect((await faultOf(() => verifier.verify(value as never, NOW))).code).toBe('token_malformed');
    }
  });

  it('no change of any single character of a good token passes', async () => {
    for (const key of [KEYS.rsa, KEYS.ec256, KEYS.ed]) {
      const token = makeToken({ key });
      for (let at = 0; at < token.length; at += 1) {
        const others = [...alphabet].filter((character) => character !== token[at]);
        const changed = `${token.slice(0, at)}${others[(at * 7) % others.length]}${token.slice(at + 1)}`;
        await faultOf(() => verifier.verify(changed, NOW));
        await faultOf(() => verifier.verify(`${token.slice(0, at)}${token.slice(at + 1)}`, NOW));
      }
    }
  });

  it('only one of the spellings of a signature passes', async () => {
    for (const key of [KEYS.rsa, KEYS.ec256, KEYS.ed]) {
      const token = makeToken({ key });
      const bytes = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url');
      const spellings = [...alphabet.slice(0, 64)]
        .map((character) => `${token.slice(0, -1)}${character}`)
        .filter((text) => Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url').equals(bytes));
      expect(spellings.length).toBeGreaterThan(1);
      const outcomes = await Promise.allSettled(spellings.map((text) => verifier.verify(text, NOW)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });
});

describe('The hash of a token', () => {
  it('is the same for a token that was refused', async () => {
    const token = makeToken();
    expect(hashRefusedToken(token)).toBe((await verifier.verify(token, NOW)).tokenSha256);
  });

  it('is left out for what is no token', () => {
    for (const text of ['', '..=', 'a.b', `${makeToken()}=`, '.'.repeat(20_000)])
      expect(hashRefusedToken(text)).toBeUndefined();
  });
});
