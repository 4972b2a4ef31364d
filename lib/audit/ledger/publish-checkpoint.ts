import { Fault } from '../../fault.ts';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../tree/checkpoint.ts';
import { formatNote, parseNote, verifyNote } from '../tree/note.ts';
import type { CheckpointSigner, LedgerFiles } from './ports.ts';
import { cosigned, type WitnessParts } from './witness.ts';

export const CHECKPOINT_PATH = 'checkpoint';

export interface PublishingParts {
  readonly files: LedgerFiles;
  readonly signer: CheckpointSigner;
  readonly origin: string;
  /** Whom to ask for cosignatures; absent: nobody. */
  readonly witnesses?: WitnessParts | undefined;
}

type TreeHead = Pick<Checkpoint, 'size' | 'root'>;

/**
 * Signs the committed tree and puts its checkpoint in the place of the one before, never of a newer one.
 *
 * @param before the tree that the published checkpoint must be of
 * @returns how many leaves the published checkpoint has now: more than ours when another sealer is ahead
 * @throws Fault `ledger_inconsistent` when it is of another: somebody removed it, put an old one back, or forked the log
 */
export async function publishCheckpoint(parts: PublishingParts, before: TreeHead, now: TreeHead): Promise<number> {
  const { files, signer, origin } = parts;
  for (;;) {
    const current = await files.readVersion(CHECKPOINT_PATH);
    const published = publishedSize(parts, current?.bytes, before, now);
    if (published >= now.size) return published;
    const text = formatCheckpoint({ origin, ...now });
    const own = await signer.sign(text);
    const note = formatNote({ text, signatures: [own] });
    // What cannot be verified must not be published: a wrong key would make the whole log worthless.
    readCheckpoint(note, signer, 'new');
    const others = parts.witnesses === undefined ? [] : await cosigned(parts.witnesses, note, now.size, published);
    const witnessed = formatNote({ text, signatures: [own, ...others] });
    if (await files.replace(CHECKPOINT_PATH, Buffer.from(witnessed), current?.version)) return now.size;
  }
}

/** Leaves of the published checkpoint, which is the one before, ours, or a later one. */
function publishedSize(
  { signer, origin }: PublishingParts,
  bytes: Uint8Array | undefined,
  before: TreeHead,
  now: TreeHead,
): number {
  if (bytes === undefined) {
    if (before.size === 0) return 0;
    throw new Fault('ledger_inconsistent', `the checkpoint of ${before.size} leaves is missing`);
  }
  const published = readCheckpoint(Buffer.from(bytes).toString('utf8'), signer, 'published');
  if (published.origin !== origin) throw new Fault('ledger_inconsistent', 'the published checkpoint is of another log');
  if (published.size > now.size) return published.size;
  const expected = published.size === now.size ? now : published.size === before.size ? before : undefined;
  if (expected === undefined || Buffer.compare(published.root, expected.root) !== 0) {
    const message = `the published checkpoint of ${published.size} leaves is not the one that was signed for ${before.size}`;
    throw new Fault('ledger_inconsistent', message);
  }
  return published.size;
}

function readCheckpoint(note: string, { key }: CheckpointSigner, which: 'new' | 'published'): Checkpoint {
  try {
    const parsed = parseNote(note);
    if (!verifyNote(parsed, key)) throw new Error('it is not signed with this key');
    return parseCheckpoint(parsed.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw new Fault('ledger_inconsistent', `the ${which} checkpoint cannot be taken: ${reason}`);
  }
}
