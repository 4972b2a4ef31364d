import { HASH_BYTES } from './merkle.ts';

/**
 * The head of a tree (C2SP tlog-checkpoint), the text of a signed note.
 *
 * ```
 * <origin: the log's name>
 * <number of leaves>
 * <base64 of the root hash>
 * ```
 *
 * @see https://c2sp.org/tlog-checkpoint
 */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** @throws Error that says what is wrong with it */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', count = '', encoded = ''] = text.split('\n');
  const root = Buffer.from(encoded, 'base64');
  if (origin === '') throw new Error('the checkpoint has no origin');
  if (!/^(0|[1-9]\d{0,15})$/.test(count) || !Number.isSafeInteger(Number(count))) {
    throw new Error('the checkpoint’s size is not a whole number');
  }
  if (root.length !== HASH_BYTES || root.toString('base64') !== encoded) {
    throw new Error('the checkpoint’s root is not the base64 of 32 bytes');
  }
  if (!text.endsWith('\n')) throw new Error('the checkpoint does not end with a line end');
  return { origin, size: Number(count), root };
}
