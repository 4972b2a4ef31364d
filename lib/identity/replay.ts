import { Fault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import { quoted } from './quoted.ts';

/** Remembers the tokens of single-use issuers (RFC 7519 §4.1.7). */
export interface ReplayGuard {
  /**
   * Takes the one use a token has. Of any number of concurrent calls with the same issuer and `jti`, exactly one
   * resolves, also across processes; and when nobody can tell, none does.
   *
   * @param issuer the issuer's name in the access policy: two issuers may use the same `jti`
   * @param jti 1–255 characters, any
   * @param expiresAt epoch seconds from which the token is refused anyway, clock skew included; the entry may be
   *   forgotten then, and not before
   * @throws Fault `token_replayed` on every use but the first, `store_unavailable`
   */
  consume(issuer: string, jti: string, expiresAt: number): Promise<void>;
}

/** @throws Fault `claim_missing`, `claim_type_invalid` */
export function requireTokenId(claims: JsonObject): string {
  if (!Object.hasOwn(claims, 'jti')) throw new Fault('claim_missing', 'a single-use token needs a jti');
  const value = claims.jti;
  if (typeof value === 'string' && value.length >= 1 && value.length <= 255) return value;
  throw new Fault('claim_type_invalid', `jti is ${quoted(value)}, not a string of 1–255 characters`);
}
