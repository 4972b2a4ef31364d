import { type Checkpoint, parseCheckpoint } from '../tree/checkpoint.ts';
import { cosignaturesOf } from '../tree/cosignature.ts';
import { Frontier, leafHash, type Subtree } from '../tree/merkle.ts';
import { type Note, parseNote, type VerificationKey, verifyNote } from '../tree/note.ts';
import { decodeEntries, decodeTile, TILE_WIDTH, type Tile, tilePath, widthOf } from '../tree/tiles.ts';
import type { Finding } from './finding.ts';
import { RecordCheck } from './verify-records.ts';

/** Where the files of a ledger come from: a folder, a bucket, a web server. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;

export interface VerifyOptions {
  readonly read: ReadFile;
  readonly key: VerificationKey;
  /** The log's name; default: that of the key. */
  readonly origin?: string;
  /** Who must have cosigned the checkpoint; absent: nobody. */
  readonly quorum?: Quorum | undefined;
  /** Checkpoints that were seen before, as signed notes: the log must be a continuation of each. */
  readonly seen?: readonly string[];
  readonly report: (finding: Finding) => void;
  /** Hears how many leaves of how many are done. */
  readonly progress?: (done: number, size: number) => void;
}

export interface Verified {
  /** What was signed; undefined when there is no checkpoint that could be trusted. */
  readonly checkpoint: Checkpoint | undefined;
  /** Records read. */
  readonly records: number;
  readonly findings: number;
}

/** Bundles read at the same time, ahead of the one that is hashed. */
const AHEAD = 8;

/**
 * Checks a whole ledger with nothing but its files and the key: the signature, every record against its leaf hash, every
 * hash against what lies below, the root against the checkpoint, earlier checkpoints against the growing tree, and the
 * records against each other. Reads each file once, in order; memory does not grow with the log.
 *
 * Every finding is reported; none is a success. A file that cannot be read is a finding and never skipped silently.
 *
 * @throws what `read` throws for other reasons than that there is no such file
 */
export async function verifyLedger(options: VerifyOptions): Promise<Verified> {
  let findings = 0;
  const report = (finding: Finding): void => {
    findings += 1;
    options.report(finding);
  };
  const checkpoint = await readCheckpoint(options, report);
  if (checkpoint === undefined) return { checkpoint, records: 0, findings };
  const seen = readSeen(options, checkpoint, report);
  const tiles = new TileCheck(options.read, checkpoint.size, report);
  const records = new RecordCheck(report);
  const frontier = new Frontier(0, [], tiles.completed);
  let whole = true;
  for await (const { index, width, entries } of bundles(options.read, checkpoint.size)) {
    const file = tilePath({ level: undefined, index, width });
    if (typeof entries === 'string') {
      report({
        code: entries === 'missing' ? 'file_missing' : 'file_malformed',
        file,
        leaf: index * TILE_WIDTH,
        message: entries === 'missing' ? 'the file is missing' : entries,
      });
      // Without its records the tree cannot be grown past this file; its hashes stand in for them.
      whole = false;
      for (const hash of await tiles.leaves(index, width)) frontier.append(hash);
      continue;
    }
    const expected = await tiles.leaves(index, width);
    for (const [place, entry] of entries.entries()) {
      const leaf = index * TILE_WIDTH + place;
      const hash = leafHash(entry);
      const hashed = expected[place];
      const isAltered = hashed !== undefined && Buffer.compare(hash, hashed) !== 0;
      if (isAltered)
        report({ code: 'record_altered', file, leaf, message: 'the record is not the one that was hashed' });
      // With the hash that was made once, the rest of the tree can still be judged.
      frontier.append(isAltered ? hashed : hash);
      records.add(entry, leaf);
      for (const earlier of seen.get(leaf + 1) ?? []) compareSeen(earlier, frontier, report);
    }
    await tiles.drain();
    options.progress?.(frontier.size, checkpoint.size);
  }
  records.end();
  if (whole && Buffer.compare(frontier.root(), checkpoint.root) !== 0) {
    report({
      code: 'root_mismatch',
      file: 'checkpoint',
      message: `the ${checkpoint.size} records do not make the root that was signed`,
    });
  }
  return { checkpoint, records: frontier.size, findings };
}

