import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { LedgerFiles } from '../../../lib/audit/ledger/ports.ts';

/** A ledger's files in memory, and what was asked of them. */
export class MemoryFiles implements LedgerFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly reads: string[] = [];
  readonly writes: string[] = [];

  async read(path: string): Promise<Uint8Array | undefined> {
    await turn();
    this.reads.push(path);
    return this.files.get(path);
  }

  async write(path: string, bytes: Uint8Array): Promise<boolean> {
    await turn();
    this.writes.push(path);
    if (this.files.has(path)) return false;
    this.files.set(path, Uint8Array.from(bytes));
    return true;
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
