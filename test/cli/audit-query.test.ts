import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { firstSessionIdAt } from '../../lib/session-id.ts';
import { auditRecord } from '../support/records.ts';
import { serveLog } from './audit/log-server.ts';
import { problem } from './fake-broker.ts';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();

const NOON = Date.UTC(2026, 0, 31, 12);

/** The `number`th record: a second after the one before. */
const record = (number: number, more: Partial<AuditRecord> = {}): AuditRecord => {
  const sessionId = firstSessionIdAt(NOON + number * 1000);
  return auditRecord({ sessionId, time: new Date(NOON + number * 1000).toISOString(), reason: 'deploy', ...more });
};
const log = (count: number) => Array.from({ length: count }, (_, number) => record(number));
const asked = () => broker.server.count('GET', '/v1/audit');

describe.each([[['audit']], [['audit', 'query']]])('%j', (command) => {
  test('is a table, newest first, and says when there is more', async () => {
    serveLog(broker, log(3));
    const { code, stdout, stderr } = await cli.run([...command, '--limit', '2']);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'TIME                      WHAT         OUTCOME  CALLER           ROLE           SESSION                     WHY',
      `2026-01-31T12:00:02.000Z  credentials  issued   dev@example.com  prod/ReadOnly  ${record(2).sessionId}  deploy`,
      `2026-01-31T12:00:01.000Z  credentials  issued   dev@example.com  prod/ReadOnly  ${record(1).sessionId}  deploy`,
      '',
    ]);
    expect(stderr).toBe('daypass: there are more; --limit 20 shows them, --limit all shows all\n');
  });
});

describe.each([[['--json']], [['--format', 'jsonl']]])('%j', (option) => {
  test('follows the cursor to the limit, one record per line', async () => {
    serveLog(broker, log(1_300));
    const { stdout } = await cli.run(['audit', 'query', '--limit', '1200', ...option]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).sessionId);
    expect(lines).toHaveLength(1_200);
    expect(new Set(lines).size).toBe(1_200);
    expect(asked()).toBe(3);
  });
});

describe('--limit all', () => {
  test('goes on to the end of the log, and says no more of it', async () => {
    serveLog(broker, log(2_600));
    const { stdout, stderr } = await cli.run([
      'audit',
      'query',
      '--limit',
      'all',
      '--format',
      'csv',
      '--order',
      'oldest',
    ]);
    expect(stdout.trimEnd().split('\r\n')).toHaveLength(2_601);
    expect(stderr).toBe('');
    expect(asked()).toBe(6);
  });

  test('writes a page before it asks for the next one', async () => {
    const records = log(1_500);
    serveLog(broker, records);
    const answer = broker.answers['/v1/audit'];
    const written: number[] = [];
    const running = cli.start(['audit', 'query', '--limit', 'all', '--json']);
    let text = '';
    running.child.stdout?.on('data', (chunk: string) => (text += chunk));
    // Each page waits until the one before has come out of the command.
    const respond = broker.server.respond;
    broker.server.respond = async (request) => {
      if (request.path === '/v1/audit') {
        const before = written.length * 500;
        while (text.split('\n').length - 1 < before) await new Promise((resolve) => setTimeout(resolve, 5));
        written.push(before);
        return answer?.(request) ?? {};
      }
      return respond(request);
    };
    expect((await running.finished).code).toBe(0);
    broker.server.respond = respond;
    expect(written).toEqual([0, 500, 1_000]);
  });

  test('stops when nobody reads any more', async () => {
    serveLog(broker, log(30_000));
    const running = cli.start(['audit', 'query', '--limit', 'all', '--json']);
    running.child.stdout?.once('data', () => running.child.stdout?.destroy());
    expect((await running.finished).code).toBe(0);
    expect(asked()).toBeLessThan(60);
  });
});

test('a page that is short or empty and has a cursor is not the end', async () => {
  const [one, two] = [record(9), record(1)];
  const pages = [
    { records: [one], cursor: '01KZ#outcome' },
    { records: [], cursor: '01KY#outcome' },
    { records: [], cursor: '01KX#outcome' },
    { records: [two] },
  ];
  broker.answers['/v1/audit'] = () => ({ json: pages[asked() - 1] });
  const { stdout, code } = await cli.run(['audit', 'query', '--json']);
  expect(code).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).sessionId),
  ).toEqual([one.sessionId, two.sessionId]);
});

