import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../../dev/aws/residents.ts';
import { givePermissions } from '../../../../dev/aws/role-permissions.ts';
import { bucketPolicy } from '../../../../dev/aws/s3/bucket-policy.ts';
import { seedWorldBuckets } from '../../../../dev/aws/s3/world-buckets.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { seedWorld, WORLD_BUCKETS } from '../../../../dev/aws/world.ts';
import { type S3Client, type S3Keys, s3Client, s3Path } from '../../../support/s3.ts';

let aws: AwsStandIn;
let s3: S3Client;
const { reports, artifacts } = WORLD_BUCKETS;

beforeAll(async () => {
  aws = await startAws({ port: 0 });
  for (const arn of ['111111111111:role/Developer', '222222222222:role/TeamData', '333333333333:role/Admin']) {
    const tags = { team: 'payments' };
    givePermissions(aws.createRole({ arn: `arn:aws:iam::${arn}`, trustPolicy: brokerTrustPolicy(undefined), tags }));
  }
  seedWorld(aws.state, ['111111111111', '222222222222'], Date.now());
  seedWorldBuckets(aws.state, 'eu-central-1', Date.now());
  s3 = s3Client(aws.port, {});
});
afterAll(() => aws.close());

const session = (role: string): S3Keys => aws.issueSession(`arn:aws:iam::${role}`, 'session', 3600);
const code = async (bucket: string, key: string, keys: S3Keys | undefined): Promise<string> =>
  (await s3('GET', s3Path(bucket, key), { keys })).code;

describe('the buckets of the local stack', () => {
  it('are in its accounts, each team with a folder', () => {
    for (const { name, accountId } of [reports, artifacts]) {
      const bucket = aws.state.buckets.find(name, 'aws');
      expect(bucket).toMatchObject({ accountId, region: 'eu-central-1' });
      for (const team of ['payments/', 'platform/']) {
        expect(bucket?.keys().some((key) => key.startsWith(team))).toBe(true);
      }
    }
  });

  it('of reports are open to the role TeamData as a whole, and to no role of another account', async () => {
    for (const key of ['payments/2026-10.csv', 'platform/2026-10.csv']) {
      expect(await code(reports.name, key, session('222222222222:role/TeamData'))).toBe('ok');
      expect(await code(reports.name, key, session('111111111111:role/Developer'))).toBe('AccessDenied');
    }
    expect(await code(artifacts.name, 'payments/build-42.json', session('222222222222:role/TeamData'))).toBe(
      'AccessDenied',
    );
  });

  it('of artifacts are open by team', async () => {
    const keys = session('111111111111:role/Developer');
    expect(await code(artifacts.name, 'payments/build-42.json', keys)).toBe('ok');
    expect(await code(artifacts.name, 'platform/build-7.json', keys)).toBe('AccessDenied');
  });

  it('are closed to whoever is not of the organization, whatever a bucket policy says', async () => {
    const bucket = aws.state.buckets.find(reports.name, 'aws');
    if (bucket === undefined) throw new Error('there is no bucket');
    const statement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `${bucket.arn}/*` };
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    bucket.policy = bucketPolicy(text, bucket, aws.state);
    expect(await code(reports.name, 'payments/2026-10.csv', session('333333333333:role/Admin'))).toBe('AccessDenied');
    expect(await code(reports.name, 'payments/2026-10.csv', undefined)).toBe('AccessDenied');
    expect(await code(artifacts.name, 'payments/build-42.json', undefined)).toBe('AccessDenied');
    bucket.policy = undefined;
  });
});
