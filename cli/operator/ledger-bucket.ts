import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ReadFile } from '../../lib/audit/verify/verify-ledger.ts';
import { Failure } from '../failure.ts';

/** Milliseconds. */
const CONNECTION_TIMEOUT = 3_000;
const REQUEST_TIMEOUT = 30_000;

/**
 * A ledger in a bucket, read with the operator's own credentials (the SDK's default chain) and nothing but
 * `s3:GetObject` and, to tell a missing file from a forbidden one, `s3:ListBucket`.
 *
 * @param place `s3://bucket/prefix`
 * @throws Failure `usage` when it names no bucket
 */
export function bucketSource(place: string): ReadFile {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(place) ?? [];
  if (bucket === undefined) throw new Failure('usage', `“${place}” names no bucket`, { hint: 's3://bucket/prefix' });
  // The SDK warns when Node's version will not get its later releases. This one is bundled and stays as it is.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const client = new S3Client({
    maxAttempts: 5,
    followRegionRedirects: true,
    forcePathStyle: process.env['AWS_ENDPOINT_URL_S3'] !== undefined,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT, requestTimeout: REQUEST_TIMEOUT },
    ...(process.env['AWS_REGION'] === undefined && { region: process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1' }),
  });
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  return async (path) => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: folder + path }));
      return await Body?.transformToByteArray();
    } catch (thrown) {
      const name = thrown instanceof Error ? thrown.name : 'unknown error';
      if (name === 'NoSuchKey') return undefined;
      throw new Failure('unavailable', `s3://${bucket}/${folder}${path} cannot be read (${name})`, {
        hint: 'AWS credentials with s3:GetObject and s3:ListBucket on the bucket are needed, and its region in AWS_REGION',
      });
    }
  };
}
