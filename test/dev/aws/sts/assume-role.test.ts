import { GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import type { GetSessionTokenCommandInput } from '@aws-sdk/client-sts';
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueAccessKey } from '../../../../dev/aws/iam/access-keys.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { oneTimeCode } from '../../../../dev/aws/sts/multi-factor.ts';
import { clientFor, keysOf } from '../clients.ts';
import { refusal } from '../refusal.ts';
import { attempt, CALLER_USER, documentOf, TARGET } from './attempt.ts';
import { CALLER_CASES } from './caller-cases.ts';
import { CONTEXT_CASES } from './context-cases.ts';
import { CREDENTIAL_CASES } from './credential-cases.ts';
import { REQUEST_CASES } from './request-cases.ts';
import { TAG_CASES } from './tag-cases.ts';
import { TRUST_CASES } from './trust-cases.ts';

const POLICY_CASES = [...TRUST_CASES, ...TAG_CASES, ...CONTEXT_CASES, ...CALLER_CASES, ...CREDENTIAL_CASES];

describe('AssumeRole refuses what AWS refuses, and takes the nearest thing AWS takes', () => {
  it.each([...REQUEST_CASES, ...POLICY_CASES])('$about is $code', async ({ refused, accepted, code, status, says }) => {
    const came = await refusal(attempt(refused));
    expect(came).toMatchObject({ code, status: status ?? 400 });
    if (says !== undefined) expect(came.message).toMatch(says);
    expect((await attempt(accepted)).Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  });

  it('covers at least sixty refusals by form, and as many by policy', () => {
    expect(REQUEST_CASES.length).toBeGreaterThanOrEqual(60);
    expect(POLICY_CASES.length).toBeGreaterThanOrEqual(60);
    const names = [...REQUEST_CASES, ...POLICY_CASES].map(({ about }) => about);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('AssumeRole answers', () => {
  it('a session with its ARN, source identity, packed size and an expiry as long as asked', async () => {
    const before = Date.now();
    const { AssumedRoleUser, Credentials, PackedPolicySize, SourceIdentity } = await attempt({
      DurationSeconds: 1800,
      SourceIdentity: 'dev@example.com',
      Tags: [{ Key: 'team', Value: 'payments' }],
      Policy: documentOf([{ Effect: 'Allow', Action: 's3:Get*', Resource: '*' }]),
    });
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::111111111111:assumed-role/target/second');
    expect(AssumedRoleUser?.AssumedRoleId).toMatch(/^AROA[A-Z2-7]{17}:second$/);
    expect(SourceIdentity).toBe('dev@example.com');
    expect(PackedPolicySize).toBeGreaterThan(0);
    const expiry = Credentials?.Expiration?.getTime() ?? 0;
    expect(expiry).toBeGreaterThanOrEqual(before + 1_799_000);
    expect(expiry).toBeLessThanOrEqual(Date.now() + 1_800_000);
  });

  it('the source identity that came along', async () => {
    expect((await attempt({ session: { SourceIdentity: 'dana' } })).SourceIdentity).toBe('dana');
  });

  it('the operator as everybody else where trust is concerned, and asks nothing of the operator’s own side', async () => {
    const trusting = { Effect: 'Allow', Principal: { AWS: '999999999999' }, Action: 'sts:AssumeRole' };
    const assume = (trust: object) =>
      attempt({ trust: [trust], prepare: ({ aws }) => operators.push(aws.operator), keys: () => last(operators) });
    const operators: { accessKeyId: string; secretAccessKey: string }[] = [];
    expect((await assume(trusting)).Credentials).toBeDefined();
    expect(await refusal(assume({ ...trusting, Principal: { AWS: '333333333333' } }))).toMatchObject({
      code: 'AccessDenied',
    });
  });
});

describe('GetSessionToken', () => {
  let skew = 0;
  let aws: AwsStandIn;
  beforeEach(async () => {
    skew = 0;
    aws = await startAws({ port: 0, clock: () => Date.now() + skew });
  });
  afterEach(() => aws.close());

  it('gives a user credentials that show a second factor, which counts for as long as a policy says', async () => {
    const user = aws.state.users.create({ arn: CALLER_USER }, Date.now());
    const device = aws.state.mfaDevices.create('arn:aws:iam::222222222222:mfa/caller', user.accountId);
    device.user = user;
    const fresh = {
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': '600' },
    };
    const trust = { Effect: 'Allow', Principal: { AWS: CALLER_USER }, Action: 'sts:AssumeRole', Condition: fresh };
    const arn = TARGET.replace('111111111111', '222222222222');
    aws.createRole({ arn, trustPolicy: documentOf([trust]) });

    const longTerm = clientFor(STSClient, aws, issueAccessKey(aws.state, user, Date.now()));
    const session = async (input: GetSessionTokenCommandInput): Promise<STSClient> => {
      const { Credentials } = await longTerm.send(new GetSessionTokenCommand(input));
      return clientFor(STSClient, aws, keysOf(Credentials));
    };
    const assume = (client: STSClient): Promise<unknown> =>
      client.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'session' }));

    const plain = await session({});
    expect((await plain.send(new GetCallerIdentityCommand({}))).Arn).toBe(CALLER_USER);
    expect(await refusal(assume(plain))).toMatchObject({ code: 'AccessDenied' });
    expect(await refusal(plain.send(new GetSessionTokenCommand({})))).toMatchObject({ code: 'AccessDenied' });
    user.attachedPolicyArns = ['arn:aws:iam::aws:policy/IAMReadOnlyAccess'];
    const getUser = async (input: GetSessionTokenCommandInput): Promise<unknown> => {
      const { Credentials } = await longTerm.send(new GetSessionTokenCommand(input));
      return clientFor(IAMClient, aws, keysOf(Credentials)).send(new GetUserCommand({}));
    };
    expect(await refusal(getUser({}))).toMatchObject({ code: 'InvalidClientTokenId' });

    const factor = { SerialNumber: device.serialNumber, TokenCode: oneTimeCode(device.secret, Date.now()) };
    const shown = await session(factor);
    await assume(shown);
    expect(await refusal(session(factor)), 'a code is taken once').toMatchObject({ code: 'AccessDenied' });
    skew = 60_000;
    const later = oneTimeCode(device.secret, Date.now() + skew);
    await getUser({ SerialNumber: device.serialNumber, TokenCode: later });
    skew = 601_000;
    expect(await refusal(assume(shown))).toMatchObject({ code: 'AccessDenied' });
  });

  it.each([899, 129_601])('of %d seconds is refused', async (DurationSeconds) => {
    const operator = clientFor(STSClient, aws, aws.operator);
    expect(await refusal(operator.send(new GetSessionTokenCommand({ DurationSeconds })))).toMatchObject({
      code: 'ValidationError',
    });
  });
});

function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1);
  if (item === undefined) throw new Error('there is none');
  return item;
}
