import type { AuditRecord } from '../../lib/audit/record.ts';
import type { End } from './points.ts';

/** What came of one request. */
export interface Run {
  /** Stands in the request's records as `requestId`. */
  readonly id: string;
  /** Every byte that the client got. */
  readonly received: string;
  /** `SIGKILL` where the function died as ordered. */
  readonly signal: NodeJS.Signals | null;
  /** What the function said where it did not. */
  readonly errors: string;
}

/** An AssumeRole call as CloudTrail tells it to the broker's account. */
export interface AssumeRoleCall {
  readonly roleSessionName: string;
  /** Of the credentials that were issued; undefined when the call was refused. */
  readonly accessKeyId: string | undefined;
}

const SESSION_ID_LENGTH = 26;

/** A secret that left, or an answer that begins like one that holds it. */
const RELEASED = /^HTTP\/1\.1 (?:200|303) |ASIA[A-Z2-7]{16}|SigninToken/;

/**
 * What does not hold of the promises, in words; nothing when all do. Records, what AWS issued, and what clients got are
 * three accounts of the same requests, none made from another.
 *
 * - I1: nothing is asked of STS without an intent.
 * - I2: no credentials leave without a durable `issued`, of these very credentials.
 * - I3: every intent ends `issued`, `failed` or `unresolved`.
 * - I5: who is denied is on record.
 *
 * I4, that checkpoints are consistent, is for the ledger's own verifier.
 */
export function brokenPromises(
  records: readonly AuditRecord[],
  calls: readonly AssumeRoleCall[],
  runs: readonly Run[],
): string[] {
  return [...ofCalls(records, calls), ...ofRecords(records, calls), ...ofRuns(records, runs)];
}

function ofCalls(records: readonly AuditRecord[], calls: readonly AssumeRoleCall[]): string[] {
  const intents = new Set(records.flatMap((one) => (one.phase === 'intent' ? [one.roleSessionName] : [])));
  const issued = new Set<string>();
  return calls.flatMap(({ roleSessionName, accessKeyId }) => {
    const problems: string[] = [];
    if (!intents.has(roleSessionName)) problems.push(`I1: STS was asked for ${roleSessionName} without an intent`);
    if (issued.has(roleSessionName)) problems.push(`STS issued ${roleSessionName} twice`);
    if (accessKeyId !== undefined) issued.add(roleSessionName);
    return problems;
  });
}

function ofRecords(records: readonly AuditRecord[], calls: readonly AssumeRoleCall[]): string[] {
  const outcomes = new Map(records.flatMap((one) => (one.phase === 'outcome' ? [[one.sessionId, one]] : [])));
  const issuedKeys = new Map(
    calls.map(({ roleSessionName, accessKeyId }) => [roleSessionName.slice(0, SESSION_ID_LENGTH), accessKeyId]),
  );
  return records.flatMap(({ phase, sessionId, requestId, outcome, accessKeyId }) => {
    if (phase === 'outcome') {
      if (outcome !== 'issued' || issuedKeys.get(sessionId) === accessKeyId) return [];
      return [`the record of ${requestId} says issued, and AWS issued no such credentials`];
    }
    const end = outcomes.get(sessionId)?.outcome;
    if (end === 'issued' || end === 'failed' || end === 'unresolved') return [];
    return [`I3: the intent of ${requestId} ended ${end ?? 'not at all'}`];
  });
}

/** What the ledger says of a request in the end; undefined: it was left open. @param own records of the request */
export function endOf(own: readonly AuditRecord[]): End | undefined {
  if (own.length === 0) return 'nothing';
  return own.find(({ phase }) => phase === 'outcome')?.outcome;
}

function ofRuns(records: readonly AuditRecord[], runs: readonly Run[]): string[] {
  const byRun = Map.groupBy(records, ({ requestId }) => requestId);
  return runs.flatMap(({ id, received }) => {
    const own = byRun.get(id) ?? [];
    const problems: string[] = [];
    if (new Set(own.map(({ sessionId }) => sessionId)).size > 1) problems.push(`${id} has several sessions`);
    const outcome = own.find(({ phase }) => phase === 'outcome');
    const end = endOf(own);
    const key = /ASIA[A-Z2-7]{16}/.exec(received)?.[0];
    if (RELEASED.test(received) && (end !== 'issued' || (key !== undefined && key !== outcome?.accessKeyId))) {
      problems.push(`I2: ${id} released credentials, its record says ${end}`);
    }
    if (received.startsWith('HTTP/1.1 403 ') && end !== 'denied') {
      problems.push(`I5: ${id} was denied, its record says ${end}`);
    }
    return problems;
  });
}
