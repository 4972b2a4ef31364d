import { setTimeout as sleep } from 'node:timers/promises';
import { readRecord } from '../../lib/audit/read-record.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { type AuditPage, BrokerClient } from '../broker/api.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { say, withProgress } from '../output.ts';
import { currentToken } from '../sign-in/session.ts';
import { USER_AGENT } from '../user-agent.ts';

/** The most that one page of `GET /v1/audit` holds. */
const PAGE = 500;
/** How often one page is asked for again before the reading ends. */
const ATTEMPTS = 5;
/** Seconds, when the broker does not say how long to wait. */
const PAUSE = 2;

export type Query = Readonly<Record<string, string>>;

/** Some records, in order. */
export interface RecordPage {
  readonly records: readonly AuditRecord[];
  /** Whether the log holds more that match. */
  readonly more: boolean;
  /** The broker's clock when it was read, epoch ms in whole seconds. */
  readonly date: number | undefined;
}

export interface Reading {
  /** Records in all; Infinity for as many as there are. */
  readonly limit: number;
  /** Records that one page asks for, at most 500. */
  readonly pageSize?: number;
  readonly userAgent?: string;
  /** What is shown while a page is waited for. */
  readonly label?: () => string;
}

/**
 * The pages of a query, one at a time, as the broker gives them: nothing is kept. A page may hold few records or none
 * and still not be the last; then it goes on. Once a page was read, a broker that does not answer or wants a pause is
 * asked again, so that a long reading does not end for it.
 *
 * @throws Failure `refused` also when a record is none that this daypass knows
 */
export async function* auditPages(context: Context, query: Query, reading: Reading): AsyncGenerator<RecordPage> {
  const { limit, pageSize = PAGE, userAgent = USER_AGENT, label = () => 'waiting for the broker' } = reading;
  let left = limit;
  let cursor: string | undefined;
  let isFirst = true;
  do {
    const wanted = String(Math.min(pageSize, left));
    const asked = { ...query, limit: wanted, ...(cursor === undefined ? {} : { cursor }) };
    const page = await withProgress(label(), isFirst ? read(context, asked, userAgent) : persistent(asked));
    isFirst = false;
    if (page.cursor !== undefined && !goesOn(cursor, page.cursor, query['order'])) {
      throw new Failure('unavailable', 'the broker’s answer does not go on: its cursor does not move');
    }
    cursor = page.cursor;
    const records = page.records.slice(0, left).map(known);
    left -= records.length;
    yield { records, more: cursor !== undefined || page.records.length > records.length, date: page.date };
  } while (cursor !== undefined && left > 0);

  async function persistent(asked: Query): Promise<AuditPage> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await read(context, asked, userAgent);
      } catch (thrown) {
        if (!Failure.is(thrown) || thrown.kind !== 'unavailable' || attempt === ATTEMPTS) throw thrown;
        const pause = thrown.retryAfterSeconds ?? PAUSE * attempt;
        say(`${thrown.message}; going on in ${pause} s`);
        await sleep(pause * 1000);
      }
    }
  }
}

/** With a token that is good now: a long reading outlives one. */
async function read(context: Context, query: Query, userAgent: string): Promise<AuditPage> {
  return new BrokerClient(context, await currentToken(context), userAgent).audit(query);
}

/** Cursors are places in the log, so they only ever move one way. One that does not would be asked for for ever. */
function goesOn(previous: string | undefined, next: string, order: string | undefined): boolean {
  if (previous === undefined) return true;
  return order === 'oldest' ? next > previous : next < previous;
}

function known(value: unknown): AuditRecord {
  const reading = readRecord(value);
  if ('record' in reading) return reading.record;
  throw unknownRecord(reading.name ?? 'a record without a name', reading.problem);
}

/** A record that cannot be taken for what it says. */
export function unknownRecord(name: string, problem: string): Failure {
  return new Failure('refused', `the audit record ${name} cannot be read: ${problem}`, {
    hint: 'a newer daypass may know it; `daypass --version` shows yours',
  });
}
