/**
 * Dates for the `Date…` operators: the W3C profile of ISO 8601, or epoch seconds.
 *
 *     2026-01-31   2026-01-31T09:30Z   2026-01-31T09:30:00.25+01:00   1769850000
 *
 * A bare number is always epoch seconds, never a year. A time needs its zone, so that a policy means the same
 * moment wherever it is read.
 *
 * @see https://www.w3.org/TR/NOTE-datetime
 */
const ISO = /^(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}))?)?$/;
const EPOCH = /^-?\d{1,12}(?:\.\d{1,9})?$/;

/** @returns epoch milliseconds, or undefined when the text is no date (also `2026-02-30`) */
export function parseDate(text: string): number | undefined {
  if (EPOCH.test(text)) return Number(text) * 1000;
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(optionalNumber);
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(milliseconds);
  // Date.UTC rolls 30 February over into March, and reads years 0–99 as 1900–1999; the round trip shows both.
  const kept =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!kept) return undefined;
  const offset = offsetMinutes(parts[8]);
  if (offset === undefined) return undefined;
  return milliseconds + Number(`0.${parts[7] ?? '0'}`) * 1000 - offset * 60_000;
}

function optionalNumber(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
