import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../lib/audit/record.ts';
import { newSessionId } from '../lib/session-id.ts';
import { telemetry } from '../lib/telemetry.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

function logged(record: AuditRecord, sinceIntentMs?: number): string[] {
  const lines: string[] = [];
  telemetry(
    (line) => lines.push(line),
    () => NOW,
  ).recorded(record, sinceIntentMs);
  return lines;
}

function record(more: Partial<AuditRecord>): AuditRecord {
  return {
    schema: 1,
    phase: 'outcome',
    sessionId: newSessionId(NOW),
    requestId: 'r',
    time: new Date(NOW).toISOString(),
    action: 'credentials',
    policyDigest: 'd',
    ...more,
  };
}

describe('one record is one line', () => {
  test('whatever the claims, the reason or the user agent hold', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\n{"forged":true}',
        '\r\n',
        '\u2028',
        '\u2029',
        '\u0085',
        '\u001b[2J',
        '\u202e',
        '\ufeff',
        '\u009b31m',
        '\u0000',
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (username, reason, userAgent) => {
        const given = record({ caller: { issuer: 'corp', subject: 's', username }, reason, userAgent });
        const [line = '', ...more] = logged(given);
        expect(more).toEqual([]);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/);
        expect(JSON.parse(line)).toMatchObject({ record: { reason, userAgent, caller: { username } } });
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('metrics', () => {
  test.each<[Partial<AuditRecord>, number | undefined, Record<string, number>]>([
    [{ outcome: 'issued' }, 42, { SessionIssued: 1, StsLatency: 42 }],
    [{ outcome: 'denied' }, undefined, { RequestDenied: 1 }],
    [{ outcome: 'refused', code: 'token_expired' }, undefined, { RequestRefused: 1 }],
    [{ outcome: 'refused', code: 'rate_limited' }, undefined, { RequestRefused: 1, RateLimited: 1 }],
    [{ outcome: 'failed' }, 9, { RequestFailed: 1, StsLatency: 9 }],
    [{ outcome: 'unresolved' }, 6000, { RequestFailed: 1, StsLatency: 6000 }],
  ])('of %j are in the same line, in the embedded metric format', (more, ms, metrics) => {
    const line = JSON.parse(logged(record(more), ms)[0] ?? '') as {
      _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
    };
    expect(line).toMatchObject({ service: 'daypass', ...metrics });
    expect(line._aws.CloudWatchMetrics[0]?.Metrics.map(({ Name }) => Name).sort()).toEqual(Object.keys(metrics).sort());
  });

  test('an intent has none', () => {
    expect(JSON.parse(logged(record({ phase: 'intent' }))[0] ?? '')).not.toHaveProperty('_aws');
  });
});
