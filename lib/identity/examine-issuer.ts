import { Fault } from '../fault.ts';
import type { Issuer, SigningAlgorithm } from './issuer.ts';
import { createJwksSource, type Fetch } from './jwks-source.ts';
import type { KeyIndex } from './key-set.ts';
import { fits } from './signature.ts';

/** What the broker would find if it read the issuer's keys now. */
export type IssuerExamination =
  | {
      readonly ok: true;
      /** Keys with which a token of one of the accepted algorithms would be verified, and those algorithms. */
      readonly usable: number;
      readonly algorithms: readonly SigningAlgorithm[];
      /** Keys that no token may be signed with, and why; keys for other purposes among them. */
      readonly refused: readonly { readonly keyId: string; readonly reason: string }[];
    }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads discovery document and key set of an issuer by the broker's own rules (`jwks-source.ts`): the issuer equal byte
 * for byte, no redirects, bounded size, each key admitted or not.
 */
export async function examineIssuer(
  issuer: Pick<Issuer, 'name' | 'url' | 'jwksUri' | 'algorithms'>,
  fetch: Fetch,
  timeoutMs: number,
): Promise<IssuerExamination> {
  try {
    const keys = await createJwksSource(issuer, fetch, timeoutMs).read();
    const refused: { keyId: string; reason: string }[] = [];
    const algorithms = new Set<SigningAlgorithm>();
    let usable = 0;
    for (const keyId of keys.ids) {
      const fitting = fittingAlgorithms(issuer.algorithms, keys.find, keyId);
      if (typeof fitting === 'string') refused.push({ keyId, reason: fitting });
      else usable++;
      for (const algorithm of typeof fitting === 'string' ? [] : fitting) algorithms.add(algorithm);
    }
    return { ok: true, usable, algorithms: [...algorithms], refused };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/** The algorithms, or why there are none. */
function fittingAlgorithms(
  accepted: readonly SigningAlgorithm[],
  find: KeyIndex['find'],
  keyId: string,
): readonly SigningAlgorithm[] | string {
  try {
    const key = find(keyId);
    const fitting = key === undefined ? [] : accepted.filter((algorithm) => fits(algorithm, key));
    return fitting.length > 0 ? fitting : `a ${key?.algorithm ?? key?.kind} key, not for ${accepted.join(', ')}`;
  } catch (error) {
    return reasonOf(error);
  }
}

/** A fault says it in words; a mistake in the issuer's own addresses is a plain error with words too. */
function reasonOf(error: unknown): string {
  if (error instanceof Fault) return error.detail;
  return error instanceof Error ? error.message : 'unknown error';
}
