import { sessionIdOf, sessionTime } from '../../session-id.ts';
import type { AuditRecord } from '../record.ts';
import type { AssumeRoleEvent, EventCaller } from './assume-role-event.ts';
import { Callers } from './callers.ts';
import { contradicts, merged, type Recorded, recordedOf } from './session.ts';
import { Words } from './words.ts';

/** A session as both sides know it. */
export interface Session {
  recorded?: Recorded;
  /** A second outcome record that says something else. */
  contradicting?: Recorded;
  readonly calls: AssumeRoleEvent[];
}

/** Calls of one caller whose name leads to no session of their time. */
export interface ForeignCalls {
  readonly calls: Map<string, AssumeRoleEvent>;
  /** How many more there are that are not held. */
  more: number;
}

/**
 * A session's id tells its time, and so does its event. They are a call apart, and two clocks; whoever uses a name again
 * later is not who it was made for.
 */
const NAME_LASTS_MS = 15 * 60_000;

/** Calls under foreign names that are held of one caller; beyond that they are only counted. */
const HELD_FOREIGN = 1000;

/**
 * Records and events of a window, joined by the session id, which is in the name that STS was asked for. They come in any
 * order and any number of times; what is held is bounded by the sessions of the window.
 */
export class Tables {
  readonly sessions = new Map<string, Session>();
  readonly foreign = new Map<string, ForeignCalls>();
  readonly callers: Callers;
  readonly counts = { records: 0, calls: 0, duplicates: 0 };
  /** The time that CloudTrail's files speak of, epoch milliseconds. */
  readonly covered = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  readonly #words = new Words();
  /** Callers, each held once. */
  readonly #known = new Map<string, EventCaller>();
  readonly #since: number;
  readonly #until: number;

  /** @param window epoch milliseconds, the end exclusive */
  constructor(window: { readonly since: number; readonly until: number }, brokerRoles: readonly string[] | undefined) {
    this.#since = window.since;
    this.#until = window.until;
    this.callers = new Callers(brokerRoles);
  }

  addRecord(record: AuditRecord): void {
    if (!this.#isInWindow(sessionTime(record.sessionId))) return;
    this.counts.records += 1;
    const session = this.#session(record.sessionId);
    const next = this.#words.shareIn(recordedOf(record), [
      'phase',
      'outcome',
      'code',
      'role',
      'roleArn',
      'sourceIdentity',
    ]);
    if (session.recorded?.phase !== 'outcome') session.recorded = next;
    else if (next.phase === 'outcome' && contradicts(session.recorded, next)) session.contradicting = next;
  }

  /** An event of any kind: CloudTrail speaks of its time. */
  addTime(time: number): void {
    this.covered.from = Math.min(this.covered.from, time);
    this.covered.to = Math.max(this.covered.to, time);
  }

  addEvent(told: AssumeRoleEvent): void {
    const event = this.#shared(told);
    this.addTime(event.time);
    this.callers.meet(event.caller);
    const sessionId = event.sessionName === undefined ? undefined : sessionIdOf(event.sessionName);
    if (sessionId === undefined || Math.abs(sessionTime(sessionId) - event.time) > NAME_LASTS_MS) {
      this.#addForeign(event);
    } else if (this.#isInWindow(sessionTime(sessionId))) {
      const { calls } = this.#session(sessionId);
      const place = calls.findIndex(({ callId }) => callId === event.callId);
      const known = calls[place];
      if (known === undefined) calls.push(event);
      else calls[place] = merged(known, event);
      this.counts[known === undefined ? 'calls' : 'duplicates'] += 1;
    }
  }

  #shared(told: AssumeRoleEvent): AssumeRoleEvent {
    const event = this.#words.shareIn({ ...told }, ['roleArn', 'sourceIdentity', 'errorCode', 'source']);
    const { account, roleArn, roleId, other } = event.caller;
    const key = `${account} ${roleArn} ${roleId} ${other}`;
    const caller = this.#known.get(key) ?? event.caller;
    this.#known.set(key, caller);
    return { ...event, caller };
  }

  #addForeign(event: AssumeRoleEvent): void {
    // AWS's own services and people's users take roles all day; neither is the broker.
    if (event.caller.other !== undefined || !this.#isInWindow(event.time)) return;
    const key = event.caller.roleArn ?? event.caller.roleId ?? '';
    const held = this.foreign.get(key) ?? { calls: new Map(), more: 0 };
    this.foreign.set(key, held);
    const known = held.calls.get(event.callId);
    if (known === undefined && held.calls.size >= HELD_FOREIGN) held.more += 1;
    else held.calls.set(event.callId, known === undefined ? event : merged(known, event));
  }

  #session(sessionId: string): Session {
    let session = this.sessions.get(sessionId);
    if (session === undefined) {
      session = { calls: [] };
      this.sessions.set(sessionId, session);
    }
    return session;
  }

  #isInWindow(time: number): boolean {
    return time >= this.#since && time < this.#until;
  }
}
