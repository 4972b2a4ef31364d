import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type ExportedHour, exportHour } from '../../../lib/audit/export/export-hour.ts';
import { exportPeriod, exportRequest } from '../../../lib/audit/export/export-period.ts';
import { HOUR, hourOf, objectName } from '../../../lib/audit/export/layout.ts';
import { auditLog } from '../../../lib/audit/log.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { canonicalJson } from '../../../lib/json.ts';
import { newSessionId } from '../../../lib/session-id.ts';
import { auditKey } from '../../../lib/store/table.ts';
import { inMemoryStore } from '../../support/in-memory-store.ts';
import { auditRecord } from '../../support/records.ts';
import { type TestTable, testTable } from '../../support/table.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const NAME = 'records/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz';

let test16: TestTable;
const written: AuditRecord[] = [];

beforeAll(async () => {
  test16 = await testTable();
  const log = auditLog(test16.table);
  const edges = [NOON - 1, NOON, NOON + HOUR - 1, NOON + HOUR];
  const spread = Array.from({ length: 300 }, (_, index) => NOON + index * 11_000);
  for (const time of [...edges, ...spread]) {
    const sessionId = newSessionId(time);
    const outcome = auditRecord({ sessionId, time: new Date(time + 5000).toISOString() });
    const { outcome: _, accessKeyId: __, ...intent } = outcome;
    for (const record of [{ ...intent, phase: 'intent' as const }, outcome]) {
      await log.append(record);
      if (time >= NOON && time < NOON + HOUR) written.push(record);
    }
  }
  written.sort((a, b) => (`${a.sessionId}#${a.phase}` < `${b.sessionId}#${b.phase}` ? -1 : 1));
});
afterAll(() => test16.close());

const parts = (more: object = {}) => ({
  table: test16.table,
  store: inMemoryStore(),
  format: 'jsonl' as const,
  productVersion: '1.2.3',
  ...more,
});
const linesOf = (bytes: Buffer | undefined) =>
  gunzipSync(bytes ?? '')
    .toString()
    .trimEnd()
    .split('\n');

describe('An hour', () => {
  it('holds the canonical bytes of every record whose session began in it, in order, and no other', async () => {
    const own = parts();
    expect(await exportHour(own, NOON)).toEqual({ name: NAME, records: 604, problems: [], left: 0 });
    expect(linesOf(own.store.objects.get(NAME))).toEqual(written.map(canonicalJson));
    expect(written).toHaveLength(604);
  });

  it('exported twice has the same name and the same bytes', async () => {
    const [first, second] = [parts(), parts()];
    await exportHour(first, NOON);
    await exportHour(second, NOON);
    expect([...second.store.objects]).toEqual([...first.store.objects]);
  });

  it('can be OCSF events, beside the records', async () => {
    const own = parts({ format: 'ocsf' });
    const { name } = await exportHour(own, NOON);
    expect(name).toBe('ocsf/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz');
    const events = linesOf(own.store.objects.get(name)).map((line) => JSON.parse(line));
    expect(events.map(({ metadata }) => metadata.uid)).toEqual(
      written.map(({ sessionId, phase }) => `${sessionId}#${phase}`),
    );
  });

  it('without records is an object without lines: an hour that has none was not exported', async () => {
    const own = parts();
    const { name, records } = await exportHour(own, NOON - 100 * HOUR);
    expect(records).toBe(0);
    expect(gunzipSync(own.store.objects.get(name) ?? '')).toHaveLength(0);
  });

  it('that cannot be written leaves nothing', async () => {
    const own = parts();
    own.store.failAtWrite = 1;
    await expect(exportHour(own, NOON)).rejects.toThrow('the disk is full');
    expect(own.store.objects.size).toBe(0);
    expect(own.store.abandoned).toEqual([NAME]);
  });

  it('that cannot be read leaves nothing', async () => {
    const own = parts({ table: { range: () => Promise.reject(new Error('the table is down')) } });
    await expect(exportHour(own, NOON)).rejects.toThrow('the table is down');
    expect(own.store.objects.size).toBe(0);
    expect(own.store.abandoned).toEqual([NAME]);
  });

  it('tells records that it cannot export by name, and exports the others', async () => {
    const hour = NOON + 10 * HOUR;
    const [newer, good, broken] = [newSessionId(hour), newSessionId(hour + 1), newSessionId(hour + 2)];
    const put = (id: string, record: string) => test16.table.create({ ...auditKey(id, 'outcome'), record });
    await put(newer, canonicalJson({ ...auditRecord({ sessionId: newer }), schema: 2 }));
    await put(good, canonicalJson(auditRecord({ sessionId: good })));
    await put(broken, '{"schema":1,');
    const own = parts();
    const { records, left, problems, name } = await exportHour(own, hour);
    expect({ records, left }).toEqual({ records: 1, left: 2 });
    expect(problems[0]).toMatch(new RegExp(`^${newer}#outcome: .*schema is 2, known is 1`));
    expect(problems[1]).toContain(`${broken}#outcome: `);
    expect(linesOf(own.store.objects.get(name))).toHaveLength(1);
  });
});

