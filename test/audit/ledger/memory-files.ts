import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { LedgerFiles } from '../../../lib/audit/ledger/ports.ts';

/** Files in memory that refuse what a real store would let an error do: other bytes under a name that is taken. */
export class MemoryFiles implements LedgerFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly reads: string[] = [];
  readonly writes: string[] = [];

  async read(path: string): Promise<Uint8Array | undefined> {
    await turn();
    this.reads.push(path);
    return this.files.get(path);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await turn();
    this.writes.push(path);
    const there = this.files.get(path);
    if (there !== undefined && Buffer.compare(there, bytes) !== 0) throw new Error(`${path} would change`);
    this.files.set(path, Uint8Array.from(bytes));
  }

  async readVersion(path: string) {
    const bytes = await this.read(path);
    return bytes && { bytes, version: versionOf(bytes) };
  }

  async replace(path: string, bytes: Uint8Array, previous: string | undefined): Promise<boolean> {
    await turn();
    const there = this.files.get(path);
    if ((there && versionOf(there)) !== previous) return false;
    this.files.set(path, Uint8Array.from(bytes));
    return true;
  }
}

function versionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
