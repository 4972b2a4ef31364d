import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AuditReport } from '../../lib/audit/report/report.ts';
import { companyRecords } from '../audit/report/company.ts';
import { auditRecord } from '../support/records.ts';
import { serveLog } from './audit/log-server.ts';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();

const BEGIN = Date.UTC(2026, 8, 1);
const records = [...companyRecords({ since: BEGIN, days: 60, sessions: 900 })];
const PERIOD = ['--since', '2026-10-01', '--until', '2026-10-31'];

const path = (name: string): string => join(cli.directory, name);

function file(name: string, text: string): string {
  writeFileSync(path(name), text);
  return path(name);
}

const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

const POLICY = `version: 1
issuers:
  corp: { issuer: "https://idp.example.com", audience: [daypass], algorithms: [RS256], username: email }
accounts:
  dev: { id: "111111111111", label: Development }
  prod: { id: "333333333333", label: Production }
roles:
  dev/Developer: { arn: "arn:aws:iam::111111111111:role/Developer" }
  prod/BreakGlass: { arn: "arn:aws:iam::333333333333:role/BreakGlass" }
grants:
  - { name: engineering, roles: [dev/Developer], callers: { groups: [engineering] } }
  - { name: break-glass, roles: [prod/BreakGlass], callers: { groups: [sre] } }
`;

