import { percentEncode } from '../percent-encoding.ts';
import { present, requireBucketAccess } from './access.ts';
import type { StoredObject } from './buckets.ts';
import { type BucketCall, type Operation, type S3Answer, xmlAnswer } from './call.ts';
import { S3Error } from './error.ts';
import { listKeys } from './listing.ts';
import { canonicalUserId } from './owner.ts';
import { decodeToken, encodeToken, readInteger } from './paging.ts';
import { type S3Xml, s3Xml } from './xml.ts';

const MAXIMUM_KEYS = 1000;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export const listObjects: Operation = {
  name: 's3:ListObjectsV2',
  on: 'bucket',
  authorize: (call) => {
    const { query } = call.request;
    requireBucketAccess(call, 's3:ListBucket', 'bucket', {
      ...present('s3:prefix', query.get('prefix')),
      ...present('s3:delimiter', query.get('delimiter')),
      ...present('s3:max-keys', query.get('max-keys')),
    });
  },
  perform: answerObjects,
};

function answerObjects({ request, bucket }: BucketCall): S3Answer {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const startAfter = query.get('start-after');
  const token = query.get('continuation-token');
  const limit = readInteger(query, 'max-keys', 'maxKeys', { minimum: 0, maximum: MAXIMUM_KEYS });
  const encode = encodingOf(query.get('encoding-type'));
  const after = token === undefined ? (startAfter ?? '') : decodeToken(token);
  const { keys, commonPrefixes, next } = listKeys(bucket.keys(), { prefix, delimiter, after, limit });
  const owner = query.get('fetch-owner') === 'true' ? { ID: canonicalUserId(bucket.accountId) } : undefined;
  return xmlAnswer(
    s3Xml('ListBucketResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      StartAfter: startAfter === undefined ? undefined : encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: next === undefined ? undefined : encodeToken(next),
      KeyCount: keys.length + commonPrefixes.length,
      MaxKeys: limit,
      EncodingType: query.get('encoding-type'),
      IsTruncated: next !== undefined,
      Contents: keys.map((key) => contents(encode(key), bucket.find(key), owner)),
      CommonPrefixes: commonPrefixes.map((commonPrefix) => ({ Prefix: encode(commonPrefix) })),
    }),
  );
}

function contents(key: string, object: StoredObject | undefined, owner: S3Xml): S3Xml {
  if (object === undefined) return undefined;
  const { etag, content, lastModified, checksum } = object;
  return {
    Key: key,
    LastModified: new Date(lastModified).toISOString(),
    ETag: etag,
    ChecksumAlgorithm: checksum?.header.replace('x-amz-checksum-', '').toUpperCase(),
    Size: content.length,
    Owner: owner,
    StorageClass: 'STANDARD',
  };
}

/** Keys may hold what XML cannot. As `url`, they are written as in a form: a space is `+`, a slash stays. */
function encodingOf(type: string | undefined): (text: string) => string {
  if (type === undefined) return (text) => text;
  if (type === 'url') return (text) => percentEncode(text).replaceAll('%20', '+').replaceAll('%2F', '/');
  throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', {
    ArgumentName: 'encoding-type',
    ArgumentValue: type.slice(0, 100),
  });
}
