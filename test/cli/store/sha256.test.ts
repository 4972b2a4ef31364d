import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../../cli/store/sha256.ts';

const reference = (text: string): string => createHash('sha256').update(text).digest('hex');

test('every length around the block boundaries hashes as node:crypto does', () => {
  for (let length = 0; length <= 300; length++) expect(sha256('x'.repeat(length))).toBe(reference('x'.repeat(length)));
});

test('any text hashes as node:crypto does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
      expect(sha256(text)).toBe(reference(text));
    }),
    { numRuns: 1_000 },
  );
});
