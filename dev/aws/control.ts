import type { CallLog } from './calls.ts';
import type { FaultQueue } from './faults.ts';
import { faultRequest } from './faults.ts';

export interface ControlAnswer {
  readonly status: number;
  readonly value: unknown;
}

/**
 * `/_calls` and `/_faults`, for tests. They are for whoever can reach the loopback port; posting takes
 * `application/json`, which no web page can send here without a preflight that is never answered.
 */
export function control(
  method: string,
  path: string,
  contentType: string | undefined,
  body: Buffer,
  calls: CallLog,
  faults: FaultQueue,
): ControlAnswer {
  const subject = path === '/_calls' ? calls : path === '/_faults' ? faults : undefined;
  if (subject === undefined) return { status: 404, value: { error: 'only /_calls and /_faults are here' } };
  if (method === 'GET') return { status: 200, value: subject.list() };
  if (method === 'DELETE') {
    subject.clear();
    return { status: 200, value: [] };
  }
  if (method !== 'POST' || subject !== faults || contentType !== 'application/json') {
    return { status: 405, value: { error: 'GET or DELETE, and for /_faults POST of application/json' } };
  }
  const parsed = faultRequest.safeParse(parseJson(body));
  if (!parsed.success) return { status: 400, value: { error: parsed.error.issues } };
  faults.add(parsed.data);
  return { status: 200, value: faults.list() };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
