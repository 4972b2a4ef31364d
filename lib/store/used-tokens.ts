import { Fault } from '../fault.ts';
import type { ReplayGuard } from '../identity/replay.ts';
import type { Table } from './dynamodb.ts';
import { usedTokenKey } from './table.ts';

/**
 * Remembers single-use tokens until they expire: one conditional write, of which exactly one of many wins.
 *
 * @returns a function that throws Fault `token_replayed` on a second use, `store_unavailable` when it cannot
 *   tell (it fails closed)
 */
export function usedTokens(table: Table): ReplayGuard {
  return {
    async consume(issuer, jti, expiresAt) {
      const item = { ...usedTokenKey(issuer, jti), expiresAt: expiresAt + 3600 };
      const first = await table.create(item).catch((cause: unknown) => {
        throw new Fault('store_unavailable', 'the single-use token could not be remembered', { cause });
      });
      if (!first) throw new Fault('token_replayed', 'this single-use token was used before');
    },
  };
}
