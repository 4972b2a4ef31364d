import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  ListUserPoliciesCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  PutUserPolicyCommand,
  paginateListUsers,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { clientFor } from '../clients.ts';
import { refusal } from '../refusal.ts';

const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const ALLOW = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:*', Resource: '*' } });

let aws: AwsStandIn;
let iam: IAMClient;
beforeEach(async () => {
  aws = await startAws({ port: 0 });
  iam = clientFor(IAMClient, aws, aws.operator);
});
afterEach(() => aws.close());

const create = (UserName: string, more: object = {}) => iam.send(new CreateUserCommand({ UserName, ...more }));

async function newKey(UserName: string): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

describe('users', () => {
  it('are made, described, listed page by page and deleted', async () => {
    await create('dana', { Path: '/team/', Tags: [{ Key: 'team', Value: 'payments' }] });
    const { User } = await iam.send(new GetUserCommand({ UserName: 'DANA' }));
    expect(User).toMatchObject({
      Arn: 'arn:aws:iam::999999999999:user/team/dana',
      Path: '/team/',
      UserName: 'dana',
      Tags: [{ Key: 'team', Value: 'payments' }],
    });
    expect(User?.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/);
    await create('kim');
    const pages: string[][] = [];
    for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, {})) {
      pages.push((page.Users ?? []).map(({ UserName = '' }) => UserName));
      expect(page.Users?.every(({ Tags }) => Tags === undefined)).toBe(true);
    }
    expect(pages).toEqual([['kim', 'operator'], ['dana']]);
    expect((await iam.send(new ListUsersCommand({ PathPrefix: '/team/' }))).Users).toHaveLength(1);
    await iam.send(new DeleteUserCommand({ UserName: 'dana' }));
    expect(await refusal(iam.send(new GetUserCommand({ UserName: 'dana' })))).toMatchObject({
      code: 'NoSuchEntity',
      status: 404,
      message: 'The user with name dana cannot be found.',
    });
  });

  it('carry tags', async () => {
    await create('dana');
    await iam.send(new TagUserCommand({ UserName: 'dana', Tags: [{ Key: 'Team', Value: 'a' }] }));
    await iam.send(
      new TagUserCommand({
        UserName: 'dana',
        Tags: [
          { Key: 'team', Value: 'b' },
          { Key: 'x', Value: '' },
        ],
      }),
    );
    await iam.send(new UntagUserCommand({ UserName: 'dana', TagKeys: ['x'] }));
    expect((await iam.send(new ListUserTagsCommand({ UserName: 'dana' }))).Tags).toEqual([{ Key: 'team', Value: 'b' }]);
  });

  it('have inline and attached policies', async () => {
    await create('dana');
    const named = { UserName: 'dana', PolicyName: 'own' };
    await iam.send(new PutUserPolicyCommand({ ...named, PolicyDocument: ALLOW }));
    expect((await iam.send(new ListUserPoliciesCommand({ UserName: 'dana' }))).PolicyNames).toEqual(['own']);
    const { PolicyDocument = '' } = await iam.send(new GetUserPolicyCommand(named));
    expect(decodeURIComponent(PolicyDocument)).toBe(ALLOW);
    await iam.send(new AttachUserPolicyCommand({ UserName: 'dana', PolicyArn: READ_ONLY }));
    expect((await iam.send(new ListAttachedUserPoliciesCommand({ UserName: 'dana' }))).AttachedPolicies).toEqual([
      { PolicyName: 'ReadOnlyAccess', PolicyArn: READ_ONLY },
    ]);
    await iam.send(new DetachUserPolicyCommand({ UserName: 'dana', PolicyArn: READ_ONLY }));
    await iam.send(new DeleteUserPolicyCommand(named));
    await iam.send(new DeleteUserCommand({ UserName: 'dana' }));
  });

  it.each<[string, () => Promise<unknown>]>([
    ['access keys', () => newKey('dana')],
    [
      'policies',
      () => iam.send(new PutUserPolicyCommand({ UserName: 'dana', PolicyName: 'own', PolicyDocument: ALLOW })),
    ],
    ['attached policies', () => iam.send(new AttachUserPolicyCommand({ UserName: 'dana', PolicyArn: READ_ONLY }))],
    [
      'a group',
      () => {
        aws.state.groups.create({ arn: 'arn:aws:iam::999999999999:group/g' }, Date.now());
        return iam.send(new AddUserToGroupCommand({ UserName: 'dana', GroupName: 'g' }));
      },
    ],
  ])('are not deleted while they have %s', async (_what, arrange) => {
    await create('dana');
    await arrange();
    expect(await refusal(iam.send(new DeleteUserCommand({ UserName: 'dana' })))).toMatchObject({
      code: 'DeleteConflict',
      status: 409,
    });
  });

  it.each<[string, () => Promise<unknown>, string, number]>([
    ['a second user of the same name, whatever the case', () => create('OPERATOR'), 'EntityAlreadyExists', 409],
    ['a name with a space', () => create('a b'), 'ValidationError', 400],
    ['a name of 65 characters', () => create('a'.repeat(65)), 'ValidationError', 400],
    ['no name', () => create(''), 'ValidationError', 400],
    [
      'a boundary that is no policy',
      () => create('x', { PermissionsBoundary: 'arn:aws:iam::aws:role/ReadOnlyAccess' }),
      'InvalidInput',
      400,
    ],
    [
      'a boundary that is not there',
      () => create('x', { PermissionsBoundary: 'arn:aws:iam::999999999999:policy/none' }),
      'NoSuchEntity',
      404,
    ],
    [
      'a policy of another user that is not there',
      () => iam.send(new GetUserPolicyCommand({ UserName: 'operator', PolicyName: 'x' })),
      'NoSuchEntity',
      404,
    ],
    [
      'more than 2,048 characters of inline policies',
      () =>
        iam.send(
          new PutUserPolicyCommand({
            UserName: 'operator',
            PolicyName: 'x',
            PolicyDocument: ALLOW.replace('"*"', `"arn:aws:s3:::${'a'.repeat(2000)}"`),
          }),
        ),
      'LimitExceeded',
      409,
    ],
  ])('are refused: %s', async (_what, attempt, code, status) => {
    expect(await refusal(attempt())).toMatchObject({ code, status });
  });
});

