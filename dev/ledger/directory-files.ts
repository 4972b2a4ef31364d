import { createHash } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerFiles } from '../../lib/audit/ledger/ports.ts';

/** Milliseconds after which a lock is somebody's who has died: it is held for a few file operations only. */
const LOCK_MS = 5000;

/** The ledger in a folder, laid out as in the bucket. Several processes of one machine may use it at once. */
export function directoryFiles(directory: string): LedgerFiles {
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    try {
      return await readFile(join(directory, path));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  };

  return {
    read,

    async write(path, bytes) {
      const file = join(directory, path);
      const temporary = await writeTemporary(file, bytes);
      try {
        // A link fails where there is a file already, and never shows half of one.
        await link(temporary, file);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(temporary, { force: true });
      }
    },

    async readVersion(path) {
      const bytes = await read(path);
      return bytes && { bytes, version: versionOf(bytes) };
    },

    async replace(path, bytes, previous) {
      const file = join(directory, path);
      const temporary = await writeTemporary(file, bytes);
      return locked(`${file}.lock`, async () => {
        const there = await read(path);
        if ((there && versionOf(there)) !== previous) {
          await rm(temporary, { force: true });
          return false;
        }
        await rename(temporary, file);
        return true;
      });
    },
  };
}

async function writeTemporary(file: string, bytes: Uint8Array): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

/** Runs the work while nobody else does. Whoever holds the lock for too long has died and is not waited for. */
async function locked<T>(lock: string, work: () => Promise<T>): Promise<T> {
  for (const start = Date.now(); ; ) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (Date.now() - start > LOCK_MS) await rm(lock, { force: true });
      await sleep(5);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

function versionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
