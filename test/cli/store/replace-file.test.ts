import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from '../../../cli/store/replace-file.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'daypass-replace-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the new bytes are there with the rights asked for, whatever the old ones were', () => {
  const path = join(directory, 'file');
  writeFileSync(path, 'old', { mode: 0o644 });
  replaceFile(path, Uint8Array.of(0xff, 0x00), 0o600);
  expect([...readFileSync(path)]).toEqual([0xff, 0x00]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['file']);
});

test('a file that is open keeps its old bytes: it is replaced, not overwritten', () => {
  const path = join(directory, 'file');
  writeFileSync(path, 'old');
  const before = statSync(path).ino;
  replaceFile(path, 'new', 0o600);
  expect(statSync(path).ino).not.toBe(before);
});

test('when it fails, nothing is left beside what was there', () => {
  const path = join(directory, 'taken');
  mkdirSync(path);
  writeFileSync(join(path, 'inside'), 'old');
  expect(() => replaceFile(path, 'new', 0o600)).toThrow();
  expect(readdirSync(directory)).toEqual(['taken']);
  expect(readFileSync(join(path, 'inside'), 'utf8')).toBe('old');
});
