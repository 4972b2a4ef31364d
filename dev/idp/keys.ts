import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { writePrivateFile } from '../private-file.ts';

export interface IdpKeys {
  readonly keys: readonly JWK[];
}

/**
 * The provider's private signing keys, one RS256 and one ES256. With a directory they are kept there (0600), so
 * that tokens stay valid when the stack is restarted.
 */
export async function loadKeys(directory: string | undefined): Promise<IdpKeys> {
  const file = directory === undefined ? undefined : join(directory, 'idp-keys.json');
  const kept = file === undefined ? undefined : await readKeys(file);
  if (kept !== undefined) return kept;
  const made: IdpKeys = { keys: [await makeKey('RS256'), await makeKey('ES256')] };
  if (file !== undefined) await writePrivateFile(file, JSON.stringify(made));
  return made;
}

async function readKeys(file: string): Promise<IdpKeys | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as IdpKeys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} does not hold the identity provider's keys; delete it to have new ones made`, {
      cause: error,
    });
  }
}

async function makeKey(algorithm: 'RS256' | 'ES256'): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig' };
}
