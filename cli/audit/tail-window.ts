import type { AuditRecord } from '../../lib/audit/record.ts';
import { sessionTime } from '../../lib/session-id.ts';

/**
 * Milliseconds by which each reading goes back behind the one before. Records are ordered by when their request began,
 * and become durable later: a function lives 20 seconds, an index and the clocks of several functions take a moment.
 */
export const OVERLAP_MS = 60_000;

/** Milliseconds for which an intent is followed whose outcome the overlap does not cover: a reconciler writes it. */
export const FOLLOW_MS = 2 * 3_600_000;
/** Open sessions that are followed. */
const MOST_OPEN = 1_000;

/**
 * What has been shown of a log that grows, so that every record is shown once.
 *
 * A reading takes all records whose request began after `since`. It becomes the next one's `since`, less the overlap,
 * once it is complete, by the broker's own clock; of what was read before in the overlap, the keys are remembered.
 * What may come even later is the outcome of a session whose intent was seen: it is looked for by its id.
 */
export class TailWindow {
  #since: number;
  readonly #seen = new Set<string>();
  /** Session → when its request began. Its intent was seen and its outcome was not. */
  readonly #open = new Map<string, number>();

  /** @param now the broker's clock, epoch ms */
  constructor(now: number) {
    this.#since = now - OVERLAP_MS;
  }

  /** Epoch ms from which the next reading has to begin. */
  get since(): number {
    return this.#since;
  }

  /** Those of the records that were not shown yet. */
  fresh(records: readonly AuditRecord[]): AuditRecord[] {
    return records.filter((record) => {
      const key = `${record.sessionId}#${record.phase}`;
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      this.#follow(record);
      return true;
    });
  }

  /**
   * To be called after a reading that was complete.
   *
   * @param now the broker's clock when the reading began, epoch ms
   * @returns sessions that are no longer followed, without an outcome
   */
  complete(now: number): string[] {
    this.#since = Math.max(this.#since, now - OVERLAP_MS);
    for (const key of this.#seen) if (sessionTime(key) < this.#since) this.#seen.delete(key);
    const givenUp = [...this.#open].filter(
      ([, time], index) => time < now - FOLLOW_MS || index < this.#open.size - MOST_OPEN,
    );
    for (const [sessionId] of givenUp) this.#open.delete(sessionId);
    return givenUp.map(([sessionId]) => sessionId);
  }

  /** A session whose outcome readings will not show; another one each time. */
  nextOpen(): string | undefined {
    for (const [sessionId, time] of this.#open) {
      if (time >= this.#since) continue;
      this.#open.delete(sessionId);
      this.#open.set(sessionId, time);
      return sessionId;
    }
    return undefined;
  }

  /** The outcome among the records of an open session, if there is one by now. */
  closed(sessionId: string, records: readonly AuditRecord[]): AuditRecord | undefined {
    const outcome = records.find((record) => record.sessionId === sessionId && record.phase === 'outcome');
    return outcome !== undefined && this.#open.delete(sessionId) ? outcome : undefined;
  }

  #follow({ sessionId, phase }: AuditRecord): void {
    if (phase === 'outcome') this.#open.delete(sessionId);
    else if (!this.#seen.has(`${sessionId}#outcome`)) this.#open.set(sessionId, sessionTime(sessionId));
  }
}
