import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { errorCode, reasonOf } from '../failure.ts';

/** Why a file's text ends before the file does. Its message is a sentence about the file. */
export class TextProblem extends Error {
  override readonly name = 'TextProblem';
}

/**
 * The text of a file or of standard input (`-`), as it comes, unpacked where a file is gzip, whatever its name says.
 *
 * @throws TextProblem where it cannot be read, is corrupt, ends too early or is not UTF-8; what came before is good
 */
export async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of bytesOf(path)) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (thrown) {
    throw new TextProblem(problemOf(thrown), { cause: thrown });
  }
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  if (path === '-') {
    yield* process.stdin as AsyncIterable<Uint8Array>;
    return;
  }
  const packed = isGzip(path);
  const raw = createReadStream(path);
  try {
    if (!packed) {
      yield* raw as AsyncIterable<Uint8Array>;
      return;
    }
    const gunzip = createGunzip();
    raw.once('error', (error) => gunzip.destroy(error));
    yield* raw.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } finally {
    raw.destroy();
  }
}

/** By its first bytes (RFC 1952 §2.3.1). A pipe is not looked into: what is read of it is gone. */
function isGzip(path: string): boolean {
  const descriptor = openSync(path, 'r');
  try {
    const head = Buffer.alloc(2);
    return (
      fstatSync(descriptor).isFile() && readSync(descriptor, head, 0, 2, 0) === 2 && head.readUInt16BE() === 0x1f8b
    );
  } finally {
    closeSync(descriptor);
  }
}

function problemOf(thrown: unknown): string {
  const code = errorCode(thrown) ?? '';
  if (code === 'Z_BUF_ERROR') return 'its gzip ends in the middle';
  if (code.startsWith('Z_')) return 'its gzip is corrupt';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8';
  return `it cannot be read (${reasonOf(thrown)})`;
}
