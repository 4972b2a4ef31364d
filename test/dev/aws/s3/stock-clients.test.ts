import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { storedPolicy } from '../../../../dev/aws/store/stored-policy.ts';

/** S3's wire as clients see it that this project has not written and does not ship. */
const run = promisify(execFile);

function works(command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const ROLE = 'arn:aws:iam::222222222222:role/TeamData';
let aws: AwsStandIn;
let directory: string;
let operator: NodeJS.ProcessEnv;
let narrowed: NodeJS.ProcessEnv;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daypass-s3-'));
  await writeFile(join(directory, 'up.bin'), Buffer.alloc(100_000, 'daypass'));
  aws = await startAws({ port: 0 });
  const bucket = aws.createBucket({ name: 'team-data', accountId: '222222222222', region: 'eu-central-1' });
  for (const key of ['payments/a.csv', 'payments/ä +%.csv', 'platform/x.txt']) aws.putObject(bucket, key, key);
  const role = aws.createRole({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined) });
  const Resource = ['arn:aws:s3:::team-data/payments/*', 'arn:aws:s3:::team-data'];
  const statement = { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource };
  const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  role.inlinePolicies.set('payments', storedPolicy(text, 'identity'));
  const environment = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL_S3: aws.url,
    PYTHONIOENCODING: 'utf-8',
    LC_ALL: 'C.UTF-8',
  };
  const { accessKeyId, secretAccessKey, sessionToken } = aws.issueSession(ROLE, 'stock', 3600);
  operator = {
    ...environment,
    AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
  };
  narrowed = {
    ...environment,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
});
afterAll(async () => {
  await aws.close();
  await rm(directory, { recursive: true, force: true });
});

/** Each command takes a second to start, and longer on a machine that is busy. */
describe.skipIf(!works('aws', '--version'))(
  'the aws command (skipped where it is not installed)',
  { timeout: 120_000 },
  () => {
    const cli = async (parameters: string[], environment = operator): Promise<string> =>
      (await run('aws', parameters, { env: environment, cwd: directory })).stdout;
    const api = async (...parameters: string[]): Promise<unknown> =>
      JSON.parse(await cli(['s3api', ...parameters, '--output', 'json'])) as unknown;

    it('lists folders, and all that is below them', async () => {
      expect(await cli(['s3', 'ls', 's3://team-data/'])).toBe(
        `${' '.repeat(27)}PRE payments/\n${' '.repeat(27)}PRE platform/\n`,
      );
      const below = await cli(['s3', 'ls', 's3://team-data', '--recursive']);
      expect(below).toContain('payments/ä +%.csv\n');
    });

    it('makes a bucket, copies a file there and back, removes both', async () => {
      await cli(['s3', 'mb', 's3://made-by-cli']);
      await cli(['s3', 'cp', 'up.bin', 's3://made-by-cli/a folder/up+1.bin', '--no-progress']);
      await cli(['s3', 'cp', 's3://made-by-cli/a folder/up+1.bin', 'down.bin', '--no-progress']);
      expect((await readFile(join(directory, 'down.bin'))).equals(Buffer.alloc(100_000, 'daypass'))).toBe(true);
      await cli(['s3', 'rm', 's3://made-by-cli', '--recursive']);
      await cli(['s3', 'rb', 's3://made-by-cli']);
      await expect(cli(['s3', 'ls', 's3://made-by-cli'])).rejects.toThrow('(NoSuchBucket)');
    });

    it('reads and writes single objects with every checksum it can make', async () => {
      for (const algorithm of ['CRC32', 'SHA256']) {
        const put = ['put-object', '--bucket', 'team-data', '--key', 'cli', '--body', 'up.bin'];
        expect(await api(...put, '--checksum-algorithm', algorithm)).toHaveProperty(`Checksum${algorithm}`);
      }
      const got = await api(
        'get-object',
        '--bucket',
        'team-data',
        '--key',
        'cli',
        '--checksum-mode',
        'ENABLED',
        'down.bin',
      );
      expect(got).toMatchObject({ ContentLength: 100_000 });
      const ranged = await api(
        'get-object',
        '--bucket',
        'team-data',
        '--key',
        'cli',
        '--range',
        'bytes=0-6',
        'down.bin',
      );
      expect(ranged).toMatchObject({ ContentRange: 'bytes 0-6/100000' });
      await cli(['s3', 'rm', 's3://team-data/cli']);
    });

    it('pages by itself', async () => {
      const list = ['list-objects-v2', '--bucket', 'team-data', '--page-size', '1', '--query', 'Contents[].Key'];
      expect(await api(...list)).toEqual(['payments/a.csv', 'payments/ä +%.csv', 'platform/x.txt']);
    });

    it('finds the right region by itself', async () => {
      const far = { ...operator, AWS_DEFAULT_REGION: 'us-east-1' };
      expect(await cli(['s3', 'cp', 's3://team-data/payments/a.csv', '-'], far)).toBe('payments/a.csv');
    });

    it('makes URLs that work', async () => {
      const url = await cli(['s3', 'presign', 's3://team-data/payments/ä +%.csv', '--expires-in', '60']);
      expect(await (await fetch(url.trim())).text()).toBe('payments/ä +%.csv');
    });

    it('is told what the session may not', async () => {
      expect(await cli(['s3', 'cp', 's3://team-data/payments/a.csv', '-'], narrowed)).toBe('payments/a.csv');
      const other = ['s3api', 'get-object', '--bucket', 'team-data', '--key', 'platform/x.txt', 'down.bin'];
      await expect(cli(other, narrowed)).rejects.toThrow(
        'An error occurred (AccessDenied) when calling the GetObject operation: User: ' +
          'arn:aws:sts::222222222222:assumed-role/TeamData/stock is not authorized to perform: s3:GetObject',
      );
    });
  },
);

