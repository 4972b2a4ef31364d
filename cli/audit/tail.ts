import type { AuditRecord } from '../../lib/audit/record.ts';
import { sessionTime } from '../../lib/session-id.ts';
import type { Context } from '../context.ts';
import { say } from '../output.ts';
import { USER_AGENT } from '../user-agent.ts';
import { auditPages, type Query } from './pages.ts';
import { TailWindow } from './tail-window.ts';

export interface TailParts {
  readonly context: Context;
  /** Filters that hold for both records of a session or for none of them: the broker applies them. */
  readonly query: Query;
  /** The other filters: an intent has no outcome, no code and no access key, and is needed to follow the session. */
  readonly isWanted: (record: AuditRecord) => boolean;
  /** @returns false when nobody reads any more */
  readonly show: (records: readonly AuditRecord[]) => boolean;
}

/** The end of the log as it grows. */
export class Tail {
  readonly #parts: TailParts;
  /** Each reading is itself recorded. By this the own ones are told from all others. */
  readonly #userAgent = `${USER_AGENT} tail/${Math.random().toString(36).slice(2, 10)}`;
  #window: TailWindow | undefined;

  constructor(parts: TailParts) {
    this.#parts = parts;
  }

  /**
   * Shows the newest records, oldest first, and notes what else there is in the overlap.
   *
   * @returns false when nobody reads any more
   */
  async begin(lines: number, follow: boolean): Promise<boolean> {
    const { context, query } = this.#parts;
    const newest: AuditRecord[] = [];
    // A few more, for the readings of this command itself.
    const reading = { ...this.#reading(), pageSize: Math.min(lines + 20, 500) };
    for await (const { records, date } of auditPages(context, { ...query, order: 'newest' }, reading)) {
      this.#window ??= new TailWindow(date ?? newestTime(records) ?? context.now());
      newest.push(...this.#wanted(this.#window.fresh(records)).slice(0, lines - newest.length));
      const { since } = this.#window;
      const isOverlapRead = !follow || records.some(({ sessionId }) => sessionTime(sessionId) < since);
      if (newest.length === lines && isOverlapRead) break;
    }
    return this.#parts.show(newest.reverse());
  }

  /**
   * Shows what is new since the last complete reading. May be called again after it threw: nothing is lost then.
   *
   * @returns false when nobody reads any more
   */
  async poll(): Promise<boolean> {
    const { context, query, show } = this.#parts;
    const window = this.#window ?? new TailWindow(context.now());
    this.#window = window;
    const asked = { ...query, since: new Date(window.since).toISOString(), order: 'oldest' };
    let now: number | undefined;
    for await (const { records, date } of auditPages(context, asked, this.#reading())) {
      // The clock of the first page: what becomes durable while the others are read is for the next reading.
      now ??= date ?? newestTime(records);
      if (!show(this.#wanted(window.fresh(records)))) return false;
    }
    for (const sessionId of now === undefined ? [] : window.complete(now)) {
      say(`session ${sessionId} has no outcome, and is not followed any longer`);
    }
    const open = window.nextOpen();
    return open === undefined || this.#lookFor(open, window);
  }

  /** The outcome of a session that comes after the overlap. */
  async #lookFor(sessionId: string, window: TailWindow): Promise<boolean> {
    const asked = { session: sessionId, since: new Date(sessionTime(sessionId)).toISOString() };
    for await (const { records } of auditPages(this.#parts.context, asked, this.#reading())) {
      const outcome = window.closed(sessionId, records);
      if (outcome !== undefined) return this.#parts.show(this.#wanted([outcome]));
    }
    return true;
  }

  #wanted(records: readonly AuditRecord[]): AuditRecord[] {
    return records.filter((record) => record.userAgent !== this.#userAgent && this.#parts.isWanted(record));
  }

  #reading() {
    return { limit: Number.POSITIVE_INFINITY, userAgent: this.#userAgent };
  }
}

function newestTime(records: readonly AuditRecord[]): number | undefined {
  return records.length === 0 ? undefined : Math.max(...records.map(({ sessionId }) => sessionTime(sessionId)));
}
