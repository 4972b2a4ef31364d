import { foldComplete, type Subtree } from './merkle.ts';
import { decodeTile, type Tile, tileOf, tilePath } from './tiles.ts';

/** Reads a file of a published ledger; undefined when it is not there. */
type ReadTile = (path: string) => Promise<Uint8Array | undefined>;

/** Reads the hashes of subtrees of a published tree, each tile once. */
export class TileReader {
  readonly #read: ReadTile;
  readonly #size: number;
  readonly #tiles = new Map<string, Promise<Uint8Array[]>>();

  /** @param size leaves of the tree */
  constructor(read: ReadTile, size: number) {
    this.#read = read;
    this.#size = size;
  }

  /** @throws Error that names the file that is missing or cannot be read */
  read(subtrees: readonly Subtree[]): Promise<Uint8Array[]> {
    return Promise.all(
      subtrees.map(async (subtree) => {
        const { tile, first, count } = tileOf(subtree, this.#size);
        const hashes = await this.#tile(tile);
        return foldComplete(hashes.slice(first, first + count));
      }),
    );
  }

  #tile(tile: Tile): Promise<Uint8Array[]> {
    const path = tilePath(tile);
    const known = this.#tiles.get(path);
    if (known !== undefined) return known;
    const reading = mustRead(this.#read, path).then((bytes) =>
      decoded(path, bytes, (content) => decodeTile(content, tile.width)),
    );
    this.#tiles.set(path, reading);
    return reading;
  }
}

/** @throws Error that names the file when it is not there */
export async function mustRead(read: ReadTile, path: string): Promise<Uint8Array> {
  const bytes = await read(path);
  if (bytes === undefined) throw new Error(`${path} is missing`);
  return bytes;
}

/** @throws Error that names the file when it cannot be decoded */
export function decoded<T>(path: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(bytes);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}
