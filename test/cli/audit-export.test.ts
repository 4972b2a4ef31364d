import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { canonicalJson } from '../../lib/json.ts';
import { newSessionId, sessionTime } from '../../lib/session-id.ts';
import { violations } from '../audit/export/ocsf-schema.ts';
import { auditRecord } from '../support/records.ts';
import { problem } from './fake-broker.ts';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();
const NOON = Date.UTC(2026, 0, 15, 12);
const HOUR = 3_600_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(cli.directory, 'export-'));
});

function at(time: number, more: Partial<AuditRecord> = {}): AuditRecord {
  return auditRecord({ sessionId: newSessionId(time), time: new Date(time).toISOString(), ...more });
}
const records = [at(NOON + 1), at(NOON + 2000), at(NOON + HOUR + 5), at(NOON + 30 * HOUR)];
const jsonLines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '');

function file(values: readonly unknown[], name = 'records.jsonl'): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(jsonLines(values)) : jsonLines(values));
  return path;
}
const run = (...args: string[]) => cli.run(['audit', 'export', ...args], { DAYPASS_URL: '' });

describe('audit export --from', () => {
  it('prints one OCSF event per record, each to the published schema, without a broker', async () => {
    const { code, stdout, stderr } = await run('--from', file(records));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = linesOf(stdout).map((line) => JSON.parse(line));
    expect(events.map(({ metadata }) => metadata.correlation_uid)).toEqual(records.map(({ sessionId }) => sessionId));
    for (const event of events) expect(violations(event)).toEqual([]);
    expect(broker.server.seen).toEqual([]);
  });

  it('prints the canonical bytes of each record with --format jsonl', async () => {
    const { stdout } = await run('--from', file(records), '--format', 'jsonl');
    expect(linesOf(stdout)).toEqual(records.map(canonicalJson));
  });

  test.each([
    ['gzip', 'records.jsonl.gz'],
    ['gzip of any name', 'records.jsonl'],
  ])('reads %s', async (_what, name) => {
    const path = join(folder, name);
    writeFileSync(path, gzipSync(jsonLines(records)));
    expect(linesOf((await run('--from', path)).stdout)).toHaveLength(4);
  });

  it('reads a folder, and standard input', async () => {
    file(records.slice(0, 2), 'a.jsonl');
    file(records.slice(2), 'b.jsonl.gz');
    expect(linesOf((await run('--from', folder)).stdout)).toHaveLength(4);
    expect(await run('--from', '-')).toMatchObject({ code: 0, stdout: '', stderr: 'daypass: no records\n' });
  });

  it('keeps to the sessions of the window', async () => {
    const { stdout } = await run(
      '--from',
      file(records),
      '--since',
      '2026-01-15T12:00:01Z',
      '--until',
      '2026-01-16T00:00:00Z',
    );
    expect(linesOf(stdout).map((line) => JSON.parse(line).metadata.correlation_uid)).toEqual(
      records.slice(1, 3).map(({ sessionId }) => sessionId),
    );
  });
});

describe('audit export --out', () => {
  it('FILE writes it as a whole, gzip where its name says so, for nobody else to read', async () => {
    const path = join(folder, 'new', 'events.jsonl.gz');
    const { code, stdout, stderr } = await run('--from', file(records), '--out', path);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: `daypass: 4 records to ${path}\n` });
    expect(linesOf(gunzipSync(readFileSync(path)).toString())).toHaveLength(4);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'new'))).toEqual(['events.jsonl.gz']);
  });

  it('DIR/ writes a file for each hour, the same for the same records in whatever order', async () => {
    const [one, other] = [join(folder, 'one/'), join(folder, 'other/')];
    const first = await run('--from', file(records), '--out', one, '--format', 'jsonl');
    expect(first.stderr).toBe(`daypass: 4 records in 3 hours to ${one}\n`);
    await run('--from', file([...records].reverse().concat(records)), '--out', other, '--format', 'jsonl');
    const names = [
      'records/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz',
      'records/day=2026-01-15/hour=13/2026-01-15T13.jsonl.gz',
      'records/day=2026-01-16/hour=18/2026-01-16T18.jsonl.gz',
    ];
    const found = (readdirSync(one, { recursive: true }) as string[]).filter((name) => name.endsWith('.gz')).sort();
    expect(found).toEqual(names);
    for (const name of names) expect(readFileSync(join(other, name)).equals(readFileSync(join(one, name)))).toBe(true);
    expect(linesOf(gunzipSync(readFileSync(join(one, names[0] ?? ''))).toString())).toEqual(
      records.slice(0, 2).map(canonicalJson),
    );
    expect(readdirSync(one)).toEqual(['records']);
  });

  it('DIR/ takes whole hours: half of one would take the place of the whole', async () => {
    const out = join(folder, 'out/');
    await run(
      '--from',
      file(records),
      '--out',
      out,
      '--since',
      '2026-01-15T12:30:00Z',
      '--until',
      '2026-01-15T12:31:00Z',
    );
    const [name = ''] = (readdirSync(out, { recursive: true }) as string[]).filter((one) => one.endsWith('.gz'));
    expect(name).toBe('ocsf/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz');
    expect(linesOf(gunzipSync(readFileSync(join(out, name))).toString())).toHaveLength(2);
  });

  it('says so where it cannot write', async () => {
    const blocked = join(folder, 'file');
    writeFileSync(blocked, '');
    const { code, stderr } = await run('--from', file(records), '--out', join(blocked, 'events.jsonl'));
    expect(code).toBe(5);
    expect(stderr).toMatch(/cannot be written \(\w+\)/);
  });
});

