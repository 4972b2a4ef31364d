import * as crypto from 'node:crypto';

/**
 * The Merkle tree of RFC 9162 §2.1 (the same hashing as RFC 6962): pure functions over hashes of 32 bytes.
 *
 *     leaf  SHA-256(0x00 ‖ entry)
 *     node  SHA-256(0x01 ‖ left ‖ right)
 *     empty SHA-256()
 *
 * A tree of `size` leaves splits at the largest power of two below `size`. So it is made of complete subtrees, whose
 * hashes never change; `(level, index)` names the one over the leaves `index·2^level` to `(index+1)·2^level − 1`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1
 */
export const HASH_BYTES = 32;

export function leafHash(entry: Uint8Array): Uint8Array {
  return crypto.createHash('sha256').update(LEAF).update(entry).digest();
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return sha256(NODE);
}

export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

const LEAF = Uint8Array.of(0);
/** 0x01 and room for two hashes. */
const NODE = new Uint8Array(1 + 2 * HASH_BYTES).fill(1, 0, 1);

/** At once where Node can (20.12), which takes half the time; the command runs on older ones too. */
const sha256: (bytes: Uint8Array) => Uint8Array =
  typeof crypto.hash === 'function'
    ? (bytes) => crypto.hash('sha256', bytes, 'buffer')
    : (bytes) => crypto.createHash('sha256').update(bytes).digest();

/** A complete subtree. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/**
 * The complete subtrees that the leaves `begin` to `end − 1` are made of, left to right, as the tree of `end` leaves
 * has them. `begin` is a place where such a tree splits (0, or the start of one of its subtrees).
 */
export function subtreesOf(begin: number, end: number): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = begin; at < end; ) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level += 1;
    subtrees.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return subtrees;
}

/** The hash over a power of two of neighbouring subtrees of the same size. */
export function foldComplete(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2) above.push(nodeHash(row[at] as Uint8Array, row[at + 1] as Uint8Array));
    row = above;
  }
  return row[0] as Uint8Array;
}

/** The hash over neighbouring subtrees of falling size, folded from the right. */
export function foldRight(hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes.at(-1);
  if (last === undefined) return emptyRoot();
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/**
 * A tree that grows at its right end and remembers no more than its complete subtrees: `log2(size)` hashes.
 * `completed` hears of each complete subtree, its leaves included, as it comes to be.
 */
export class Frontier {
  readonly #hashes: Uint8Array[];
  readonly #completed: ((subtree: Subtree, hash: Uint8Array) => void) | undefined;
  #size: number;

  /** @param hashes of `subtreesOf(0, size)` */
  constructor(size = 0, hashes: readonly Uint8Array[] = [], completed?: (subtree: Subtree, hash: Uint8Array) => void) {
    if (subtreesOf(0, size).length !== hashes.length)
      throw new RangeError(`${hashes.length} hashes are no tree of ${size}`);
    this.#size = size;
    this.#hashes = [...hashes];
    this.#completed = completed;
  }

  get size(): number {
    return this.#size;
  }

  /** Of `subtreesOf(0, size)`. */
  get hashes(): readonly Uint8Array[] {
    return this.#hashes;
  }

  /** @param leaf a leaf's hash */
  append(leaf: Uint8Array): void {
    let hash = leaf;
    let index = this.#size;
    let level = 0;
    this.#completed?.({ level, index }, hash);
    while (index % 2 === 1) {
      hash = nodeHash(this.#hashes.pop() as Uint8Array, hash);
      index = (index - 1) / 2;
      level += 1;
      this.#completed?.({ level, index }, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    return foldRight(this.#hashes);
  }
}
