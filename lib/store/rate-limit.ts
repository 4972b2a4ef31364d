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

/** Of a caller's limit, what one function instance may hold ahead: a tenth. */
const LARGEST_LEASE = 0.1;

/** What this instance holds of a caller's minute. */
interface Lease {
  /** Taken from the counter and not used yet. */
  left: number;
  /** How much to take next time. */
  next: number;
}

/**
 * A fixed window of one minute per caller, shared by all functions through one atomic counter: never more than
 * the limit, whoever asks and wherever.
 *
 * A caller's first request of a minute takes one from the counter. Who comes back to the same instance is lent
 * 2, 4, … at a time, a tenth of the limit at most, so that a burst (Terraform with twenty roles) does not write
 * once per request. What an instance holds and does not use is lost to the others until the minute is over: a
 * burst that is spread over many instances can be refused somewhat before the limit, never after it.
 */
export function rateLimit(table: Table, perMinute: number): RateLimit {
  const largest = Math.max(1, Math.floor(perMinute * LARGEST_LEASE));
  let minute = '';
  let leases = new Map<string, Lease>();

  return {
    async take(caller, now) {
      const key = rateKey(caller.issuer, caller.subject, now);
      if (key.sk !== minute) {
        minute = key.sk;
        leases = new Map();
      }
      const lease = leases.get(key.pk) ?? { left: 0, next: 1 };
      leases.set(key.pk, lease);
      if (lease.left > 0) {
        lease.left -= 1;
        return;
      }
      const windowEnd = (Math.floor(now / 60_000) + 1) * 60;
      const takeFromCounter = (amount: number) =>
        table.countUp(key, amount, perMinute, windowEnd + 3600).catch((cause: unknown) => {
          throw new Fault('store_unavailable', 'the rate counter could not be written', { cause });
        });
      const amount = lease.next;
      if (await takeFromCounter(amount)) {
        lease.left += amount - 1;
        lease.next = Math.min(amount * 2, largest);
        return;
      }
      // The last few of the limit are taken one by one.
      lease.next = 1;
      if (amount > 1 && (await takeFromCounter(1))) return;
      throw new Fault('rate_limited', `more than ${perMinute} requests in this minute`, {
        retryAfterSeconds: Math.max(1, windowEnd - Math.floor(now / 1000)),
      });
    },
  };
}
