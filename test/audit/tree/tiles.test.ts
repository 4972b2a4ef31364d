import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  decodeEntries,
  decodeTile,
  encodeEntries,
  newTiles,
  tileOf,
  tilePath,
  widthOf,
} from '../../../lib/audit/tree/tiles.ts';

describe('The path of a tile', () => {
  test.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 1, index: 1, width: 112 }, 'tile/1/001.p/112'],
    [{ level: undefined, index: 1000, width: 256 }, 'tile/entries/x001/000'],
    [{ level: undefined, index: 273, width: 112 }, 'tile/entries/273.p/112'],
  ])('%j is %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
  });
});

describe('The tiles of a tree of 70,000 leaves', () => {
  it('are those of the specification’s example: 273 full and one of 112, one full and one of 17, one of 1', () => {
    expect([widthOf(0, 272, 70_000), widthOf(0, 273, 70_000), widthOf(0, 274, 70_000)]).toEqual([256, 112, 0]);
    expect([widthOf(1, 0, 70_000), widthOf(1, 1, 70_000), widthOf(2, 0, 70_000)]).toEqual([256, 17, 1]);
    const tiles = newTiles(0, 70_000);
    expect(tiles.length).toBe(274 + 2 + 1);
    expect(tiles.at(-1)).toEqual({ level: 2, index: 0, width: 1 });
  });

  it('between two sizes are no more than what came new', () => {
    expect(newTiles(69_990, 70_000)).toEqual([{ level: 0, index: 273, width: 112 }]);
    expect(newTiles(70_000, 70_000)).toEqual([]);
    expect(newTiles(1_000_000, 1_001_000).length).toBeLessThan(8);
  });

  it('hold every complete subtree', () => {
    expect(tileOf({ level: 0, index: 69_999 }, 70_000)).toEqual({
      tile: { level: 0, index: 273, width: 112 },
      first: 111,
      count: 1,
    });
    expect(tileOf({ level: 3, index: 2 }, 70_000)).toEqual({
      tile: { level: 0, index: 0, width: 256 },
      first: 16,
      count: 8,
    });
    expect(tileOf({ level: 16, index: 0 }, 70_000)).toEqual({
      tile: { level: 2, index: 0, width: 1 },
      first: 0,
      count: 1,
    });
  });
});

describe('A bundle of entries', () => {
  it('is read as it was written', () => {
    const entry = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const read = decodeEntries(encodeEntries(entries), entries.length);
        expect(read.map((bytes) => [...bytes])).toEqual(entries.map((bytes) => [...bytes]));
      }),
    );
  });

  it('takes an entry of 65,535 bytes and none of more, nor an empty one', () => {
    expect(decodeEntries(encodeEntries([Buffer.alloc(65_535)]), 1)[0]?.length).toBe(65_535);
    expect(() => encodeEntries([Buffer.alloc(65_536)])).toThrow('65536 bytes');
    expect(() => encodeEntries([Buffer.alloc(0)])).toThrow('0 bytes');
  });

  test.each([
    ['cut within a length', '000161ff', 'it ends within entry 1'],
    ['cut within an entry', '0002ff', 'it ends within entry 0'],
    ['short of an entry', '000161', 'it holds 1 entries, not 2'],
    ['with more behind', '000161000162000163', 'bytes follow the 2 entries'],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => decodeEntries(Buffer.from(bytes, 'hex'), 2)).toThrow(message);
  });

  it('and a tile of another length are refused', () => {
    expect(() => decodeTile(Buffer.alloc(63), 2)).toThrow('it has 63 bytes, not 64');
    expect(decodeTile(Buffer.alloc(64), 2).length).toBe(2);
  });
});