async function readCheckpoint(
  options: VerifyOptions,
  report: (finding: Finding) => void,
): Promise<Checkpoint | undefined> {
  const file = 'checkpoint';
  const bytes = await options.read(file);
  if (bytes === undefined) {
    report({ code: 'checkpoint_missing', file, message: 'there is no checkpoint' });
    return undefined;
  }
  const checkpoint = openCheckpoint(Buffer.from(bytes).toString('utf8'), options.key);
  if ('problem' in checkpoint) {
    report({ code: checkpoint.code, file, message: checkpoint.problem });
    return undefined;
  }
  const origin = options.origin ?? options.key.name;
  if (checkpoint.origin !== origin) {
    report({ code: 'checkpoint_origin', file, message: `it is of the log “${checkpoint.origin}”, not “${origin}”` });
    return undefined;
  }
  const problem = quorumProblem(Buffer.from(bytes).toString('utf8'), options.quorum);
  // The tree can be judged all the same.
  if (problem !== undefined) report({ code: 'checkpoint_not_witnessed', file, message: problem });
  return checkpoint;
}

/** Witnesses, and how many of them must have cosigned. */
export interface Quorum {
  readonly witnesses: readonly VerificationKey[];
  readonly required: number;
}

/** What is missing of a quorum, of a text that is a signed note; undefined when nothing is. */
export function quorumProblem(text: string, quorum: Quorum | undefined): string | undefined {
  if (quorum === undefined) return undefined;
  const { witnesses, required } = quorum;
  const cosigned = cosignaturesOf(text, witnesses);
  if (cosigned.size >= required) return undefined;
  const absent = witnesses.filter((key) => !cosigned.has(key)).map(({ name }) => name);
  return `${cosigned.size} of ${required} witnesses cosigned it; ${absent.join(', ')} did not`;
}

/** A checkpoint's content, once its signature by the key is right. */
export function openCheckpoint(
  text: string,
  key: VerificationKey,
): Checkpoint | { readonly code: 'checkpoint_malformed' | 'checkpoint_not_signed'; readonly problem: string } {
  let note: Note;
  let checkpoint: Checkpoint;
  try {
    note = parseNote(text);
    checkpoint = parseCheckpoint(note.text);
  } catch (error) {
    return { code: 'checkpoint_malformed', problem: messageOf(error) };
  }
  try {
    if (verifyNote(note, key)) return checkpoint;
    return { code: 'checkpoint_not_signed', problem: `it has no signature of the key ${key.name}` };
  } catch (error) {
    return { code: 'checkpoint_not_signed', problem: messageOf(error) };
  }
}

/** Earlier checkpoints by their size; those that are larger than the log now are findings at once. */
function readSeen(
  options: VerifyOptions,
  now: Checkpoint,
  report: (finding: Finding) => void,
): Map<number, Checkpoint[]> {
  const bySize = new Map<number, Checkpoint[]>();
  for (const text of options.seen ?? []) {
    const earlier = openCheckpoint(text, options.key);
    if ('problem' in earlier) report({ code: earlier.code, message: `a checkpoint seen before: ${earlier.problem}` });
    else if (earlier.origin !== now.origin) {
      report({ code: 'checkpoint_origin', message: `a checkpoint seen before is of the log “${earlier.origin}”` });
    } else if (earlier.size > now.size) {
      report({
        code: 'rolled_back',
        file: 'checkpoint',
        message: `it has ${now.size} leaves; one with ${earlier.size} was seen before`,
      });
    } else bySize.set(earlier.size, [...(bySize.get(earlier.size) ?? []), earlier]);
  }
  return bySize;
}

