import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { isSessionId, sessionShard, sessionTime } from '../../session-id.ts';
import type { Finding, FindingCode } from './finding.ts';

/** Milliseconds by which records of one shard may come out of order: clocks of functions differ, writes overtake each other. */
export const ORDER_TOLERANCE_MS = 120_000;

/** Milliseconds after which an intent must have an outcome, the reconciler's if no other. */
export const OUTCOME_WITHIN_MS = 3_600_000;

const SHARDS = 16;

/** How many open intents and recent records are kept at most: more of them open at once is itself a finding. */
const MAX_KEPT = 200_000;

/**
 * What the records say of themselves and of each other, in the order of their leaves. Keeps the open intents and the
 * records of the last minutes, so memory does not grow with the log.
 */
export class RecordCheck {
  readonly #report: (finding: Finding) => void;
  readonly #newest = new Array<number>(SHARDS).fill(Number.NEGATIVE_INFINITY);
  /** Open intents, oldest first: session → its leaf and time. */
  readonly #open = new Map<string, { readonly leaf: number; readonly time: number }>();
  /** Keys of recent records, in two halves of which the older is dropped: a copy that is older is out of order. */
  #recent = new Set<string>();
  #previous = new Set<string>();
  #recentSince = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(report: (finding: Finding) => void) {
    this.#report = report;
  }

  /** @param entry the bytes behind leaf number `leaf` */
  add(entry: Uint8Array, leaf: number): void {
    const text = Buffer.from(entry.buffer, entry.byteOffset, entry.length).toString('utf8');
    const record = parse(text);
    const read = record === undefined ? 'it is not a JSON object' : readRecord(record);
    if (typeof read === 'string') {
      const id = idOf(record?.['sessionId']);
      const code = record !== undefined && record['schema'] !== 1 ? 'record_schema_unknown' : 'record_malformed';
      this.#say(code, leaf, id, read);
      return;
    }
    const { id, phase, time } = read;
    if (!isCanonical(record as JsonObject, text))
      this.#say('record_not_canonical', leaf, id, 'it is not in canonical form');
    this.#once(`${id}${phase}`, leaf, id, phase, time);
    this.#inOrder(id, leaf, time);
    if (phase === 'intent') this.#open.set(id, { leaf, time });
    else this.#close(id, record as JsonObject, leaf);
    this.#last = Math.max(this.#last, time);
  }

  /** To be called after the last record. */
  end(): void {
    for (const [id, { leaf, time }] of this.#open) {
      if (this.#last - time > OUTCOME_WITHIN_MS) {
        this.#say(
          'intent_without_outcome',
          leaf,
          id,
          `it has no outcome after ${Math.floor((this.#last - time) / 60_000)} minutes`,
        );
      }
    }
  }

  #close(id: string, record: JsonObject, leaf: number): void {
    const opened = this.#open.delete(id);
    const needsIntent = record['outcome'] === 'issued' || record['outcome'] === 'unresolved';
    if (needsIntent && !opened) {
      this.#say('outcome_without_intent', leaf, id, `it says “${record['outcome']}”, and no intent is before it`);
    }
  }

  #once(key: string, leaf: number, id: string, phase: string, time: number): void {
    if (this.#recent.has(key) || this.#previous.has(key)) {
      this.#say('record_duplicate', leaf, id, `the ${phase} of this session is in the log already`);
    }
    // Each half covers twice what the order allows; by then only a record that is out of order could be a copy.
    if (time - this.#recentSince > 2 * ORDER_TOLERANCE_MS || this.#recent.size > MAX_KEPT) {
      this.#previous = this.#recent;
      this.#recent = new Set();
      this.#recentSince = time;
    }
    this.#recent.add(key);
  }

  #inOrder(id: string, leaf: number, time: number): void {
    const shard = sessionShard(id, SHARDS);
    const newest = this.#newest[shard] ?? Number.NEGATIVE_INFINITY;
    if (time < newest - ORDER_TOLERANCE_MS) {
      this.#say(
        'record_out_of_order',
        leaf,
        id,
        `it was made ${Math.round((newest - time) / 1000)} s before a record that is ahead of it`,
      );
    }
    if (sessionTime(id) > time + ORDER_TOLERANCE_MS) {
      this.#say('record_out_of_order', leaf, id, 'it was made before its session began');
    }
    this.#newest[shard] = Math.max(newest, time);
  }

  #say(code: FindingCode, leaf: number, sessionId: string | undefined, message: string): void {
    this.#report({ code, leaf, ...(sessionId !== undefined && { sessionId }), message });
  }
}

/**
 * Whether the text is the value's canonical form. Sorted members written by `JSON.stringify` are; only where that is not
 * so (members named like numbers, which JavaScript orders itself) the form is made and compared.
 */
function isCanonical(record: JsonObject, text: string): boolean {
  return (JSON.stringify(record) === text && isSorted(record)) || canonicalJson(record) === text;
}

function isSorted(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let previous = '';
  for (const [name, member] of Object.entries(value)) {
    if (name < previous || !isSorted(member)) return false;
    previous = name;
  }
  return true;
}

/** What every record has, or what is wrong with this one. */
function readRecord({ schema, sessionId, phase, time: made }: JsonObject) {
  if (schema !== 1) return `schema ${JSON.stringify(schema) ?? 'none'} is not known here`;
  const id = idOf(sessionId);
  const time = typeof made === 'string' ? Date.parse(made) : Number.NaN;
  const known = phase === 'intent' || phase === 'outcome';
  return id !== undefined && known && Number.isFinite(time)
    ? { id, phase, time }
    : 'it has no session id, phase and time';
}

function idOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && isSessionId(value) ? value : undefined;
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
