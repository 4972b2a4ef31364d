import type { AuditRecord } from '../../../lib/audit/record.ts';
import { sessionTime } from '../../../lib/session-id.ts';
import type { FakeBroker } from '../fake-broker.ts';
import type { Reply, Seen } from '../fake-server.ts';

const sortKey = ({ sessionId, phase }: AuditRecord): string => `${sessionId}#${phase}`;

/** Answers `GET /v1/audit` from the records, as the broker would: they may grow meanwhile. */
export function serveLog(broker: FakeBroker, records: readonly AuditRecord[]): void {
  broker.answers['/v1/audit'] = (request) => logAnswer(records, request);
}

export function logAnswer(records: readonly AuditRecord[], { query }: Seen): Reply {
  const time = (name: string, preset: number): number => Date.parse(query.get(name) ?? '') || preset;
  const [since, until] = [time('since', 0), time('until', Number.POSITIVE_INFINITY)];
  const holds = (name: string, value: string | undefined): boolean => (query.get(name) ?? value) === value;
  const found = records
    .filter((record) => sessionTime(record.sessionId) >= since && sessionTime(record.sessionId) < until)
    .filter(
      (record) =>
        holds('caller', record.caller?.username) &&
        holds('session', record.sessionId) &&
        holds('accessKeyId', record.accessKeyId) &&
        holds('outcome', record.outcome) &&
        holds('role', record.role),
    )
    .sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
  const isOldest = query.get('order') === 'oldest';
  if (!isOldest) found.reverse();
  const cursor = query.get('cursor');
  const left =
    cursor === null
      ? found
      : found.filter((record) => (isOldest ? sortKey(record) > cursor : sortKey(record) < cursor));
  const page = left.slice(0, Number(query.get('limit') ?? 100));
  const last = page.at(-1);
  return { json: { records: page, ...(left.length > page.length && last !== undefined && { cursor: sortKey(last) }) } };
}
