import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, reasonOf } from '../failure.ts';

/** Bytes of a policy document that are read; no more of it would be looked at. */
export const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;

/** A policy document's text, or where its bytes are no UTF-8. */
export type DocumentText =
  | { readonly text: string }
  | { readonly tooLarge: true }
  /** The text up to the first byte that is none. */
  | { readonly readable: string };

/**
 * The files that the words of a command line stand for: a file is itself, `-` is standard input, a directory is every
 * `*.json` below it. Links to directories are not followed.
 *
 * @throws Failure `local` when there is no such file, or no document in a directory
 */
export function documentFiles(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    if (word === '-' || !isDirectory(word)) return [word];
    const found = documentsBelow(word);
    if (found.length === 0) throw new Failure('local', `there is no *.json below ${word}`);
    return found;
  });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (thrown) {
    throw new Failure('local', `${path} cannot be read (${reasonOf(thrown)})`);
  }
}

function documentsBelow(directory: string): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true }).toSorted(byName)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) files.push(...documentsBelow(path));
    } else if (entry.name.endsWith('.json')) files.push(path);
  }
  return files;
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}

/**
 * Reads a document, and no more than `MAX_DOCUMENT_BYTES` of what has no end. A byte order mark is no part of the text.
 *
 * @param file `-` is standard input
 * @throws Failure `local`
 */
export async function readDocument(file: string): Promise<DocumentText> {
  const bytes = file === '-' ? await readInput() : readFile(file);
  if (bytes.length > MAX_DOCUMENT_BYTES) return { tooLarge: true };
  const text = bytes.toString('utf8');
  const again = Buffer.from(text);
  if (!again.equals(bytes)) {
    const wrong = bytes.findIndex((byte, index) => byte !== again[index]);
    return { readable: bytes.subarray(0, Math.max(wrong, 0)).toString('utf8') };
  }
  return { text: text.startsWith('\ufeff') ? text.slice(1) : text };
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_DOCUMENT_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** Piece by piece: a device or a pipe does not say how long it is. */
function readFile(file: string): Buffer {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const chunks: Buffer[] = [];
      for (let size = 0; size <= MAX_DOCUMENT_BYTES; ) {
        const chunk = Buffer.allocUnsafe(1 << 16);
        const read = readSync(descriptor, chunk);
        if (read === 0) break;
        chunks.push(chunk.subarray(0, read));
        size += read;
      }
      return Buffer.concat(chunks);
    } finally {
      closeSync(descriptor);
    }
  } catch (thrown) {
    throw new Failure('local', `${file} cannot be read (${reasonOf(thrown)})`);
  }
}
