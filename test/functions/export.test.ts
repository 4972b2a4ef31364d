import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { auditLog } from '../../lib/audit/log.ts';
import { composeExporter } from '../../lib/compose.ts';
import { canonicalJson } from '../../lib/json.ts';
import { newSessionId } from '../../lib/session-id.ts';
import { auditKey } from '../../lib/store/table.ts';
import { inProcessAws } from '../support/aws.ts';
import { type InProcessS3, inProcessS3 } from '../support/in-process-s3.ts';
import { auditRecord } from '../support/records.ts';
import { type TestTable, testTable } from '../support/table.ts';

const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  DAYPASS_TABLE: 'daypass-test',
  DAYPASS_EXPORT_BUCKET: 'company-audit',
  DAYPASS_EXPORT_PREFIX: 'daypass-prod/',
};
Object.assign(process.env, ENVIRONMENT, { AWS_ACCESS_KEY_ID: 'ASIALOCAL', AWS_SECRET_ACCESS_KEY: 'local' });
const { exportFunction } = await import('../../functions/export.ts');

const NOON = Date.UTC(2026, 0, 15, 12);
const now = NOON + 90 * 60_000;
const KEY = 'daypass-prod/records/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz';
const SCHEDULED = { 'detail-type': 'Scheduled Event', time: new Date(now).toISOString() };

let table: TestTable;
let s3: InProcessS3;
let lines: string[];
const record = auditRecord({ sessionId: newSessionId(NOON + 1000) });

beforeAll(async () => {
  table = await testTable();
  await auditLog(table.table).append(record);
});
afterAll(() => table.close());
beforeEach(() => {
  s3 = inProcessS3();
  lines = [];
});

function run(event: unknown, { remaining = 900_000, environment = ENVIRONMENT as Record<string, string> } = {}) {
  const dynamoDb = inProcessAws({ clock: () => now, dynamoDbUrl: table.url }).requestHandler as Handler;
  const handle: Handler['handle'] = (request, ...more) =>
    (request.hostname.includes('s3.') ? (s3.requestHandler as Handler) : dynamoDb).handle(request, ...more);
  const outside = {
    fetch,
    requestHandler: { ...dynamoDb, handle } as never,
    write: (line: string) => void lines.push(line),
    clock: () => now,
  };
  return exportFunction(composeExporter(environment, outside))(event, { getRemainingTimeInMillis: () => remaining });
}

interface Handler {
  handle(request: { readonly hostname: string }, ...more: unknown[]): Promise<unknown>;
}

describe('The export function', () => {
  it('writes the hours that have settled below its prefix and says how many records', async () => {
    expect(await run(SCHEDULED)).toEqual({
      objects: [
        'records/day=2026-01-15/hour=11/2026-01-15T11.jsonl.gz',
        'records/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz',
      ],
      records: 1,
    });
    expect(gunzipSync(s3.objects.get(KEY) ?? '').toString()).toBe(`${canonicalJson(record)}\n`);
    const metrics = lines.map((line) => JSON.parse(line).RecordsExported);
    expect(metrics).toEqual([0, 1]);
  });

  it('writes OCSF events where that is the format', async () => {
    await run(SCHEDULED, { environment: { ...ENVIRONMENT, DAYPASS_EXPORT_FORMAT: 'ocsf' } });
    const [, bytes] = [...s3.objects].find(([key]) => key.includes('hour=12')) ?? [];
    expect(JSON.parse(gunzipSync(bytes ?? '').toString())).toMatchObject({ metadata: { version: '1.5.0' } });
  });

  it('fails when the bucket refuses', async () => {
    s3.intercept = () => 403;
    await expect(run(SCHEDULED)).rejects.toThrow();
    expect(s3.objects.size).toBe(0);
  });

  it('begins no hour that it may not end, and says where to go on', async () => {
    await expect(run(SCHEDULED, { remaining: 60_000 })).rejects.toMatchObject({
      code: 'export_incomplete',
      detail: 'no time left: go on with since 2026-01-15T11:00:00.000Z',
    });
  });

  it('fails, after all others are exported, when a record has an unknown schema', async () => {
    const sessionId = newSessionId(NOON - 3_000_000);
    const strange = canonicalJson({ ...auditRecord({ sessionId }), schema: 9 });
    await table.table.create({ ...auditKey(sessionId, 'outcome'), record: strange });
    await expect(run(SCHEDULED)).rejects.toMatchObject({ code: 'export_incomplete' });
    expect([...s3.objects.keys()]).toHaveLength(2);
    expect(lines.join('\n')).toContain(`${sessionId}#outcome`);
  });

  it('refuses a period that it does not understand', async () => {
    await expect(run({ since: 'now' })).rejects.toMatchObject({ code: 'request_invalid' });
  });
});

test.each([
  ['DAYPASS_EXPORT_BUCKET', ''],
  ['DAYPASS_TABLE', ''],
  ['DAYPASS_EXPORT_FORMAT', 'csv'],
  ['DAYPASS_EXPORT_PREFIX', '/audit'],
  ['DAYPASS_EXPORT_PREFIX', 'audit'],
])('does not start with %s “%s”', (name, value) => {
  expect(() => composeExporter({ ...ENVIRONMENT, [name]: value })).toThrow(name);
});
