import type { StoredObject } from './buckets.ts';
import { S3Error } from './error.ts';
import { headerOf, type S3Request } from './request.ts';

/**
 * Conditions on a read, in the order of RFC 9110. Tags go before dates.
 *
 * @throws S3Error PreconditionFailed, NotModified
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-precedence-of-preconditions
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html
 */
export function checkRead(request: S3Request, { etag, lastModified }: StoredObject): void {
  const ifMatch = headerOf(request, 'if-match');
  const ifNoneMatch = headerOf(request, 'if-none-match');
  const unmodifiedSince = dateOf(request, 'if-unmodified-since');
  const modifiedSince = dateOf(request, 'if-modified-since');
  if (ifMatch !== undefined && !namesTag(ifMatch, etag)) throw failed('If-Match');
  if (ifMatch === undefined && unmodifiedSince !== undefined && lastModified > unmodifiedSince) {
    throw failed('If-Unmodified-Since');
  }
  const isSame =
    ifNoneMatch === undefined
      ? modifiedSince !== undefined && lastModified <= modifiedSince
      : namesTag(ifNoneMatch, etag);
  if (isSame) throw new S3Error('NotModified', undefined, {}, { etag });
}

/**
 * Conditions on a write: that there is no object yet, or that it is still the one the caller has seen.
 *
 * @throws S3Error PreconditionFailed, NoSuchKey, NotImplemented
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWrite(request: S3Request, key: string, present: StoredObject | undefined): void {
  const ifNoneMatch = headerOf(request, 'if-none-match');
  const ifMatch = headerOf(request, 'if-match');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw new S3Error('NotImplemented', undefined, { Header: 'If-None-Match' });
    if (present !== undefined) throw failed('If-None-Match');
  }
  if (ifMatch !== undefined) {
    if (present === undefined) throw new S3Error('NoSuchKey', undefined, { Key: key });
    if (!namesTag(ifMatch, present.etag)) throw failed('If-Match');
  }
}

function namesTag(header: string, etag: string): boolean {
  return header
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag === etag || `"${tag}"` === etag);
}

/** A date that is none is as if it were not there. */
function dateOf(request: S3Request, name: string): number | undefined {
  const epoch = Date.parse(headerOf(request, name) ?? '');
  return Number.isNaN(epoch) ? undefined : epoch;
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', undefined, { Condition: condition });
}
