import { randomBytes } from 'node:crypto';

/**
 * Unique ids as IAM makes them: a four-letter prefix that says what it is, then base32.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export type IdentifierPrefix = 'AKIA' | 'ASIA' | 'AROA' | 'AIDA' | 'AGPA' | 'ANPA';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `prefix` and `length - 4` random base32 characters. */
export function uniqueId(prefix: IdentifierPrefix, length: 20 | 21): string {
  const bytes = randomBytes(length - prefix.length);
  return prefix + Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('');
}

/** Forty characters, as AWS's secret access keys have. */
export function secretKey(): string {
  return randomBytes(30).toString('base64');
}
