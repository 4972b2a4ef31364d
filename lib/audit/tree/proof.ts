import { foldRight, nodeHash, type Subtree, subtreesOf } from './merkle.ts';

/** Reads hashes of complete subtrees, in the order asked for. */
export type ReadSubtrees = (subtrees: readonly Subtree[]) => Promise<Uint8Array[]>;

/** The root of the tree of `size` leaves. */
export async function rootOf(size: number, read: ReadSubtrees): Promise<Uint8Array> {
  return foldRight(await read(subtreesOf(0, size)));
}

/**
 * That leaf `index` is in the tree of `size` leaves: the hashes of its siblings, from the leaf up.
 *
 * @throws RangeError when there is no such leaf
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3
 */
export async function proveInclusion(index: number, size: number, read: ReadSubtrees): Promise<Uint8Array[]> {
  if (!isCount(index) || !isCount(size) || index >= size) throw new RangeError(`there is no leaf ${index} in ${size}`);
  const ranges: Range[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([begin, middle]);
      begin = middle;
    }
  }
  return hashesOf(ranges.reverse(), read);
}

/**
 * That the tree of `first` leaves is the beginning of the tree of `second`.
 *
 * @throws RangeError unless 0 < first ≤ second
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4
 */
export async function proveConsistency(first: number, second: number, read: ReadSubtrees): Promise<Uint8Array[]> {
  if (!isCount(first) || !isCount(second) || first === 0 || first > second) {
    throw new RangeError(`no proof leads from ${first} to ${second} leaves`);
  }
  const ranges: Range[] = [];
  let begin = 0;
  let end = second;
  // SUBPROOF(m, D, b): `b` holds while the subtree starts at the first leaf, whose hash the verifier then knows.
  let known = true;
  while (first < end) {
    const middle = begin + splitOf(end - begin);
    if (first <= middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([begin, middle]);
      begin = middle;
      known = false;
    }
  }
  if (!known) ranges.push([begin, end]);
  return hashesOf(ranges.reverse(), read);
}

/** Whether the proof shows that a leaf with this hash is leaf `index` of the tree with this root (RFC 9162 §2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && isEqual(hash, root);
}

/** Whether the proof shows that the tree of the first root is the beginning of the second's (RFC 9162 §2.1.4.2). */
export function verifyConsistency(
  first: number,
  firstRoot: Uint8Array,
  second: number,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(first) || !isCount(second) || first === 0 || first > second) return false;
  if (first === second) return proof.length === 0 && isEqual(firstRoot, secondRoot);
  const [start, ...path] = isPowerOfTwo(first) ? [firstRoot, ...proof] : proof;
  if (start === undefined) return false;
  let node = first - 1;
  let last = second - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  let firstHash = start;
  let secondHash = start;
  for (const hash of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      firstHash = nodeHash(hash, firstHash);
      secondHash = nodeHash(hash, secondHash);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      secondHash = nodeHash(secondHash, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && isEqual(firstHash, firstRoot) && isEqual(secondHash, secondRoot);
}

type Range = readonly [begin: number, end: number];

/** One read for all subtrees, then folded range by range. */
async function hashesOf(ranges: readonly Range[], read: ReadSubtrees): Promise<Uint8Array[]> {
  const parts = ranges.map(([begin, end]) => subtreesOf(begin, end));
  const hashes = await read(parts.flat());
  let at = 0;
  return parts.map(({ length }) => {
    const own = hashes.slice(at, at + length);
    at += length;
    return foldRight(own);
  });
}

/** The largest power of two below `count` (at least 2). */
function splitOf(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isPowerOfTwo(count: number): boolean {
  return splitOf(count + 1) === count;
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
