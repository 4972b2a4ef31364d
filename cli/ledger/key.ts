import { existsSync } from 'node:fs';
import type { VerificationKey } from '../../lib/audit/tree/note.ts';
import type { Input } from '../command.ts';
import { Failure } from '../failure.ts';
import { readText } from '../read-text.ts';

/** Options of every command that verifies. */
export const KEY_OPTIONS = {
  key: { value: 'KEY', help: 'the log’s verification key, or the file that holds it' },
} as const;

/**
 * @throws Failure `usage` without a key or with one that is none
 */
export async function keyOf(input: Input): Promise<VerificationKey> {
  const given = input.text('key');
  if (given === undefined) {
    throw new Failure('usage', 'which key? --key is missing', {
      hint: 'its text, name+id+base64, or its file; in the local stack .daypass/ledger.vkey',
    });
  }
  const text = existsSync(given) ? readText(given) : given;
  const { parseVerificationKey } = await import('../ledger.ts');
  try {
    return parseVerificationKey(text);
  } catch (thrown) {
    throw new Failure('usage', `--key: ${thrown instanceof Error ? thrown.message : 'unreadable'}`);
  }
}
