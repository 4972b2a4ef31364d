import { randomUUID } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { ReplayGuard } from '../identity/replay.ts';
import type { Table } from './dynamodb.ts';
import { usedTokenKey } from './table.ts';

/**
 * Remembers single-use tokens until they expire: one conditional write, of which exactly one of many wins.
 *
 * Each use is marked with a name of its own. Where a write was persisted but its answer lost, the repeated write
 * finds the token used; the mark tells that it was this very use.
 *
 * @returns a guard that throws Fault `token_replayed` on a second use, `store_unavailable` when it cannot tell
 *   (it fails closed)
 */
export function usedTokens(table: Table): ReplayGuard {
  return {
    async consume(issuer, jti, expiresAt) {
      const key = usedTokenKey(issuer, jti);
      const use = randomUUID();
      try {
        if (await table.create({ ...key, use, expiresAt: expiresAt + 3600 })) return;
        if ((await table.get(key))?.['use'] === use) return;
      } catch (cause) {
        throw new Fault('store_unavailable', 'the single-use token could not be remembered', { cause });
      }
      throw new Fault('token_replayed', 'this single-use token was used before');
    },
  };
}
