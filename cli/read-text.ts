import { readFileSync } from 'node:fs';
import { Failure, reasonOf } from './failure.ts';

/**
 * A file that was named on the command line.
 *
 * @param hint what to do when it cannot be read
 * @throws Failure `local`
 */
export function readText(file: string, hint?: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new Failure('local', `${file} cannot be read (${reasonOf(thrown)})`, { hint });
  }
}

/** The same, with `-` for standard input. */
export async function readTextOrInput(file: string): Promise<string> {
  if (file !== '-') return readText(file);
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
