import type { Finding } from '../../lib/audit/report/findings.ts';
import type { AuditReport } from '../../lib/audit/report/report.ts';
import { spokenDuration } from '../duration.ts';
import { counted, printable, table } from '../text.ts';

/** Rows of each table; `--format json` has all. */
const MOST_ROWS = 10;

/** The report for a terminal: what stands out, then a table for each question. */
export function reportTables(report: AuditReport, found: readonly Finding[]): string {
  const { totals, period } = report;
  const { outcomes } = totals;
  const sessions = `${counted(totals.sessions, 'session')} of ${counted(totals.people, 'person').replace('persons', 'people')} in ${counted(totals.roles, 'role')} of ${counted(totals.accounts, 'account')}`;
  const rest = `${outcomes.denied} denied, ${outcomes.refused} refused, ${outcomes.failed} failed, ${outcomes.unresolved + totals.unfinished} without a known end`;
  const head = [
    `${minute(period.since)} to ${minute(period.until)} UTC`,
    sessions,
    rest,
    ...found.map(({ text }) => `* ${printable(text)}`),
  ];
  return [`${head.join('\n')}\n`, ...sections(report)].join('\n');
}

function sections(report: AuditReport): string[] {
  const { grants, baseline } = report;
  return [
    section('SESSIONS BY ROLE', ['ROLE', 'SESSIONS', 'PEOPLE', 'REFUSALS', 'LAST'], report.roles, (use) => [
      use.role,
      use.sessions,
      use.people,
      use.refusals,
      day(use.last),
    ]),
    section('SESSIONS BY PERSON', ['PERSON', 'SESSIONS', 'ROLES', 'REFUSALS', 'LAST SEEN'], report.people, (use) => [
      use.username,
      use.sessions,
      use.roles,
      use.refusals,
      minute(use.last),
    ]),
    section(
      'SESSIONS BY ACCOUNT',
      ['ACCOUNT', 'ID', 'SESSIONS', 'PEOPLE', 'ROLES', 'REFUSALS'],
      report.accounts,
      (use) => [use.account, use.accountId ?? '', use.sessions, use.people, use.roles, use.refusals],
    ),
    ...(grants === undefined
      ? []
      : [
          section('UNUSED GRANTS', ['GRANT', 'GIVES', 'LAST BEFORE'], grants.unused, (grant) => [
            grant.grant,
            few([...grant.roles, ...grant.permissions]),
            grant.lastBefore === undefined ? (baseline === undefined ? '-' : 'never') : day(grant.lastBefore),
          ]),
        ]),
    section('DENIAL HOT SPOTS', ['TIMES', 'PERSON', 'ROLE', 'OUTCOME', 'REASON', 'LAST'], report.denials, (denial) => [
      denial.count,
      denial.username ?? 'not verified',
      denial.role ?? '-',
      denial.outcome,
      denial.reason,
      minute(denial.last),
    ]),
    section(
      'FIRST-TIME ACCESS',
      ['FIRST SESSION', 'PERSON', 'ROLE', 'SESSIONS', 'WHY'],
      report.firstAccess,
      (access) => [minute(access.at), access.username, access.role, access.sessions, why(access)],
    ),
    section('LONGEST SESSIONS', ['LENGTH', 'PERSON', 'ROLE', 'BEGAN', 'WHY'], report.longest, (session) => [
      spokenDuration(session.durationSeconds),
      session.username,
      session.role,
      minute(session.at),
      why(session),
    ]),
    section('BUSIEST DAYS', ['DAY', 'SESSIONS', 'REFUSALS'], busiest(report), ({ day: name, issued, refusals }) => [
      name,
      issued,
      refusals,
    ]),
    section('BUSIEST HOURS (UTC)', ['HOUR', 'SESSIONS'], byHour(report), ({ hour, sessions }) => [hour, sessions]),
  ];
}

function section<Row>(
  title: string,
  heading: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly (string | number)[],
): string {
  if (rows.length === 0) return `${title}\nnone\n`;
  const shown = rows.slice(0, MOST_ROWS).map((row) => cells(row).map(String));
  const more = rows.length - shown.length;
  return `${title}\n${table([heading, ...shown])}\n${more > 0 ? `… and ${more} more\n` : ''}`;
}

function busiest({ days }: AuditReport): AuditReport['days'] {
  const used = days.filter(({ issued, refusals }) => issued + refusals > 0);
  return used.sort((one, other) => other.issued - one.issued || (one.day < other.day ? -1 : 1));
}

function byHour({ hours }: AuditReport): { readonly hour: string; readonly sessions: number }[] {
  const sums = Array.from({ length: 24 }, (_, hour) => ({
    hour: `${String(hour).padStart(2, '0')}:00`,
    sessions: hours.reduce((sum, day) => sum + (day[hour] ?? 0), 0),
  }));
  return sums.filter(({ sessions }) => sessions > 0).sort((one, other) => other.sessions - one.sessions);
}

function few(names: readonly string[]): string {
  const rest = names.length - 3;
  return rest > 0 ? `${names.slice(0, 3).join(', ')} and ${rest} more` : names.join(', ');
}

function why({ reason, ticket }: { readonly reason?: string; readonly ticket?: string }): string {
  return [ticket, reason].filter((part) => part !== undefined).join(' · ');
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function day(time: string): string {
  return time.slice(0, 10);
}
