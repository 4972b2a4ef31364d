import type { Table } from '../../store/dynamodb.ts';
import { LEDGER_HEAD_KEY } from '../../store/table.ts';
import type { Head, HeadStore } from './ports.ts';

/** The head as one item with a version, which a conditional write counts up. */
export function tableHead(table: Table): HeadStore {
  /** The version of each head that was handed out or written here. */
  const versions = new WeakMap<Head, number>();

  return {
    async read() {
      const item = await table.get(LEDGER_HEAD_KEY);
      if (item === undefined) return undefined;
      const head = JSON.parse(String(item['head'])) as Head;
      versions.set(head, Number(item['version']));
      return head;
    },

    async advance(previous, next) {
      const version = previous === undefined ? 0 : versions.get(previous);
      if (version === undefined) throw new Error('a head is advanced from one that was read');
      const item = { ...LEDGER_HEAD_KEY, version: version + 1, head: JSON.stringify(next) };
      if (!(await table.swap(item, version))) return false;
      versions.set(next, version + 1);
      return true;
    },
  };
}
