import { setTimeout as sleep } from 'node:timers/promises';
import { readRecord } from '../../lib/audit/read-record.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { sessionTime } from '../../lib/session-id.ts';
import { BrokerClient } from '../broker/api.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { say } from '../output.ts';
import { currentToken } from '../sign-in/session.ts';
import { filesUnder } from './files.ts';
import { TextProblem, textOf } from './text-stream.ts';
import type { Window } from './window.ts';

/** A record, or a place where one should be and why it is none. */
export type RecordEntry = { readonly record: AuditRecord } | { readonly where: string; readonly problem: string };

/** Characters. A record has 400 KB in the table; a line that is far longer is none. */
const LONGEST_LINE = 4 * 1_048_576;
/** Records of one page, the most that the API gives. */
const PAGE = 500;
const DAY = 86_400_000;
const MINUTE = 60_000;
/** How often a request that the broker turned away for its number is made again. */
const MOST_WAITS = 10;

/** The records of the window, from the files where some are named, else from the broker. */
export async function* recordsOf(
  from: string | undefined,
  window: Window,
  context: () => Context,
): AsyncGenerator<RecordEntry> {
  const entries = from === undefined ? recordsOfBroker(context(), window) : recordsOfFiles(from);
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = window;
  for await (const entry of entries) {
    // A record's time is that of its session, as in the log itself.
    const time = 'record' in entry ? sessionTime(entry.record.sessionId) : since;
    if (time >= since && time < until) yield entry;
  }
}

/** @param from a file of JSON Lines, plain or gzip, a folder of them, or `-` for standard input */
async function* recordsOfFiles(from: string): AsyncGenerator<RecordEntry> {
  for (const file of from === '-' ? [{ path: from }] : filesUnder(from)) {
    const name = file.path === '-' ? 'standard input' : file.path;
    if ('problem' in file) yield { where: name, problem: file.problem };
    else yield* recordsOfFile(file.path, name);
  }
}

async function* recordsOfFile(path: string, name: string): AsyncGenerator<RecordEntry> {
  let number = 0;
  let rest = '';
  try {
    for await (const text of textOf(path)) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield* recordOfLine(line, `${name}: line ${++number}`);
      if (rest.length > LONGEST_LINE) throw new TextProblem(`line ${number + 1} is longer than any record`);
    }
    yield* recordOfLine(rest, `${name}: line ${number + 1}`);
  } catch (thrown) {
    if (!(thrown instanceof TextProblem)) throw thrown;
    yield { where: name, problem: thrown.message };
  }
}

function* recordOfLine(line: string, where: string): Generator<RecordEntry> {
  const text = line.trim();
  if (text === '' || text === '\ufeff') return;
  yield entryOf(parse(text), where);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function entryOf(value: unknown, where: string): RecordEntry {
  if (value === undefined) return { where, problem: 'it is not JSON' };
  const reading = readRecord(value);
  if ('record' in reading) return reading;
  return { where: reading.name === undefined ? where : `${where}: ${reading.name}`, problem: reading.problem };
}

/** Oldest first; of the last 24 hours unless told otherwise. */
async function* recordsOfBroker(context: Context, window: Window): AsyncGenerator<RecordEntry> {
  const now = context.now();
  const until = window.until ?? now + MINUTE;
  const query = {
    since: new Date(window.since ?? until - DAY).toISOString(),
    until: new Date(until).toISOString(),
    order: 'oldest',
    limit: String(PAGE),
  };
  let cursor: string | undefined;
  do {
    const page = await pageOf(context, cursor === undefined ? query : { ...query, cursor });
    for (const record of page.records) yield entryOf(record, 'the broker’s answer');
    // A cursor that does not move would be asked for for ever.
    if (page.cursor !== undefined && page.cursor === cursor) {
      throw new Failure('unavailable', 'the broker’s pages do not come to an end');
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** One page. The token is looked up each time: a long log outlives one. */
async function pageOf(context: Context, query: Readonly<Record<string, string>>) {
  for (let waits = 0; ; waits += 1) {
    try {
      return await new BrokerClient(context, await currentToken(context)).audit(query);
    } catch (thrown) {
      if (!Failure.is(thrown) || thrown.code !== 'rate_limited' || waits === MOST_WAITS) throw thrown;
      const seconds = thrown.retryAfterSeconds ?? 10;
      if (waits === 0) say(`the broker takes no more requests right now; going on in ${seconds} s`);
      await sleep(seconds * 1000);
    }
  }
}
