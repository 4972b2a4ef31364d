import { sessionTime } from '../../session-id.ts';
import type { AssumeRoleEvent } from './assume-role-event.ts';
import type { Finding, FindingKind, Revocable } from './finding.ts';
import { differences, merged, type Recorded } from './session.ts';
import type { Session, Tables } from './tables.ts';

export interface JudgeOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Milliseconds within which CloudTrail may still deliver an event. */
  readonly delayMs: number;
}

/** What became of the sessions. */
export class Judge {
  readonly findings: Finding[] = [];
  /** Sessions of which nobody knew whether they were issued: CloudTrail has that time, and no credentials. */
  readonly settled: { readonly sessionId: string; readonly time: string }[] = [];
  readonly counts = { matched: 0, discarded: 0, failed: 0, notYet: 0 };
  readonly #tables: Tables;
  readonly #options: JudgeOptions;

  constructor(tables: Tables, options: JudgeOptions) {
    this.#tables = tables;
    this.#options = options;
  }

  /** To be called once, when everything is in the tables. */
  judge(): void {
    const { sessions, callers } = this.#tables;
    for (const { recorded, calls } of sessions.values()) {
      const own = recorded?.outcome === 'issued' && calls.find((call) => call.accessKeyId === recorded.accessKeyId);
      if (own && own.accessKeyId !== undefined) callers.provenBroker(own.caller);
    }
    for (const [sessionId, session] of sessions) this.#session(sessionId, session);
    this.#foreign();
  }

