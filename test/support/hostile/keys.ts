import type { FaultCode } from '../../../lib/fault.ts';
import { base64url, KEYS, makeToken, type SigningKey } from '../tokens.ts';
import { forgeWithExponentOne, makeRocaKey, makeRsaKey } from '../weak-keys.ts';

/** Keys that must not be believed, in the set that publishes them, each with a token that it has validly signed. */
export interface HostileKey {
  /** What is wrong with the key: "A token is refused when its key …". */
  readonly name: string;
  readonly keys: readonly unknown[];
  readonly code: FaultCode;
  readonly key?: SigningKey;
  readonly header?: Record<string, unknown>;
  /** Instead of the key's own signature. */
  readonly forge?: (signingInput: string) => Buffer;
}

export const WEAK_KEYS = {
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

/** As many keys as asked for, the first of them the usual one. */
export const manyKeys = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ ...rsaJwk, kid: at === 0 ? 'rsa' : `rsa-${at}` }));

export const HOSTILE_KEYS: readonly HostileKey[] = [
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
  { name: 'has 1024 bits', keys: [WEAK_KEYS.rsa1024.jwk], key: WEAK_KEYS.rsa1024, code: 'key_too_weak' },
  { name: 'has 8200 bits', keys: [{ ...rsaJwk, n: base64url(Buffer.alloc(1_025, 0xff)) }], code: 'key_not_allowed' },
  { name: 'has the exponent three', keys: [WEAK_KEYS.exponent3.jwk], key: WEAK_KEYS.exponent3, code: 'key_too_weak' },
  { name: 'has an even exponent', keys: [{ ...rsaJwk, e: 'AQAC' }], code: 'key_too_weak' },
  {
    name: 'has an endless exponent',
    keys: [{ ...rsaJwk, e: base64url(Buffer.alloc(256, 0xff)) }],
    code: 'key_not_allowed',
  },
  { name: 'has the ROCA fingerprint', keys: [WEAK_KEYS.roca.jwk], key: WEAK_KEYS.roca, code: 'key_too_weak' },
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
  { name: 'is in a set of 51', keys: manyKeys(51), code: 'jwks_too_large' },
  {
    name: 'is in a set of more than 150 KB',
    keys: [{ ...rsaJwk, x5c: ['A'.repeat(160_000)] }],
    code: 'jwks_too_large',
  },
  { name: 'is in an empty set', keys: [], code: 'jwks_invalid' },
  { name: 'is in a set with a string', keys: [rsaJwk, 'key'], code: 'jwks_invalid' },
  { name: 'is in a set with null', keys: [null, rsaJwk], code: 'jwks_invalid' },
  {
    name: 'has the exponent one, with which anybody signs',
    keys: [{ ...rsaJwk, e: 'AQ' }],
    code: 'key_too_weak',
    forge: (signingInput) => forgeWithExponentOne(signingInput, 256),
  },
];

/** The token of a case. */
export function tokenOf({ key, header, forge }: HostileKey, payload: Record<string, unknown>): string {
  const token = makeToken({ payload, ...(key && { key }), ...(header && { header }) });
  if (!forge) return token;
  const signingInput = token.split('.', 2).join('.');
  return `${signingInput}.${base64url(forge(signingInput))}`;
}
