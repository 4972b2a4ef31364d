import { randomBytes } from 'node:crypto';
import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from '@aws-sdk/client-sts';
import { AssumeRoleCommand, STSClient, STSServiceException } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../dev/aws/server.ts';
import { startAws } from '../../../dev/aws/server.ts';
import { clientFor } from './clients.ts';

const ROLE = 'arn:aws:iam::111122223333:role/ReadOnly';
const TENANT = 'arn:aws:iam::111122223333:role/Tenant';
const LONG = 'arn:aws:iam::111122223333:role/Long';
const NO_TAGS = 'arn:aws:iam::111122223333:role/NoTags';
const NO_IDENTITY = 'arn:aws:iam::111122223333:role/NoIdentity';
const OTHERS = 'arn:aws:iam::111122223333:role/TrustsOthers';
const ACCOUNT_TRUST = 'arn:aws:iam::111122223333:role/TrustsAccount';
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 's3:Get*', Resource: '*' },
});

let aws: AwsStandIn;
let broker: STSClient;

beforeAll(async () => {
  aws = await startAws({ port: 0 });
  const trusting = (principal: string, action: string | string[]): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: principal }, Action: action },
    });
  const brokerRole = 'arn:aws:iam::999999999999:role/daypass-broker';
  aws.createRole({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined) });
  aws.createRole({ arn: TENANT, trustPolicy: brokerTrustPolicy('tenant-1') });
  aws.createRole({
    arn: LONG,
    trustPolicy: trusting('arn:aws:iam::999999999999:root', 'sts:*'),
    maxSessionDuration: 7200,
  });
  aws.createRole({ arn: NO_TAGS, trustPolicy: trusting(brokerRole, ['sts:AssumeRole', 'sts:SetSourceIdentity']) });
  aws.createRole({ arn: NO_IDENTITY, trustPolicy: trusting(brokerRole, ['sts:AssumeRole', 'sts:TagSession']) });
  aws.createRole({ arn: OTHERS, trustPolicy: trusting('arn:aws:iam::999999999999:role/another', 'sts:*') });
  aws.createRole({ arn: ACCOUNT_TRUST, trustPolicy: trusting('999999999999', 'sts:*') });
  for (let index = 0; index < 10; index += 1) {
    aws.state.policies.create({ arn: `arn:aws:iam::111122223333:policy/P${index}`, text: POLICY }, Date.now());
  }
  broker = clientFor(STSClient, aws, aws.brokerCredentials());
});
afterAll(() => aws.close());

function assume(input: Partial<AssumeRoleCommandInput>, client = broker): Promise<AssumeRoleCommandOutput> {
  return client.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'session', ...input }));
}

async function codeOf(
  attempt: Promise<unknown>,
): Promise<{ code: string; status: number | undefined; message: string }> {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof STSServiceException)) throw new Error(`accepted, or failed otherwise: ${String(error)}`);
  // The SDK's class names end in Exception; what was on the wire is in `Code`.
  const { Code } = error as { Code?: string };
  return { code: Code ?? error.name, status: error.$metadata.httpStatusCode, message: error.message };
}

const tags = (...pairs: [string, string][]): AssumeRoleCommandInput['Tags'] =>
  pairs.map(([Key, Value]) => ({ Key, Value }));
const manyTags = (count: number): AssumeRoleCommandInput['Tags'] =>
  tags(...Array.from({ length: count }, (_, index): [string, string] => [`k${index}`, 'v']));
const arns = (count: number): AssumeRoleCommandInput['PolicyArns'] =>
  Array.from({ length: count }, (_, index) => ({ arn: `arn:aws:iam::111122223333:policy/P${index}` }));
const noise = (length: number): string => randomBytes(length).toString('base64url').slice(0, length);
const noisyTags = (count: number): AssumeRoleCommandInput['Tags'] =>
  tags(...Array.from({ length: count }, (_, index): [string, string] => [`key${index}`, noise(256)]));
const policyOf = (length: number): string => `${POLICY.slice(0, -1)}${' '.repeat(length - POLICY.length)}}`;
const statement = (members: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [members] });

interface Case {
  readonly about: string;
  readonly refused: Partial<AssumeRoleCommandInput>;
  readonly accepted: Partial<AssumeRoleCommandInput>;
  readonly code: string;
  readonly status?: number;
  readonly says?: RegExp;
}

