import { type ExportedHour, exportHour, type HourParts } from './export-hour.ts';
import { HOUR, hourOf } from './layout.ts';

/**
 * Milliseconds after an hour's end from which its records no longer change: a function that ran into its time limit
 * wrote its last one long before, and a session that was left open has been closed as `unresolved`.
 */
export const SETTLE_MS = 25 * 60_000;

/** What EventBridge sends each hour, or what somebody sends who wants a time exported (again). */
export type ExportRequest = { readonly since: number; readonly until: number } | { readonly problem: string };

/** The hours that a scheduled run exports: the last one that has settled, and again the one before it. */
const SCHEDULED_HOURS = 2;
/** Hours that can be asked for at once. */
const MOST_HOURS = 31 * 24;

/**
 * The whole hours that an invocation is about. EventBridge says when its rule was due (`time`), so an event that is
 * delivered late is about the same hours; by hand `{"since": TIME, "until": TIME}`.
 *
 * @param now epoch milliseconds
 */
export function exportRequest(event: unknown, now: number): ExportRequest {
  const { since, until, time } = (event ?? {}) as Readonly<Record<string, unknown>>;
  const settled = hourOf(now - SETTLE_MS);
  if (since === undefined && until === undefined) {
    const due = instant(time);
    const end = Math.min(settled, due === undefined ? settled : hourOf(due - SETTLE_MS));
    return { since: end - SCHEDULED_HOURS * HOUR, until: end };
  }
  const [from, to] = [instant(since), instant(until)];
  if (from === undefined || to === undefined) return { problem: 'since and until are RFC 3339 times' };
  const period = { since: hourOf(from), until: hourOf(to + HOUR - 1) };
  if (period.since >= period.until) return { problem: 'since is before until' };
  if (period.until > settled) {
    return { problem: `only hours that ended before ${new Date(settled).toISOString()} have settled` };
  }
  if (period.until - period.since > MOST_HOURS * HOUR) return { problem: `at most ${MOST_HOURS} hours at once` };
  return period;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

function instant(value: unknown): number | undefined {
  const time = typeof value === 'string' && RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}

export interface ExportedPeriod {
  readonly hours: readonly ExportedHour[];
  /** Epoch milliseconds: where to go on, when there was no time for all of it. */
  readonly next: number | undefined;
}

/**
 * Exports hours, oldest first.
 *
 * @param exported hears of each hour once it is durable
 * @param hasTime asked before each hour
 * @throws what the table and the store throw; the hours before are exported
 */
export async function exportPeriod(
  parts: HourParts,
  period: { readonly since: number; readonly until: number },
  exported: (hour: ExportedHour) => void,
  hasTime: () => boolean,
): Promise<ExportedPeriod> {
  const hours: ExportedHour[] = [];
  for (let hour = period.since; hour < period.until; hour += HOUR) {
    if (!hasTime()) return { hours, next: hour };
    const done = await exportHour(parts, hour);
    exported(done);
    hours.push(done);
  }
  return { hours, next: undefined };
}
