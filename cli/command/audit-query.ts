import { BrokerClient } from '../broker/api.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { EXIT, Failure } from '../failure.ts';
import { say, withProgress, writeOut } from '../output.ts';
import { currentToken } from '../sign-in/session.ts';
import { printableJson, table } from '../text.ts';

/** The most that one page of `GET /v1/audit` holds. */
const PAGE = 500;

/** Option → query parameter of the API, for those that are passed on as they are. */
const FILTERS = {
  caller: 'caller',
  role: 'role',
  account: 'account',
  session: 'session',
  'access-key-id': 'accessKeyId',
  outcome: 'outcome',
  code: 'code',
  order: 'order',
} as const;

export const audit: Command = {
  name: 'audit',
  summary: 'read the audit log (needs the audit:read permission)',
  usage: '[--since TIME] [--caller NAME] [--role ROLE] [--limit N] [--json]',
  description: [
    'Prints audit records, newest first, of the last 24 hours unless told otherwise. With --json, one record per',
    'line. TIME is RFC 3339 (2026-01-31T12:00:00Z) or how long ago (30m, 12h, 7d).',
  ],
  options: {
    ...BROKER_OPTIONS,
    since: { value: 'TIME', help: 'records from this time on' },
    until: { value: 'TIME', help: 'records before this time' },
    caller: { value: 'NAME', help: 'of this user name' },
    role: { value: 'ROLE', help: 'for this role' },
    account: { value: 'NAME', help: 'for this account' },
    session: { value: 'ID', help: 'of this session' },
    'access-key-id': { value: 'ID', help: 'of the session with this access key' },
    outcome: {
      value: 'OUTCOME',
      help: 'that ended so',
      choices: ['issued', 'allowed', 'denied', 'refused', 'failed', 'unresolved'],
    },
    code: { value: 'CODE', help: 'refused or failed with this code' },
    order: { value: 'ORDER', help: 'which first', choices: ['newest', 'oldest'] },
    limit: { value: 'N', help: 'at most so many records (default 100)' },
    json: { help: 'print one JSON record per line' },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const query = queryOf(input);
    const limit = limitOf(input);
    const context = contextOf(input);
    const { records, more } = await withProgress('waiting for the broker', collect(context, query, limit));
    if (input.isSet('json')) for (const record of records) writeOut(`${printableJson(record)}\n`);
    else if (records.length > 0) {
      writeOut(`${table([['TIME', 'WHAT', 'OUTCOME', 'CALLER', 'ROLE', 'SESSION', 'WHY'], ...records.map(row)])}\n`);
    }
    if (records.length === 0) say('no records');
    if (more) say(`there are more; --limit ${limit * 10} shows them`);
    return EXIT.ok;
  },
};

type Records = readonly Readonly<Record<string, unknown>>[];

async function collect(
  context: Context,
  query: Readonly<Record<string, string>>,
  limit: number,
): Promise<{ records: Records; more: boolean }> {
  const broker = new BrokerClient(context, await currentToken(context));
  const records: Records[number][] = [];
  let cursor: string | undefined;
  do {
    const wanted = String(Math.min(PAGE, limit - records.length));
    const page = await broker.audit({ ...query, limit: wanted, ...(cursor === undefined ? {} : { cursor }) });
    records.push(...page.records);
    // A cursor that does not move would be asked for for ever.
    if (page.cursor === cursor) break;
    cursor = page.cursor;
  } while (cursor !== undefined && records.length < limit);
  return { records: records.slice(0, limit), more: cursor !== undefined };
}

function queryOf(input: Input): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [option, parameter] of Object.entries(FILTERS)) {
    const value = input.text(option);
    if (value !== undefined) query[parameter] = value;
  }
  for (const name of ['since', 'until'] as const) {
    const text = input.text(name);
    if (text !== undefined) query[name] = time(name, text);
  }
  return query;
}

/** RFC 3339 as it is; a length of time as that long ago. */
function time(name: string, text: string): string {
  const ago = parseDuration(text);
  if (ago !== undefined) return new Date(Date.now() - ago * 1000).toISOString();
  if (/^\d{4}-\d\d-\d\d(T|$)/.test(text) && Number.isFinite(Date.parse(text))) return new Date(text).toISOString();
  throw new Failure('usage', `--${name} ${text} is no time`, { hint: 'such as 2026-01-31T12:00:00Z, 12h or 7d' });
}

function limitOf(input: Input): number {
  const text = input.text('limit') ?? '100';
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new Failure('usage', `--limit ${text} is not a number from 1 on`);
}

function row(record: Records[number]): string[] {
  const caller = record['caller'] as { username?: unknown } | undefined;
  const why = [record['code'] ?? record['denial'], record['reason'], record['ticket']];
  return [
    record['time'],
    record['action'],
    record['outcome'] ?? record['phase'],
    caller?.username ?? '-',
    record['role'] ?? record['permission'] ?? '-',
    record['sessionId'],
    why.filter((part) => part !== undefined).join(' · '),
  ].map((cell) => String(cell ?? ''));
}
