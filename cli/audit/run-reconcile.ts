import type { Finding } from '../../lib/audit/reconcile/finding.ts';
import { Reconciliation, type Report } from '../../lib/audit/reconcile/reconciliation.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../failure.ts';
import { hint, say, withProgress, writeOut } from '../output.ts';
import { counted, printableJson, table } from '../text.ts';
import { eventsOfFiles } from './cloudtrail.ts';
import { recordsOf } from './records.ts';
import type { Window } from './window.ts';

export interface ReconcileSettings {
  /** The folder of CloudTrail's log files. */
  readonly cloudTrail: string;
  readonly window: Window;
  /** Files; undefined for the broker. */
  readonly from: string | undefined;
  readonly brokerRoles: readonly string[] | undefined;
  readonly delayMs: number;
  readonly json: boolean;
  readonly context: () => Context;
  /** Epoch milliseconds. */
  readonly now: number;
}

const DAY = 86_400_000;

/** @returns the exit code: 1 on any finding */
export async function runReconcile(settings: ReconcileSettings): Promise<number> {
  const { now, from } = settings;
  const { until = Number.POSITIVE_INFINITY } = settings.window;
  // Files of records are there to be compared as they are; a broker has more than anybody means.
  const usual = from === undefined ? Math.min(until, now) - DAY : Number.NEGATIVE_INFINITY;
  const window = { since: settings.window.since ?? usual, until };
  const { report, files } = await withProgress('reading records and events', compare(settings, window));
  if (settings.json) writeOut(`${printableJson({ window: shown(window), files, ...report }, 2)}\n`);
  else print(report);
  summarize(report, files);
  return report.findings.length > 0 ? EXIT.refused : EXIT.ok;
}

async function compare(
  settings: ReconcileSettings,
  window: { readonly since: number; readonly until: number },
): Promise<{ readonly report: Report; readonly files: number }> {
  const { cloudTrail, from, context } = settings;
  const reconciliation = new Reconciliation({ ...settings, ...window });
  const asked = {
    since: Number.isFinite(window.since) ? window.since : undefined,
    until: Number.isFinite(window.until) ? window.until : undefined,
  };
  for await (const entry of recordsOf(from, asked, context)) {
    if ('record' in entry) reconciliation.addRecord(entry.record);
    else reconciliation.addUnreadable('record_unreadable', entry.where, entry.problem);
  }
  let files = 0;
  let troubled = 0;
  for await (const entry of eventsOfFiles(cloudTrail)) {
    if ('event' in entry) reconciliation.addEvent(entry.event, entry.source);
    else if ('read' in entry) files += 1;
    else {
      troubled += 1;
      reconciliation.addUnreadable('file_unreadable', entry.source, entry.problem);
    }
  }
  if (files + troubled === 0) {
    reconciliation.addUnreadable('file_unreadable', cloudTrail, 'there is no CloudTrail log file under it');
  }
  return { report: reconciliation.finish(), files };
}

function print({ findings }: Report): void {
  if (findings.length === 0) return;
  const rows = findings.map(({ kind, time, sessionId, message, source }) => [
    kind,
    time ?? '-',
    sessionId ?? '-',
    time === undefined && source !== undefined ? `${source}: ${message}` : message,
  ]);
  writeOut(`${table([['FINDING', 'TIME', 'SESSION', 'WHAT'], ...rows])}\n`);
  const revocable = findings.flatMap(({ revoke }) => (revoke === undefined ? [] : [revoke]));
  if (revocable.length === 0) return;
  const sessions = revocable.map(({ roleArn, roleSessionName, accessKeyId, until }) =>
    [roleArn, roleSessionName, accessKeyId, until].map((cell) => cell ?? '-'),
  );
  writeOut(`\n${table([['REVOKE: ROLE', 'SESSION NAME', 'ACCESS KEY', 'WORKS UNTIL'], ...sessions])}\n`);
}

function summarize({ counts, settled, findings, brokerRoles }: Report, files: number): void {
  const { records, sessions, calls, matched, discarded, failed, notYet, duplicates } = counts;
  say(
    `${counted(records, 'record')} of ${counted(sessions, 'session')}, ${counted(calls, 'AssumeRole call')} in ` +
      `${counted(files, 'log file')}${duplicates > 0 ? ` (${duplicates} told again)` : ''}`,
  );
  say(`the broker’s role: ${brokerRoles.length > 0 ? brokerRoles.join(', ') : 'not known, as no session matched'}`);
  say(
    [
      `${matched} matched`,
      ...(discarded > 0 ? [`${discarded} issued and thrown away`] : []),
      `${failed} failed without credentials`,
      `${notYet} not yet delivered`,
      `${settled.length} settled: nothing was issued`,
    ].join(', '),
  );
  if (findings.length === 0) say('no findings');
  else say(`${counted(findings.length, 'finding')}: ${kindsOf(findings)}`);
  if (findings.some(({ revoke }) => revoke !== undefined)) {
    hint('IAM → the role → Revoke sessions ends them all; deny aws:userid "*:SESSION NAME" in the role to end one');
  }
}

function kindsOf(findings: readonly Finding[]): string {
  const kinds = new Map<string, number>();
  for (const { kind } of findings) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

function shown({ since, until }: { readonly since: number; readonly until: number }) {
  const iso = (time: number) => (Number.isFinite(time) ? new Date(time).toISOString() : null);
  return { since: iso(since), until: iso(until) };
}
