import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it, onTestFinished } from 'vitest';
import { directoryFiles } from '../../../dev/ledger/directory-files.ts';
import { s3Files } from '../../../lib/audit/ledger/s3-files.ts';
import { describeLedgerFiles } from './files-contract.ts';
import { MemoryFiles } from './memory-files.ts';

describeLedgerFiles('memory', async () => new MemoryFiles());
describeLedgerFiles('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'daypass-ledger-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return directoryFiles(folder);
});
describeLedgerFiles('a bucket', async () => s3Files(bucket().client, 'ledger'));

/** A bucket in memory that keeps S3's conditions. */
function bucket() {
  const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const objects = new Map<string, { readonly body: Uint8Array; readonly etag: string }>();
  const mock = mockClient(client);
  const failure = (name: string) => Object.assign(new Error(name), { name });
  mock.on(PutObjectCommand).callsFake(async ({ Key, Body, IfMatch, IfNoneMatch }) => {
    const there = objects.get(Key);
    if (IfNoneMatch === '*' && there !== undefined) throw failure('PreconditionFailed');
    if (IfMatch !== undefined && there?.etag !== IfMatch) throw failure(there ? 'PreconditionFailed' : 'NoSuchKey');
    objects.set(Key, { body: Body, etag: `"${createHash('md5').update(Body).digest('hex')}"` });
    return {};
  });
  mock.on(GetObjectCommand).callsFake(async ({ Key }) => {
    const there = objects.get(Key);
    if (there === undefined) throw failure('NoSuchKey');
    return { ETag: there.etag, Body: { transformToByteArray: async () => there.body } };
  });
  return { client, mock, objects, failure };
}

describe('A bucket', () => {
  it('that does not answer is a fault of the ledger, never a missing file', async () => {
    const { client, mock, failure } = bucket();
    mock.on(GetObjectCommand).rejects(failure('SlowDown'));
    mock.on(PutObjectCommand).rejects(failure('AccessDenied'));
    const files = s3Files(client, 'ledger');
    await expect(files.read('checkpoint')).rejects.toMatchObject({
      code: 'ledger_unavailable',
      detail: 'checkpoint of the ledger: SlowDown',
    });
    await expect(files.write('a', Buffer.from('a'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
  });

  it('is never written to without a condition', async () => {
    const { client, mock } = bucket();
    const files = s3Files(client, 'ledger', 'prod/');
    await files.write('tile/0/000', Buffer.from('a'));
    await files.replace('checkpoint', Buffer.from('a'), undefined);
    await files.replace('checkpoint', Buffer.from('b'), (await files.readVersion('checkpoint'))?.version);
    const inputs = mock.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);
    expect(inputs.map(({ Key, IfMatch, IfNoneMatch }) => [Key, IfMatch !== undefined || IfNoneMatch === '*'])).toEqual([
      ['prod/tile/0/000', true],
      ['prod/checkpoint', true],
      ['prod/checkpoint', true],
    ]);
  });
});