  #session(sessionId: string, { recorded, contradicting, calls }: Session): void {
    const issued = calls.filter(({ accessKeyId }) => accessKeyId !== undefined);
    if (recorded === undefined) {
      this.#unrecorded(sessionId, calls);
      return;
    }
    if (contradicting !== undefined) {
      const message = `two outcome records: ${said(recorded)}, and ${said(contradicting)}`;
      this.#find('records_differ', recorded.time, message, { sessionId });
    }
    switch (recorded.phase === 'intent' ? 'unresolved' : recorded.outcome) {
      case 'issued':
        this.#issued(sessionId, recorded, issued, calls, 'matched');
        break;
      case 'unresolved':
        if (issued.length === 0) this.#settle(sessionId, recorded);
        else this.#issuedAfterAll(sessionId, recorded, issued);
        break;
      case 'failed':
        if (isDiscarded(recorded)) this.#issued(sessionId, recorded, issued, calls, 'discarded');
        else if (issued.length === 0) this.counts.failed += 1;
        else this.#issuedAfterAll(sessionId, recorded, issued);
        break;
      default:
        this.#issuedAfterAll(sessionId, recorded, issued);
        for (const call of calls) {
          if (call.errorCode === undefined) continue;
          const message = `${said(recorded)}, but STS was asked and refused (${call.errorCode})`;
          this.#find('asked_after_all', call, message, { sessionId });
        }
    }
  }

  #unrecorded(sessionId: string, calls: readonly AssumeRoleEvent[]): void {
    for (const call of calls) {
      // Session ids are nobody's property: another role may give names that look like Daypass's.
      if (this.#tables.callers.isBroker(call.caller) === 'no') continue;
      if (this.#isYoung(call.time)) {
        this.counts.notYet += 1;
        continue;
      }
      const what = call.errorCode === undefined ? 'gave credentials for' : `refused (${call.errorCode})`;
      const message = `STS ${what} ${roleOf(call)} as ${call.sessionName}, and there is no record`;
      this.#find('record_missing', call, message, { sessionId, revoke: revocable(call) });
    }
  }

  #issued(
    sessionId: string,
    recorded: Recorded,
    issued: readonly AssumeRoleEvent[],
    calls: readonly AssumeRoleEvent[],
    counted: 'matched' | 'discarded',
  ): void {
    const own = issued.find(({ accessKeyId }) => accessKeyId === recorded.accessKeyId) ?? issued[0];
    if (own === undefined) {
      this.#unseen(sessionId, recorded, calls[0]?.errorCode);
      return;
    }
    const { callers } = this.#tables;
    const differing = differences(own, recorded);
    const foreign = callers.isBroker(own.caller) === 'no';
    const about = { sessionId, revoke: revocable(own) };
    if (differing.length > 0) this.#find('event_differs', own, differing.join('; '), about);
    if (foreign) {
      const message = `${callers.nameOf(own.caller)} asked for it, which is not the broker`;
      this.#find('foreign_caller', own, message, about);
    }
    if (differing.length === 0 && !foreign) this.counts[counted] += 1;
    for (const call of issued) {
      if (call === own) continue;
      const message = `STS gave credentials once more for ${roleOf(call)} (key ${call.accessKeyId})`;
      this.#find('second_session', call, message, { sessionId, revoke: revocable(call) });
    }
  }

  /** Recorded as issued, and no event says so. */
  #unseen(sessionId: string, recorded: Recorded, refusal: string | undefined): void {
    if (this.#isYoung(sessionTime(sessionId))) {
      this.counts.notYet += 1;
      return;
    }
    const why =
      refusal === undefined ? 'CloudTrail has no such event' : `CloudTrail says that STS refused (${refusal})`;
    const message = `${said(recorded)}, but ${why}`;
    this.#find('event_missing', recorded.time, message, { sessionId, revoke: revocable(recorded) });
  }

  /** Nobody knew whether STS gave credentials. Without an event it did not, where CloudTrail has that time. */
  #settle(sessionId: string, recorded: Recorded): void {
    const { from, to } = this.#tables.covered;
    const time = sessionTime(sessionId);
    // CloudTrail tells whole seconds.
    const second = time - (time % 1000);
    if (this.#isYoung(time)) this.counts.notYet += 1;
    else if (second >= from && second <= to) this.settled.push({ sessionId, time: recorded.time });
    else {
      const message = `${said(recorded)}, and CloudTrail’s files have nothing of that time`;
      this.#find('unsettled', recorded.time, message, { sessionId });
    }
  }

  #issuedAfterAll(sessionId: string, recorded: Recorded, issued: readonly AssumeRoleEvent[]): void {
    for (const call of issued) {
      const message = `${said(recorded)}, but STS gave credentials for ${roleOf(call)} (key ${call.accessKeyId})`;
      this.#find('issued_after_all', call, message, { sessionId, revoke: revocable(call) });
    }
  }

  #foreign(): void {
    const { foreign, callers, counts } = this.#tables;
    // Both accounts tell of a call, one with the caller's ARN and one with the id: it is one call.
    const calls = new Map<string, AssumeRoleEvent>();
    for (const held of foreign.values()) {
      for (const [callId, call] of held.calls) {
        const known = calls.get(callId);
        calls.set(callId, known === undefined ? call : merged(known, call));
      }
    }
    for (const call of calls.values()) {
      const broker = callers.isBroker(call.caller);
      // With neither a name for the broker nor a session of its own, any role could be it.
      if (broker === 'no' || (broker === 'unknown' && !callers.areNamed)) continue;
      counts.calls += 1;
      const what = call.errorCode === undefined ? 'took' : `was refused (${call.errorCode})`;
      const message = `${callers.nameOf(call.caller)} ${what} ${roleOf(call)} as “${call.sessionName ?? ''}”, which is no session of that time`;
      this.#find(broker === 'yes' ? 'foreign_session' : 'caller_unknown', call, message, { revoke: revocable(call) });
    }
    for (const { calls: held, more } of foreign.values()) {
      const [first] = held.values();
      if (more === 0 || first === undefined || callers.isBroker(first.caller) !== 'yes') continue;
      const message = `${more} more such calls by ${callers.nameOf(first.caller)}`;
      this.#find('foreign_session', first, message, {});
    }
  }

  #find(
    kind: FindingKind,
    at: AssumeRoleEvent | string,
    message: string,
    { sessionId, revoke }: { readonly sessionId?: string; readonly revoke?: Revocable },
  ): void {
    const place =
      typeof at === 'string' ? { time: at } : { time: iso(at.time), eventId: at.eventId, source: at.source };
    // What has ended needs nobody's hand any more.
    const works = revoke?.accessKeyId !== undefined && !(Date.parse(revoke.until ?? '') <= this.#options.now);
    this.findings.push({
      kind,
      message,
      ...place,
      ...(sessionId !== undefined && { sessionId }),
      ...(works && { revoke }),
    });
  }

  #isYoung(time: number): boolean {
    return time > this.#options.now - this.#options.delayMs;
  }
}

/** STS gave credentials, as the record says, and they were thrown away when no console came of them. */
function isDiscarded({ accessKeyId, code }: Recorded): boolean {
  return accessKeyId !== undefined && code?.startsWith('console_') === true;
}

function revocable(from: AssumeRoleEvent | Recorded): Revocable {
  const { roleArn, accessKeyId, expiration } = from;
  return {
    roleArn,
    roleSessionName: 'callId' in from ? from.sessionName : from.roleSessionName,
    accessKeyId,
    until: typeof expiration === 'number' ? iso(expiration) : expiration,
  };
}

function roleOf({ roleArn }: AssumeRoleEvent): string {
  return roleArn ?? 'a role that the event does not name';
}

function said({ phase, outcome, code }: Recorded): string {
  if (phase === 'intent') return 'there is no record of the outcome';
  return `the record says “${outcome}”${code === undefined ? '' : ` (${code})`}`;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
