import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { emptyRoot, Frontier, leafHash, type Subtree, subtreesOf } from '../../../lib/audit/tree/merkle.ts';
import {
  proveConsistency,
  proveInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../lib/audit/tree/proof.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162 §2.1 word by word, over the entries themselves: the second tree that the real one is held against. */
function naiveRoot(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return sha256(Uint8Array.of(0), entries[0] as Uint8Array);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return sha256(Uint8Array.of(1), naiveRoot(entries.slice(0, split)), naiveRoot(entries.slice(split)));
}

function naivePath(index: number, entries: readonly Uint8Array[]): Uint8Array[] {
  if (entries.length === 1) return [];
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  const [left, right] = [entries.slice(0, split), entries.slice(split)];
  return index < split
    ? [...naivePath(index, left), naiveRoot(right)]
    : [...naivePath(index - split, right), naiveRoot(left)];
}

function naiveConsistency(first: number, entries: readonly Uint8Array[], whole = true): Uint8Array[] {
  if (first === entries.length) return whole ? [] : [naiveRoot(entries)];
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  const [left, right] = [entries.slice(0, split), entries.slice(split)];
  return first <= split
    ? [...naiveConsistency(first, left, whole), naiveRoot(right)]
    : [...naiveConsistency(first - split, right, false), naiveRoot(left)];
}

/** The leaves and roots that implementations of RFC 6962 have always been tested with. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (text) => Buffer.from(text, 'hex'),
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** A tree of these entries, with every complete subtree kept. */
function grow(entries: readonly Uint8Array[]) {
  const kept = new Map<string, Uint8Array>();
  const frontier = new Frontier(0, [], ({ level, index }, hash) => kept.set(`${level}/${index}`, hash));
  for (const entry of entries) frontier.append(leafHash(entry));
  const read = async (subtrees: readonly Subtree[]) =>
    subtrees.map(({ level, index }) => {
      const hash = kept.get(`${level}/${index}`);
      if (hash === undefined) throw new Error(`no subtree ${level}/${index}`);
      return hash;
    });
  return { frontier, read };
}

describe('The tree', () => {
  test.each(ROOTS.map((root, size) => [size, root] as const))(
    'of the first %i known leaves has the known root',
    (size, root) => {
      expect(hex(grow(LEAVES.slice(0, size)).frontier.root())).toBe(root);
      expect(hex(naiveRoot(LEAVES.slice(0, size)))).toBe(root);
    },
  );

  it('of nothing has the hash of nothing', () => {
    expect(hex(emptyRoot())).toBe(ROOTS[0]);
  });

  it('goes on from its complete subtrees as if it had never been put away', async () => {
    const entries = Array.from({ length: 70 }, (_, index) => Buffer.from(`entry ${index}`));
    for (let size = 0; size <= entries.length; size += 1) {
      const { read } = grow(entries.slice(0, size));
      const resumed = new Frontier(size, await read(subtreesOf(0, size)));
      for (const entry of entries.slice(size)) resumed.append(leafHash(entry));
      expect(hex(resumed.root())).toBe(hex(naiveRoot(entries)));
    }
  });

  it('does not take hashes for a tree that they are not', () => {
    expect(() => new Frontier(5, [leafHash(Buffer.of(1))])).toThrow('1 hashes are no tree of 5');
  });
});

describe('Proofs', () => {
  const entries = Array.from({ length: 300 }, (_, index) => Buffer.from(`entry ${index}`));
  const { read } = grow(entries);

  it('of inclusion are those of the RFC’s own words, for every leaf of every small tree', async () => {
    for (let size = 1; size <= 40; size += 1) {
      const root = await rootOf(size, read);
      expect(hex(root)).toBe(hex(naiveRoot(entries.slice(0, size))));
      for (let index = 0; index < size; index += 1) {
        const proof = await proveInclusion(index, size, read);
        expect(proof.map(hex)).toEqual(naivePath(index, entries.slice(0, size)).map(hex));
        expect(verifyInclusion(leafHash(entries[index] as Buffer), index, size, proof, root)).toBe(true);
      }
    }
  });

  it('of consistency are those of the RFC’s own words, between all small trees', async () => {
    for (let second = 1; second <= 40; second += 1) {
      const secondRoot = await rootOf(second, read);
      for (let first = 1; first <= second; first += 1) {
        const proof = await proveConsistency(first, second, read);
        expect(proof.map(hex)).toEqual(naiveConsistency(first, entries.slice(0, second)).map(hex));
        expect(verifyConsistency(first, await rootOf(first, read), second, secondRoot, proof)).toBe(true);
      }
    }
  });

  it('show nothing else: another leaf, place, size, root, or an altered, short, long or swapped proof', async () => {
    const sizes = fc
      .integer({ min: 2, max: 300 })
      .chain((size) => fc.tuple(fc.constant(size), fc.nat({ max: size - 1 })));
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async ([size, index], chance) => {
        const root = await rootOf(size, read);
        const leaf = leafHash(entries[index] as Buffer);
        const proof = await proveInclusion(index, size, read);
        const flip = (bytes: Uint8Array) =>
          Uint8Array.from(bytes, (byte, place) => (place === chance % 32 ? byte ^ 1 : byte));
        const at = chance % proof.length;
        expect(verifyInclusion(leaf, index, size, proof, root)).toBe(true);
        const forged: boolean[] = [
          verifyInclusion(flip(leaf), index, size, proof, root),
          verifyInclusion(leaf, index, size, proof, flip(root)),
          verifyInclusion(leaf, (index + 1) % size, size, proof, root),
          verifyInclusion(leaf, size, size, proof, root),
          verifyInclusion(leaf, -1, size, proof, root),
          verifyInclusion(
            leaf,
            index,
            size,
            proof.map((hash, place) => (place === at ? flip(hash) : hash)),
            root,
          ),
          verifyInclusion(leaf, index, size, proof.slice(0, -1), root),
          verifyInclusion(leaf, index, size, [...proof, root], root),
        ];
        expect(forged).toEqual(forged.map(() => false));
      }),
    );
  });

  it('of consistency fail between trees that are not each other’s beginning', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 300 }), fc.nat(), fc.nat(), async (second, chance, place) => {
        const first = 1 + (chance % (second - 1));
        const changed = entries.map((entry, index) => (index === place % first ? Buffer.from('changed') : entry));
        const other = grow(changed.slice(0, second));
        const proof = await proveConsistency(first, second, other.read);
        const [ours, theirs] = [await rootOf(first, read), await rootOf(second, other.read)];
        expect(verifyConsistency(first, ours, second, theirs, proof)).toBe(false);
        const own = await proveConsistency(first, second, read);
        expect(verifyConsistency(first, ours, second, theirs, own)).toBe(false);
        expect(verifyConsistency(first, ours, second, await rootOf(second, read), [...own, ours])).toBe(false);
      }),
    );
  });

  it('are not made of what is not there', async () => {
    await expect(proveInclusion(5, 5, read)).rejects.toThrow('there is no leaf 5 in 5');
    await expect(proveConsistency(0, 5, read)).rejects.toThrow('no proof leads from 0 to 5 leaves');
    await expect(proveConsistency(6, 5, read)).rejects.toThrow('no proof leads from 6 to 5 leaves');
  });
});
