import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Fault } from '../fault.ts';
import { auditQuery } from '../http/contract.ts';
import { query, RequestFault } from '../http/request.ts';
import { type IpRange, parseIpRange } from '../iam/ip.ts';
import { isRecordSortKey } from '../store/table.ts';
import type { AuditFilter } from './query.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** No record is older than the product: earlier days need not be looked through. */
const FIRST_RECORD = Date.UTC(2026, 0, 1);
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;

/**
 * The filter of `GET /v1/audit`, by default the last 24 hours, newest first.
 *
 * @param now epoch milliseconds
 * @throws RequestFault, Fault `cursor_invalid`
 */
export function auditFilter(event: APIGatewayProxyEventV2, now: number): AuditFilter {
  const { since, until, limit, order, cursor, sourceIp, ...filters } = query(event, auditQuery);
  // `until` is exclusive, and the asker's own last request should be in it.
  const end = Math.min(until === undefined ? now + 1 : instant('until', until), now + MINUTE);
  const begin = Math.max(since === undefined ? end - DAY : instant('since', since), FIRST_RECORD);
  if (begin >= end) throw new RequestFault([{ path: 'since', message: 'must be before until' }]);
  if (cursor !== undefined && !isRecordSortKey(cursor)) {
    throw new Fault('cursor_invalid', 'the cursor is not one that was handed out');
  }
  return {
    ...filters,
    ...(sourceIp !== undefined && { sourceIp: addresses(sourceIp) }),
    since: begin,
    until: end,
    order: order ?? 'newest',
    limit: pageSize(limit),
    cursor,
  };
}

function instant(path: string, text: string): number {
  const time = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || time < 0) {
    throw new RequestFault([{ path, message: 'must be an RFC 3339 time such as 2026-01-31T09:00:00Z' }]);
  }
  return time;
}

function addresses(text: string): IpRange {
  const range = parseIpRange(text);
  if (range !== undefined) return range;
  const message = 'must be an IP address or a range such as 203.0.113.0/24 or 2001:db8::/32';
  throw new RequestFault([{ path: 'sourceIp', message }]);
}

function pageSize(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const size = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > MAX_LIMIT) throw new RequestFault([{ path: 'limit', message: `must be 1–${MAX_LIMIT}` }]);
  return size;
}
