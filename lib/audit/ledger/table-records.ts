import { Fault } from '../../fault.ts';
import { sessionTime } from '../../session-id.ts';
import type { Table } from '../../store/dynamodb.ts';
import { auditKey, INDEX_SHARDS, INDEXES, sessionAndPhase, unsealedKey } from '../../store/table.ts';
import type { RecordKey, RecordSource, UnsealedRecord } from './ports.ts';

/** Updates at the same time. */
const PARALLEL = 32;

/** Sort keys are session ids and phases, which all lie between these. */
const FIRST = '0';
const LAST = '\uffff';

/** Attribute of a record that is in the tree: its place there. */
const LEAF = 'leaf';

/**
 * The audit records of the table. Which wait is told by a sparse index, which may lag behind; whether one really waits
 * is told by the record itself, read consistently.
 */
export function tableRecords(table: Table): RecordSource {
  return {
    async unsealed(before, limit) {
      const shards = Array.from({ length: INDEX_SHARDS }, (_, shard) => shard);
      const lists = await Promise.all(
        shards.map((shard) =>
          table.keys({
            index: INDEXES.unsealed,
            partition: unsealedKey(shard),
            from: FIRST,
            to: LAST,
            order: 'oldest',
            limit,
          }),
        ),
      );
      const sortKeys = lists.flatMap((items) => items.map(({ sk }) => String(sk))).sort();
      const keys = sortKeys.slice(0, limit).map(sessionAndPhase);
      const items = await table.getMany(keys.map(({ sessionId, phase }) => auditKey(sessionId, phase)));
      const unsealed = items.flatMap((item, place): Timed[] => {
        const key = keys[place];
        if (item === undefined || key === undefined || item[LEAF] !== undefined) return [];
        const record = String(item['record']);
        return [{ ...key, record, time: Date.parse((JSON.parse(record) as { readonly time: string }).time) }];
      });
      const waiting = unsealed.filter(({ time }) => time <= before);
      waiting.sort((one, other) => one.time - other.time || compare(keyOf(one), keyOf(other)));
      const more = lists.some(({ length }) => length === limit) || sortKeys.length > limit;
      const oldest = unsealed.length === 0 ? undefined : Math.min(...unsealed.map(({ time }) => time));
      const sure = more ? beforeTheRest(waiting, keys) : waiting;
      return { records: sure.map(({ sessionId, phase, record }) => ({ sessionId, phase, record })), more, oldest };
    },

    async read(keys) {
      const items = await table.getMany(keys.map(({ sessionId, phase }) => auditKey(sessionId, phase)));
      return items.map((item, place): UnsealedRecord => {
        const { sessionId, phase } = keys[place] as RecordKey;
        if (item === undefined) {
          throw new Fault('ledger_inconsistent', `the ${phase} record of session ${sessionId} is gone`);
        }
        return { sessionId, phase, record: String(item['record']) };
      });
    },

    async markSealed(keys, first) {
      for (let at = 0; at < keys.length; at += PARALLEL) {
        const marks = keys.slice(at, at + PARALLEL).map(({ sessionId, phase }, place) => {
          return table.move(auditKey(sessionId, phase), [LEAF, first + at + place], INDEXES.unsealed.key);
        });
        await Promise.all(marks);
      }
    },
  };
}

interface Timed extends UnsealedRecord {
  /** Epoch milliseconds: when the record was made. */
  readonly time: number;
}

/**
 * Those that are surely older than all that was not read: no record is older than its session. An outcome that came
 * long after its session began waits until those that came before it have been read, unless nothing else is there.
 */
function beforeTheRest(waiting: readonly Timed[], keys: readonly RecordKey[]): readonly Timed[] {
  const newest = keys.at(-1);
  if (newest === undefined) return waiting;
  const limit = sessionTime(newest.sessionId);
  const sure = waiting.filter(({ time }) => time <= limit);
  return sure.length > 0 ? sure : waiting;
}

function keyOf({ sessionId, phase }: RecordKey): string {
  return sessionId + phase;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
