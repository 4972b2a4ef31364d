import { constants, verify } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { SigningAlgorithm } from './issuer.ts';
import type { KeyKind, VerificationKey } from './key-admission.ts';

/** RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2: what each algorithm signs with. */
interface Scheme {
  readonly kind: KeyKind;
  /** Undefined where the scheme hashes by itself. */
  readonly digest: string | undefined;
  /** RSASSA-PSS with a salt of the digest's length (RFC 7518 §3.5), bytes. */
  readonly saltLength?: number;
}

const SCHEMES: Readonly<Record<SigningAlgorithm, Scheme>> = {
  RS256: { kind: 'RSA', digest: 'sha256' },
  RS384: { kind: 'RSA', digest: 'sha384' },
  RS512: { kind: 'RSA', digest: 'sha512' },
  PS256: { kind: 'RSA', digest: 'sha256', saltLength: 32 },
  PS384: { kind: 'RSA', digest: 'sha384', saltLength: 48 },
  PS512: { kind: 'RSA', digest: 'sha512', saltLength: 64 },
  ES256: { kind: 'P-256', digest: 'sha256' },
  ES384: { kind: 'P-384', digest: 'sha384' },
  ES512: { kind: 'P-521', digest: 'sha512' },
  EdDSA: { kind: 'Ed25519', digest: undefined },
  Ed25519: { kind: 'Ed25519', digest: undefined },
};

/** Whether the key may verify signatures of the algorithm. */
export function fits(algorithm: SigningAlgorithm, key: Pick<VerificationKey, 'kind' | 'algorithm'>): boolean {
  if (SCHEMES[algorithm].kind !== key.kind) return false;
  return key.algorithm === undefined || isSameAlgorithm(key.algorithm, algorithm);
}

/**
 * Verifies a JWS signature. The scheme is the algorithm's alone and must fit the key: a key never decides how a
 * signature is read (RFC 8725 §3.1).
 *
 * Synchronous on purpose: one verification takes 50 to 200 µs, and WebCrypto's hand-over to a thread and back
 * costs several times that in processor time.
 *
 * @throws Fault `alg_not_allowed` when algorithm and key do not fit, `signature_invalid`
 */
export function verifySignature(
  algorithm: SigningAlgorithm,
  key: VerificationKey,
  signingInput: Buffer,
  signature: Buffer,
): void {
  const scheme = SCHEMES[algorithm];
  if (scheme.kind !== key.kind) {
    throw new Fault('alg_not_allowed', `${algorithm} does not fit the issuer's ${key.kind} key of this id`);
  }
  if (key.algorithm !== undefined && !isSameAlgorithm(key.algorithm, algorithm)) {
    throw new Fault('alg_not_allowed', `the issuer's key of this id is not for ${algorithm}`);
  }
  if (!holds(scheme, key, signingInput, signature)) {
    throw new Fault('signature_invalid', `the ${algorithm} signature does not verify`);
  }
}

/** `EdDSA` is the older, wider name of `Ed25519` (RFC 9864 §2.2). */
function isSameAlgorithm(one: string, other: SigningAlgorithm): boolean {
  return one === other || (SCHEMES[other].kind === 'Ed25519' && (one === 'EdDSA' || one === 'Ed25519'));
}

/** OpenSSL also refuses a signature of any length but the one that scheme and key have. */
function holds(scheme: Scheme, key: VerificationKey, signingInput: Buffer, signature: Buffer): boolean {
  const { publicKey } = key;
  if (scheme.digest === undefined) return verify(null, signingInput, publicKey, signature);
  if (scheme.saltLength !== undefined) {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return verify(scheme.digest, signingInput, { key: publicKey, padding, saltLength: scheme.saltLength }, signature);
  }
  if (scheme.kind === 'RSA') return verify(scheme.digest, signingInput, publicKey, signature);
  return verify(scheme.digest, signingInput, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}
