import { randomBytes } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { s3Store } from '../../../lib/audit/export/s3-store.ts';
import { type InProcessS3, inProcessS3 } from '../../support/in-process-s3.ts';

const MIB = 1_048_576;
let s3: InProcessS3;
let client: S3Client;

beforeEach(() => {
  s3 = inProcessS3();
  client = new S3Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: s3.requestHandler,
    maxAttempts: 1,
  });
});

async function write(chunks: readonly Uint8Array[]): Promise<void> {
  const writer = s3Store(client, 'bucket', 'daypass-prod/').begin('records/day=2026-01-15/x');
  for (const chunk of chunks) await writer.write(chunk);
  await writer.end();
}

const KEY = 'daypass-prod/records/day=2026-01-15/x';
const large = Array.from({ length: 300 }, () => randomBytes(64 * 1024));

describe('An object of a bucket', () => {
  it('that is small is one PutObject', async () => {
    await write([Buffer.from('some '), Buffer.from('bytes')]);
    expect(s3.calls).toEqual([`PUT ${KEY}`]);
    expect(s3.objects.get(KEY)?.toString()).toBe('some bytes');
  });

  it('that is empty is one, too', async () => {
    await write([]);
    expect(s3.objects.get(KEY)).toHaveLength(0);
  });

  it('that is large is sent in parts, no more than one of which is held', async () => {
    await write(large);
    expect(s3.calls).toEqual([
      `POST ${KEY}?uploads`,
      `PUT ${KEY}?part=1`,
      `PUT ${KEY}?part=2`,
      `PUT ${KEY}?part=3`,
      `POST ${KEY}?upload`,
    ]);
    expect(s3.objects.get(KEY)?.equals(Buffer.concat(large))).toBe(true);
    expect(s3.largest).toBeLessThanOrEqual(8 * MIB + 64 * 1024);
  });

  it('is not there when a part is refused, and the upload is aborted', async () => {
    s3.intercept = (call) => (call.endsWith('?part=2') ? 403 : undefined);
    const writer = s3Store(client, 'bucket', '').begin('x');
    const writing = (async () => {
      for (const chunk of large) await writer.write(chunk);
    })();
    await expect(writing).rejects.toThrow();
    await writer.abandon();
    expect(s3.objects.size).toBe(0);
    expect(s3.uploads.size).toBe(0);
  });

  it('that is abandoned says nothing of an abort that fails, as the first failure is told', async () => {
    s3.intercept = (call) => (call.startsWith('DELETE') ? 403 : undefined);
    const writer = s3Store(client, 'bucket', '').begin('x');
    for (const chunk of large) await writer.write(chunk);
    await expect(writer.abandon()).resolves.toBeUndefined();
  });
});
