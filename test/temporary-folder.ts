import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Whatever tests leave in the temporary folder goes with it when they end. They remove their own; but `-t` runs no hook
 * of a file of which it runs no test, and a worker that is stopped runs none either.
 */
export default function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'daypass-tests-'));
  process.env['TMPDIR'] = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
