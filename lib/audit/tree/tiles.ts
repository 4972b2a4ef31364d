import { HASH_BYTES, type Subtree } from './merkle.ts';

/**
 * The tree as files (C2SP tlog-tiles).
 *
 * ```
 * checkpoint                         the signed head
 * tile/<L>/<N>[.p/<W>]               the hashes of 256 neighbouring complete subtrees of level 8·L, or the first W of them
 * tile/entries/<N>[.p/<W>]           256 entries, each behind its length in two bytes, or the first W of them
 * ```
 *
 * N is written in groups of three digits, all but the last with an `x`: `x001/x234/067`. A full tile never changes; a
 * partial one has its width in its name, so no file is ever written twice with other content.
 *
 * @see https://c2sp.org/tlog-tiles
 */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** Bytes: what two bytes can say. */
export const MAX_ENTRY_BYTES = 65_535;

export interface Tile {
  /** Of the tile, not of the tree: its hashes are those of subtrees of level 8·level. Undefined: entries. */
  readonly level: number | undefined;
  readonly index: number;
  /** 1–256 hashes or entries. */
  readonly width: number;
}

export function tilePath({ level, index, width }: Tile): string {
  const groups: string[] = [];
  for (let rest = index; ; rest = Math.floor(rest / 1000)) {
    groups.unshift(String(rest % 1000).padStart(3, '0'));
    if (rest < 1000) break;
  }
  const path = groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level ?? 'entries'}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** The tile that holds a subtree's hash in the tree of `size` leaves, and where its part of the tile is. */
export function tileOf(
  { level, index }: Subtree,
  size: number,
): { readonly tile: Tile; readonly first: number; readonly count: number } {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  // A subtree between two tile levels is not stored; it is made of 2^(level mod 8) neighbours that are.
  const count = 2 ** (level % TILE_HEIGHT);
  const start = index * count;
  const tileIndex = Math.floor(start / TILE_WIDTH);
  return {
    tile: { level: tileLevel, index: tileIndex, width: widthOf(tileLevel, tileIndex, size) },
    first: start % TILE_WIDTH,
    count,
  };
}

/** How many hashes (or, at level 0, entries) the tile has in the tree of `size` leaves: 0–256. */
export function widthOf(level: number, index: number, size: number): number {
  const complete = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, complete - index * TILE_WIDTH));
}

/** Tiles that the tree of `to` leaves has and the tree of `from` leaves had not, partial ones included, level by level. */
export function newTiles(from: number, to: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; ; level += 1) {
    const before = Math.floor(from / TILE_WIDTH ** level);
    const after = Math.floor(to / TILE_WIDTH ** level);
    if (after === 0) return tiles;
    if (after === before) continue;
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < after; index += 1) {
      tiles.push({ level, index, width: widthOf(level, index, to) });
    }
  }
}

/** @throws RangeError for an entry that is empty or longer than 65,535 bytes */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length === 0 || entry.length > MAX_ENTRY_BYTES)
      throw new RangeError(`an entry has ${entry.length} bytes`);
    parts.push(Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry);
  }
  return Buffer.concat(parts);
}

/** @throws Error that says what is wrong with the bundle */
export function decodeEntries(bundle: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (entries.length === width) throw new Error(`bytes follow the ${width} entries it should hold`);
    const length = ((bundle[at] ?? 0) << 8) | (bundle[at + 1] ?? 0);
    const end = at + 2 + length;
    if (at + 2 > bundle.length || end > bundle.length) throw new Error(`it ends within entry ${entries.length}`);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  if (entries.length < width) throw new Error(`it holds ${entries.length} entries, not ${width}`);
  return entries;
}

/** @throws Error that says what is wrong with the tile */
export function decodeTile(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== width * HASH_BYTES) throw new Error(`it has ${bytes.length} bytes, not ${width * HASH_BYTES}`);
  return Array.from({ length: width }, (_, place) => bytes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
}
