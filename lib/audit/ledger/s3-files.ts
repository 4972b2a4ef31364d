import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { awsErrorName, withDeadline } from '../../aws.ts';
import { Fault } from '../../fault.ts';
import type { LedgerFiles } from './ports.ts';

/** For one object with all its attempts. */
const DEADLINE_MS = 10_000;

/**
 * The ledger in a bucket. Every write is conditional: `If-None-Match: *` for what is written once, `If-Match` for the
 * checkpoint. The bucket's Object Lock keeps every version from being deleted, whoever asks.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function s3Files(client: S3Client, bucket: string, prefix = ''): LedgerFiles {
  const put = async (path: string, bytes: Uint8Array, condition: { IfMatch: string } | { IfNoneMatch: '*' }) => {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: prefix + path,
      Body: bytes,
      ContentType: path === 'checkpoint' ? 'text/plain; charset=utf-8' : 'application/octet-stream',
      ...condition,
    });
    try {
      await withDeadline(DEADLINE_MS, (options) => client.send(command, options));
      return true;
    } catch (error) {
      // 412 when something else is there, 409 when somebody else writes it at this moment.
      if (['PreconditionFailed', 'ConditionalRequestConflict'].includes(awsErrorName(error))) return false;
      throw unavailable(path, error);
    }
  };

  const get = async (path: string) => {
    const command = new GetObjectCommand({ Bucket: bucket, Key: prefix + path });
    try {
      return await withDeadline(DEADLINE_MS, async (options) => {
        const { Body, ETag } = await client.send(command, options);
        return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), version: ETag ?? '' };
      });
    } catch (error) {
      if (awsErrorName(error) === 'NoSuchKey') return undefined;
      throw unavailable(path, error);
    }
  };

  return {
    read: async (path) => (await get(path))?.bytes,
    readVersion: get,
    write: (path, bytes) => put(path, bytes, { IfNoneMatch: '*' }),
    replace: (path, bytes, previous) =>
      put(path, bytes, previous === undefined ? { IfNoneMatch: '*' } : { IfMatch: previous }),
  };
}

function unavailable(path: string, cause: unknown): Fault {
  return new Fault('ledger_unavailable', `${path} of the ledger: ${awsErrorName(cause)}`, { cause });
}
