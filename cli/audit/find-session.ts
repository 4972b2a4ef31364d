import { type Disagreement, disagreements, type Evidence } from '../../lib/audit/evidence.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { sessionTime } from '../../lib/session-id.ts';
import type { Context } from '../context.ts';
import { auditPages, type Query } from './pages.ts';

/** A session of the log that the evidence may be of. */
export interface Found {
  readonly evidence: Evidence;
  /** Its outcome, or its intent while there is none. */
  readonly record: AuditRecord;
  /**
   * What it was found by. A source identity is kept through role chaining, where session name and access key are the
   * next role's: so it names the person, and only maybe the session.
   */
  readonly by: 'session' | 'accessKeyId' | 'sourceIdentity';
  readonly disagreements: readonly Disagreement[];
}

/** Milliseconds: the longest that a session which the broker issues is good for. */
const LONGEST_SESSION = 43_200_000;
/** Sessions of one person that are listed. */
const MOST = 100;

/** The log begins before any record does. */
const ALL_TIME: Query = { since: '2000-01-01T00:00:00Z', order: 'oldest' };

/**
 * Looks the evidence up by the surest way there is: the session id in the session name, the access key id, and where
 * neither leads to a record and the time is known, the source identity.
 */
export async function findSessions(context: Context, evidence: Evidence): Promise<Found[]> {
  const { sessionId, accessKeyId, sourceIdentity, time } = evidence;
  if (sessionId !== undefined) {
    const records = await all(context, { ...ALL_TIME, session: sessionId });
    if (records.length > 0) return found(evidence, 'session', newestOf(records));
  }
  if (accessKeyId !== undefined) {
    const records = await all(context, { ...ALL_TIME, accessKeyId });
    if (records.length > 0) return found(evidence, 'accessKeyId', records);
  }
  if (sourceIdentity === undefined || time === undefined) return [];
  const span = { since: iso(time - LONGEST_SESSION), until: iso(time + 1) };
  const issued = await all(context, { ...span, caller: sourceIdentity, outcome: 'issued', order: 'newest' });
  const good = issued.filter(({ expiration }) => expiration === undefined || Date.parse(expiration) > time);
  // The next role's name and key are not this session's, and that is no contradiction.
  const { shown } = evidence;
  return found({ shown, sourceIdentity, time }, 'sourceIdentity', good);
}

function found(evidence: Evidence, by: Found['by'], records: readonly AuditRecord[]): Found[] {
  return records.map((record) => ({ evidence, record, by, disagreements: disagreements(evidence, record) }));
}

/** The outcome says all that the intent says. */
function newestOf(records: readonly AuditRecord[]): AuditRecord[] {
  const record = records.find(({ phase }) => phase === 'outcome') ?? records[0];
  return record === undefined ? [] : [record];
}

async function all(context: Context, query: Query): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const page of auditPages(context, query, { limit: MOST })) records.push(...page.records);
  return records;
}

/** Whether the credentials still work, as far as the log can tell. */
export function validity(
  record: AuditRecord,
  now: number,
): { readonly isValid: boolean; readonly secondsLeft: number } {
  const end = record.outcome === 'issued' ? Date.parse(record.expiration ?? '') : Number.NaN;
  const secondsLeft = Number.isFinite(end) ? Math.floor((end - now) / 1000) : 0;
  return { isValid: secondsLeft > 0, secondsLeft };
}

/** RFC 3339: when the session was asked for. */
export function beganAt(record: AuditRecord): string {
  return iso(sessionTime(record.sessionId));
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
