import { writeFileSync } from 'node:fs';
import type { ReportBuilder, ReportPeriod } from '../../lib/audit/report/aggregate.ts';
import { auditPages } from '../audit/pages.ts';
import { timeOption } from '../audit/query-options.ts';
import { fileRecords } from '../audit/record-file.ts';
import { reportTables } from '../audit/report-tables.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { contextOf } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { EXIT, Failure, reasonOf } from '../failure.ts';
import { say, writeOut } from '../output.ts';
import { readPolicy } from '../policy/policy-file.ts';
import { printableJson } from '../text.ts';

/** Milliseconds of the period when none is given and the log is the broker's. */
const PERIOD = 90 * 86_400_000;

export const auditReport: Command = {
  name: 'audit report',
  summary: 'sum the audit log up: who used which role, what is unused, what is new',
  usage: '[--since 90d] [--policy FILE] [--baseline 90d] [--html FILE] [--format json]',
  description: [
    'Sessions by role, person and account, denial hot spots, first-time access and the longest sessions of a period',
    '(default: the last 90 days). With --policy also the grants that gave nothing: candidates for removal. With',
    '--baseline the time before the period is read too, and first-time access is what was not there then.',
    '--from reads an export (`audit query --format jsonl --limit all`) instead of the broker; - is standard input.',
    '--html writes one page with charts that needs nothing else. The file names people and is readable by you alone.',
  ],
  options: {
    ...BROKER_OPTIONS,
    since: { value: 'TIME', help: 'from this time on (default: 90d; of a file, its beginning)' },
    until: { value: 'TIME', help: 'before this time (default: now; of a file, its end)' },
    baseline: { value: 'TIME', help: 'how long before the period, such as 90d, counts as known' },
    from: { value: 'FILE', help: 'read the records from this file, one JSON object per line' },
    policy: { value: 'FILE', help: 'the access policy, to tell which of its grants are unused' },
    html: { value: 'FILE', help: 'write the report as a web page' },
    format: { value: 'FORMAT', help: 'what is printed (default: table)', choices: ['table', 'json'] },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const now = Date.now();
    const period = periodOf(input, now);
    const policyFile = input.text('policy');
    const policy = policyFile === undefined ? undefined : await readPolicy(policyFile);
    const { ReportBuilder: Builder, auditReportPage, findings } = await import('../audit-report.ts');
    const builder = new Builder(period);
    await readAll(input, period, builder);
    const report = builder.finish(now, policy);
    const json = input.text('format') === 'json';
    writeOut(json ? `${printableJson(report, 2)}\n` : reportTables(report, findings(report)));
    const page = input.text('html');
    if (page !== undefined) writePage(page, auditReportPage(report));
    return EXIT.ok;
  },
};

/** @throws Failure `usage` */
function periodOf(input: Input, now: number): ReportPeriod {
  const isFile = input.text('from') !== undefined;
  const since = timeOption(input, 'since') ?? (isFile ? undefined : now - PERIOD);
  const until = timeOption(input, 'until') ?? (isFile ? undefined : now);
  if (since !== undefined && until !== undefined && since >= until) {
    throw new Failure('usage', '--since is not before --until');
  }
  const text = input.text('baseline');
  if (text === undefined) return { since, until };
  const length = parseDuration(text);
  if (length === undefined || length === 0) {
    throw new Failure('usage', `--baseline ${text} is no length of time`, { hint: 'such as 30d or 90d' });
  }
  if (since === undefined) {
    throw new Failure('usage', '--baseline needs --since: the baseline is the time before it');
  }
  return { since, until, baseline: since - length * 1000 };
}

async function readAll(input: Input, period: ReportPeriod, builder: ReportBuilder): Promise<void> {
  let count = 0;
  for await (const records of pagesOf(input, period, () => `reading the audit log: ${count} records`)) {
    for (const record of records) builder.add(record);
    count += records.length;
  }
  if (count === 0) say('no records');
}

async function* pagesOf(input: Input, { since, until, baseline }: ReportPeriod, label: () => string) {
  const file = input.text('from');
  if (file !== undefined) {
    yield* fileRecords(file);
    return;
  }
  const iso = (time: number): string => new Date(time).toISOString();
  const from = baseline ?? since;
  const query = {
    order: 'oldest',
    ...(from !== undefined && { since: iso(from) }),
    ...(until !== undefined && { until: iso(until) }),
  };
  const reading = { limit: Number.POSITIVE_INFINITY, label };
  for await (const { records } of auditPages(contextOf(input), query, reading)) yield records;
}

/** Readable by its owner alone: who used which role is nobody else's business until the owner forwards it. */
function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page, { mode: 0o600 });
  } catch (thrown) {
    throw new Failure('local', `${file} cannot be written (${reasonOf(thrown)})`);
  }
  say(`the report is in ${file}`);
}
