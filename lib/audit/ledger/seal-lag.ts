import { Fault } from '../../fault.ts';
import { sessionTime } from '../../session-id.ts';
import type { Table } from '../../store/dynamodb.ts';
import { INDEX_SHARDS, INDEXES, sessionAndPhase, unsealedKey } from '../../store/table.ts';

/** Lets nothing be issued that the ledger would not hear of in time. */
export interface SealLagGuard {
  /**
   * @param now epoch milliseconds
   * @throws Fault `ledger_behind`; `store_unavailable` when it cannot be told
   */
  check(now: number): Promise<void>;
}

/** Milliseconds that an answer serves this process: that all is well, and that it is not. */
const GOOD_FOR = 60_000;
const BAD_FOR = 10_000;

/** Sort keys are session ids and phases, which all lie between these. */
const FIRST = '0';
const LAST = '\uffff';

/**
 * Whether records wait for the ledger too long is asked of the sparse index of those that wait, by a function instance
 * once a minute at most: four queries of one key each, at the same time. A record is taken to be as old as its session,
 * which is what its key says; one that the reconciler wrote is a quarter of an hour younger than that.
 *
 * @param maxLagMs milliseconds that a record may wait before nothing more is issued
 */
export function sealLagGuard(table: Table, maxLagMs: number): SealLagGuard {
  let known: { readonly oldest: number; readonly askedAt: number } | undefined;

  /** Epoch milliseconds; infinite when none waits. */
  async function oldestWaiting(): Promise<number> {
    const range = { from: FIRST, to: LAST, order: 'oldest', limit: 1 } as const;
    const found = await Promise.all(
      Array.from({ length: INDEX_SHARDS }, (_, shard) =>
        table.keys({ index: INDEXES.unsealed, partition: unsealedKey(shard), ...range }),
      ),
    );
    return Math.min(...found.flat().map(({ sk }) => sessionTime(sessionAndPhase(String(sk)).sessionId)));
  }

  return {
    async check(now) {
      const isBehind = () => known !== undefined && now - known.oldest > maxLagMs;
      if (known === undefined || now - known.askedAt >= (isBehind() ? BAD_FOR : GOOD_FOR)) {
        const oldest = await oldestWaiting().catch((cause: unknown) => {
          throw new Fault('store_unavailable', 'how far the ledger is behind cannot be told', { cause });
        });
        known = { oldest, askedAt: now };
      }
      if (!isBehind()) return;
      const minutes = Math.floor((now - known.oldest) / 60_000);
      throw new Fault('ledger_behind', `a record has waited ${minutes} minutes for the ledger`, {
        retryAfterSeconds: 60,
      });
    },
  };
}
