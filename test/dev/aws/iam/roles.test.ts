import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  paginateListRoles,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { clientFor } from '../clients.ts';
import { refusal } from '../refusal.ts';

const ALLOW = (action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: action, Resource: '*' } });
const TRUST = brokerTrustPolicy('x-1');

let aws: AwsStandIn;
let iam: IAMClient;

beforeEach(async () => {
  aws = await startAws({ port: 0 });
  iam = clientFor(IAMClient, aws, aws.operator);
});
afterEach(() => aws.close());

const create = (RoleName: string, more: object = {}): Promise<unknown> =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, ...more }));

describe('roles', () => {
  it('are made, described, changed and deleted', async () => {
    await create('R', {
      Path: '/team/',
      Description: 'first',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'k', Value: 'v' }],
    });
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'R' }));
    expect(Role).toMatchObject({
      Arn: 'arn:aws:iam::999999999999:role/team/R',
      Path: '/team/',
      RoleName: 'R',
      Description: 'first',
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'k', Value: 'v' }],
    });
    expect(Role?.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(TRUST);

    await iam.send(new UpdateRoleCommand({ RoleName: 'R', Description: 'second', MaxSessionDuration: 3600 }));
    const trust = brokerTrustPolicy('x-2');
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'R', PolicyDocument: trust }));
    const changed = (await iam.send(new GetRoleCommand({ RoleName: 'r' }))).Role;
    expect(changed).toMatchObject({ Description: 'second', MaxSessionDuration: 3600 });
    expect(decodeURIComponent(changed?.AssumeRolePolicyDocument ?? '')).toBe(trust);

    await iam.send(new DeleteRoleCommand({ RoleName: 'R' }));
    expect(await refusal(iam.send(new GetRoleCommand({ RoleName: 'R' })))).toMatchObject({
      code: 'NoSuchEntity',
      status: 404,
    });
  });

  it('are listed page by page, without their tags', async () => {
    for (let index = 0; index < 7; index += 1) await create(`R${index}`, { Tags: [{ Key: 'k', Value: 'v' }] });
    const pages: string[][] = [];
    for await (const page of paginateListRoles({ client: iam, pageSize: 3 }, {})) {
      pages.push((page.Roles ?? []).map(({ RoleName }) => RoleName ?? ''));
      expect(page.Roles?.every(({ Tags }) => Tags === undefined)).toBe(true);
    }
    expect(pages.map(({ length }) => length)).toEqual([3, 3, 2]);
    expect(pages.flat().sort()).toEqual(['R0', 'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'daypass-broker']);
    const { Roles } = await iam.send(new ListRolesCommand({ PathPrefix: '/none/' }));
    expect(Roles).toEqual([]);
  });

  it('carry tags whose keys differ in more than case', async () => {
    await create('R');
    await iam.send(
      new TagRoleCommand({
        RoleName: 'R',
        Tags: [
          { Key: 'Team', Value: 'a' },
          { Key: 'x', Value: '' },
        ],
      }),
    );
    await iam.send(new TagRoleCommand({ RoleName: 'R', Tags: [{ Key: 'team', Value: 'b' }] }));
    await iam.send(new UntagRoleCommand({ RoleName: 'R', TagKeys: ['x'] }));
    expect((await iam.send(new ListRoleTagsCommand({ RoleName: 'R' }))).Tags).toEqual([{ Key: 'team', Value: 'b' }]);
  });

  it('changed by IAM change what STS says', async () => {
    await create('R');
    const sts = clientFor(STSClient, aws, aws.brokerCredentials());
    const assume = (ExternalId: string): Promise<unknown> =>
      sts.send(
        new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::999999999999:role/R', RoleSessionName: 'ab', ExternalId }),
      );
    await assume('x-1');
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'R', PolicyDocument: brokerTrustPolicy('x-2') }));
    expect((await refusal(assume('x-1'))).code).toBe('AccessDenied');
    await assume('x-2');
  });
});

