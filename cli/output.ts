import { writeSync } from 'node:fs';
import { errorCode } from './failure.ts';
import { printable } from './text.ts';

/**
 * Writes data to standard output at once. Synchronous on purpose: `process.stdout` costs milliseconds to load,
 * and a process that exits right after must not lose the end of what it wrote.
 *
 * @returns false when the reader has gone, so that more need not be made
 */
export function writeOut(text: string): boolean {
  return writeFully(1, text);
}

/** One line to standard error: `daypass: …`. */
export function say(message: string): void {
  writeFully(2, `daypass: ${printable(message)}\n`);
}

/** One line to standard error: `hint: …`. */
export function hint(message: string): void {
  writeFully(2, `hint: ${printable(message)}\n`);
}

/** An indented line that belongs to the `daypass: …` line before it. */
export function detail(message: string): void {
  writeFully(2, `  ${printable(message)}\n`);
}

function writeFully(descriptor: number, text: string): boolean {
  const bytes = Buffer.from(text);
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (thrown) {
      // A parent may hand us a non-blocking pipe that is full: wait for the reader.
      if (errorCode(thrown) === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      // The reader has gone (`daypass roles | head -1`). Nobody is left to tell.
      else if (errorCode(thrown) === 'EPIPE') return false;
      else throw thrown;
    }
  }
  return true;
}

/** Shows that something takes a while, on a terminal only, and only once it has taken half a second. */
export async function withProgress<T>(label: string, work: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work;
  const started = Date.now();
  let shown = false;
  const timer = setInterval(() => {
    const elapsed = Date.now() - started;
    if (elapsed < 500) return;
    shown = true;
    const frame = '|/-\\'[Math.floor(elapsed / 120) % 4];
    writeFully(2, `\r${frame} ${printable(label)} (${Math.floor(elapsed / 1000)} s)`);
  }, 120);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (shown) writeFully(2, '\r\u001b[K');
  }
}

/** A bar that fills, on a terminal only; nothing elsewhere. */
export function progressBar(label: string): { show(done: number, of: number): void; clear(): void } {
  if (!process.stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  let shown = 0;
  return {
    show(done, of) {
      const now = Date.now();
      if (now - shown < 100 || of === 0) return;
      shown = now;
      const filled = Math.round((done / of) * 30);
      const bar = `${'#'.repeat(filled)}${'.'.repeat(30 - filled)}`;
      writeFully(2, `\r${printable(label)} [${bar}] ${Math.floor((done / of) * 100)} %`);
    },
    clear() {
      if (shown > 0) writeFully(2, '\r\u001b[K');
      shown = 0;
    },
  };
}
