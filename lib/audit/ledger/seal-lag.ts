import { Fault } from '../../fault.ts';
import { sessionTime } from '../../session-id.ts';
import type { Table } from '../../store/dynamodb.ts';
import { INDEX_SHARDS, INDEXES, unsealedKey } from '../../store/table.ts';

/** Lets nothing be issued that the ledger would not hear of in time. */
export interface SealLagGuard {
  /**
   * @param now epoch milliseconds
   * @throws Fault `ledger_behind`, `store_unavailable`
   */
  check(now: number): Promise<void>;
}

/** Milliseconds that an answer serves this process: the ledger grows every minute. */
const GOOD_FOR = 60_000;
const BAD_FOR = 10_000;

/**
 * How long the oldest record has waited for the ledger is asked of the sparse index of waiting records, at most once a
 * minute for each function instance: four queries of one key.
 *
 * @param maxLagMs how long a record may wait before nothing more is issued
 */
export function sealLagGuard(table: Table, maxLagMs: number): SealLagGuard {
  let known: { readonly oldest: number | undefined; readonly until: number } | undefined;

  async function oldestWaiting(): Promise<number | undefined> {
    const shards = Array.from({ length: INDEX_SHARDS }, (_, shard) => unsealedKey(shard));
    const found = await Promise.all(
      shards.map((partition) =>
        table.keys({ index: INDEXES.unsealed, partition, from: '0', to: '\uffff', order: 'oldest', limit: 1 }),
      ),
    );
    const times = found.flatMap((items) => items.map(({ sk }) => sessionTime(String(sk).slice(0, 26))));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  return {
    async check(now) {
      if (known === undefined || now >= known.until) {
        const oldest = await oldestWaiting().catch((cause: unknown) => {
          throw new Fault('store_unavailable', 'how far the ledger is behind cannot be told', { cause });
        });
        const isBehind = oldest !== undefined && now - oldest > maxLagMs;
        known = { oldest, until: now + (isBehind ? BAD_FOR : GOOD_FOR) };
      }
      if (known.oldest === undefined || now - known.oldest <= maxLagMs) return;
      const minutes = Math.floor((now - known.oldest) / 60_000);
      throw new Fault('ledger_behind', `a record has waited ${minutes} minutes for the ledger`, {
        retryAfterSeconds: 60,
      });
    },
  };
}
