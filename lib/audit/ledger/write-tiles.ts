import { Fault } from '../../fault.ts';
import { foldComplete, leafHash, type Subtree, subtreesOf } from '../tree/merkle.ts';
import {
  decodeEntries,
  decodeTile,
  encodeEntries,
  newTiles,
  TILE_WIDTH,
  type Tile,
  tilePath,
  widthOf,
} from '../tree/tiles.ts';
import type { LedgerFiles } from './ports.ts';

/** Files written at the same time. */
const PARALLEL = 16;

/**
 * Writes the files that a tree has and its beginning had not. What stands at the right edge (a partial bundle, a
 * partial tile on each level) is read back and held against the frontier before it is copied on, so that a file that
 * somebody changed is never carried into a new one.
 */
export class LedgerWriter {
  readonly #files: LedgerFiles;
  readonly #from: number;
  /** `level/index` → hash: the frontier before, and every subtree that is completed. */
  readonly #known = new Map<string, Uint8Array>();

  /** @param frontier hashes of the complete subtrees of the `from` leaves that are published */
  constructor(files: LedgerFiles, from: number, frontier: readonly Uint8Array[]) {
    this.#files = files;
    this.#from = from;
    for (const [place, subtree] of subtreesOf(0, from).entries()) {
      this.#known.set(keyOf(subtree), frontier[place] as Uint8Array);
    }
  }

  /** For the `Frontier` that the new leaves are appended to. */
  readonly completed = (subtree: Subtree, hash: Uint8Array): void => {
    this.#known.set(keyOf(subtree), hash);
  };

  /**
   * @param entries of the leaves from `from` on
   * @throws Fault `ledger_inconsistent` when a file at the edge is not what was committed
   */
  async write(entries: readonly Uint8Array[]): Promise<void> {
    const to = this.#from + entries.length;
    const writes: (() => Promise<void>)[] = [];
    for (let index = Math.floor(this.#from / TILE_WIDTH); index * TILE_WIDTH < to; index += 1) {
      writes.push(() => this.#writeBundle(index, to, entries));
    }
    for (const tile of newTiles(this.#from, to)) writes.push(() => this.#writeTile(tile));
    for (let at = 0; at < writes.length; at += PARALLEL) {
      await Promise.all(writes.slice(at, at + PARALLEL).map((write) => write()));
    }
  }

  async #writeBundle(index: number, to: number, entries: readonly Uint8Array[]): Promise<void> {
    const start = index * TILE_WIDTH;
    const before = await this.#edge(undefined, index, decodeEntries, (bundle) => bundle.map(leafHash));
    const own = entries.slice(Math.max(0, start - this.#from), Math.max(0, start + TILE_WIDTH - this.#from));
    const tile = { level: undefined, index, width: widthOf(0, index, to) };
    await this.#write(tilePath(tile), encodeEntries([...before, ...own]));
  }

  async #writeTile(tile: Tile): Promise<void> {
    const level = tile.level ?? 0;
    const before = await this.#edge(level, tile.index, decodeTile, (hashes) => hashes);
    const hashes = [...before];
    for (let place = hashes.length; place < tile.width; place += 1) {
      hashes.push(this.#hash({ level: level * 8, index: tile.index * TILE_WIDTH + place }));
    }
    await this.#write(tilePath(tile), Buffer.concat(hashes));
  }

  /** A file that another sealer wrote is the same; one that is not is of another tree. */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    if (await this.#files.write(path, bytes)) return;
    const there = await this.#files.read(path);
    if (there !== undefined && Buffer.compare(there, bytes) === 0) return;
    throw new Fault('ledger_inconsistent', `${path} is there already, with other content`);
  }

  /** What the published partial file of this place holds, once it is known to be what was committed. */
  async #edge(
    level: number | undefined,
    index: number,
    decode: (bytes: Uint8Array, width: number) => Uint8Array[],
    hashesOf: (content: readonly Uint8Array[]) => readonly Uint8Array[],
  ): Promise<Uint8Array[]> {
    const width = widthOf(level ?? 0, index, this.#from);
    if (width === 0) return [];
    const path = tilePath({ level, index, width });
    const bytes = await this.#files.read(path);
    if (bytes === undefined) throw new Fault('ledger_inconsistent', `${path} is missing`);
    let content: Uint8Array[];
    try {
      content = decode(bytes, width);
    } catch (error) {
      throw new Fault('ledger_inconsistent', `${path}: ${error instanceof Error ? error.message : 'unreadable'}`);
    }
    const hashes = hashesOf(content);
    const first = index * TILE_WIDTH;
    for (const subtree of subtreesOf(first, first + width)) {
      const count = 2 ** subtree.level;
      const place = subtree.index * count - first;
      const found = foldComplete(hashes.slice(place, place + count));
      const known = this.#hash({ level: subtree.level + 8 * (level ?? 0), index: subtree.index });
      if (Buffer.compare(found, known) !== 0)
        throw new Fault('ledger_inconsistent', `${path} is not what was committed`);
    }
    return content;
  }

  #hash(subtree: Subtree): Uint8Array {
    const hash = this.#known.get(keyOf(subtree));
    if (hash === undefined) throw new Fault('internal_error', `the hash of subtree ${keyOf(subtree)} is not known`);
    return hash;
  }
}

function keyOf({ level, index }: Subtree): string {
  return `${level}/${index}`;
}
