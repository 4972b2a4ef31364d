import { createHash } from 'node:crypto';
import type { StoredObject } from './buckets.ts';
import type { Payload } from './payload.ts';

/** What S3 says of an object whose type nobody told. */
export const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/**
 * @param headers what is answered with it; see `StoredObject`
 * @param now epoch milliseconds
 */
export function storedObject(
  { content, checksum }: Payload,
  headers: Readonly<Record<string, string>>,
  now: number,
): StoredObject {
  return {
    // A body may be a part of all that a connection has brought.
    content: Buffer.from(content),
    etag: `"${createHash('md5').update(content).digest('hex')}"`,
    lastModified: Math.floor(now / 1000) * 1000,
    headers: { 'content-type': DEFAULT_CONTENT_TYPE, ...headers },
    checksum,
  };
}
