import { checkPrimeSync, createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { JsonObject } from '../../lib/json.ts';
import { base64url, type SigningKey } from './tokens.ts';

/** RSA keys that verify like any other and must not be trusted. */

export function makeRsaKey(kid: string, modulusLength: number, publicExponent = 65_537): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return {
    kid,
    algorithm: 'RS256',
    privateKey,
    publicKey,
    jwk: { ...(publicKey.export({ format: 'jwk' }) as JsonObject), kid },
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JsonObject), kid },
  };
}

/** A key as the library of CVE-2017-15361 made them: primes of the form k·M + (65537^a mod M). */
export function makeRocaKey(kid: string): SigningKey {
  const p = rocaPrime();
  const q = rocaPrime();
  const e = 65_537n;
  const d = inverse(e, (p - 1n) * (q - 1n));
  const number = (value: bigint) => base64url(bytesOf(value));
  const pair = { kty: 'RSA', n: number(p * q), e: number(e) };
  const secret = { d: number(d), p: number(p), q: number(q), dp: number(d % (p - 1n)), dq: number(d % (q - 1n)) };
  const privateJwk = { ...pair, ...secret, qi: number(inverse(q, p)) };
  const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' });
  return { kid, algorithm: 'RS256', privateKey, publicKey: privateKey, jwk: { ...pair, kid }, privateJwk };
}

/** With an exponent of one a signature is the padded digest itself (RFC 8017 §9.2): anybody can write it. */
export function forgeWithExponentOne(input: string, length: number): Buffer {
  const digest = createHash('sha256').update(input).digest();
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
  const padding = Buffer.alloc(length - info.length - 3, 0xff);
  return Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), info]);
}

function rocaPrime(): bigint {
  let product = 1n;
  for (let prime = 2; prime <= 167; prime += 1) if (checkPrimeSync(BigInt(prime))) product *= BigInt(prime);
  for (;;) {
    const power = modularPower(65_537n, BigInt(`0x${randomBytes(16).toString('hex')}`), product);
    const top = (3n << 1022n) + BigInt(`0x${randomBytes(120).toString('hex')}`);
    const candidate = top - (top % product) + power;
    if (checkPrimeSync(candidate, { checks: 10 })) return candidate;
  }
}

function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let factor = base, rest = exponent; rest > 0n; rest >>= 1n, factor = (factor * factor) % modulus) {
    if (rest & 1n) result = (result * factor) % modulus;
  }
  return result;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next, s, nextS] = [value % modulus, modulus, 1n, 0n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next, s, nextS] = [next, r - quotient * next, nextS, s - quotient * nextS];
  }
  return ((s % modulus) + modulus) % modulus;
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
