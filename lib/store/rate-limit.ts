import { Fault } from '../fault.ts';
import type { Table } from './dynamodb.ts';
import { rateKey } from './table.ts';

export interface RateLimit {
  /**
   * Takes one of the caller's requests of this minute.
   *
   * @param now epoch milliseconds
   * @throws Fault `rate_limited` with the seconds left of the minute, `store_unavailable` when the counter
   *   cannot be reached: the limit fails closed
   */
  take(caller: { readonly issuer: string; readonly subject: string }, now: number): Promise<void>;
}

/** A fixed window of one minute per caller, shared by all functions through one atomic counter. */
export function rateLimit(table: Table, perMinute: number): RateLimit {
  return {
    async take(caller, now) {
      const key = rateKey(caller.issuer, caller.subject, now);
      const windowEnd = (Math.floor(now / 60_000) + 1) * 60;
      const room = await table.countUp(key, perMinute, windowEnd + 3600).catch((cause: unknown) => {
        throw new Fault('store_unavailable', 'the rate counter could not be written', { cause });
      });
      if (room) return;
      throw new Fault('rate_limited', `more than ${perMinute} requests in this minute`, {
        retryAfterSeconds: Math.max(1, windowEnd - Math.floor(now / 1000)),
      });
    },
  };
}
