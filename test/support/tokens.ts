import { constants, createHmac, sign as cryptoSign, KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { expect } from 'vitest';
import { Fault } from '../../lib/fault.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import { createStaticKeySet, type KeySet } from '../../lib/identity/key-set.ts';
import type { ReplayGuard } from '../../lib/identity/replay.ts';
import { createVerifier, type Verifier } from '../../lib/identity/verifier.ts';
import type { JsonObject } from '../../lib/json.ts';

/** The moment of all tests: 2026-01-15T12:00:00Z. */
export const NOW = Date.UTC(2026, 0, 15, 12);
export const SECONDS = NOW / 1_000;

export const CORP: Issuer = {
  name: 'corp',
  url: 'https://idp.example.com/realms/corp',
  audience: ['daypass', 'daypass-cli'],
  algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  username: 'email',
  usernamePrefix: '',
  reservedPrefixes: ['partner-'],
  groups: 'groups',
  tokenTypes: ['jwt'],
  authorizedParties: ['daypass', 'daypass-cli'],
  requireVerifiedEmail: true,
  clockSkewSeconds: 30,
  maxTokenLifetimeSeconds: 86_400,
  singleUse: false,
  sessionsEndWithToken: false,
};

/** A second issuer that uses the same key ids. */
export const PARTNER: Issuer = {
  ...CORP,
  name: 'partner',
  url: 'https://partner.example.net',
  usernamePrefix: 'partner-',
  reservedPrefixes: [],
  tokenTypes: ['jwt', 'at+jwt'],
};

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The public JWK as an identity provider publishes it. */
  readonly jwk: JsonObject;
  /** The private JWK, as it never should be published. */
  readonly privateJwk: JsonObject;
}

export async function makeKey(kid: string, algorithm: string): Promise<SigningKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const jwk = (await exportJWK(pair.publicKey)) as JsonObject;
  return {
    kid,
    algorithm,
    privateKey: KeyObject.from(pair.privateKey),
    publicKey: KeyObject.from(pair.publicKey),
    jwk: { ...jwk, kid },
    privateJwk: { ...((await exportJWK(pair.privateKey)) as JsonObject), kid },
  };
}

export const KEYS = {
  rsa: await makeKey('rsa', 'RS256'),
  ec256: await makeKey('ec256', 'ES256'),
  ec384: await makeKey('ec384', 'ES384'),
  ec521: await makeKey('ec521', 'ES512'),
  ed: await makeKey('ed', 'EdDSA'),
  /** Known to the partner under the id `rsa`. */
  partner: await makeKey('rsa', 'RS256'),
};

export const CORP_KEY_SET = {
  keys: [KEYS.rsa.jwk, KEYS.ec256.jwk, KEYS.ec384.jwk, KEYS.ec521.jwk, KEYS.ed.jwk],
};

export function base64url(value: string | Uint8Array): string {
  return Buffer.from(value as string).toString('base64url');
}

/** The claims of an acceptable token, some of them replaced; `undefined` takes a claim out. */
export function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: CORP.url,
    sub: '00u1a2b3c4',
    aud: 'daypass',
    iat: SECONDS - 60,
    exp: SECONDS + 3_600,
    email: 'dev@example.com',
    email_verified: true,
    groups: ['engineering', 'team-payments'],
    ...changes,
  };
}

/** The claims as text with raw JSON members put in front, which `JSON.stringify` could not write. */
export function claimsWith(members: string, changes: Record<string, unknown> = {}): string {
  return `{${members},${JSON.stringify(claims(changes)).slice(1)}`;
}

export interface TokenParts {
  /** Added to the usual header; text is taken as it stands. */
  readonly header?: Record<string, unknown> | string | Uint8Array;
  readonly payload?: Record<string, unknown> | string | Uint8Array;
  readonly key?: SigningKey;
  /** What it is really signed with, when that is not what the header says. */
  readonly signedWith?: string;
}

/** A signed token, however odd its header and payload are. */
export function makeToken(parts: TokenParts = {}): string {
  const key = parts.key ?? KEYS.rsa;
  const usual = { alg: key.algorithm, kid: key.kid, typ: 'JWT' };
  const input = `${base64url(text({ ...usual }, parts.header))}.${base64url(text({}, parts.payload ?? claims()))}`;
  return `${input}.${base64url(signature(parts.signedWith ?? key.algorithm, key, input))}`;
}

function text(usual: Record<string, unknown>, given: TokenParts['header']): string | Uint8Array {
  return typeof given === 'string' || given instanceof Uint8Array ? given : JSON.stringify({ ...usual, ...given });
}

export function signature(algorithm: string, key: Pick<SigningKey, 'privateKey'>, input: string): Buffer {
  const digest = `sha${algorithm.slice(2)}`;
  const bytes = Buffer.from(input);
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return cryptoSign(digest, bytes, key.privateKey);
    case 'PS': {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
      return cryptoSign(digest, bytes, { key: key.privateKey, padding, saltLength });
    }
    case 'ES':
      return cryptoSign(digest, bytes, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
    default:
      return cryptoSign(null, bytes, key.privateKey);
  }
}

/** The classic confusion: a public key used as the secret of an HMAC. */
export function makeHmacToken(secret: string | Buffer, algorithm = 'HS256'): string {
  const header = base64url(JSON.stringify({ alg: algorithm, kid: 'rsa', typ: 'JWT' }));
  const input = `${header}.${base64url(JSON.stringify(claims()))}`;
  return `${input}.${createHmac(`sha${algorithm.slice(2)}`, secret)
    .update(input)
    .digest('base64url')}`;
}

/** A verifier for the two issuers, with changes to the first. */
export function makeVerifier(
  changes: Partial<Issuer> = {},
  replayGuard: ReplayGuard = createMemoryReplayGuard(),
): Verifier {
  const sets: Record<string, KeySet> = {
    corp: createStaticKeySet(CORP_KEY_SET),
    partner: createStaticKeySet({ keys: [KEYS.partner.jwk] }),
  };
  return createVerifier({
    issuers: [{ ...CORP, ...changes }, PARTNER],
    keySets: (issuer) => sets[issuer.name] as KeySet,
    replayGuard,
  });
}

/** The port in memory: right for one process, forgets nothing before its time. */
export function createMemoryReplayGuard(): ReplayGuard & { readonly used: Map<string, number> } {
  const used = new Map<string, number>();
  return {
    used,
    async consume(issuer, jti, expiresAt) {
      const key = JSON.stringify([issuer, jti]);
      if (used.has(key)) throw new Fault('token_replayed', 'the token was used before');
      used.set(key, expiresAt);
    },
  };
}

/** The fault a call ends with. Anything else it does fails the test. */
export async function faultOf(call: () => Promise<unknown>): Promise<Fault> {
  const outcome = await call().then(
    () => 'it was accepted',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Fault);
  return outcome as Fault;
}

export interface Loopback {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** A real HTTP server on a free loopback port. */
export async function serveLoopback(): Promise<Loopback> {
  const loopback: Loopback = {
    url: '',
    requests: [],
    answer: (_request, response) => void response.writeHead(404).end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    loopback.requests.push(request.url ?? '');
    loopback.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(loopback, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** Discovery and a key set as an identity provider serves them. */
export function serveKeys(loopback: Loopback, keySet: () => unknown): void {
  loopback.answer = (request, response) => {
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    const document = isDiscovery ? { issuer: loopback.url, jwks_uri: `${loopback.url}/jwks` } : keySet();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  };
}