describe('What cannot be exported is told, the rest is exported, and it is no success:', () => {
  const good = records[0] as AuditRecord;

  test.each([
    ['a record of an unknown schema', JSON.stringify({ ...good, schema: 2 }), 'its schema is 2, known is 1'],
    ['a record without a session', JSON.stringify({ ...good, sessionId: 'x' }), 'its sessionId is no session id'],
    ['a line that is not JSON', '{"schema":1,', 'it is not JSON'],
    ['a line that is no object', '[]', 'it is no JSON object'],
  ])('%s', async (_what, line, message) => {
    const path = join(folder, 'records.jsonl');
    writeFileSync(path, `${jsonLines([good])}${line}\n${jsonLines([records[1]])}`);
    const out = join(folder, 'out.jsonl');
    const { code, stderr } = await run('--from', path, '--out', out);
    expect(code).toBe(1);
    expect(stderr).toContain(`daypass: ${path}: line 2`);
    expect(stderr).toContain(message);
    expect(stderr).toContain('daypass: 1 of 3 records could not be exported\n');
    expect(linesOf(readFileSync(out, 'utf8'))).toHaveLength(2);
  });

  test('gzip that ends in the middle', async () => {
    const path = join(folder, 'a.jsonl.gz');
    const whole = gzipSync(jsonLines(Array.from({ length: 2000 }, (_, index) => at(NOON + index))));
    writeFileSync(path, whole.subarray(0, whole.length / 2));
    const { code, stdout, stderr } = await run('--from', path);
    expect(code).toBe(1);
    expect(stderr).toContain(`daypass: ${path}: its gzip ends in the middle`);
    expect(linesOf(stdout).length).toBeGreaterThan(100);
  });

  test('bytes that are not UTF-8', async () => {
    const path = join(folder, 'a.jsonl');
    writeFileSync(path, Buffer.concat([Buffer.from(jsonLines([good])), Buffer.from([0xff, 0xfe, 0x0a])]));
    expect(await run('--from', path)).toMatchObject({ code: 1, stderr: expect.stringContaining('it is not UTF-8') });
  });

  test('a line that never ends', async () => {
    const path = join(folder, 'a.jsonl');
    writeFileSync(path, `${jsonLines([good])}${'x'.repeat(5_000_000)}`);
    const { code, stdout, stderr } = await run('--from', path);
    expect({ code, lines: linesOf(stdout).length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toContain('line 2 is longer than any record');
  });

  test('a thousand of them are counted, not listed', async () => {
    const path = join(folder, 'a.jsonl');
    writeFileSync(path, '{}\n'.repeat(1000));
    const { stderr } = await run('--from', path);
    expect(stderr).toContain('… and 980 more');
    expect(stderr).toContain('1000 of 1000 records could not be exported');
    expect(linesOf(stderr)).toHaveLength(22);
  });

  test('a file that is not there', async () => {
    expect(await run('--from', join(folder, 'none'))).toMatchObject({ code: 5, stdout: '' });
  });
});

describe('From the broker', () => {
  const exportAll = (...args: string[]) => cli.run(['audit', 'export', ...args]);

  it('all pages are read, oldest first, of the last day unless told otherwise', async () => {
    const asked: URLSearchParams[] = [];
    broker.answers['/v1/audit'] = ({ query }) => {
      asked.push(query);
      const page = Number(query.get('cursor') ?? '0');
      return {
        json: {
          records: records
            .slice(page, page + 1)
            .map((record) => ({ ...record, sessionId: newSessionId(Date.now() - 1000) })),
          ...(page < 3 && { cursor: String(page + 1) }),
        },
      };
    };
    const { code, stdout } = await exportAll('--format', 'jsonl');
    expect(code).toBe(0);
    expect(linesOf(stdout)).toHaveLength(4);
    expect(asked.map((query) => query.get('order'))).toEqual(Array(4).fill('oldest'));
    const [query] = asked;
    const span = Date.parse(query?.get('until') ?? '') - Date.parse(query?.get('since') ?? '');
    expect(span).toBe(24 * HOUR);
  });

  it('a broker that asks to wait is waited for', async () => {
    let turned = 0;
    broker.answers['/v1/audit'] = () => {
      if (turned++ === 0) return { ...problem(429, 'rate_limited', 'Too many'), headers: { 'retry-after': '1' } };
      return { json: { records: [] } };
    };
    const { code, stderr } = await exportAll();
    expect(code).toBe(0);
    expect(stderr).toContain('the broker takes no more requests right now; going on in 1 s');
  });

  it('a refusal half way leaves no file', async () => {
    broker.answers['/v1/audit'] = ({ query }) =>
      query.has('cursor')
        ? problem(503, 'store_unavailable', 'Down')
        : { json: { records: [records[0]], cursor: 'x' } };
    const out = join(folder, 'events.jsonl');
    const { code } = await exportAll('--since', '2026-01-01', '--out', out);
    expect(code).toBe(4);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('pages that do not come to an end are not followed for ever', async () => {
    broker.answers['/v1/audit'] = () => ({ json: { records: [], cursor: 'same' } });
    expect(await exportAll()).toMatchObject({ code: 4, stderr: expect.stringContaining('do not come to an end') });
  });

  it('nobody without a permission gets any', async () => {
    broker.answers['/v1/audit'] = () => problem(403, 'access_denied', 'Access denied');
    expect(await exportAll()).toMatchObject({ code: 1, stdout: '' });
  });
});

test('the records of these tests are of their hours', () => {
  expect(records.map(({ sessionId }) => Math.floor((sessionTime(sessionId) - NOON) / HOUR))).toEqual([0, 0, 1, 30]);
});
