import type { ExportedHour } from './audit/export/export-hour.ts';
import type { AuditRecord } from './audit/record.ts';
import type { Fault } from './fault.ts';

/**
 * The function's log: one JSON line per audit record and per failure, which CloudWatch also reads as metrics
 * (embedded metric format). It holds what the record holds, so it holds no secret.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export interface Telemetry {
  /** @param sinceIntentMs for an outcome: how long STS (and nothing else) took, milliseconds */
  recorded(record: AuditRecord, sinceIntentMs?: number): void;
  /** A fault that a caller got as 5xx; its cause is named, never quoted where it could hold data. */
  failed(fault: Fault, context: { readonly requestId: string; readonly sessionId: string }): void;
  /** An hour of records became an object. */
  exported(hour: ExportedHour): void;
  /** The ledger grew, or had nothing to grow by. */
  sealed(step: { readonly size: number; readonly added: number; readonly lagMs: number }): void;
  /** The ledger did not grow: its parts do not answer, or do not belong together. */
  unsealed(fault: Fault): void;
  /** An issuer's keys could not be read; the last good ones may still serve. */
  keysUnread(issuer: string, fault: Fault): void;
}

type Metric =
  | 'SessionIssued'
  | 'RequestDenied'
  | 'RequestRefused'
  | 'RequestFailed'
  | 'AuditWriteError'
  | 'RateLimited'
  | 'KeysUnread'
  | 'StsLatency'
  | 'RecordsExported'
  | 'RecordsSealed'
  | 'SealLag'
  | 'SealError'
  | 'LedgerInconsistent';

const MILLISECONDS: ReadonlySet<Metric> = new Set(['StsLatency', 'SealLag']);

/**
 * @param write takes one line without its end, such as `console.log`
 * @param clock epoch milliseconds
 */
export function telemetry(write: (line: string) => void, clock: () => number): Telemetry {
  return {
    recorded(record, sinceIntentMs) {
      const metrics: Partial<Record<Metric, number>> = { ...outcomeMetric(record) };
      if (record.phase === 'outcome' && sinceIntentMs !== undefined) metrics.StsLatency = sinceIntentMs;
      write(line(clock(), metrics, { level: 'INFO', message: `record ${record.phase}`, record }));
    },
    failed(fault, context) {
      const metrics: Partial<Record<Metric, number>> = fault.code === 'audit_unavailable' ? { AuditWriteError: 1 } : {};
      const { code, detail } = fault;
      write(
        line(clock(), metrics, { level: 'ERROR', message: 'fault', ...context, code, detail, cause: causeOf(fault) }),
      );
    },
    exported({ name, records, left, problems }) {
      const facts = { message: 'hour exported', name, left, problems };
      write(line(clock(), { RecordsExported: records }, { level: left > 0 ? 'ERROR' : 'INFO', ...facts }));
    },
    sealed({ size, added, lagMs }) {
      write(line(clock(), { RecordsSealed: added, SealLag: lagMs }, { level: 'INFO', message: 'ledger sealed', size }));
    },
    unsealed(fault) {
      const { code, detail } = fault;
      const metrics = { SealError: 1, ...(code === 'ledger_inconsistent' && { LedgerInconsistent: 1 }) };
      write(
        line(clock(), metrics, { level: 'ERROR', message: 'ledger not sealed', code, detail, cause: causeOf(fault) }),
      );
    },
    keysUnread(issuer, { code, detail }) {
      write(line(clock(), { KeysUnread: 1 }, { level: 'WARN', message: 'issuer keys not read', issuer, code, detail }));
    },
  };
}

function outcomeMetric(record: AuditRecord): Partial<Record<Metric, number>> {
  switch (record.outcome) {
    case 'issued':
      return { SessionIssued: 1 };
    case 'denied':
      return { RequestDenied: 1 };
    case 'refused':
      // A browser's session that has ended is no sign of trouble: the person signs in again.
      if (record.code === 'sign_in_required') return {};
      return record.code === 'rate_limited' ? { RequestRefused: 1, RateLimited: 1 } : { RequestRefused: 1 };
    case 'failed':
    case 'unresolved':
      return { RequestFailed: 1 };
    default:
      return {};
  }
}

/** The names along the chain of causes, and where the innermost was thrown. Messages can quote data: left out. */
function causeOf(fault: Fault): { readonly names: string[]; readonly at: string[] } {
  const names: string[] = [];
  let at: string[] = [];
  for (let cause: unknown = fault.cause; cause instanceof Error && names.length < 5; cause = cause.cause) {
    names.push(cause.name);
    at = (cause.stack ?? '')
      .split('\n')
      .filter((frame) => /^\s+at /.test(frame))
      .slice(0, 8)
      .map((frame) => frame.trim());
  }
  return { names, at };
}

function line(now: number, metrics: Partial<Record<Metric, number>>, fields: object): string {
  const names = Object.keys(metrics) as Metric[];
  const embedded = names.length > 0 && {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: 'Daypass',
          Dimensions: [['service']],
          Metrics: names.map((Name) => ({ Name, Unit: MILLISECONDS.has(Name) ? 'Milliseconds' : 'Count' })),
        },
      ],
    },
  };
  return oneLine(
    JSON.stringify({ service: 'daypass', time: new Date(now).toISOString(), ...fields, ...metrics, ...embedded }),
  );
}

/**
 * Escapes what JSON leaves as it is but a terminal or a log viewer acts on: DEL and C1 controls, line and
 * paragraph separators, bidirectional overrides, the byte-order mark. The JSON value stays the same.
 */
function oneLine(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
