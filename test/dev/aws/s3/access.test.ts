import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../../dev/aws/residents.ts';
import type { Bucket } from '../../../../dev/aws/s3/buckets.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import type { Role } from '../../../../dev/aws/store/roles.ts';
import { storedPolicy } from '../../../../dev/aws/store/stored-policy.ts';
import { type S3Client, type S3Keys, s3Client, s3Path } from '../../../support/s3.ts';
import { clientFor } from '../clients.ts';

const OWNER = '222222222222';
const ROLE = `arn:aws:iam::${OWNER}:role/TeamData`;
const BUCKET_ARN = 'arn:aws:s3:::team-data';
let aws: AwsStandIn;
let s3: S3Client;
let bucket: Bucket;
let role: Role;

beforeEach(async () => {
  aws = await startAws({ port: 0 });
  bucket = aws.createBucket({ name: 'team-data', accountId: OWNER, region: 'eu-central-1' });
  for (const key of ['payments/a.csv', 'payments/b.csv', 'platform/x.txt']) aws.putObject(bucket, key, key);
  role = createRole(ROLE);
  s3 = s3Client(aws.port, {});
});
afterEach(() => aws.close());

const policy = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (Action: string, Resource: string, more: object = {}) => ({
  ...allow(Action, Resource, more),
  Effect: 'Deny',
});
const WHOLE_BUCKET = [BUCKET_ARN, `${BUCKET_ARN}/*`];

function createRole(arn: string, ...statements: object[]): Role {
  const created = aws.createRole({ arn, trustPolicy: brokerTrustPolicy(undefined) });
  if (statements.length > 0) give(created, ...statements);
  return created;
}

function give(to: Role, ...statements: object[]): void {
  to.inlinePolicies.set('own', storedPolicy(policy(...statements), 'identity'));
}

