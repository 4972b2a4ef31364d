import type { JsonObject } from '../json.ts';
import { readCompactJws } from './compact-jws.ts';

/**
 * The claims of a token, of which nothing is verified: for what-if questions, never for a decision that counts.
 *
 * @throws Fault `token_malformed` and what else `readCompactJws` refuses
 */
export function unverifiedClaims(token: string): JsonObject {
  return readCompactJws(token).payload;
}