describe('the last use of a role', () => {
  it('is shown by GetRole: never, then when and where its credentials were used, whatever came of it', async () => {
    await create('R');
    const lastUsed = async (): Promise<unknown> =>
      (await iam.send(new GetRoleCommand({ RoleName: 'R' }))).Role?.RoleLastUsed;
    expect(await lastUsed()).toEqual({});
    const session = aws.issueSession('arn:aws:iam::999999999999:role/R', 'session', 900);
    await refusal(clientFor(IAMClient, aws, session, 'eu-west-1').send(new ListRolesCommand({})));
    expect(await lastUsed()).toEqual({ LastUsedDate: expect.any(Date) as Date, Region: 'eu-west-1' });
  });
});

describe('a trust policy', () => {
  const trusting = (arn: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: arn }, Action: 'sts:AssumeRole' }],
    });
  const update = (RoleName: string, PolicyDocument: string): Promise<unknown> =>
    iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));

  it('may name users and roles that exist, in accounts that are known here', async () => {
    await create('R');
    await create('Caller', { Path: '/team/' });
    await update('R', trusting('arn:aws:iam::999999999999:role/team/Caller'));
    await update('R', trusting('arn:aws:iam::123456789012:role/of-the-wide-world'));
    for (const nobody of ['role/Caller', 'role/team/caller', 'user/team/Caller']) {
      expect(await refusal(update('R', trusting(`arn:aws:iam::999999999999:${nobody}`)))).toMatchObject({
        code: 'MalformedPolicyDocument',
        message: `Invalid principal in policy: "AWS":"arn:aws:iam::999999999999:${nobody}"`,
      });
    }
  });

  it('trusts nobody any more once whom it named is deleted, even when another one takes the name', async () => {
    const arn = 'arn:aws:iam::999999999999:role/Caller';
    await create('Caller');
    await create('R');
    await update('R', trusting(arn));
    const assume = (): Promise<unknown> =>
      clientFor(STSClient, aws, aws.issueSession(arn, 'session', 900)).send(
        new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::999999999999:role/R', RoleSessionName: 'ab' }),
      );
    await assume();
    const id = (await iam.send(new GetRoleCommand({ RoleName: 'Caller' }))).Role?.RoleId ?? '';
    await iam.send(new DeleteRoleCommand({ RoleName: 'Caller' }));
    const shown = (await iam.send(new GetRoleCommand({ RoleName: 'R' }))).Role?.AssumeRolePolicyDocument ?? '';
    expect(decodeURIComponent(shown)).toBe(trusting(id));
    await create('Caller');
    expect(await refusal(assume())).toMatchObject({ code: 'AccessDenied' });
    await update('R', trusting(arn));
    await assume();
  });
});

describe('policies of a role', () => {
  it('are put, read, listed and deleted', async () => {
    await create('R');
    const document = ALLOW('s3:Get*');
    await iam.send(new PutRolePolicyCommand({ RoleName: 'R', PolicyName: 'b', PolicyDocument: document }));
    await iam.send(new PutRolePolicyCommand({ RoleName: 'R', PolicyName: 'a', PolicyDocument: document }));
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName: 'R', PolicyName: 'b' }));
    expect(PolicyDocument).not.toContain('*');
    expect(decodeURIComponent(PolicyDocument ?? '')).toBe(document);
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName: 'R' }))).PolicyNames).toEqual(['a', 'b']);
    expect(await refusal(iam.send(new DeleteRoleCommand({ RoleName: 'R' })))).toMatchObject({
      code: 'DeleteConflict',
      status: 409,
    });
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'R', PolicyName: 'a' }));
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'R', PolicyName: 'b' }));
    await iam.send(new DeleteRoleCommand({ RoleName: 'R' }));
  });

  it('are attached once, listed and detached', async () => {
    await create('R');
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'R', PolicyArn }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'R', PolicyArn }));
    expect((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'R' }))).AttachedPolicies).toEqual([
      { PolicyName: 'ReadOnlyAccess', PolicyArn },
    ]);
    expect((await refusal(iam.send(new DeleteRoleCommand({ RoleName: 'R' })))).code).toBe('DeleteConflict');
    await iam.send(new DetachRolePolicyCommand({ RoleName: 'R', PolicyArn }));
    await iam.send(new DeleteRoleCommand({ RoleName: 'R' }));
  });

  it('may hold 10,240 characters together, white space not counted', async () => {
    await create('R');
    const sized = (length: number): string => {
      const resource = 'arn:aws:s3:::';
      const bare = ALLOW('s3:*').replace('"*"', `"${resource}"`);
      return bare.replace(resource, resource + 'a'.repeat(length - bare.length));
    };
    const put = (PolicyName: string, PolicyDocument: string): Promise<unknown> =>
      iam.send(new PutRolePolicyCommand({ RoleName: 'R', PolicyName, PolicyDocument }));
    await put('a', sized(10_000));
    expect(await refusal(put('b', sized(241)))).toMatchObject({ code: 'LimitExceeded', status: 409 });
    await put('b', `${sized(240)}\n\n  `);
  });
});