describe('From an export', () => {
  test('no broker is asked, and the report is the same as from the broker', async () => {
    const from = file('records.jsonl', lines(records));
    const offline = await cli.run(
      ['audit', 'report', '--from', from, ...PERIOD, '--baseline', '30d', '--format', 'json'],
      {
        DAYPASS_URL: '',
        DAYPASS_TOKEN: '',
      },
    );
    expect(offline).toMatchObject({ code: 0, stderr: '' });
    expect(broker.server.seen).toEqual([]);
    serveLog(broker, records);
    const online = await cli.run(['audit', 'report', ...PERIOD, '--baseline', '30d', '--format', 'json']);
    const [one, other] = [offline, online].map(({ stdout }) => JSON.parse(stdout) as AuditReport);
    expect(one?.totals.sessions).toBeGreaterThan(300);
    expect({ ...one, made: '' }).toEqual({ ...other, made: '' });
    // Oldest first, from the beginning of the baseline on, page by page.
    const first = broker.server.seen.find(({ path: asked }) => asked === '/v1/audit')?.query;
    expect([first?.get('since'), first?.get('until'), first?.get('order'), first?.get('limit')]).toEqual([
      '2026-09-01T00:00:00.000Z',
      '2026-10-31T00:00:00.000Z',
      'oldest',
      '500',
    ]);
    expect(broker.server.count('GET', '/v1/audit')).toBeGreaterThan(2);
  });

  test('the tables answer each question', async () => {
    const from = file('records.jsonl', lines(records));
    const { code, stdout } = await cli.run(['audit', 'report', '--from', from, '--policy', file('access.yml', POLICY)]);
    expect(code).toBe(0);
    for (const title of ['ROLE', 'PERSON', 'ACCOUNT'])
      expect(stdout).toMatch(new RegExp(`^SESSIONS BY ${title}\n${title} `, 'm'));
    for (const title of [
      'DENIAL HOT SPOTS',
      'FIRST-TIME ACCESS',
      'LONGEST SESSIONS',
      'BUSIEST DAYS',
      'BUSIEST HOURS (UTC)',
    ])
      expect(stdout).toContain(`\n${title}\n`);
    expect(stdout).toMatch(/^UNUSED GRANTS\nGRANT +GIVES +LAST BEFORE\nbreak-glass +prod\/BreakGlass +-\n/m);
    expect(stdout).toContain('\n* 1 grant of 2 gave nothing in this period: candidates for removal.\n');
    expect(stdout).toMatch(/^… and \d+ more$/m);
  });

  test('a large one is read a piece at a time: what is in memory is not the file', async () => {
    const from = file(
      'large.jsonl',
      lines(Array.from({ length: 30_000 }, () => auditRecord({ detail: 'x'.repeat(3_000) }))),
    );
    expect(statSync(from).size).toBeGreaterThan(95_000_000);
    const { code, stdout } = await cli.run(['audit', 'report', '--from', from, '--format', 'json'], {
      NODE_OPTIONS: '--max-old-space-size=48',
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).totals.sessions).toBe(30_000);
  });

  test.each<[string, string, RegExp]>([
    [
      'a schema of later',
      lines([auditRecord(), { ...auditRecord(), schema: 2 }]),
      /the audit record [0-9A-Z]{26} \(outcome\) in .*bad\.jsonl, line 2, cannot be read: its schema is 2/,
    ],
    ['something that is not JSON', `${lines([auditRecord()])}\n{"schema"`, /bad\.jsonl, line 3: it is not JSON/],
    ['a CSV', 'time,phase\r\n1,2\r\n', /bad\.jsonl, line 1: it is not JSON/],
    ['a line without an end', 'x'.repeat(3_000_000), /bad\.jsonl, line 1: it is longer than 1 MiB/],
    ['something else', '[]\n', /in .*bad\.jsonl, line 1, cannot be read: it is no JSON object/],
  ])('%s is an error that says where, and no report', async (_, text, message) => {
    const { code, stdout, stderr } = await cli.run([
      'audit',
      'report',
      '--from',
      file('bad.jsonl', text),
      '--html',
      path('bad.html'),
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(() => statSync(path('bad.html'))).toThrow();
  });

  test('a file that is not there is exit code 5', async () => {
    const { code, stderr } = await cli.run(['audit', 'report', '--from', path('nowhere.jsonl')]);
    expect(code).toBe(5);
    expect(stderr).toContain('nowhere.jsonl cannot be read (ENOENT)');
  });

  test.each([
    ['nothing', ''],
    ['empty lines and a byte order mark', '\ufeff\n\n'],
  ])('of %s is a report of nothing, and says so', async (_, text) => {
    const { code, stdout, stderr } = await cli.run(['audit', 'report', '--from', file('empty.jsonl', text)]);
    expect(code).toBe(0);
    expect(stdout).toContain('0 sessions of 0 people');
    expect(stderr).toBe('daypass: no records\n');
  });
});

describe('--html', () => {
  test('writes one page that only its owner can read', async () => {
    const page = path('report.html');
    const { code, stderr } = await cli.run([
      'audit',
      'report',
      '--from',
      file('records.jsonl', lines(records)),
      '--html',
      page,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `daypass: the report is in ${page}\n` });
    expect(cli.mode(page)).toBe('600');
    const text = readFileSync(page, 'utf8');
    expect(text.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(text).toContain("default-src 'none'");
    expect(text.trimEnd().endsWith('</html>')).toBe(true);
  });

  test('a place that cannot be written is exit code 5', async () => {
    const { code, stderr } = await cli.run([
      'audit',
      'report',
      '--from',
      file('one.jsonl', lines([auditRecord()])),
      '--html',
      path('no/such/place.html'),
    ]);
    expect(code).toBe(5);
    expect(stderr).toContain('cannot be written (ENOENT)');
  });
});

test('nothing that a record holds can command a terminal', async () => {
  const evil = '\u001b[2J\u202e\u009b';
  const record = auditRecord({
    role: evil,
    account: evil,
    grant: evil,
    reason: evil,
    durationSeconds: 900,
    caller: { issuer: evil, subject: evil, username: evil },
  });
  const { outcome: _, ...denied } = { ...record, outcome: 'denied', denial: evil };
  const from = file('evil.jsonl', lines([record, ...Array(12).fill({ ...denied, outcome: 'denied' })]));
  for (const format of ['table', 'json']) {
    const { stdout } = await cli.run(['audit', 'report', '--from', from, '--format', format]);
    expect(stdout).toContain(format === 'json' ? '\\u001b' : '\\u{1b}');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
});

describe('A wrong command line is exit code 2', () => {
  test.each([
    [['--since', '1d', '--until', '2d'], '--since is not before --until'],
    [['--baseline', 'long'], '--baseline long is no length of time'],
    [['--baseline', '0'], '--baseline 0 is no length of time'],
    [['--from', 'x', '--baseline', '30d'], '--baseline needs --since'],
    [['--format', 'pdf'], '--format is one of table, json'],
  ])('%j', async (options, message) => {
    const { code, stderr } = await cli.run(['audit', 'report', ...options]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(broker.server.seen).toEqual([]);
  });

  test('and a policy with a mistake is one before anything is read', async () => {
    const { code, stderr } = await cli.run(['audit', 'report', '--policy', file('wrong.yml', 'version: 2\n')]);
    expect(code).toBe(1);
    expect(stderr).toContain('wrong.yml has');
    expect(broker.server.seen).toEqual([]);
  });
});
