import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../fault.ts';
import type { ReadFile } from '../verify/verify-ledger.ts';

/**
 * A published ledger in a folder, as the local stack has it.
 *
 * @returns a function that throws Fault `ledger_unavailable` when a file is there and cannot be read
 */
export function folderReader(directory: string): ReadFile {
  return async (path) => {
    try {
      return await readFile(join(directory, path));
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
      throw new Fault('ledger_unavailable', `${path} of the ledger cannot be read`, { cause });
    }
  };
}
