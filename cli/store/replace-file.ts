import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Whether a file's name is that of a draft which `replaceFile` makes for the other. */
export function isDraftOf(name: string, target: string): boolean {
  return name.startsWith(`${target}.`) && name.endsWith('.tmp');
}

/**
 * Puts the bytes under the name in one step: others see the old file or the new one, never half of one, even if the
 * machine stops in between.
 *
 * @param mode the file's rights from its first byte on
 * @throws what `node:fs` throws; then the old file is as it was and nothing is left beside it
 */
export function replaceFile(path: string, bytes: string | Uint8Array, mode: number): void {
  const draft = `${path}.${process.pid}.${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}.tmp`;
  const descriptor = openSync(draft, 'wx', mode);
  try {
    try {
      writeFileSync(descriptor, bytes);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, path);
  } catch (thrown) {
    rmSync(draft, { force: true });
    throw thrown;
  }
}
