import type { AuditRecord } from '../../lib/audit/record.ts';
import { MIN_SESSION_SECONDS } from '../../lib/iam/limits.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

const TEXTS = [
  'phase',
  'sessionId',
  'time',
  'action',
  'tokenSha256',
  'role',
  'roleArn',
  'permission',
  'grant',
  'denial',
  'outcome',
  'policyDigest',
  'sourceIp',
  'userAgent',
  'reason',
  'ticket',
] as const;
const CALLER = ['issuer', 'subject', 'username'] as const;

/** Whether a value claims to be an audit record: then it is one, or wrong, and never the claims of somebody. */
export function looksLikeRecord(value: JsonObject): boolean {
  return value['schema'] === 1 && typeof value['sessionId'] === 'string' && typeof value['phase'] === 'string';
}

/**
 * The audit record that a line of an export holds, or undefined when it holds none. An export is a file like any other:
 * every member that a review reads is what it must be.
 */
export function auditRecordOf(value: Json | undefined): AuditRecord | undefined {
  if (!isJsonObject(value) || !looksLikeRecord(value)) return undefined;
  const { caller, claims, claimsOmitted, requestedDurationSeconds, durationSeconds, time, phase, trace } = value;
  const isWhole =
    TEXTS.every((name) => isTextOrAbsent(value[name])) &&
    (phase === 'intent' || phase === 'outcome') &&
    typeof value['action'] === 'string' &&
    Number.isFinite(Date.parse(String(time))) &&
    (caller === undefined || (isJsonObject(caller) && CALLER.every((name) => typeof caller[name] === 'string'))) &&
    (claims === undefined || isJsonObject(claims)) &&
    (claimsOmitted === undefined || (Array.isArray(claimsOmitted) && claimsOmitted.every(isTextOrAbsent))) &&
    isSecondsOrAbsent(requestedDurationSeconds) &&
    isSecondsOrAbsent(durationSeconds) &&
    isTraceOrAbsent(trace);
  return isWhole ? (value as unknown as AuditRecord) : undefined;
}

/** The record on a line of JSON; undefined for any other line. */
export function auditRecordOn(line: string | undefined): AuditRecord | undefined {
  return auditRecordOf(jsonOn(line));
}

/** The JSON value of a line; a byte order mark before the first one is not part of it. */
export function jsonOn(line = ''): Json | undefined {
  try {
    return JSON.parse(line.startsWith('\ufeff') ? line.slice(1) : line) as Json;
  } catch {
    return undefined;
  }
}

function isTraceOrAbsent(value: Json | undefined): boolean {
  if (value === undefined) return true;
  const steps = isJsonObject(value) ? value['steps'] : undefined;
  return Array.isArray(steps) && steps.every((step) => isJsonObject(step) && typeof step['grant'] === 'string');
}

function isTextOrAbsent(value: Json | undefined): boolean {
  return value === undefined || typeof value === 'string';
}

function isSecondsOrAbsent(value: Json | undefined): boolean {
  return value === undefined || (Number.isInteger(value) && Number(value) >= MIN_SESSION_SECONDS);
}