function compareSeen(earlier: Checkpoint, frontier: Frontier, report: (finding: Finding) => void): void {
  if (Buffer.compare(earlier.root, frontier.root()) === 0) return;
  const message = `the first ${earlier.size} records are not those of the checkpoint seen before`;
  report({ code: 'forked', leaf: earlier.size - 1, message });
}

interface Bundle {
  readonly index: number;
  readonly width: number;
  /** The entries, or what is wrong with the file. */
  readonly entries: readonly Uint8Array[] | string;
}

/** The bundles in order, a few read ahead. */
async function* bundles(read: ReadFile, size: number): AsyncGenerator<Bundle> {
  const count = Math.ceil(size / TILE_WIDTH);
  const pending: Promise<Bundle>[] = [];
  for (let next = 0; next < count || pending.length > 0; ) {
    while (next < count && pending.length < AHEAD) pending.push(readBundle(read, next++, size));
    yield await (pending.shift() as Promise<Bundle>);
  }
}

async function readBundle(read: ReadFile, index: number, size: number): Promise<Bundle> {
  const width = widthOf(0, index, size);
  const bytes = await read(tilePath({ level: undefined, index, width }));
  if (bytes === undefined) return { index, width, entries: 'missing' };
  try {
    return { index, width, entries: decodeEntries(bytes, width) };
  } catch (error) {
    return { index, width, entries: messageOf(error) };
  }
}

/** Holds the tiles against the hashes of the tree as it grows. Each tile is read once, when its last hash is complete. */
class TileCheck {
  readonly #read: ReadFile;
  readonly #size: number;
  readonly #report: (finding: Finding) => void;
  /** Hashes of tiles that are not complete yet, by level; level 0 is checked record by record. */
  readonly #growing = new Map<number, Uint8Array[]>();
  #full: { readonly tile: Tile; readonly hashes: readonly Uint8Array[] }[] = [];

  constructor(read: ReadFile, size: number, report: (finding: Finding) => void) {
    this.#read = read;
    this.#size = size;
    this.#report = report;
  }

  readonly completed = ({ level, index }: Subtree, hash: Uint8Array): void => {
    if (level % 8 !== 0 || level === 0) return;
    const tileLevel = level / 8;
    const tileIndex = Math.floor(index / TILE_WIDTH);
    const width = widthOf(tileLevel, tileIndex, this.#size);
    const hashes = this.#growing.get(tileLevel) ?? [];
    hashes.push(hash);
    if (hashes.length < width) {
      this.#growing.set(tileLevel, hashes);
      return;
    }
    this.#growing.delete(tileLevel);
    this.#full.push({ tile: { level: tileLevel, index: tileIndex, width }, hashes });
  };

  /** Compares the tiles that were completed meanwhile. */
  async drain(): Promise<void> {
    const full = this.#full;
    this.#full = [];
    for (const { tile, hashes } of full) {
      const stored = await this.#tile(tile);
      const at = stored?.findIndex((hash, place) => Buffer.compare(hash, hashes[place] ?? Buffer.alloc(0)) !== 0) ?? -1;
      if (at < 0) continue;
      const message = `hash ${at} is not that of what lies below it`;
      this.#report({
        code: 'hash_altered',
        file: tilePath(tile),
        leaf: (tile.index * TILE_WIDTH + at) * TILE_WIDTH ** (tile.level ?? 0),
        message,
      });
    }
  }

  /** The leaf hashes of a tile of level 0; none where it cannot be read. */
  async leaves(index: number, width: number): Promise<readonly Uint8Array[]> {
    return (await this.#tile({ level: 0, index, width })) ?? [];
  }

  async #tile(tile: Tile): Promise<Uint8Array[] | undefined> {
    const file = tilePath(tile);
    const bytes = await this.#read(file);
    if (bytes === undefined) {
      this.#report({ code: 'file_missing', file, message: 'the file is missing' });
      return undefined;
    }
    try {
      return decodeTile(bytes, tile.width);
    } catch (error) {
      this.#report({ code: 'file_malformed', file, message: messageOf(error) });
      return undefined;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unreadable';
}