describe('access keys', () => {
  it('sign, are listed without their secret, switched off and on, and deleted', async () => {
    await create('dana');
    const keys = await newKey('dana');
    const sts = clientFor(STSClient, aws, keys);
    const who = () => sts.send(new GetCallerIdentityCommand({}));
    expect((await who()).Arn).toBe('arn:aws:iam::999999999999:user/dana');
    const update = (Status: 'Active' | 'Inactive') =>
      iam.send(new UpdateAccessKeyCommand({ UserName: 'dana', AccessKeyId: keys.accessKeyId, Status }));
    await update('Inactive');
    expect(await refusal(who())).toMatchObject({ code: 'InvalidClientTokenId', status: 403 });
    const listed = await iam.send(new ListAccessKeysCommand({ UserName: 'dana' }));
    expect(listed.AccessKeyMetadata).toMatchObject([{ AccessKeyId: keys.accessKeyId, Status: 'Inactive' }]);
    expect(JSON.stringify(listed)).not.toContain(keys.secretAccessKey);
    await update('Active');
    await who();
    await iam.send(new DeleteAccessKeyCommand({ UserName: 'dana', AccessKeyId: keys.accessKeyId }));
    expect(await refusal(who())).toMatchObject({ code: 'InvalidClientTokenId' });
    expect((await iam.send(new ListAccessKeysCommand({ UserName: 'dana' }))).AccessKeyMetadata).toEqual([]);
  });

  it('are two at most', async () => {
    await create('dana');
    await newKey('dana');
    await newKey('dana');
    expect(await refusal(newKey('dana'))).toMatchObject({ code: 'LimitExceeded', status: 409 });
  });

  it('of others are not to be had by their id', async () => {
    await create('dana');
    const { accessKeyId: AccessKeyId } = await newKey('dana');
    await create('kim');
    expect(await refusal(iam.send(new DeleteAccessKeyCommand({ UserName: 'kim', AccessKeyId })))).toMatchObject({
      code: 'NoSuchEntity',
    });
  });

  it('remember when they were last used', async () => {
    await create('dana');
    const keys = await newKey('dana');
    const lastUsed = async () =>
      (await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: keys.accessKeyId }))).AccessKeyLastUsed;
    expect(await lastUsed()).toEqual({ ServiceName: 'N/A', Region: 'N/A' });
    await clientFor(STSClient, aws, keys, 'eu-west-1').send(new GetCallerIdentityCommand({}));
    expect(await lastUsed()).toMatchObject({ ServiceName: 'sts', Region: 'eu-west-1' });
  });

  it('are made by a user for themselves without a name, and not by a session', async () => {
    await create('dana');
    const own = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 'iam:*AccessKey*', Resource: 'arn:aws:iam::*:user/${aws:username}' },
    });
    await iam.send(new PutUserPolicyCommand({ UserName: 'dana', PolicyName: 'own', PolicyDocument: own }));
    const dana = clientFor(IAMClient, aws, await newKey('dana'));
    const made = await dana.send(new CreateAccessKeyCommand({}));
    expect(made.AccessKey?.UserName).toBe('dana');
    expect((await dana.send(new ListAccessKeysCommand({}))).AccessKeyMetadata).toHaveLength(2);
    expect(await refusal(dana.send(new ListAccessKeysCommand({ UserName: 'operator' })))).toMatchObject({
      code: 'AccessDenied',
    });
    const role = aws.createRole({
      arn: 'arn:aws:iam::999999999999:role/Admin',
      trustPolicy: brokerTrustPolicy(undefined),
    });
    role.attachedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
    const session = clientFor(IAMClient, aws, aws.issueSession(role.arn, 'session', 900));
    expect(await refusal(session.send(new CreateAccessKeyCommand({})))).toMatchObject({
      code: 'ValidationError',
      message: 'Must specify userName when calling with non-User credentials',
    });
  });
});
