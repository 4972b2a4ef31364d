import { createPublicKey, type KeyObject } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import { decodeBase64Url } from './base64url.ts';
import { isSoundEd25519Key } from './edwards25519.ts';
import { quoted } from './quoted.ts';
import { hasRocaFingerprint, hasSmallFactor } from './roca.ts';

/** A public key that may verify signatures, and what it may verify. */
export interface VerificationKey {
  /** `RSA`, or the curve: what the algorithm of a signature must fit. */
  readonly kind: KeyKind;
  /** The one algorithm the key set names for this key, if it names one. */
  readonly algorithm: string | undefined;
  readonly publicKey: KeyObject;
}

export type KeyKind = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519';

/** Bytes of a coordinate, leading zeros included (RFC 7518 §6.2.1.2). */
const COORDINATE_LENGTH = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const;

const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 8192;
const MIN_EXPONENT = 65_537n;
/** Verification takes time with the exponent's length; no real key needs more. */
const MAX_EXPONENT = 2n ** 32n;

/** Members that only a private or a symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Admits one key of an issuer's key set (RFC 7517 §4), or refuses it. Only public members are taken over;
 * certificates (`x5c`) are not looked at.
 *
 * @throws Fault `key_not_allowed`, `key_too_weak`
 */
export function admitKey(jwk: JsonObject): VerificationKey {
  for (const name of SECRET_MEMBERS) {
    if (Object.hasOwn(jwk, name)) throw notAllowed('the key set publishes a private or symmetric key of this id');
  }
  requirePurpose(jwk);
  switch (jwk.kty) {
    case 'RSA':
      return admitRsa(jwk);
    case 'EC':
      return admitEllipticCurve(jwk);
    case 'OKP':
      return admitEdwards(jwk);
    default:
      throw notAllowed(`kty is ${quoted(jwk.kty)}`);
  }
}

/** RFC 7517 §4.2, §4.3: a key that says what it is for must say that it verifies. */
function requirePurpose(jwk: JsonObject): void {
  const use = jwk.use;
  if (use !== undefined && use !== 'sig') throw notAllowed(`use is ${quoted(use)}`);
  const operations = jwk.key_ops;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw notAllowed('key_ops does not hold verify');
  }
}

function admitRsa(jwk: JsonObject): VerificationKey {
  const modulus = toInteger(readBytes(jwk, 'n'));
  const exponent = toInteger(readBytes(jwk, 'e'));
  const bits = modulus.toString(2).length;
  if (bits < MIN_MODULUS_BITS) throw tooWeak(`the RSA modulus has ${bits} bits, fewer than ${MIN_MODULUS_BITS}`);
  if (bits > MAX_MODULUS_BITS) throw notAllowed(`the RSA modulus has ${bits} bits, more than ${MAX_MODULUS_BITS}`);
  if (exponent < MIN_EXPONENT || exponent % 2n === 0n) throw tooWeak('the RSA exponent is even or below 65537');
  if (exponent > MAX_EXPONENT) throw notAllowed('the RSA exponent is longer than 32 bits');
  if (hasSmallFactor(modulus)) throw tooWeak('the RSA modulus has a small factor');
  if (hasRocaFingerprint(modulus)) throw tooWeak('the RSA modulus has the ROCA fingerprint (CVE-2017-15361)');
  const publicKey = importKey({ kty: 'RSA', n: jwk.n as string, e: jwk.e as string });
  return { kind: 'RSA', algorithm: readAlgorithm(jwk), publicKey };
}

function admitEllipticCurve(jwk: JsonObject): VerificationKey {
  const curve = jwk.crv;
  if (curve !== 'P-256' && curve !== 'P-384' && curve !== 'P-521') throw notAllowed(`crv is ${quoted(curve)}`);
  for (const name of ['x', 'y']) {
    if (readBytes(jwk, name).length !== COORDINATE_LENGTH[curve])
      throw notAllowed(`${name} is not a coordinate of ${curve}`);
  }
  // The import fails for a point that is not on the curve.
  const publicKey = importKey({ kty: 'EC', crv: curve, x: jwk.x as string, y: jwk.y as string });
  return { kind: curve, algorithm: readAlgorithm(jwk), publicKey };
}

/** RFC 8037; of its curves only Ed25519. */
function admitEdwards(jwk: JsonObject): VerificationKey {
  if (jwk.crv !== 'Ed25519') throw notAllowed(`crv is ${quoted(jwk.crv)}`);
  if (!isSoundEd25519Key(readBytes(jwk, 'x'))) throw notAllowed('x is no sound point of Ed25519');
  const publicKey = importKey({ kty: 'OKP', crv: 'Ed25519', x: jwk.x as string });
  return { kind: 'Ed25519', algorithm: readAlgorithm(jwk), publicKey };
}

function importKey(key: Readonly<Record<string, string>>): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw new Fault('key_not_allowed', 'the key is not a valid public key', { cause });
  }
}

function readAlgorithm(jwk: JsonObject): string | undefined {
  const value = jwk.alg;
  if (value === undefined || typeof value === 'string') return value;
  throw notAllowed(`alg is ${quoted(value)}`);
}

function readBytes(jwk: JsonObject, name: string): Buffer {
  const value = jwk[name];
  const bytes = typeof value === 'string' ? decodeBase64Url(value) : undefined;
  if (bytes === undefined || bytes.length === 0) throw notAllowed(`${name} is not base64url`);
  return bytes;
}

function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function notAllowed(detail: string): Fault {
  return new Fault('key_not_allowed', detail);
}

function tooWeak(detail: string): Fault {
  return new Fault('key_too_weak', detail);
}
