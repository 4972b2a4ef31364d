import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadFile } from '../../lib/audit/verify/verify-ledger.ts';
import { isProtected, requireVerifiedTls } from '../address.ts';
import { errorCode, Failure, reasonOf } from '../failure.ts';
import { USER_AGENT } from '../user-agent.ts';

/** Bytes: 256 entries of the largest size, with their lengths. */
const LARGEST_FILE = 256 * 65_537;

/** Milliseconds for one file from a web server. */
const TIMEOUT = 30_000;

/**
 * Where a ledger's files are read from: a folder, a bucket or a web server. A folder needs no network.
 *
 * @param from the option's value: a path, `s3://bucket/prefix`, or an https URL
 * @throws Failure `usage`, `local` when there is no such folder
 */
export async function ledgerSource(from: string): Promise<ReadFile> {
  if (from.startsWith('s3://')) return (await import('../operator/ledger-bucket.ts')).bucketSource(from);
  if (/^https?:\/\//.test(from)) return webSource(new URL(from.endsWith('/') ? from : `${from}/`));
  try {
    if (!(await stat(from)).isDirectory()) throw new Failure('local', `${from} is not a folder`);
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
    throw new Failure('local', `${from} cannot be read (${reasonOf(thrown)})`, {
      hint: 'the folder that holds the file `checkpoint`; in the local stack .daypass/ledger',
    });
  }
  return async (path) => {
    try {
      return await readFile(join(from, path));
    } catch (thrown) {
      if (errorCode(thrown) === 'ENOENT') return undefined;
      throw new Failure('local', `${join(from, path)} cannot be read (${reasonOf(thrown)})`);
    }
  };
}

function webSource(base: URL): ReadFile {
  if (!isProtected(base)) throw new Failure('usage', `${base.origin} must be https (http is for this machine only)`);
  requireVerifiedTls(base);
  return async (path) => {
    const url = new URL(path, base);
    let response: Response;
    let bytes: Uint8Array;
    try {
      response = await fetch(url, {
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT),
        headers: { 'user-agent': USER_AGENT },
      });
      bytes = await bodyOf(response);
    } catch (thrown) {
      if (Failure.is(thrown)) throw thrown;
      throw new Failure('unavailable', `${url.href} cannot be read (${reasonOf((thrown as Error).cause ?? thrown)})`);
    }
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new Failure('unavailable', `${url.href} was answered with ${response.status}`);
    return bytes;
  };
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LARGEST_FILE) throw new Failure('unavailable', `${response.url} is larger than any file of a ledger`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
