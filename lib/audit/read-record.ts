import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { isSessionId, sessionTime } from '../session-id.ts';
import type { AuditOutcome, AuditRecord } from './record.ts';

/** An audit record that came from outside, or why it is none. */
export type RecordReading =
  | { readonly record: AuditRecord }
  | {
      readonly problem: string;
      /** `01KAN… (outcome)`, as far as it can be told; undefined when nothing names it. */
      readonly name?: string;
    };

const TEXTS = [
  'requestId',
  'action',
  'via',
  'signIn',
  'outcome',
  'tokenSha256',
  'role',
  'roleArn',
  'account',
  'accountId',
  'permission',
  'grant',
  'denial',
  'traceDigest',
  'policyDigest',
  'sourceIp',
  'userAgent',
  'reason',
  'ticket',
  'durationLimitedBy',
  'requestedSessionName',
  'roleSessionName',
  'sourceIdentity',
  'destination',
  'accessKeyId',
  'expiration',
  'stsRequestId',
  'code',
  'detail',
] as const satisfies readonly (keyof AuditRecord)[];

const NUMBERS = ['requestedDurationSeconds', 'durationSeconds'] as const satisfies readonly (keyof AuditRecord)[];

const OUTCOMES: readonly string[] = [
  'issued',
  'allowed',
  'denied',
  'refused',
  'failed',
  'unresolved',
] satisfies readonly AuditOutcome[];

/** Epoch ms of the year 10000: RFC 3339 has four digits for a year, a session id could say a later one. */
const END_OF_RFC3339 = 253_402_300_800_000;

/**
 * A record of an export or of a broker, checked as far as whoever reads it relies on it: the schema is one we know, the
 * session id tells a time, and what should be a text is one. Members we do not know are left as they are.
 */
export function readRecord(value: unknown): RecordReading {
  const record = value as Json | undefined;
  if (!isJsonObject(record)) return { problem: 'it is no JSON object' };
  const problem = problemOf(record);
  if (problem === undefined) return { record: record as unknown as AuditRecord };
  const name = nameOf(record);
  return { problem, ...(name !== undefined && { name }) };
}

function problemOf(record: JsonObject): string | undefined {
  const { schema, sessionId, phase, time, caller } = record;
  if (schema !== 1) return `its schema is ${schema === undefined ? 'missing' : JSON.stringify(schema)}, known is 1`;
  if (typeof sessionId !== 'string' || !isSessionId(sessionId)) return 'its sessionId is no session id';
  if (sessionTime(sessionId) >= END_OF_RFC3339) return 'its sessionId is of a time that no calendar here has';
  if (phase !== 'intent' && phase !== 'outcome') return 'its phase is neither intent nor outcome';
  if (typeof time !== 'string' || !Number.isFinite(Date.parse(time))) return 'its time is no time';
  if (typeof record['action'] !== 'string') return 'its action is missing';
  const { outcome } = record;
  if (phase === 'outcome' && (typeof outcome !== 'string' || !OUTCOMES.includes(outcome))) {
    return 'its outcome is none that schema 1 knows';
  }
  const text = TEXTS.find((name) => record[name] !== undefined && typeof record[name] !== 'string');
  if (text !== undefined) return `its ${text} is no text`;
  const number = NUMBERS.find((name) => record[name] !== undefined && !isLength(record[name]));
  if (number !== undefined) return `its ${number} is no number of seconds`;
  return caller === undefined || isCaller(caller) ? undefined : 'its caller has no issuer, subject and username';
}

function isLength(value: Json | undefined): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isCaller(value: Json): boolean {
  return isJsonObject(value) && ['issuer', 'subject', 'username'].every((name) => typeof value[name] === 'string');
}

function nameOf({ sessionId, phase }: JsonObject): string | undefined {
  if (typeof sessionId !== 'string' || !/^[0-9A-Z]{1,64}$/.test(sessionId)) return undefined;
  return phase === 'intent' || phase === 'outcome' ? `${sessionId} (${phase})` : sessionId;
}