describe('The hours of an invocation', () => {
  const now = NOON + 30 * 60_000;
  const iso = (time: number) => new Date(time).toISOString();

  it('by schedule are the two that have settled last', () => {
    expect(exportRequest({ time: iso(now) }, now)).toEqual({ since: NOON - 2 * HOUR, until: NOON });
    expect(exportRequest({}, now)).toEqual({ since: NOON - 2 * HOUR, until: NOON });
    expect(exportRequest({}, NOON + 24 * 60_000)).toEqual({ since: NOON - 3 * HOUR, until: NOON - HOUR });
  });

  it('stay those of the schedule when the event comes late', () => {
    expect(exportRequest({ time: iso(now) }, now + 5 * HOUR)).toEqual({ since: NOON - 2 * HOUR, until: NOON });
  });

  it('are never ahead of the clock, whatever the event says', () => {
    expect(exportRequest({ time: iso(now + 9 * HOUR) }, now)).toEqual({ since: NOON - 2 * HOUR, until: NOON });
  });

  it('by hand are those asked for, whole', () => {
    const event = { since: '2026-01-01T00:30:00Z', until: '2026-01-01T02:10:00Z' };
    const start = Date.UTC(2026, 0, 1);
    expect(exportRequest(event, now)).toEqual({ since: start, until: start + 3 * HOUR });
  });

  test.each([
    [{ since: '2026-01-01' }, 'since and until are RFC 3339 times'],
    [{ since: 'yesterday', until: '2026-01-01T00:00:00Z' }, 'since and until are RFC 3339 times'],
    [{ since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' }, 'since is before until'],
    [{ since: '2026-01-15T10:00:00Z', until: '2026-01-15T12:00:01Z' }, 'only hours that ended before'],
    [{ since: '2025-11-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }, 'at most 744 hours at once'],
  ])('are refused: %j', (event, problem) => {
    expect(exportRequest(event, now)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('end where the time does, and say where to go on', async () => {
    const own = parts();
    const seen: ExportedHour[] = [];
    let left = 2;
    const period = { since: NOON - 3 * HOUR, until: NOON };
    const result = await exportPeriod(
      own,
      period,
      (hour) => seen.push(hour),
      () => left-- > 0,
    );
    expect(result.next).toBe(NOON - HOUR);
    expect(result.hours).toEqual(seen);
    expect([...own.store.objects.keys()]).toEqual(
      [NOON - 3 * HOUR, NOON - 2 * HOUR].map((hour) => objectName(hour, 'jsonl')),
    );
  });
});

test('an hour begins on the hour, also before 1970', () => {
  expect(hourOf(NOON + 1)).toBe(NOON);
  expect(hourOf(-1)).toBe(-HOUR);
});
