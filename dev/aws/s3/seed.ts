import type { AwsState } from '../actions.ts';
import { partitionOf } from '../regions.ts';
import { checkBucketName } from './bucket-name.ts';
import { bucketPolicy } from './bucket-policy.ts';
import type { Bucket } from './buckets.ts';
import { S3Error } from './error.ts';
import { storedObject } from './objects.ts';

/** What an account has before anybody calls: buckets and objects made in process, unasked. */
export interface NewBucket {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  /** A bucket policy as JSON. */
  readonly policy?: string;
}

/** @throws AwsError InvalidBucketName, InvalidLocationConstraint, BucketAlreadyExists, MalformedPolicy */
export function seedBucket(state: AwsState, { name, accountId, region, policy }: NewBucket, now: number): Bucket {
  checkBucketName(name);
  const partition = partitionOf(region);
  if (partition === undefined) throw new S3Error('InvalidLocationConstraint');
  const bucket = state.buckets.create({ name, accountId, partition, region }, now);
  if (policy !== undefined) bucket.policy = bucketPolicy(policy, bucket, state);
  return bucket;
}

export function seedObject(bucket: Bucket, key: string, content: string | Buffer, now: number): void {
  bucket.put(
    key,
    storedObject(
      { content: typeof content === 'string' ? Buffer.from(content) : content, checksum: undefined },
      {},
      now,
    ),
  );
}
