import { sessionTime } from '../../session-id.ts';
import { parseCheckpoint } from '../tree/checkpoint.ts';
import { parseNote } from '../tree/note.ts';
import { proveInclusion } from '../tree/proof.ts';
import { formatProofFile } from '../tree/proof-file.ts';
import { decoded, mustRead, TileReader } from '../tree/tile-reader.ts';
import { decodeEntries, TILE_WIDTH, tilePath, widthOf } from '../tree/tiles.ts';
import type { ReadFile } from './verify-ledger.ts';
import { ORDER_TOLERANCE_MS } from './verify-records.ts';

export interface SessionProof {
  readonly leaf: number;
  readonly phase: string;
  /** A proof file of its own. */
  readonly file: string;
}

/** How long after a session began its last record can have been made: the reconciler's, an hour late. */
const LAST_RECORD_MS = 2 * 3_600_000;

/**
 * Proof files for the records of a session, found in the ledger's files by their time: the bundles are in the order of
 * time, so a few are read, not all.
 *
 * @returns none when the session is not in the tree (yet)
 * @throws Error that says what is wrong with which file
 */
export async function proveSession(read: ReadFile, sessionId: string): Promise<SessionProof[]> {
  const note = Buffer.from(await mustRead(read, 'checkpoint')).toString('utf8');
  const { size } = parseCheckpoint(parseNote(note).text);
  const began = sessionTime(sessionId);
  const proofs: SessionProof[] = [];
  const tiles = new TileReader(read, size);
  for (let index = await firstBundle(read, size, began - ORDER_TOLERANCE_MS); index * TILE_WIDTH < size; index += 1) {
    const entries = await bundle(read, index, size);
    if (timeOf(entries[0]) > began + LAST_RECORD_MS) break;
    for (const [place, entry] of entries.entries()) {
      const text = Buffer.from(entry).toString('utf8');
      if (!text.includes(sessionId)) continue;
      const record = JSON.parse(text) as { readonly sessionId: string; readonly phase: string };
      if (record.sessionId !== sessionId) continue;
      const leaf = index * TILE_WIDTH + place;
      const hashes = await proveInclusion(leaf, size, (subtrees) => tiles.read(subtrees));
      proofs.push({
        leaf,
        phase: record.phase,
        file: formatProofFile({ record: entry, index: leaf, hashes, checkpoint: note }),
      });
    }
  }
  return proofs;
}

/** The last bundle whose first record is not younger than `time`, or the first of all. */
async function firstBundle(read: ReadFile, size: number, time: number): Promise<number> {
  let low = 0;
  let high = Math.ceil(size / TILE_WIDTH) - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (timeOf((await bundle(read, middle, size))[0]) <= time) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

function timeOf(entry: Uint8Array | undefined): number {
  return Date.parse((JSON.parse(Buffer.from(entry ?? []).toString('utf8')) as { readonly time: string }).time);
}

async function bundle(read: ReadFile, index: number, size: number): Promise<Uint8Array[]> {
  const width = widthOf(0, index, size);
  const path = tilePath({ level: undefined, index, width });
  return decoded(path, await mustRead(read, path), (bytes) => decodeEntries(bytes, width));
}
