import { existsSync } from 'node:fs';
import type { VerificationKey } from '../../lib/audit/tree/note.ts';
import type { Quorum } from '../../lib/audit/verify/verify-ledger.ts';
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
  return readKey('key', given);
}

/**
 * The witnesses of `--witness` and how many of them must have cosigned; undefined when none is named.
 *
 * @throws Failure `usage`
 */
export async function quorumOf(input: Input): Promise<Quorum | undefined> {
  const given = input.texts('witness');
  const number = input.text('quorum');
  if (given.length === 0) {
    if (number !== undefined) throw new Failure('usage', '--quorum goes with --witness');
    return undefined;
  }
  const witnesses = await Promise.all(given.map((text) => readKey('witness', text)));
  const other = witnesses.find(({ algorithm }) => algorithm !== 'Ed25519-cosignature');
  if (other !== undefined) throw new Failure('usage', `--witness: ${other.name} is no witness’s key (algorithm 4)`);
  const required = number === undefined ? witnesses.length : Number(number);
  if (!Number.isInteger(required) || required < 1 || required > witnesses.length) {
    throw new Failure('usage', `--quorum is from 1 to ${witnesses.length}, the number of witnesses`);
  }
  return { witnesses, required };
}

async function readKey(option: string, given: string): Promise<VerificationKey> {
  const text = existsSync(given) ? readText(given) : given;
  const { parseVerificationKey } = await import('../ledger.ts');
  try {
    return parseVerificationKey(text);
  } catch (thrown) {
    throw new Failure('usage', `--${option}: ${thrown instanceof Error ? thrown.message : 'unreadable'}`);
  }
}
