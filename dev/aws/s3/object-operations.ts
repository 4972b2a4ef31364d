import { present, requireBucketAccess } from './access.ts';
import type { StoredObject } from './buckets.ts';
import { type BucketCall, emptyAnswer, type Operation, type S3Answer } from './call.ts';
import { S3Error } from './error.ts';
import { keptHeaders } from './object-headers.ts';
import { storedObject } from './objects.ts';
import type { Payload } from './payload.ts';
import { checkRead, checkWrite } from './preconditions.ts';
import { parseRange } from './range.ts';
import { headerOf, headerOrParameter } from './request.ts';

/** What is done to objects. */

export const getObject: Operation = {
  name: 's3:GetObject',
  on: 'bucket',
  authorize: authorizeRead,
  perform: answerObject,
};

export const headObject: Operation = {
  name: 's3:HeadObject',
  on: 'bucket',
  authorize: authorizeRead,
  perform: answerObject,
};

export const putObject: Operation = {
  name: 's3:PutObject',
  on: 'bucket',
  authorize: (call) => {
    const ifMatch = headerOf(call.request, 'if-match');
    requireBucketAccess(call, 's3:PutObject', 'object', {
      ...present('s3:if-match', ifMatch),
      ...present('s3:if-none-match', headerOf(call.request, 'if-none-match')),
    });
    // A write that depends on what is there is a read as well.
    if (ifMatch !== undefined) requireBucketAccess(call, 's3:GetObject', 'object');
  },
  perform: keepObject,
};

export const deleteObject: Operation = {
  name: 's3:DeleteObject',
  on: 'bucket',
  authorize: (call) => requireBucketAccess(call, 's3:DeleteObject', 'object'),
  perform: ({ bucket, key }) => {
    bucket.delete(key);
    return emptyAnswer(204);
  },
};

/**
 * That there is no such key is told to those only who may list the bucket.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
function authorizeRead(call: BucketCall): void {
  requireBucketAccess(call, 's3:GetObject', 'object');
  if (call.bucket.find(call.key) === undefined) requireBucketAccess(call, 's3:ListBucket', 'bucket');
}

function answerObject({ request, bucket, key }: BucketCall): S3Answer {
  const object = bucket.find(key);
  if (object === undefined) throw new S3Error('NoSuchKey', undefined, { Key: key });
  checkRead(request, object);
  const { content } = object;
  const range = parseRange(headerOf(request, 'range'), content.length);
  const headers = headersOf(object);
  if (range === undefined) {
    const isAsked = headerOrParameter(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
    return { status: 200, headers: { ...headers, ...(isAsked && checksumHeaders(object)) }, body: content };
  }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${content.length}` },
    body: content.subarray(range.start, range.end + 1),
  };
}

function keepObject({ request, bucket, key, now }: BucketCall, payload: Payload): S3Answer {
  const hasLength = ['content-length', 'x-amz-decoded-content-length'].some((name) => headerOf(request, name));
  if (!hasLength) throw new S3Error('MissingContentLength');
  checkWrite(request, key, bucket.find(key));
  const object = storedObject(payload, keptHeaders(request), now);
  bucket.put(key, object);
  return emptyAnswer(200, { etag: object.etag, ...checksumHeaders(object) });
}

function headersOf({ headers, etag, lastModified }: StoredObject): Record<string, string> {
  return { ...headers, etag, 'last-modified': new Date(lastModified).toUTCString(), 'accept-ranges': 'bytes' };
}

function checksumHeaders({ checksum }: StoredObject): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksum.header]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}
