import type { AuditRecord } from '../record.ts';
import { readEvent } from './assume-role-event.ts';
import type { Finding } from './finding.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import { Tables } from './tables.ts';

export interface ReconcileOptions extends JudgeOptions {
  /** Epoch ms, inclusive: sessions that began from then on. */
  readonly since: number;
  /** Epoch ms, exclusive. */
  readonly until: number;
  /** ARNs, or unique ids (`AROA…`), of the broker's role; undefined: learned from the events. */
  readonly brokerRoles: readonly string[] | undefined;
}

export interface Report {
  readonly brokerRoles: readonly string[];
  readonly counts: Readonly<
    Record<'records' | 'sessions' | 'calls' | 'duplicates' | 'matched' | 'discarded' | 'failed' | 'notYet', number>
  >;
  readonly settled: Judge['settled'];
  readonly findings: readonly Finding[];
}

/**
 * Audit records and CloudTrail's AssumeRole events, compared both ways: every session that was issued has its event,
 * every AssumeRole of the broker its record. No network, no clock, no files: they are read elsewhere and put in here, in
 * any order.
 */
export class Reconciliation {
  readonly #tables: Tables;
  readonly #options: ReconcileOptions;
  readonly #unreadable: Finding[] = [];

  constructor(options: ReconcileOptions) {
    this.#options = options;
    this.#tables = new Tables(options, options.brokerRoles);
  }

  addRecord(record: AuditRecord): void {
    this.#tables.addRecord(record);
  }

  /** An event as CloudTrail wrote it. @param source the file */
  addEvent(text: string, source: string): void {
    const reading = readEvent(text, source);
    if ('event' in reading) this.#tables.addEvent(reading.event);
    else if ('other' in reading) this.#tables.addTime(reading.other.time);
    else this.addUnreadable('file_unreadable', source, reading.problem);
  }

  /** Something that could not be read is a finding: nobody knows what was in it. */
  addUnreadable(kind: 'file_unreadable' | 'record_unreadable', source: string, message: string): void {
    this.#unreadable.push({ kind, source, message });
  }

  finish(): Report {
    const judge = new Judge(this.#tables, this.#options);
    judge.judge();
    const { sessions, callers, counts } = this.#tables;
    return {
      brokerRoles: callers.brokers,
      counts: { ...counts, sessions: sessions.size, ...judge.counts },
      settled: judge.settled.sort((one, other) => compare(one.time, other.time)),
      findings: [
        ...this.#unreadable,
        ...judge.findings.sort((one, other) => compare(one.time ?? '', other.time ?? '')),
      ],
    };
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