describe.skipIf(!works('python3', '-c', 'import boto3'))('boto3 (skipped where it is not installed)', () => {
  const python = async (lines: string[], environment = operator): Promise<string[]> => {
    const script = [
      'import boto3, io',
      'from botocore.exceptions import ClientError',
      "s3 = boto3.client('s3')",
      ...lines,
    ];
    return (await run('python3', ['-c', script.join('\n')], { env: environment })).stdout.trimEnd().split('\n');
  };

  it('puts, gets, lists and deletes', async () => {
    const lines = [
      "key = 'boto/ä +%/../x'",
      "s3.put_object(Bucket='team-data', Key=key, Body=b'hello', Metadata={'team': 'payments'}, ContentType='text/plain')",
      "got = s3.get_object(Bucket='team-data', Key=key)",
      "print(got['Body'].read().decode(), got['ContentType'], got['Metadata']['team'])",
      "s3.upload_fileobj(io.BytesIO(b'z' * 50000), 'team-data', 'boto/up')",
      "print(s3.head_object(Bucket='team-data', Key='boto/up')['ContentLength'])",
      "pages = s3.get_paginator('list_objects_v2').paginate(Bucket='team-data', Prefix='boto/', PaginationConfig={'PageSize': 1})",
      "print([item['Key'] for page in pages for item in page['Contents']])",
      "for k in [key, 'boto/up']: s3.delete_object(Bucket='team-data', Key=k)",
      "print(s3.list_objects_v2(Bucket='team-data', Prefix='boto/')['KeyCount'])",
    ];
    expect(await python(lines)).toEqual(['hello text/plain payments', '50000', "['boto/up', 'boto/ä +%/../x']", '0']);
  });

  it('is told why not, by the codes it knows', async () => {
    const attempt = (call: string): string[] => [
      'try:',
      `  s3.${call}`,
      'except ClientError as e:',
      "  print(e.response['Error']['Code'])",
    ];
    const lines = [
      ...attempt("get_object(Bucket='team-data', Key='platform/x.txt')"),
      ...attempt("get_object(Bucket='team-data', Key='payments/none')"),
      ...attempt("put_object(Bucket='team-data', Key='payments/a.csv', Body=b'x')"),
      ...attempt("get_object(Bucket='nobody-has-this', Key='k')"),
    ];
    expect(await python(lines, narrowed)).toEqual(['AccessDenied', 'NoSuchKey', 'AccessDenied', 'NoSuchBucket']);
  });
});
