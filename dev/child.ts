import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const STOP_TIMEOUT_MILLISECONDS = 3000;

/**
 * Settles when the child has ended; rejects when nobody had asked it to.
 *
 * @param name how an unexpected end is told, such as `the local gateway`
 */
export async function endOf(child: ChildProcess, name: string, expected: () => boolean): Promise<void> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (!expected()) throw new Error(`${name} ended unexpectedly (${signal ?? `exit code ${code}`})`);
}

/** Asks the child to end, and makes it after three seconds. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MILLISECONDS);
  await exit;
  clearTimeout(timer);
}
