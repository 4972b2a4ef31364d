import { Fault } from '../fault.ts';
import { canonicalJson } from '../json.ts';
import type { Item, Table } from '../store/dynamodb.ts';
import { auditKey, INDEXES, spreadKeyOf, unsealedKeyOf } from '../store/table.ts';
import type { AuditRecord } from './record.ts';
import { MAX_ENTRY_BYTES } from './tree/tiles.ts';

/** Where records become durable. */
export interface AuditLog {
  /**
   * Resolves once the record is durable, and only then.
   *
   * Creating is conditional: a record that exists is never changed. Appending the same record twice is one
   * record (a write that was persisted but reported as failed is found by reading it back); appending a
   * different record under the same session and phase is refused.
   *
   * @throws Fault `audit_unavailable`
   */
  append(record: AuditRecord): Promise<void>;
}

export function auditLog(table: Table): AuditLog {
  return {
    async append(record) {
      const item = toItem(record);
      const size = Buffer.byteLength(item.record);
      if (size > MAX_ENTRY_BYTES) {
        throw new Fault(
          'audit_unavailable',
          `the ${record.phase} record has ${size} bytes, more than the ledger takes`,
        );
      }
      try {
        if (await table.create(item)) return;
      } catch (cause) {
        if (await isThere(table, item)) return;
        throw new Fault('audit_unavailable', `the ${record.phase} record could not be written`, { cause });
      }
      if (await isThere(table, item)) return;
      throw new Fault('audit_unavailable', `another ${record.phase} record exists for this session`);
    },
  };
}

/** Whether exactly this record is durable, by a consistent read. Any doubt is a no. */
async function isThere(table: Table, item: ReturnType<typeof toItem>): Promise<boolean> {
  const found = await table.get({ pk: item.pk, sk: item.sk }).catch(() => undefined);
  return found?.['record'] === item.record;
}

/** The record's canonical bytes, which the ledger will hash, and beside them the index keys. */
function toItem(record: AuditRecord): Item & { pk: string; sk: string; record: string } {
  const { pk, sk } = auditKey(record.sessionId, record.phase);
  return {
    pk,
    sk,
    record: canonicalJson(record),
    [INDEXES.unsealed.key]: unsealedKeyOf(record.sessionId),
    ...(record.caller && { [INDEXES.caller.key]: record.caller.username }),
    ...(record.role && { [INDEXES.role.key]: spreadKeyOf(record.role, record.sessionId) }),
    ...(record.account && { [INDEXES.account.key]: spreadKeyOf(record.account, record.sessionId) }),
    ...(record.accessKeyId && { [INDEXES.accessKeyId.key]: record.accessKeyId }),
  };
}
