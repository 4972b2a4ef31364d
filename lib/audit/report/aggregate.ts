import type { AccessPolicy } from '../../access/policy.ts';
import { sessionTime } from '../../session-id.ts';
import type { AuditOutcome, AuditRecord } from '../record.ts';
import { DenialCount } from './denials.ts';
import { GrantCount } from './grants.ts';
import { instantOf, keepLatest } from './keyed.ts';
import { Longest } from './longest.ts';
import type { AuditReport, Period } from './report.ts';
import { TimeUse } from './time-use.ts';
import { Usage } from './usage.ts';

/** Epoch ms. */
export interface ReportPeriod {
  /** Inclusive; undefined: from the first record on. */
  readonly since?: number | undefined;
  /** Exclusive; undefined: to the last record. */
  readonly until?: number | undefined;
  /** Where the baseline begins, inclusive: it ends at `since`. Undefined: records before `since` are left out. */
  readonly baseline?: number | undefined;
}

/**
 * Reads records, in any order, and keeps what the report needs of them: memory grows with the people, roles, grants and
 * days there are, not with the records. A session is counted by its outcome; its intent only tells whether one is
 * missing.
 */
export class ReportBuilder {
  readonly #asked: ReportPeriod;
  readonly #usage = new Usage();
  readonly #denials = new DenialCount();
  readonly #grants = new GrantCount();
  readonly #time = new TimeUse();
  readonly #longest = new Longest();
  readonly #outcomes: Record<AuditOutcome, number> = {
    issued: 0,
    allowed: 0,
    denied: 0,
    refused: 0,
    failed: 0,
    unresolved: 0,
  };
  /** Digest of an access policy → the time of its newest record. */
  readonly #digests = new Map<string, number>();
  #records = 0;
  #recordsBefore = 0;
  #intents = 0;
  #ended = 0;
  #earliest = Number.POSITIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;

  constructor(asked: ReportPeriod) {
    this.#asked = asked;
  }

  add(record: AuditRecord): void {
    const time = sessionTime(record.sessionId);
    const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, baseline } = this.#asked;
    if (time >= until) return;
    if (time < since) {
      if (baseline !== undefined && time >= baseline) this.#addBefore(record);
      return;
    }
    this.#records += 1;
    this.#earliest = Math.min(this.#earliest, time);
    this.#latest = Math.max(this.#latest, time);
    if (record.policyDigest !== undefined) keepLatest(this.#digests, record.policyDigest, time);
    if (record.phase === 'intent') this.#intents += 1;
    else this.#addOutcome(record);
  }

  /**
   * @param made epoch ms: now
   * @param policy with all grants that there are, to tell which were not used
   */
  finish(made: number, policy?: AccessPolicy): AuditReport {
    const period = this.#period();
    const roles = this.#usage.roles();
    const people = this.#usage.people();
    const accounts = this.#usage.accounts();
    const { baseline } = this.#asked;
    const { issued, ...outcomes } = this.#outcomes;
    return {
      report: 'daypass-audit',
      version: 1,
      made: instantOf(made),
      period,
      ...(baseline !== undefined && {
        baseline: { since: instantOf(baseline), until: period.since, records: this.#recordsBefore },
      }),
      totals: {
        sessions: issued,
        people: people.filter(({ sessions }) => sessions > 0).length,
        roles: roles.length,
        accounts: accounts.length,
        outcomes,
        unfinished: Math.max(0, this.#intents - this.#ended),
      },
      policyDigests: [...this.#digests].sort(([, one], [, other]) => one - other).map(([digest]) => digest),
      roles,
      people,
      accounts,
      ...this.#denials.listed(),
      firstAccess: this.#usage.firstAccess(),
      longest: this.#longest.listed(),
      days: this.#time.days(Date.parse(period.since), Date.parse(period.until)),
      hours: this.#time.hours(),
      ...(policy !== undefined && { grants: this.#grants.use(policy, new Set(roles.map(({ role }) => role))) }),
    };
  }

  /** Of the time before the period it only matters what was there already. */
  #addBefore(record: AuditRecord): void {
    this.#recordsBefore += 1;
    if (record.outcome === 'issued') this.#usage.addBefore(record);
    if (record.outcome === 'issued' || record.outcome === 'allowed') this.#grants.addBefore(record);
  }

  #addOutcome(record: AuditRecord): void {
    const { outcome } = record;
    if (outcome === undefined || !Object.hasOwn(this.#outcomes, outcome)) return;
    this.#outcomes[outcome] += 1;
    // A session gets its name right before its intent is written.
    if (record.roleSessionName !== undefined) this.#ended += 1;
    if (outcome === 'issued' || outcome === 'allowed') this.#grants.add(record);
    if (outcome === 'allowed') return;
    this.#time.add(sessionTime(record.sessionId), outcome === 'issued');
    if (outcome === 'issued') {
      this.#usage.addSession(record);
      this.#longest.add(record);
    } else {
      this.#usage.addRefusal(record);
      this.#denials.add(record, outcome);
    }
  }

  #period(): Period {
    const { since, until } = this.#asked;
    const earliest = Number.isFinite(this.#earliest) ? this.#earliest : (until ?? since ?? 0);
    const latest = Number.isFinite(this.#latest) ? this.#latest + 1 : (since ?? until ?? 0);
    return { since: instantOf(since ?? earliest), until: instantOf(until ?? latest), records: this.#records };
  }
}
