import { newSessionId } from '../../session-id.ts';
import type { Table } from '../../store/dynamodb.ts';
import { policyKey } from '../../store/table.ts';
import type { AuditLog } from '../log.ts';
import type { AuditRecord } from '../record.ts';

export interface PolicyChangesParts {
  readonly table: Table;
  readonly auditLog: AuditLog;
  /** Hears of each record once it is durable. */
  readonly observe: (record: AuditRecord) => void;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** Told of the access policies that records were decided by, before those records are sealed. */
export type NoticePolicies = (digests: readonly string[]) => Promise<void>;

/**
 * Records each access policy once, when the first record that was decided by it is about to be sealed: so a change of
 * policy is an event of its own, it costs no request anything, and no record of a new policy is sealed without it.
 *
 * The record is decided by one conditional write of an item that holds it; whoever comes later, or again after a crash,
 * appends that very record, which is then one record.
 *
 * @returns a function that throws what the table throws, and Fault `audit_unavailable`
 */
export function policyChanges({ table, auditLog, observe, clock }: PolicyChangesParts): NoticePolicies {
  const recorded = new Set<string>();

  async function recordOf(digest: string): Promise<AuditRecord> {
    const key = policyKey(digest);
    const record = changeTo(digest, clock());
    if (await table.create({ ...key, record: JSON.stringify(record) })) return record;
    return JSON.parse(String((await table.get(key))?.['record'])) as AuditRecord;
  }

  return async (digests) => {
    for (const digest of digests) {
      if (recorded.has(digest)) continue;
      const record = await recordOf(digest);
      await auditLog.append(record);
      recorded.add(digest);
      observe(record);
    }
  };
}

function changeTo(policyDigest: string, now: number): AuditRecord {
  const sessionId = newSessionId(now);
  return {
    schema: 1,
    phase: 'outcome',
    sessionId,
    requestId: sessionId,
    time: new Date(now).toISOString(),
    action: 'policy-change',
    outcome: 'allowed',
    policyDigest,
  };
}
