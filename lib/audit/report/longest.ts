import { sessionTime } from '../../session-id.ts';
import type { AuditRecord } from '../record.ts';
import { instantOf } from './keyed.ts';
import type { LongSession } from './report.ts';

/** Sessions that are listed. */
const LISTED = 20;

/** The sessions that were good for the longest time; of those that are equal, the newest. */
export class Longest {
  #sessions: LongSession[] = [];

  add(record: AuditRecord): void {
    const { durationSeconds } = record;
    if (durationSeconds === undefined) return;
    const last = this.#sessions.at(-1);
    const { sessionId } = record;
    if (this.#sessions.length === LISTED && last !== undefined && order({ durationSeconds, sessionId }, last) > 0)
      return;
    this.#sessions = [...this.#sessions, longSession(record, durationSeconds)].sort(order).slice(0, LISTED);
  }

  listed(): LongSession[] {
    return this.#sessions;
  }
}

type Length = Pick<LongSession, 'durationSeconds' | 'sessionId'>;

function order(one: Length, other: Length): number {
  return other.durationSeconds - one.durationSeconds || (one.sessionId > other.sessionId ? -1 : 1);
}

function longSession(record: AuditRecord, durationSeconds: number): LongSession {
  const { sessionId, caller, role = '', durationLimitedBy, reason, ticket } = record;
  return {
    sessionId,
    username: caller?.username ?? '',
    role,
    at: instantOf(sessionTime(sessionId)),
    durationSeconds,
    ...(durationLimitedBy !== undefined && { limitedBy: durationLimitedBy }),
    ...(reason !== undefined && { reason }),
    ...(ticket !== undefined && { ticket }),
  };
}
