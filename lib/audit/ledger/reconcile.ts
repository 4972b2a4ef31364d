import { firstSessionIdAt } from '../../session-id.ts';
import type { Table } from '../../store/dynamodb.ts';
import { readMerged } from '../../store/merged.ts';
import { AUDIT_SHARDS, auditKey, auditPartition, dayOf, RECONCILER_KEY, sessionAndPhase } from '../../store/table.ts';
import type { AuditLog } from '../log.ts';
import type { AuditRecord } from '../record.ts';

export interface ReconcilerParts {
  readonly table: Table;
  readonly auditLog: AuditLog;
  /** Hears of each record that was written. */
  readonly observe: (record: AuditRecord) => void;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Milliseconds after which a function has surely ended: its own timeout, generously. */
  readonly graceMs: number;
}

export interface Reconciled {
  /** Sessions without an outcome that were closed. */
  readonly closed: number;
  /** Epoch milliseconds: sessions that began before this have been looked at. */
  readonly until: number;
}

/** How far back the first run looks. */
const FIRST_LOOK_MS = 86_400_000;
/** How much time one run looks at, so that it ends within a function's own. */
const MOST_MS = 6 * 3_600_000;

/**
 * Closes sessions whose function ended between intent and outcome: nobody knows whether STS gave credentials, none
 * left. They get the outcome `unresolved`, which CloudTrail can settle: the session's id is in the name that STS was
 * asked for.
 *
 * Each span of time is read once. A function that is slower than anybody thought finds its own outcome refused, as
 * another exists, and throws its credentials away.
 *
 * @throws what the table throws; the next run starts where this one did
 */
export async function reconcile(parts: ReconcilerParts): Promise<Reconciled> {
  const { table } = parts;
  const now = parts.clock();
  const item = await table.get(RECONCILER_KEY);
  const version = Number(item?.['version'] ?? 0);
  const from = Number(item?.['until'] ?? now - FIRST_LOOK_MS);
  const until = Math.min(now - parts.graceMs, from + MOST_MS);
  if (until <= from) return { closed: 0, until: from };
  let closed = 0;
  for (let day = Date.parse(dayOf(from)); day < until; day += 86_400_000) {
    closed += await reconcileDay(parts, dayOf(day), firstSessionIdAt(from), firstSessionIdAt(until));
  }
  await table.swap({ ...RECONCILER_KEY, version: version + 1, until }, version);
  return { closed, until };
}

async function reconcileDay(parts: ReconcilerParts, day: string, from: string, to: string): Promise<number> {
  const partitions = Array.from({ length: AUDIT_SHARDS }, (_, shard) => ({ partition: auditPartition(day, shard) }));
  let open: AuditRecord | undefined;
  let closed = 0;
  const close = async (): Promise<void> => {
    if (open === undefined) return;
    if (await closeSession(parts, open)) closed += 1;
    open = undefined;
  };
  // An intent sorts right before its outcome.
  for await (const item of readMerged(parts.table, partitions, { from, to, order: 'oldest' })) {
    const { sessionId, phase } = sessionAndPhase(String(item['sk']));
    if (phase === 'outcome' && open?.sessionId === sessionId) open = undefined;
    await close();
    if (phase === 'intent') open = JSON.parse(String(item['record'])) as AuditRecord;
  }
  await close();
  return closed;
}

async function closeSession(
  { table, auditLog, clock, observe }: ReconcilerParts,
  intent: AuditRecord,
): Promise<boolean> {
  const outcome: AuditRecord = {
    ...intent,
    phase: 'outcome',
    time: new Date(clock()).toISOString(),
    outcome: 'unresolved',
    code: 'outcome_missing',
    detail: 'the function ended before it recorded an outcome',
  };
  try {
    await auditLog.append(outcome);
  } catch (error) {
    // The function recorded its own outcome meanwhile, or another reconciler this one.
    if ((await table.get(auditKey(intent.sessionId, 'outcome'))) !== undefined) return false;
    throw error;
  }
  observe(outcome);
  return true;
}
