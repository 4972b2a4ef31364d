import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from './bucket-operations.ts';
import { deleteBucketPolicy, getBucketPolicy, putBucketPolicy } from './bucket-policy.ts';
import type { Operation } from './call.ts';
import { S3Error } from './error.ts';
import { listObjects } from './list-objects.ts';
import { checkHeaders } from './object-headers.ts';
import { deleteObject, getObject, headObject, putObject } from './object-operations.ts';
import type { S3Request } from './request.ts';

/** By what a request is about, method, and the one parameter that chooses among several, if any. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'account GET': listBuckets,
  'bucket PUT': createBucket,
  'bucket HEAD': headBucket,
  'bucket DELETE': deleteBucket,
  'bucket GET list-type': listObjects,
  'bucket GET location': getBucketLocation,
  'bucket PUT policy': putBucketPolicy,
  'bucket GET policy': getBucketPolicy,
  'bucket DELETE policy': deleteBucketPolicy,
  'object GET': getObject,
  'object HEAD': headObject,
  'object PUT': putObject,
  'object DELETE': deleteObject,
};

/** Parameters that make another operation of a request. */
const CHOOSING: ReadonlySet<string> = new Set([
  ...['abac', 'accelerate', 'acl', 'analytics', 'append', 'attributes', 'cors', 'delete', 'encryption', 'legal-hold'],
  ...['intelligent-tiering', 'inventory', 'lifecycle', 'list-type', 'location', 'logging', 'metadataConfiguration'],
  ...['metadataTable', 'metrics', 'notification', 'object-lock', 'ownershipControls', 'partNumber', 'policy'],
  ...['policyStatus', 'publicAccessBlock', 'renameObject', 'replication', 'requestPayment', 'restore', 'retention'],
  ...['select', 'session', 'tagging', 'torrent', 'uploadId', 'uploads', 'versionId', 'versioning', 'versions'],
  'website',
]);

/**
 * @throws S3Error NotImplemented for all of S3 that is not here
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export function operationOf(request: S3Request): Operation {
  const { method, bucket, key, query } = request;
  const level = bucket === undefined ? 'account' : key === undefined ? 'bucket' : 'object';
  const choosing = [...query.keys()].filter((name) => CHOOSING.has(name) || name.startsWith('response-'));
  const name = [level, method, ...choosing].join(' ');
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  const isOlderList = choosing[0] === 'list-type' && query.get('list-type') !== '2';
  if (operation === undefined || isOlderList) throw new S3Error('NotImplemented', undefined, { Query: name });
  checkHeaders(request);
  return operation;
}