test('filters are passed on, lengths of time as points in time', async () => {
  serveLog(broker, []);
  const options = {
    since: '2h',
    until: '2026-01-31T12:00:00+01:00',
    caller: 'a&b=c',
    role: 'prod/Admin',
    'access-key-id': 'ASIA1',
    'source-ip': '203.0.113.0/24',
    action: 'credentials',
    outcome: 'denied',
    order: 'oldest',
    account: 'prod',
    session: '01J',
    code: 'access_denied',
  };
  const { stderr } = await cli.run([
    'audit',
    'query',
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
  ]);
  expect(Object.fromEntries(broker.server.seen.at(-1)?.query ?? [])).toEqual({
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    until: '2026-01-31T11:00:00.000Z',
    caller: 'a&b=c',
    role: 'prod/Admin',
    accessKeyId: 'ASIA1',
    sourceIp: '203.0.113.0/24',
    action: 'credentials',
    outcome: 'denied',
    order: 'oldest',
    account: 'prod',
    session: '01J',
    code: 'access_denied',
    limit: '100',
  });
  expect(stderr).toBe('daypass: no records\n');
});

describe('What cannot be right is an error that names it', () => {
  test.each<[string, unknown, RegExp]>([
    [
      'a schema of later',
      { ...record(1), schema: 2 },
      /the audit record [0-9A-Z]{26} \(outcome\) cannot be read: its schema is 2, known is 1/,
    ],
    ['no record at all', 'x', /a record without a name cannot be read: it is no JSON object/],
    ['a member that is no text', { ...record(1), reason: { a: 1 } }, /its reason is no text/],
  ])('%s, after the records before it', async (_, odd, message) => {
    const pages = [{ records: [record(3)], cursor: 'b' }, { records: [record(2), odd] }];
    broker.answers['/v1/audit'] = () => ({ json: pages[asked() - 1] });
    const { code, stdout, stderr } = await cli.run(['audit', 'query', '--json']);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('hint: a newer daypass may know it');
  });

  test.each([
    ['stands still', ['same', 'same']],
    ['goes in a circle', ['b', 'a', 'b', 'a']],
  ])('a cursor that %s is not followed for ever', async (_, cursors) => {
    broker.answers['/v1/audit'] = () => ({
      json: { records: [record(1)], cursor: cursors[(asked() - 1) % cursors.length] },
    });
    const { code, stderr } = await cli.run(['audit', 'query']);
    expect(code).toBe(4);
    expect(stderr).toContain('its cursor does not move');
    expect(asked()).toBeLessThanOrEqual(3);
  });

  test.each([
    [['--json', '--format', 'csv'], '--json is --format jsonl, not csv'],
    [['--format', 'xml'], '--format is one of table, jsonl, csv'],
    [['--limit', 'many'], '--limit many is not a number from 1 on'],
    [['--since', 'yesterday'], '--since yesterday is no time'],
  ])('%j', async (options, message) => {
    const { code, stderr } = await cli.run(['audit', 'query', ...options]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(broker.server.seen).toEqual([]);
  });

  test('without the permission: exit code 1', async () => {
    broker.answers['/v1/audit'] = () => problem(403, 'access_denied', 'Not allowed');
    expect((await cli.run(['audit', 'query'])).code).toBe(1);
  });
});

describe('A broker that wants a pause', () => {
  test('gets it in the middle of a long reading, and the reading goes on', async () => {
    const records = log(1_200);
    serveLog(broker, records);
    const answer = broker.answers['/v1/audit'];
    const limited = {
      ...problem(429, 'rate_limited', 'Too many requests'),
      headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
    };
    broker.answers['/v1/audit'] = (request) => (asked() === 2 ? limited : answer?.(request));
    const { code, stdout, stderr } = await cli.run(['audit', 'query', '--limit', 'all', '--json']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1_200);
    expect(stderr).toContain('(rate_limited); going on in 1 s');
  });

  test('before the first page is an error: nobody waits for what may be a wrong address', async () => {
    broker.answers['/v1/audit'] = () => problem(503, 'store_unavailable', 'Try again');
    expect((await cli.run(['audit', 'query'])).code).toBe(4);
    expect(asked()).toBe(1);
  });
});

test('what a caller wrote into a reason cannot move the cursor of whoever reads it', async () => {
  const evil = '\u001b[2J\u202e\u009bx';
  serveLog(broker, [record(1, { reason: evil })]);
  for (const args of [['audit'], ['audit', '--json'], ['audit', '--format', 'csv']]) {
    const { stdout } = await cli.run(args);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout.replaceAll('\r\n', '\n').replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
  const { stdout } = await cli.run(['audit', '--json']);
  expect(JSON.parse(stdout).reason).toBe(evil);
});
