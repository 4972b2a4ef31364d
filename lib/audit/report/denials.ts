import { sessionTime } from '../../session-id.ts';
import type { AuditOutcome, AuditRecord } from '../record.ts';
import { Frequent } from './frequent.ts';
import { instantOf, keyOf } from './keyed.ts';
import type { Count, Denial } from './report.ts';

/** Distinct denials that are told apart. Roles are counted as asked for, so somebody could make up any number. */
const CAPACITY = 20_000;

interface Counted {
  readonly denial: Omit<Denial, 'count' | 'last'>;
  count: number;
  last: number;
}

/** Where requests got nothing, so that the places stand out where people knock in vain. */
export class DenialCount {
  readonly #denials = new Frequent<Counted>(CAPACITY);
  readonly #reasons = new Frequent<Counted>(CAPACITY);

  add({ caller, role, denial, code, sessionId }: AuditRecord, outcome: AuditOutcome): void {
    const time = sessionTime(sessionId);
    const reason = denial ?? code ?? outcome;
    const username = caller?.username;
    const where = {
      outcome,
      reason,
      ...(username !== undefined && { username }),
      ...(role !== undefined && { role }),
    };
    const make = (): Counted => ({ denial: where, count: 0, last: 0 });
    const key = keyOf(outcome, reason, role ?? '', caller?.issuer ?? '', username ?? '');
    for (const counted of [this.#denials.at(key, make), this.#reasons.at(keyOf(outcome, reason), make)]) {
      counted.count += 1;
      counted.last = Math.max(counted.last, time);
    }
  }

  /** The most frequent first. */
  listed(): { denials: Denial[]; denialsByReason: Count[]; denialsNotListed: number } {
    return {
      denials: sorted(this.#denials).map(({ denial, count, last }) => ({ ...denial, count, last: instantOf(last) })),
      denialsByReason: sorted(this.#reasons).map(({ denial: { outcome, reason }, count }) => ({
        outcome,
        reason,
        count,
      })),
      denialsNotListed: this.#denials.notListed,
    };
  }
}

function sorted(counts: Frequent<Counted>): Counted[] {
  return counts.values().sort((one, other) => other.count - one.count || other.last - one.last);
}