const invalid = (about: string, refused: Case['refused'], accepted: Case['accepted'], says?: RegExp): Case => ({
  about,
  refused,
  accepted,
  code: 'ValidationError',
  ...(says === undefined ? {} : { says }),
});
const malformed = (about: string, policy: string, accepted = POLICY): Case => ({
  about: `a session policy ${about}`,
  refused: { Policy: policy },
  accepted: { Policy: accepted },
  code: 'MalformedPolicyDocument',
});
const parameter = (about: string, refused: Case['refused'], accepted: Case['accepted']): Case => ({
  about,
  refused,
  accepted,
  code: 'InvalidParameterValue',
});
const denied = (about: string, refused: Case['refused'], accepted: Case['accepted'], says: RegExp): Case => ({
  about,
  refused,
  accepted,
  code: 'AccessDenied',
  status: 403,
  says,
});

const CASES: readonly Case[] = [
  invalid(
    'a session name of one character',
    { RoleSessionName: 'a' },
    { RoleSessionName: 'ab' },
    /roleSessionName.*greater than or equal to 2/,
  ),
  invalid(
    'a session name of 65 characters',
    { RoleSessionName: 'a'.repeat(65) },
    { RoleSessionName: 'a'.repeat(64) },
    /less than or equal to 64/,
  ),
  invalid('an empty session name', { RoleSessionName: '' }, { RoleSessionName: 'ok' }),
  invalid('a session name with a space', { RoleSessionName: 'a b' }, { RoleSessionName: 'a_b' }, /regular expression/),
  invalid('a session name with a slash', { RoleSessionName: 'a/b' }, { RoleSessionName: 'a-b' }),
  invalid('a session name with a colon', { RoleSessionName: 'a:b' }, { RoleSessionName: 'a=b' }),
  invalid('a session name with an umlaut', { RoleSessionName: 'jürgen' }, { RoleSessionName: 'juergen' }),
  invalid('a session name with the Kelvin sign', { RoleSessionName: '\u212aelvin' }, { RoleSessionName: 'Kelvin' }),
  invalid('a session name with the long s', { RoleSessionName: 'se\u017fsion' }, { RoleSessionName: 'session' }),
  invalid('a session name with a line feed', { RoleSessionName: 'ab\n' }, { RoleSessionName: 'ab,' }),
  invalid('a session name with a fullwidth letter', { RoleSessionName: '\uff41b' }, { RoleSessionName: 'ab@' }),
  invalid('a source identity of one character', { SourceIdentity: 'a' }, { SourceIdentity: 'ab' }, /sourceIdentity/),
  invalid('a source identity of 65 characters', { SourceIdentity: 'a'.repeat(65) }, { SourceIdentity: 'a'.repeat(64) }),
  invalid(
    'a source identity with a colon, so none in the name space aws:',
    { SourceIdentity: 'aws:dev' },
    { SourceIdentity: 'aws.dev' },
  ),
  invalid('a source identity with a space', { SourceIdentity: 'Dana Weber' }, { SourceIdentity: 'Dana.Weber' }),
  invalid(
    'a source identity with a Cyrillic letter',
    { SourceIdentity: 'd\u0435v@example.com' },
    { SourceIdentity: 'dev@example.com' },
  ),
  invalid('a source identity with an exclamation mark', { SourceIdentity: 'dev!' }, { SourceIdentity: 'dev+x' }),
  invalid('an external id of one character', { ExternalId: 'a' }, { ExternalId: 'ab' }, /externalId/),
  invalid('an external id of 1,225 characters', { ExternalId: 'a'.repeat(1225) }, { ExternalId: 'a'.repeat(1224) }),
  invalid('an external id with a space', { ExternalId: 'a b' }, { ExternalId: 'a:/b' }),
  invalid('an external id with a star', { ExternalId: 'tenant*' }, { ExternalId: 'tenant-' }),
  invalid(
    'a duration of 899 seconds',
    { DurationSeconds: 899 },
    { DurationSeconds: 900 },
    /greater than or equal to 900/,
  ),
  invalid('a duration of zero', { DurationSeconds: 0 }, { DurationSeconds: 901 }),
  invalid('a negative duration', { DurationSeconds: -900 }, { DurationSeconds: 1000 }),
  invalid(
    'a duration of 43,201 seconds',
    { DurationSeconds: 43_201 },
    { DurationSeconds: 3600 },
    /less than or equal to 43200/,
  ),
  invalid(
    'a duration over an hour for a chained caller, whatever the role allows',
    { RoleArn: LONG, DurationSeconds: 3601 },
    { RoleArn: LONG, DurationSeconds: 3600 },
    /1 hour session limit for roles assumed by role chaining/,
  ),
  invalid('51 tags', { Tags: manyTags(51) }, { Tags: manyTags(50) }, /tags/),
  invalid('a tag with an empty key', { Tags: tags(['', 'v']) }, { Tags: tags(['k', 'v']) }, /tags\.1\.member\.key/),
  invalid(
    'a tag key of 129 characters',
    { Tags: tags(['k'.repeat(129), 'v']) },
    { Tags: tags(['k'.repeat(128), 'v']) },
  ),
  invalid(
    'a tag value of 257 characters',
    { Tags: tags(['k', 'v'.repeat(257)]) },
    { Tags: tags(['k', 'v'.repeat(256)]) },
    /tags\.1\.member\.value/,
  ),
  invalid('a tag value with a star', { Tags: tags(['k', 'a*']) }, { Tags: tags(['k', 'a@']) }),
  invalid(
    'a tag value with a dollar and braces',
    { Tags: tags(['k', '${aws:username}']) },
    { Tags: tags(['k', 'aws:username']) },
  ),
  invalid('a tag value with a question mark', { Tags: tags(['k', 'a?']) }, { Tags: tags(['k', 'a.']) }),
  invalid('a tag value with a comma', { Tags: tags(['k', 'a,b']) }, { Tags: tags(['k', 'a:b']) }),
  invalid('a tag value with a line feed', { Tags: tags(['k', 'a\nb']) }, { Tags: tags(['k', 'a b']) }),
  invalid('a tag key with a hash', { Tags: tags(['#k', 'v']) }, { Tags: tags(['schlüssel', 'größe']) }),
  invalid(
    'an inline policy of 2,049 characters',
    { Policy: policyOf(2049) },
    { Policy: policyOf(2048) },
    /policy.*2048/,
  ),
  invalid('an empty inline policy', { Policy: '' }, { Policy: POLICY }),
  invalid(
    'an inline policy with a character over U+00FF',
    { Policy: POLICY.replace('s3:Get*', 's3:Get*\u0100') },
    { Policy: statement({ Sid: 'A', Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::b/\u00e9' }) },
  ),
  invalid('an inline policy with a NUL', { Policy: `${POLICY}\u0000` }, { Policy: `${POLICY}\t\r\n` }),
  invalid('eleven policy ARNs', { PolicyArns: arns(11) }, { PolicyArns: arns(10) }, /policyArns/),
  invalid('a policy ARN of 19 characters', { PolicyArns: [{ arn: 'arn:aws:iam::aws:po' }] }, { PolicyArns: arns(1) }),
  invalid(
    'inline and managed policies over 2,048 characters together',
    { Policy: policyOf(2030), PolicyArns: arns(1) },
    { Policy: policyOf(2000), PolicyArns: arns(1) },
    /together/,
  ),
  invalid('a role ARN that is too short', { RoleArn: 'arn:aws:iam' }, { RoleArn: ROLE }, /roleArn/),
  invalid('a role ARN that is a name', { RoleArn: 'a-role-name-that-is-long-enough' }, { RoleArn: ROLE }, /is invalid/),
  invalid('a role ARN with a short account', { RoleArn: 'arn:aws:iam::11112222333:role/ReadOnly' }, { RoleArn: ROLE }),
  invalid('the ARN of a user', { RoleArn: 'arn:aws:iam::111122223333:user/ReadOnly' }, { RoleArn: ROLE }),
  invalid(
    'the ARN of a role of another service',
    { RoleArn: 'arn:aws:s3:::111122223333:role/ReadOnly' },
    { RoleArn: ROLE },
  ),
  invalid(
    'two constraints broken at once, named both',
    { RoleSessionName: 'a', DurationSeconds: 1 },
    {},
    /^2 validation errors.*roleSessionName.*durationSeconds/,
  ),
  parameter('a tag twice', { Tags: tags(['team', 'a'], ['team', 'b']) }, { Tags: tags(['team', 'a'], ['teams', 'b']) }),
  parameter(
    'tags whose keys differ in case only',
    { Tags: tags(['Team', 'a'], ['team', 'b']) },
    { Tags: tags(['Team', 'a'], ['team2', 'b']) },
  ),
  parameter('a tag in the name space aws:', { Tags: tags(['aws:team', 'a']) }, { Tags: tags(['aws-team', 'a']) }),
  parameter('a tag in the name space AWS:', { Tags: tags(['AWS:team', 'a']) }, { Tags: tags(['my:aws:team', 'a']) }),
  parameter(
    'a transitive key without its tag',
    { Tags: tags(['team', 'a']), TransitiveTagKeys: ['other'] },
    { Tags: tags(['team', 'a']), TransitiveTagKeys: ['team'] },
  ),
  parameter(
    "another account's managed policy",
    { PolicyArns: [{ arn: 'arn:aws:iam::444455556666:policy/P' }] },
    { PolicyArns: arns(1) },
  ),
  parameter(
    "another partition's managed policy",
    { PolicyArns: [{ arn: 'arn:aws-cn:iam::aws:policy/P' }] },
    { PolicyArns: arns(2) },
  ),
  parameter('an ARN that is no policy', { PolicyArns: [{ arn: ROLE }] }, { PolicyArns: arns(3) }),
  malformed('that is not JSON', '{"Version":'),
  malformed('that is a list', '[]'),
  malformed('with an unknown version', POLICY.replace('2012', '2013')),
  malformed('without a statement', '{"Version":"2012-10-17"}'),
  malformed('with a principal', statement({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' })),
  malformed('without an effect', statement({ Action: '*', Resource: '*' })),
  malformed('with the effect in lower case', statement({ Effect: 'allow', Action: '*', Resource: '*' })),
  malformed('without an action', statement({ Effect: 'Allow', Resource: '*' })),
  malformed(
    'with action and not-action',
    statement({ Effect: 'Allow', Action: '*', NotAction: 's3:*', Resource: '*' }),
  ),
  malformed(
    'without a resource',
    statement({ Effect: 'Allow', Action: '*' }),
    statement({ Effect: 'Allow', NotAction: 'iam:*', Resource: ['*'] }),
  ),
  malformed('with an action that names no service', statement({ Effect: 'Allow', Action: 'GetObject', Resource: '*' })),
  malformed(
    'with a member IAM does not know',
    statement({ Effect: 'Allow', Action: '*', Resource: '*', Principals: [] }),
  ),
  malformed(
    'with an object as a condition value',
    statement({ Effect: 'Allow', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:x': {} } } }),
    statement({ Effect: 'Deny', Action: '*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': false } } }),
  ),
  {
    about: 'tags that pack to more than there is room for',
    refused: { Tags: noisyTags(30) },
    accepted: { Tags: noisyTags(10) },
    code: 'PackedPolicyTooLarge',
    status: 400,
    says: /consumes \d{3}% of allotted space/,
  },
  denied(
    'a role that does not exist',
    { RoleArn: `${ROLE}s` },
    {},
    /not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role\/ReadOnlys/,
  ),
  denied(
    'a role of that name in another account',
    { RoleArn: ROLE.replace('111122223333', '444455556666') },
    {},
    /sts:AssumeRole/,
  ),
  denied('a role named in another case', { RoleArn: ROLE.replace('ReadOnly', 'readonly') }, {}, /sts:AssumeRole/),
  denied('a role that trusts someone else', { RoleArn: OTHERS }, { RoleArn: ACCOUNT_TRUST }, /sts:AssumeRole/),
  denied(
    'no external id where the role demands one',
    { RoleArn: TENANT },
    { RoleArn: TENANT, ExternalId: 'tenant-1' },
    /sts:AssumeRole/,
  ),
  denied(
    "another tenant's external id",
    { RoleArn: TENANT, ExternalId: 'tenant-2' },
    { RoleArn: TENANT, ExternalId: 'tenant-1' },
    /sts:AssumeRole/,
  ),
  denied(
    'an external id that differs in case',
    { RoleArn: TENANT, ExternalId: 'Tenant-1' },
    { RoleArn: TENANT, ExternalId: 'tenant-1' },
    /sts:AssumeRole/,
  ),
  denied(
    'tags where the trust policy leaves out sts:TagSession',
    { RoleArn: NO_TAGS, Tags: tags(['k', 'v']) },
    { RoleArn: NO_TAGS },
    /sts:TagSession/,
  ),
  denied(
    'a source identity where the trust policy leaves out sts:SetSourceIdentity',
    { RoleArn: NO_IDENTITY, SourceIdentity: 'dev' },
    { RoleArn: NO_IDENTITY },
    /sts:SetSourceIdentity/,
  ),
];

describe('AssumeRole refuses what AWS refuses, and takes the nearest thing AWS takes', () => {
  it.each(CASES)('$about is $code', async ({ refused, accepted, code, status, says }) => {
    const refusal = await codeOf(assume(refused));
    expect(refusal).toMatchObject({ code, status: status ?? 400 });
    if (says !== undefined) expect(refusal.message).toMatch(says);
    expect((await assume(accepted)).Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  });

  it('covers at least sixty refusals', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(60);
  });

  it('answers a session with its ARN, source identity, packed size and an expiry as long as asked', async () => {
    const before = Date.now();
    const { AssumedRoleUser, Credentials, PackedPolicySize, SourceIdentity } = await assume({
      DurationSeconds: 1800,
      SourceIdentity: 'dev@example.com',
      Tags: tags(['team', 'payments']),
      Policy: POLICY,
    });
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::111122223333:assumed-role/ReadOnly/session');
    expect(AssumedRoleUser?.AssumedRoleId).toMatch(/^AROA[A-Z2-7]{17}:session$/);
    expect(SourceIdentity).toBe('dev@example.com');
    expect(PackedPolicySize).toBeGreaterThan(0);
    const expiry = Credentials?.Expiration?.getTime() ?? 0;
    expect(expiry).toBeGreaterThanOrEqual(before + 1_799_000);
    expect(expiry).toBeLessThanOrEqual(Date.now() + 1_800_000);
  });

  it('lets a caller that is no session have as long as the role allows, and no longer', async () => {
    const operator = clientFor(STSClient, aws, aws.operator);
    expect(await codeOf(assume({ RoleArn: LONG, DurationSeconds: 7201 }, operator))).toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining('MaxSessionDuration') as string,
    });
    expect((await assume({ RoleArn: LONG, DurationSeconds: 7200 }, operator)).Credentials).toBeDefined();
  });

  it('refuses a region that the account has not switched on', async () => {
    const there = clientFor(STSClient, aws, aws.brokerCredentials(), 'me-south-1');
    expect(await codeOf(assume({}, there))).toMatchObject({ code: 'RegionDisabledException', status: 403 });
    const here = clientFor(STSClient, aws, aws.brokerCredentials(), 'ap-south-1');
    expect((await assume({}, here)).Credentials).toBeDefined();
  });
});

describe('a chained session', () => {
  const NEXT = 'arn:aws:iam::111122223333:role/Next';

  beforeAll(() => {
    const trust = {
      Effect: 'Allow',
      Principal: { AWS: ROLE },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    };
    aws.createRole({ arn: NEXT, trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }) });
  });

  async function sessionOf(input: Partial<AssumeRoleCommandInput>): Promise<STSClient> {
    const { Credentials } = await assume(input);
    return clientFor(STSClient, aws, {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    });
  }

  it('keeps the source identity and cannot change it', async () => {
    const first = await sessionOf({ SourceIdentity: 'dev@example.com' });
    expect((await assume({ RoleArn: NEXT }, first)).SourceIdentity).toBe('dev@example.com');
    expect((await assume({ RoleArn: NEXT, SourceIdentity: 'dev@example.com' }, first)).SourceIdentity).toBe(
      'dev@example.com',
    );
    expect(await codeOf(assume({ RoleArn: NEXT, SourceIdentity: 'sre@example.com' }, first))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('sts:SetSourceIdentity') as string,
    });
  });

  it('passes transitive tags on and does not let them be set anew', async () => {
    const first = await sessionOf({ Tags: tags(['team', 'payments']), TransitiveTagKeys: ['team'] });
    expect((await assume({ RoleArn: NEXT, Tags: tags(['other', 'x']) }, first)).Credentials).toBeDefined();
    expect(await codeOf(assume({ RoleArn: NEXT, Tags: tags(['TEAM', 'x']) }, first))).toMatchObject({
      code: 'InvalidParameterValue',
    });
  });

  it('of a role without permission may not go to a role that trusts its account only', async () => {
    const first = await sessionOf({});
    expect(await codeOf(assume({ RoleArn: ACCOUNT_TRUST }, first))).toMatchObject({ code: 'AccessDenied' });
  });
});
