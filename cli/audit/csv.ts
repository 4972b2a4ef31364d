import type { AuditRecord } from '../../lib/audit/record.ts';
import { printable } from '../text.ts';

/** Columns of the CSV, in this order for good: new ones come at the end. */
const COLUMNS: readonly (readonly [name: string, cell: (record: AuditRecord) => string | number | undefined])[] = [
  ['time', ({ time }) => time],
  ['phase', ({ phase }) => phase],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['sessionId', ({ sessionId }) => sessionId],
  ['username', ({ caller }) => caller?.username],
  ['issuer', ({ caller }) => caller?.issuer],
  ['subject', ({ caller }) => caller?.subject],
  ['role', ({ role }) => role],
  ['roleArn', ({ roleArn }) => roleArn],
  ['account', ({ account }) => account],
  ['accountId', ({ accountId }) => accountId],
  ['permission', ({ permission }) => permission],
  ['grant', ({ grant }) => grant],
  ['denial', ({ denial }) => denial],
  ['code', ({ code }) => code],
  ['detail', ({ detail }) => detail],
  ['reason', ({ reason }) => reason],
  ['ticket', ({ ticket }) => ticket],
  ['sourceIp', ({ sourceIp }) => sourceIp],
  ['userAgent', ({ userAgent }) => userAgent],
  ['accessKeyId', ({ accessKeyId }) => accessKeyId],
  ['expiration', ({ expiration }) => expiration],
  ['requestedDurationSeconds', ({ requestedDurationSeconds }) => requestedDurationSeconds],
  ['durationSeconds', ({ durationSeconds }) => durationSeconds],
  ['durationLimitedBy', ({ durationLimitedBy }) => durationLimitedBy],
  ['roleSessionName', ({ roleSessionName }) => roleSessionName],
  ['sourceIdentity', ({ sourceIdentity }) => sourceIdentity],
  ['stsRequestId', ({ stsRequestId }) => stsRequestId],
  ['requestId', ({ requestId }) => requestId],
  ['policyDigest', ({ policyDigest }) => policyDigest],
  ['tokenSha256', ({ tokenSha256 }) => tokenSha256],
  ['traceDigest', ({ traceDigest }) => traceDigest],
  ['via', ({ via }) => via],
  ['signIn', ({ signIn }) => signIn],
  ['destination', ({ destination }) => destination],
  ['requestedSessionName', ({ requestedSessionName }) => requestedSessionName],
];

/** The first line: the names of the columns. */
export function csvHeading(): string {
  return line(COLUMNS.map(([name]) => name));
}

/** One record as a line of CSV (RFC 4180): all of it but the trace. */
export function csvLine(record: AuditRecord): string {
  return line(COLUMNS.map(([, cell]) => String(cell(record) ?? '')));
}

function line(cells: readonly string[]): string {
  return `${cells.map(field).join(',')}\r\n`;
}

/**
 * What spreadsheets take for the beginning of a formula, in the wide forms too. A formula in a cell runs when the file
 * is opened, and parts of a record (a user agent, a reason) are what anybody sent.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A formula is made a text by an apostrophe in front; what cannot be seen is written as `\u{1b}`. */
function field(text: string): string {
  const cell = printable(FORMULA.test(text) ? `'${text}` : text);
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