/** Through the real AssumeRole, as the broker does it. */
async function assume(arn: string, sessionPolicy?: string, tags: Record<string, string> = {}): Promise<S3Keys> {
  const answer = await clientFor(STSClient, aws, aws.brokerCredentials()).send(
    new AssumeRoleCommand({
      RoleArn: arn,
      RoleSessionName: 'session',
      Policy: sessionPolicy,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = answer.Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const get = (key: string, keys: S3Keys | undefined) => s3('GET', s3Path('team-data', key), { keys });
const put = (key: string, keys: S3Keys | undefined) => s3('PUT', s3Path('team-data', key), { keys, body: 'new' });
const list = (query: Record<string, string>, keys: S3Keys | undefined) =>
  s3('GET', s3Path('team-data'), { keys, query: { 'list-type': '2', ...query } });

describe('a session policy', () => {
  const onlyPayments = policy(
    allow('s3:GetObject', `${BUCKET_ARN}/payments/*`),
    allow('s3:ListBucket', BUCKET_ARN, { Condition: { StringLike: { 's3:prefix': 'payments/*' } } }),
  );

  beforeEach(() => give(role, allow('s3:*', WHOLE_BUCKET)));

  it('narrows what the role may read to one folder', async () => {
    const keys = await assume(ROLE, onlyPayments);
    expect(await get('payments/a.csv', keys)).toMatchObject({ status: 200, text: 'payments/a.csv' });
    const refused = await get('platform/x.txt', keys);
    expect(refused).toMatchObject({ status: 403, code: 'AccessDenied' });
    expect(refused.text).toContain(
      `<Message>User: arn:aws:sts::${OWNER}:assumed-role/TeamData/session is not authorized to perform: s3:GetObject ` +
        `on resource: &quot;${BUCKET_ARN}/platform/x.txt&quot; because no session policy allows the s3:GetObject action</Message>`,
    );
    expect((await get('platform/x.txt', await assume(ROLE))).status).toBe(200);
  });

  it('narrows what may be listed', async () => {
    const keys = await assume(ROLE, onlyPayments);
    expect((await list({ prefix: 'payments/' }, keys)).text).toContain('<KeyCount>2</KeyCount>');
    for (const query of [{}, { prefix: '' }, { prefix: 'platform/' }, { prefix: 'pay' }]) {
      expect(await list(query as Record<string, string>, keys)).toMatchObject({ code: 'AccessDenied', status: 403 });
    }
  });

  it('keeps everything else away too: writing, deleting, other buckets, the policy', async () => {
    const keys = await assume(ROLE, onlyPayments);
    expect(await put('payments/a.csv', keys)).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect((await s3('DELETE', s3Path('team-data', 'payments/a.csv'), { keys })).code).toBe('AccessDenied');
    expect((await s3('DELETE', s3Path('team-data'), { keys })).code).toBe('AccessDenied');
    expect((await s3('PUT', s3Path('team-data'), { keys, query: { policy: '' }, body: '{}' })).code).toBe(
      'AccessDenied',
    );
    expect((await s3('GET', '/', { keys })).code).toBe('AccessDenied');
    expect((await s3('PUT', s3Path('new-bucket'), { keys, region: 'us-east-1' })).code).toBe('AccessDenied');
    expect(bucket.find('payments/a.csv')?.content.toString()).toBe('payments/a.csv');
  });

  it('gives nothing that the role does not have', async () => {
    give(role, allow('s3:GetObject', `${BUCKET_ARN}/platform/*`));
    const keys = await assume(ROLE, policy(allow('s3:*', '*')));
    expect((await get('platform/x.txt', keys)).status).toBe(200);
    expect(await get('payments/a.csv', keys)).toMatchObject({ code: 'AccessDenied', status: 403 });
  });

  it('and the role may speak of the session’s tags', async () => {
    give(role, allow('s3:GetObject', `${BUCKET_ARN}/\${aws:PrincipalTag/team}/*`));
    const keys = await assume(ROLE, undefined, { team: 'platform' });
    expect((await get('platform/x.txt', keys)).status).toBe(200);
    expect((await get('payments/a.csv', keys)).code).toBe('AccessDenied');
  });

  it('is not passed by a key that only looks like the folder', async () => {
    const keys = await assume(ROLE, onlyPayments);
    for (const key of [
      'payments',
      'payments%2F../platform/x.txt',
      './payments/a.csv',
      '/payments/a.csv',
      'Payments/a.csv',
    ]) {
      aws.putObject(bucket, key, 'secret');
      expect(await get(key, keys), key).toMatchObject({ code: 'AccessDenied', status: 403 });
    }
    // A key is a text, not a path: this one begins with `payments/`, and is not platform/x.txt.
    expect((await get('payments/../platform/x.txt', keys)).code).toBe('AccessDenied');
    aws.putObject(bucket, 'payments/../platform/x.txt', 'another');
    expect((await get('payments/../platform/x.txt', keys)).text).toBe('another');
  });
});

describe('a key that is not there', () => {
  it('is not told to who may not list the bucket', async () => {
    give(role, allow('s3:GetObject', `${BUCKET_ARN}/*`));
    const keys = await assume(ROLE);
    const refused = await get('payments/none', keys);
    expect(refused).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(refused.text).toContain('s3:ListBucket');
    expect((await s3('HEAD', s3Path('team-data', 'payments/none'), { keys })).status).toBe(403);
    give(role, allow('s3:GetObject', `${BUCKET_ARN}/*`), allow('s3:ListBucket', BUCKET_ARN));
    expect(await get('payments/none', keys)).toMatchObject({ code: 'NoSuchKey', status: 404 });
  });
});

describe('a permissions boundary', () => {
  it('limits the role, whatever its policies say', async () => {
    give(role, allow('s3:*', '*'));
    role.boundaryArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
    const keys = await assume(ROLE);
    expect((await get('payments/a.csv', keys)).status).toBe(200);
    const refused = await put('payments/a.csv', keys);
    expect(refused).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(refused.text).toContain('because no permissions boundary allows the s3:PutObject action');
  });
});

describe('a bucket policy', () => {
  const attach = async (...statements: object[]): Promise<void> => {
    const sent = await s3('PUT', s3Path('team-data'), {
      keys: aws.operator,
      query: { policy: '' },
      body: policy(...statements),
    });
    expect(sent.status).toBe(204);
  };

  it('denies, whatever the role may', async () => {
    give(role, allow('s3:*', '*'));
    await attach(deny('s3:GetObject', `${BUCKET_ARN}/platform/*`, { Principal: '*' }));
    const keys = await assume(ROLE);
    expect((await get('payments/a.csv', keys)).status).toBe(200);
    const refused = await get('platform/x.txt', keys);
    expect(refused).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(refused.text).toContain('with an explicit deny in a resource-based policy');
  });

  it('is enough within the account', async () => {
    await attach(allow('s3:GetObject', `${BUCKET_ARN}/payments/*`, { Principal: { AWS: ROLE } }));
    const keys = await assume(ROLE);
    expect((await get('payments/a.csv', keys)).status).toBe(200);
    expect((await get('platform/x.txt', keys)).code).toBe('AccessDenied');
  });

  it('is needed, and not enough, from another account', async () => {
    const other = 'arn:aws:iam::111111111111:role/Visitor';
    const visitor = createRole(other);
    const keys = await assume(other);
    const mayRead = allow('s3:GetObject', `${BUCKET_ARN}/payments/*`);

    give(visitor, mayRead);
    const alone = await get('payments/a.csv', keys);
    expect(alone).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(alone.text).toContain('<Message>Access Denied</Message>');

    await attach({ ...mayRead, Principal: { AWS: 'arn:aws:iam::111111111111:root' } });
    expect((await get('payments/a.csv', keys)).status).toBe(200);
    expect((await get('platform/x.txt', keys)).code).toBe('AccessDenied');

    visitor.inlinePolicies.clear();
    expect((await get('payments/a.csv', keys)).code).toBe('AccessDenied');
  });

  it('may not be touched from another account, even where it says so', async () => {
    const other = 'arn:aws:iam::111111111111:role/Visitor';
    createRole(other, allow('s3:*', '*'));
    const Principal = { AWS: '111111111111' };
    await attach(allow('s3:*', BUCKET_ARN, { Principal }));
    const keys = await assume(other);
    for (const [method, body] of [
      ['GET', ''],
      ['DELETE', ''],
      ['PUT', '{}'],
    ] as const) {
      const sent = await s3(method, s3Path('team-data'), { keys, query: { policy: '' }, body });
      expect(sent).toMatchObject({ code: 'MethodNotAllowed', status: 405 });
    }
  });

  it('may ask how the request was signed', async () => {
    give(role, allow('s3:*', '*'));
    const keys = await assume(ROLE);
    const Condition = { StringNotEquals: { 's3:authType': 'REST-HEADER' } };
    await attach(deny('s3:GetObject', `${BUCKET_ARN}/*`, { Principal: '*', Condition }));
    expect((await get('payments/a.csv', keys)).status).toBe(200);
    const path = s3Path('team-data', 'payments/a.csv');
    expect((await s3('GET', path, { keys, presign: 60 })).code).toBe('AccessDenied');
    const old = { NumericGreaterThan: { 's3:signatureAge': '30000' } };
    await attach(deny('s3:GetObject', `${BUCKET_ARN}/*`, { Principal: '*', Condition: old }));
    expect((await s3('GET', path, { keys, presign: 600, time: Date.now() - 60_000 })).code).toBe('AccessDenied');
    expect((await s3('GET', path, { keys, presign: 600 })).code).toBe('ok');
  });

  it('may allow only writes that overwrite nothing', async () => {
    give(role, allow('s3:*', '*'));
    const keys = await assume(ROLE);
    const Condition = { Null: { 's3:if-none-match': 'true' } };
    await attach(deny('s3:PutObject', `${BUCKET_ARN}/*`, { Principal: '*', Condition }));
    expect((await put('payments/new', keys)).code).toBe('AccessDenied');
    const path = s3Path('team-data', 'payments/new');
    expect((await s3('PUT', path, { keys, headers: { 'if-none-match': '*' } })).code).toBe('ok');
  });

  it('alone decides about who did not sign', async () => {
    expect(await get('payments/a.csv', undefined)).toMatchObject({ code: 'AccessDenied', status: 403 });
    await attach(allow('s3:GetObject', `${BUCKET_ARN}/payments/*`, { Principal: '*' }));
    expect((await get('payments/a.csv', undefined)).status).toBe(200);
    expect((await get('platform/x.txt', undefined)).code).toBe('AccessDenied');
    expect((await put('payments/a.csv', undefined)).code).toBe('AccessDenied');
    expect((await list({}, undefined)).code).toBe('AccessDenied');
    expect((await get('payments/none', undefined)).code).toBe('AccessDenied');
    expect((await s3('GET', '/')).code).toBe('AccessDenied');
    expect((await s3('PUT', s3Path('new-bucket'))).code).toBe('AccessDenied');
    expect(aws.calls.list().at(-1)).not.toHaveProperty('accessKeyId');
    const elsewhere = { NotIpAddress: { 'aws:SourceIp': '127.0.0.1/32' } };
    await attach(allow('s3:GetObject', `${BUCKET_ARN}/*`, { Principal: '*', Condition: elsewhere }));
    expect((await get('payments/a.csv', undefined)).code).toBe('AccessDenied');
  });
});

describe('the decision', () => {
  it('comes before the body is looked at, and nothing is kept of what is refused', async () => {
    give(role, allow('s3:GetObject', `${BUCKET_ARN}/*`));
    const keys = await assume(ROLE);
    const wrong = { 'content-md5': Buffer.alloc(16).toString('base64') };
    const sent = await s3('PUT', s3Path('team-data', 'payments/a.csv'), { keys, body: 'new', headers: wrong });
    expect(sent).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect((await get('payments/a.csv', keys)).text).toBe('payments/a.csv');
  });

  it('is asked anew for every request', async () => {
    give(role, allow('s3:GetObject', `${BUCKET_ARN}/*`));
    const keys = await assume(ROLE);
    expect((await get('payments/a.csv', keys)).status).toBe(200);
    give(role, allow('s3:GetObject', `${BUCKET_ARN}/platform/*`));
    expect((await get('payments/a.csv', keys)).code).toBe('AccessDenied');
    aws.state.roles.delete(role);
    expect((await get('platform/x.txt', keys)).code).toBe('AccessDenied');
  });

  it('leaves a bucket to the account that makes it', async () => {
    give(role, allow('s3:CreateBucket', '*'));
    const keys = await assume(ROLE);
    expect((await s3('PUT', s3Path('new-bucket'), { keys, region: 'us-east-1' })).status).toBe(200);
    expect(aws.state.buckets.find('new-bucket', 'aws')?.accountId).toBe(OWNER);
  });
});
