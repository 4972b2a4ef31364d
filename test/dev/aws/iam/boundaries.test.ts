import {
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteUserPermissionsBoundaryCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutUserPermissionsBoundaryCommand,
} from '@aws-sdk/client-iam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { storedPolicy } from '../../../../dev/aws/store/stored-policy.ts';
import { clientFor } from '../clients.ts';
import { refusal } from '../refusal.ts';

const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const POWER_USER = 'arn:aws:iam::aws:policy/PowerUserAccess';
const TRUST = brokerTrustPolicy(undefined);

let aws: AwsStandIn;
let iam: IAMClient;
beforeEach(async () => {
  aws = await startAws({ port: 0 });
  iam = clientFor(IAMClient, aws, aws.operator);
});
afterEach(() => aws.close());

const roleBoundary = async (RoleName: string) =>
  (await iam.send(new GetRoleCommand({ RoleName }))).Role?.PermissionsBoundary;
const userBoundary = async (UserName: string) =>
  (await iam.send(new GetUserCommand({ UserName }))).User?.PermissionsBoundary;
const shown = (PermissionsBoundaryArn: string) => ({ PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn });

describe('permissions boundaries', () => {
  it('of roles are given at the start or later, shown and taken away', async () => {
    const role = { RoleName: 'R', AssumeRolePolicyDocument: TRUST };
    await iam.send(new CreateRoleCommand({ ...role, PermissionsBoundary: READ_ONLY }));
    expect(await roleBoundary('R')).toEqual(shown(READ_ONLY));
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'R', PermissionsBoundary: POWER_USER }));
    expect(await roleBoundary('R')).toEqual(shown(POWER_USER));
    await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: 'R' }));
    expect(await roleBoundary('R')).toBeUndefined();
    expect(await refusal(iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: 'R' })))).toMatchObject({
      code: 'NoSuchEntity',
    });
  });

  it('of users are given at the start or later, shown and taken away', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'dana', PermissionsBoundary: READ_ONLY }));
    expect(await userBoundary('dana')).toEqual(shown(READ_ONLY));
    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'dana', PermissionsBoundary: POWER_USER }));
    expect(await userBoundary('dana')).toEqual(shown(POWER_USER));
    await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: 'dana' }));
    expect(await userBoundary('dana')).toBeUndefined();
  });

  it.each([
    ['is not there', 'arn:aws:iam::999999999999:policy/none', 'NoSuchEntity', 404],
    ['is another account’s', 'arn:aws:iam::111122223333:policy/theirs', 'NoSuchEntity', 404],
    ['is no policy', 'arn:aws:iam::999999999999:role/daypass-broker', 'InvalidInput', 400],
  ])('are refused: one that %s', async (_what, PermissionsBoundary, code, status) => {
    aws.state.policies.create(
      {
        arn: 'arn:aws:iam::111122223333:policy/theirs',
        text: '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
      },
      Date.now(),
    );
    const put = new PutRolePermissionsBoundaryCommand({ RoleName: 'daypass-broker', PermissionsBoundary });
    expect(await refusal(iam.send(put))).toMatchObject({ code, status });
  });

  it('can be demanded of all that an administrator makes', async () => {
    const arn = 'arn:aws:iam::999999999999:role/Delegate';
    const delegate = aws.createRole({ arn, trustPolicy: TRUST });
    const statement = {
      Effect: 'Allow',
      Action: ['iam:CreateRole', 'iam:CreateUser', 'iam:PutRolePermissionsBoundary'],
      Resource: '*',
      Condition: { StringEquals: { 'iam:PermissionsBoundary': READ_ONLY } },
    };
    const document = JSON.stringify({ Version: '2012-10-17', Statement: statement });
    delegate.inlinePolicies.set('delegated', storedPolicy(document, 'identity'));
    const there = clientFor(IAMClient, aws, aws.issueSession(arn, 'session', 900));
    const create = (RoleName: string, more: object) =>
      there.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, ...more }));
    expect(await refusal(create('R', {}))).toMatchObject({ code: 'AccessDenied' });
    expect(await refusal(create('R', { PermissionsBoundary: POWER_USER }))).toMatchObject({ code: 'AccessDenied' });
    await create('R', { PermissionsBoundary: READ_ONLY });
    const widen = new PutRolePermissionsBoundaryCommand({ RoleName: 'R', PermissionsBoundary: POWER_USER });
    expect(await refusal(there.send(widen))).toMatchObject({ code: 'AccessDenied' });
  });
});
