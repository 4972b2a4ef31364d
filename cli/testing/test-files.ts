import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const TEST_FILE = /\.test\.ya?ml$/;

/**
 * The test files that the words of a command line stand for, in order, each once: a file is itself, whatever its name; a
 * directory is every `*.test.yml` below it. What cannot be looked into is itself too, and fails when it is read. Links to
 * directories are not followed; `node_modules` and names that start with a dot are left out.
 */
export function testFiles(words: readonly string[]): string[] {
  return [...new Set(words.flatMap((word) => (isDirectory(word) ? filesBelow(word) : [word])))];
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return TEST_FILE.test(entry.name) ? [path] : [];
    });
}
