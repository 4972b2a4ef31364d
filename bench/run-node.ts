import { spawnSync } from 'node:child_process';

/**
 * Runs Node to its end.
 *
 * @returns what it printed
 * @throws Error with what it wrote to stderr when it does not exit with 0
 */
export function runNode(args: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`node ${args[0]} exited with ${status}: ${stderr.slice(-2000)}`);
  return stdout;
}
