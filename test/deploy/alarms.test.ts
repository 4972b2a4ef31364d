import { beforeAll, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { Fault } from '../../lib/fault.ts';
import { telemetry } from '../../lib/telemetry.ts';
import { resourcesOf, type Template } from './cloudformation.ts';
import { packaged } from './packaged.ts';

let template: Template;

beforeAll(async () => {
  ({ template } = await packaged());
});

interface Watched {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: { Name: string; Value: unknown }[];
}

function watched(): Watched[] {
  return resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(([, { Properties }]) => {
    const single = [
      {
        Namespace: Properties['Namespace'],
        MetricName: Properties['MetricName'],
        Dimensions: Properties['Dimensions'],
      },
    ];
    // biome-ignore lint/suspicious/noExplicitAny: a metric of an alarm is either an expression or a MetricStat
    const several = Properties['Metrics']?.flatMap((metric: any) =>
      metric.MetricStat ? [metric.MetricStat.Metric] : [],
    );
    return (several ?? single).map((metric: (typeof single)[number]) => ({
      namespace: metric.Namespace,
      metric: metric.MetricName,
      dimensions: metric.Dimensions,
    }));
  });
}

/** Names and dimensions of the metrics that the functions' log lines really carry. */
function emitted(): Set<string> {
  const lines: string[] = [];
  const { recorded, failed, keysUnread, sealed, unsealed } = telemetry(
    (line) => lines.push(line),
    () => 0,
  );
  const record = {
    schema: 1,
    phase: 'outcome',
    sessionId: '',
    requestId: '',
    time: '',
    action: 'credentials',
    policyDigest: '',
  };
  for (const outcome of ['issued', 'denied', 'refused', 'failed', 'unresolved'])
    recorded({ ...record, outcome } as AuditRecord);
  failed(new Fault('audit_unavailable', 'down'), { requestId: '', sessionId: '' });
  sealed({ size: 1, added: 1, lagMs: 1 });
  unsealed(new Fault('ledger_inconsistent', 'changed'));
  keysUnread('corp', new Fault('idp_unavailable', 'down'));
  const names = new Set<string>();
  for (const line of lines) {
    const entry = JSON.parse(line);
    for (const { Namespace, Dimensions, Metrics } of entry._aws?.CloudWatchMetrics ?? []) {
      for (const { Name } of Metrics) {
        names.add(
          `${Namespace} ${Name} ${Dimensions[0].map((dimension: string) => `${dimension}=${entry[dimension]}`)}`,
        );
      }
    }
  }
  return names;
}

test('every alarm on a metric of Daypass watches one that the code emits, under its dimensions', () => {
  const own = watched().filter(({ namespace }) => namespace === 'Daypass');
  const names = own.map(({ namespace, metric, dimensions }) => {
    return `${namespace} ${metric} ${dimensions.map(({ Name, Value }) => `${Name}=${Value}`)}`;
  });
  expect(names.sort()).toEqual([
    'Daypass AuditWriteError service=daypass',
    'Daypass KeysUnread service=daypass',
    'Daypass LedgerInconsistent service=daypass',
    'Daypass RequestDenied service=daypass',
    'Daypass RequestFailed service=daypass',
    'Daypass RequestRefused service=daypass',
    'Daypass SealLag service=daypass',
  ]);
  for (const name of names) expect(emitted()).toContain(name);
});

test.each(['Errors', 'Throttles'])('Lambda %s of each function are watched', (metric) => {
  const functions = watched()
    .filter((one) => one.metric === metric)
    .map(({ dimensions }) => dimensions);
  expect(functions).toEqual(
    resourcesOf(template, 'AWS::Lambda::Function').map(([id]) => [{ Name: 'FunctionName', Value: { Ref: id } }]),
  );
});

test('throttled writes of the table are watched', () => {
  expect(watched()).toContainEqual({
    namespace: 'AWS/DynamoDB',
    metric: 'WriteThrottleEvents',
    dimensions: [{ Name: 'TableName', Value: { Ref: 'SessionsTable' } }],
  });
});

test('an alarm tells whoever was named; silence is none, but for the ledger’s keeper, which reports every minute', () => {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  expect(alarms).toHaveLength(8);
  for (const [id, { Properties }] of alarms) {
    expect(Properties['AlarmActions']).toEqual([
      { 'Fn::If': ['HasAlarmEmail', { Ref: 'AlarmTopic' }, { Ref: 'AWS::NoValue' }] },
      { 'Fn::If': ['HasAlarmTopic', { Ref: 'AlarmTopicArn' }, { Ref: 'AWS::NoValue' }] },
    ]);
    expect(Properties['TreatMissingData']).toBe(id === 'SealLagAlarm' ? 'breaching' : 'notBreaching');
  }
});
