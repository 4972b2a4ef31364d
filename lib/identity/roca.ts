/**
 * The ROCA fingerprint (CVE-2017-15361; Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, §3.3).
 *
 * The flawed library made primes of the form k·M + (65537^a mod M), M a product of the first primes, so its
 * moduli are powers of 65537 modulo each of them. For a modulus made otherwise to look so by chance has a
 * probability of about 2^-27 over the primes used here.
 */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
] as const;

/** True when a modulus has a factor among the first primes: it is no product of two large ones. */
export function hasSmallFactor(modulus: bigint): boolean {
  return modulus % 2n === 0n || PRIMES.some((prime) => modulus % BigInt(prime) === 0n);
}

/** True when a modulus has the fingerprint, and can be factored at a known cost. */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return PRIMES.every((prime) => isPowerOfGenerator(Number(modulus % BigInt(prime)), prime));
}

function isPowerOfGenerator(residue: number, prime: number): boolean {
  const generator = 65_537 % prime;
  let power = 1;
  do {
    if (power === residue) return true;
    power = (power * generator) % prime;
  } while (power !== 1);
  return false;
}