describe('IAM refuses', () => {
  beforeEach(async () => {
    await create('R');
  });

  it.each<[string, () => Promise<unknown>, string, number]>([
    ['a second role of the same name, whatever the case', () => create('r'), 'EntityAlreadyExists', 409],
    ['a role name with a space', () => create('a b'), 'ValidationError', 400],
    ['a role name of 65 characters', () => create('a'.repeat(65)), 'ValidationError', 400],
    ['a path without slashes', () => create('P', { Path: 'x' }), 'ValidationError', 400],
    ['sessions under an hour', () => create('P', { MaxSessionDuration: 3599 }), 'ValidationError', 400],
    ['sessions over twelve hours', () => create('P', { MaxSessionDuration: 43_201 }), 'ValidationError', 400],
    ["tags in AWS's name space", () => create('P', { Tags: [{ Key: 'aws:x', Value: 'v' }] }), 'InvalidInput', 400],
    [
      'tags that differ in case only',
      () =>
        create('P', {
          Tags: [
            { Key: 'X', Value: 'v' },
            { Key: 'x', Value: 'v' },
          ],
        }),
      'InvalidInput',
      400,
    ],
    [
      'a trust policy without a principal',
      () =>
        create('P', {
          AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}',
        }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a trust policy that excepts somebody and so trusts everybody else',
      () => create('P', { AssumeRolePolicyDocument: TRUST.replace('"Principal"', '"NotPrincipal"') }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a trust policy that trusts a group',
      () => create('P', { AssumeRolePolicyDocument: TRUST.replace('role/daypass-broker', 'group/devs') }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a trust policy with a resource',
      () => create('P', { AssumeRolePolicyDocument: TRUST.replace('"Effect"', '"Resource":"*","Effect"') }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a trust policy about something else than STS',
      () => create('P', { AssumeRolePolicyDocument: TRUST.replace('sts:TagSession', 's3:GetObject') }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a trust policy with a wildcard inside an ARN',
      () => create('P', { AssumeRolePolicyDocument: TRUST.replace('daypass-broker', 'daypass-*') }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a trust policy with a principal that is a name',
      () => create('P', { AssumeRolePolicyDocument: TRUST.replace(/arn:[^"]+/, 'daypass-broker') }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a trust policy over 2,048 characters',
      () => create('P', { AssumeRolePolicyDocument: TRUST.replace('x-1', 'x'.repeat(2048)) }),
      'LimitExceeded',
      409,
    ],
    [
      'a role policy that is not JSON',
      () => iam.send(new PutRolePolicyCommand({ RoleName: 'R', PolicyName: 'a', PolicyDocument: '{' })),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'a policy name with a space',
      () => iam.send(new PutRolePolicyCommand({ RoleName: 'R', PolicyName: 'a b', PolicyDocument: ALLOW('*') })),
      'ValidationError',
      400,
    ],
    [
      'a role policy that is not there',
      () => iam.send(new GetRolePolicyCommand({ RoleName: 'R', PolicyName: 'none' })),
      'NoSuchEntity',
      404,
    ],
    [
      'to delete a role policy that is not there',
      () => iam.send(new DeleteRolePolicyCommand({ RoleName: 'R', PolicyName: 'none' })),
      'NoSuchEntity',
      404,
    ],
    [
      'to attach what is no policy',
      () => iam.send(new AttachRolePolicyCommand({ RoleName: 'R', PolicyArn: 'arn:aws:iam::aws:role/ReadOnly' })),
      'InvalidInput',
      400,
    ],
    ['a page size of zero', () => iam.send(new ListRolesCommand({ MaxItems: 0 })), 'ValidationError', 400],
    ['a marker nobody gave', () => iam.send(new ListRolesCommand({ Marker: 'nonsense' })), 'ValidationError', 400],
    [
      'a caller without permission',
      () =>
        clientFor(IAMClient, aws, aws.brokerCredentials()).send(new DeleteRoleCommand({ RoleName: 'daypass-broker' })),
      'AccessDenied',
      403,
    ],
    [
      'to list roles for a caller without permission',
      () => clientFor(IAMClient, aws, aws.brokerCredentials()).send(new ListRolesCommand({})),
      'AccessDenied',
      403,
    ],
  ])('%s', async (_about, attempt, code, status) => {
    expect(await refusal(attempt())).toMatchObject({ code, status });
  });
});

describe('accounts', () => {
  beforeEach(() => {
    aws.createRole({ arn: 'arn:aws:iam::111122223333:role/Shared', trustPolicy: TRUST });
    aws.createRole({ arn: 'arn:aws:iam::444455556666:role/Shared', trustPolicy: TRUST });
    aws.createRole({ arn: 'arn:aws:iam::444455556666:role/Only', trustPolicy: TRUST });
    aws.createRole({ arn: 'arn:aws:iam::444455556666:role/Admin', trustPolicy: brokerTrustPolicy(undefined) });
  });

  it('the operator reaches a role of another account by a name that only one of them has', async () => {
    expect((await iam.send(new GetRoleCommand({ RoleName: 'Only' }))).Role?.Arn).toBe(
      'arn:aws:iam::444455556666:role/Only',
    );
    expect((await refusal(iam.send(new GetRoleCommand({ RoleName: 'Shared' })))).code).toBe('NoSuchEntity');
  });

  it("an administrator's session sees and changes its own account only", async () => {
    await iam.send(
      new AttachRolePolicyCommand({ RoleName: 'Admin', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
    );
    const there = clientFor(IAMClient, aws, aws.issueSession('arn:aws:iam::444455556666:role/Admin', 'admin', 900));
    const { Roles } = await there.send(new ListRolesCommand({}));
    expect(Roles?.map(({ RoleName }) => RoleName)).toEqual(['Admin', 'Only', 'Shared']);
    expect((await there.send(new GetRoleCommand({ RoleName: 'Shared' }))).Role?.Arn).toBe(
      'arn:aws:iam::444455556666:role/Shared',
    );
    expect((await refusal(there.send(new GetRoleCommand({ RoleName: 'daypass-broker' })))).code).toBe('NoSuchEntity');
  });

  it('a session may do what its inline policies allow, and a deny wins', async () => {
    const there = clientFor(IAMClient, aws, aws.issueSession('arn:aws:iam::444455556666:role/Admin', 'admin', 900));
    const get = (RoleName: string): Promise<unknown> => there.send(new GetRoleCommand({ RoleName }));
    const allow = { Effect: 'Allow', Action: 'iam:get*', Resource: 'arn:aws:iam::444455556666:role/*' };
    const deny = { Effect: 'Deny', Action: '*', Resource: 'arn:aws:iam::*:role/Only' };
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'Admin',
        PolicyName: 'p',
        PolicyDocument: JSON.stringify({ Statement: [allow, deny] }),
      }),
    );
    await get('Shared');
    expect((await refusal(get('Only'))).code).toBe('AccessDenied');
    expect((await refusal(there.send(new DeleteRoleCommand({ RoleName: 'Shared' })))).code).toBe('AccessDenied');
  });
});
