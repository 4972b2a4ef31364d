import { constants, sign } from 'node:crypto';
import { base64url, claims, KEYS, makeHmacToken, makeToken, signature } from '../tokens.ts';
import { family, goodHeader, goodPayload, goodSignature, type HostileToken, headers } from './case.ts';

/** What the header claims, and whether the signature bears it out. */
const rsaPem = KEYS.rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const rsaDer = KEYS.rsa.publicKey.export({ type: 'spki', format: 'der' });

export const algorithm = family('alg', [
  ...['none', 'None', 'NONE', 'nOnE', ' none', 'none\u0000'].map(
    (alg): HostileToken => ({
      name: `alg ${JSON.stringify(alg)} without a signature`,
      token: () => `${base64url(JSON.stringify({ alg, kid: 'rsa', typ: 'JWT' }))}.${goodPayload}.`,
      code: 'alg_not_allowed',
    }),
  ),
  {
    name: 'alg none with the signature left on',
    token: () => makeToken({ header: { alg: 'none' } }),
    code: 'alg_not_allowed',
  },
  { name: 'HS256 with the PEM as secret', token: () => makeHmacToken(rsaPem), code: 'alg_not_allowed' },
  {
    name: 'HS256 with the PEM after white space as secret',
    token: () => makeHmacToken(`\n ${rsaPem}`),
    code: 'alg_not_allowed',
  },
  { name: 'HS256 with the DER as secret', token: () => makeHmacToken(rsaDer), code: 'alg_not_allowed' },
  {
    name: 'HS256 with the JWK as secret',
    token: () => makeHmacToken(JSON.stringify(KEYS.rsa.jwk)),
    code: 'alg_not_allowed',
  },
  { name: 'HS512 with an empty secret', token: () => makeHmacToken('', 'HS512'), code: 'alg_not_allowed' },
  { name: 'ES256 with an RSA key', token: () => makeToken({ header: { alg: 'ES256' } }), code: 'alg_not_allowed' },
  {
    name: 'RS256 with a P-256 key',
    token: () => makeToken({ key: KEYS.ec256, header: { alg: 'RS256' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'ES256 with a P-384 key',
    token: () => makeToken({ key: KEYS.ec384, header: { alg: 'ES256' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'ES384 with a P-256 key',
    token: () => makeToken({ key: KEYS.ec256, header: { alg: 'ES384' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'EdDSA with a P-256 key',
    token: () => makeToken({ key: KEYS.ec256, header: { alg: 'EdDSA' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'ES256 with an Ed25519 key',
    token: () => makeToken({ key: KEYS.ed, header: { alg: 'ES256' } }),
    code: 'alg_not_allowed',
  },
  {
    name: 'an algorithm the issuer may not use',
    token: () => makeToken({ key: KEYS.ec256 }),
    code: 'alg_not_allowed',
    issuer: { algorithms: ['RS256'] },
  },
  ...headers('alg_not_allowed', {
    'lower-case alg': { alg: 'rs256' },
    'alg as an array': { alg: ['RS256'] },
    'absent alg': { alg: undefined },
    'alg null': { alg: null },
    'alg as an object': { alg: { toString: 'RS256' } },
    'alg constructor': { alg: 'constructor' },
    'an unregistered alg': { alg: 'ES256K' },
    'a key-wrapping alg': { alg: 'RSA-OAEP' },
  }),
]);

export const signatures = family('Signature', [
  { name: 'an empty signature', token: () => `${goodHeader}.${goodPayload}.`, code: 'signature_invalid' },
  {
    name: 'a signature one byte short',
    token: () => `${goodHeader}.${goodPayload}.${base64url(Buffer.from(goodSignature, 'base64url').subarray(1))}`,
    code: 'signature_invalid',
  },
  {
    name: 'a payload changed after signing',
    token: () => `${goodHeader}.${base64url(JSON.stringify(claims({ groups: ['sre'] })))}.${goodSignature}`,
    code: 'signature_invalid',
  },
  {
    name: 'a signature of another key of the same id',
    token: () => makeToken({ key: KEYS.partner }),
    code: 'signature_invalid',
  },
  { name: 'PS256 signed as RS256', token: () => makeToken({ header: { alg: 'PS256' } }), code: 'signature_invalid' },
  { name: 'RS512 signed as RS256', token: () => makeToken({ header: { alg: 'RS512' } }), code: 'signature_invalid' },
  { name: 'PS256 with a salt of 20 bytes', token: () => pssWithSalt(20), code: 'signature_invalid' },
  { name: 'PS256 without a salt', token: () => pssWithSalt(0), code: 'signature_invalid' },
  { name: 'an ECDSA signature in DER', token: () => ecdsa((raw) => derOf(raw)), code: 'signature_invalid' },
  { name: 'an ECDSA signature of zeros', token: () => ecdsa(() => Buffer.alloc(64)), code: 'signature_invalid' },
  {
    name: 'an ECDSA signature with a zero r',
    token: () => ecdsa((raw) => Buffer.concat([Buffer.alloc(32), raw.subarray(32)])),
    code: 'signature_invalid',
  },
  {
    name: 'an Ed25519 signature of zeros',
    token: () => `${makeToken({ key: KEYS.ed }).split('.', 2).join('.')}.${base64url(Buffer.alloc(64))}`,
    code: 'signature_invalid',
  },
]);

function pssWithSalt(saltLength: number): string {
  const input = makeToken({ header: { alg: 'PS256' } })
    .split('.', 2)
    .join('.');
  const key = { key: KEYS.rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return `${input}.${base64url(sign('sha256', Buffer.from(input), key))}`;
}

function ecdsa(change: (raw: Buffer) => Buffer): string {
  const input = makeToken({ key: KEYS.ec256 }).split('.', 2).join('.');
  return `${input}.${base64url(change(signature('ES256', KEYS.ec256, input)))}`;
}

function derOf(raw: Buffer): Buffer {
  const integer = (bytes: Buffer) => Buffer.concat([Buffer.from([2, bytes.length + 1, 0]), bytes]);
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

export const headerInjection = family(
  'Header injection',
  headers('header_not_allowed', {
    'an embedded jwk': { jwk: KEYS.rsa.jwk },
    jku: { jku: 'https://evil.example/jwks' },
    x5u: { x5u: 'https://evil.example/cert' },
    x5c: { x5c: ['MIIB'] },
    x5t: { x5t: 'abc' },
    'x5t#S256': { 'x5t#S256': 'abc' },
    'crit with an unknown name': { crit: ['exp-policy'], 'exp-policy': true },
    'an empty crit': { crit: [] },
    'crit with a name twice': { crit: ['b64', 'b64'], b64: true },
    'crit with a standard name': { crit: ['alg'] },
    'crit null': { crit: null },
    'b64 false': { b64: false, crit: ['b64'] },
    'b64 true': { b64: true },
    zip: { zip: 'DEF' },
    'kid as a path': { kid: '../../../../dev/null' },
    'kid as an absolute path': { kid: '/dev/null' },
    'kid as SQL': { kid: "rsa' OR '1'='1" },
    'kid as a URL': { kid: 'https://evil.example/key' },
    'kid as a number': { kid: 1 },
    'kid as an array': { kid: ['rsa'] },
    'kid null': { kid: null },
    'kid empty': { kid: '' },
    'kid of 4 KiB': { kid: 'k'.repeat(4_096) },
    'kid __proto__': '{"alg":"RS256","kid":"__proto__"}',
    'kid constructor': { kid: 'constructor' },
    'kid with a line break': { kid: 'rsa\r\nx: y' },
    'kid with a look-alike letter': { kid: 'rѕa' },
  }),
);
