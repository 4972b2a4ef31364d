import type { Input, OptionSpec } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { Failure } from '../failure.ts';

/** Option → query parameter of `GET /v1/audit`, for those that are passed on as they are. */
const PARAMETERS = {
  caller: 'caller',
  role: 'role',
  account: 'account',
  session: 'session',
  'access-key-id': 'accessKeyId',
  'source-ip': 'sourceIp',
  outcome: 'outcome',
  code: 'code',
  action: 'action',
} as const;

/** Which records. */
export const FILTER_OPTIONS = {
  since: { value: 'TIME', help: 'records from this time on (default: the last 24 hours)' },
  until: { value: 'TIME', help: 'records before this time' },
  caller: { value: 'NAME', help: 'of this user name' },
  role: { value: 'ROLE', help: 'for this role' },
  account: { value: 'NAME', help: 'for this account' },
  session: { value: 'ID', help: 'of this session' },
  'access-key-id': { value: 'ID', help: 'of the session with this access key' },
  'source-ip': { value: 'IP', help: 'from this address, or from this range, such as 203.0.113.0/24' },
  outcome: {
    value: 'OUTCOME',
    help: 'that ended so',
    choices: ['issued', 'allowed', 'denied', 'refused', 'failed', 'unresolved'],
  },
  code: { value: 'CODE', help: 'refused or failed with this code' },
  action: { value: 'ACTION', help: 'of this kind, such as credentials or audit' },
} as const satisfies Record<string, OptionSpec>;

export const FORMATS = ['table', 'jsonl', 'csv'] as const;

export type Format = (typeof FORMATS)[number];

export const FORMAT_OPTIONS = {
  format: { value: 'FORMAT', help: 'how they are written (default: table)', choices: FORMATS },
  json: { help: 'the same as --format jsonl' },
} as const satisfies Record<string, OptionSpec>;

/** What `FILTER_OPTIONS` say, as the query of the API. @throws Failure `usage` for a time that is none */
export function queryOf(input: Input): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [option, parameter] of Object.entries(PARAMETERS)) {
    const value = input.text(option);
    if (value !== undefined) query[parameter] = value;
  }
  for (const name of ['since', 'until'] as const) {
    const time = timeOption(input, name);
    if (time !== undefined) query[name] = new Date(time).toISOString();
  }
  return query;
}

/**
 * Epoch ms of an option that is RFC 3339, a date (in UTC), or how long ago.
 *
 * @throws Failure `usage`
 */
export function timeOption(input: Input, name: string): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  if (ago !== undefined) return Date.now() - ago * 1000;
  const time = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new Failure('usage', `--${name} ${text} is no time`, { hint: 'such as 2026-01-31T12:00:00Z, 12h or 7d' });
}

/** @throws Failure `usage` when `--json` and `--format` contradict each other */
export function formatOption(input: Input): Format {
  const format = input.text('format') as Format | undefined;
  if (!input.isSet('json')) return format ?? 'table';
  if (format === undefined || format === 'jsonl') return 'jsonl';
  throw new Failure('usage', `--json is --format jsonl, not ${format}`, { hint: 'give one of the two' });
}

/** A number from 1 on. @throws Failure `usage` */
export function countOption(input: Input, name: string, preset: number): number {
  const text = input.text(name);
  if (text === undefined) return preset;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new Failure('usage', `--${name} ${text} is not a number from 1 on`);
}
