import type { AuditRecord } from '../../lib/audit/record.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

const TEXTS = [
  ...['sessionId', 'time', 'action', 'role', 'permission', 'grant', 'denial', 'policyDigest'],
  ...['sourceIp', 'userAgent', 'reason', 'ticket', 'outcome', 'tokenSha256'],
];

/** An audit record, undefined for JSON that is none. It comes from a file, so every member that is used is looked at. */
export function auditRecord(value: Json | undefined): AuditRecord | undefined {
  if (!isJsonObject(value) || member(value, 'schema') !== 1) return undefined;
  const isRecord =
    ['intent', 'outcome'].includes(String(member(value, 'phase'))) &&
    TEXTS.every((name) => ['string', 'undefined'].includes(typeof member(value, name))) &&
    ['sessionId', 'time', 'action'].every((name) => member(value, name) !== undefined) &&
    Number.isFinite(Date.parse(String(member(value, 'time')))) &&
    isSeconds(member(value, 'requestedDurationSeconds'), 900) &&
    isSeconds(member(value, 'durationSeconds'), 0) &&
    isCaller(member(value, 'caller')) &&
    isClaims(member(value, 'claims')) &&
    isOmitted(member(value, 'claimsOmitted')) &&
    isTrace(member(value, 'trace'));
  return isRecord ? (value as unknown as AuditRecord) : undefined;
}

/** The record on a line of JSON. */
export function auditRecordOf(line: string | undefined): AuditRecord | undefined {
  return line === undefined ? undefined : auditRecord(parseJson(line));
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text) as Json;
  } catch {
    return undefined;
  }
}

function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isSeconds(value: Json | undefined, least: number): boolean {
  return value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= least);
}

function isCaller(value: Json | undefined): boolean {
  if (value === undefined) return true;
  return (
    isJsonObject(value) && ['issuer', 'subject', 'username'].every((name) => typeof member(value, name) === 'string')
  );
}

function isClaims(value: Json | undefined): boolean {
  return value === undefined || isJsonObject(value);
}

function isOmitted(value: Json | undefined): boolean {
  return value === undefined || Array.isArray(value);
}

function isTrace(value: Json | undefined): boolean {
  if (value === undefined) return true;
  const steps = isJsonObject(value) ? member(value, 'steps') : undefined;
  return Array.isArray(steps) && steps.every((step) => isJsonObject(step) && typeof member(step, 'grant') === 'string');
}
