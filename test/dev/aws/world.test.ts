import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  GetUserCommand,
  IAMClient,
  ListRolesCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluateAccess } from '../../../dev/aws/authorize.ts';
import type { Principal } from '../../../dev/aws/credentials.ts';
import { brokerTrustPolicy } from '../../../dev/aws/residents.ts';
import { givePermissions } from '../../../dev/aws/role-permissions.ts';
import type { AwsStandIn } from '../../../dev/aws/server.ts';
import { startAws } from '../../../dev/aws/server.ts';
import type { Role } from '../../../dev/aws/store/roles.ts';
import { roleSession } from '../../../dev/aws/sts/role-session.ts';
import { MANAGEMENT_ACCOUNT, seedWorld, WORLD_BUCKETS } from '../../../dev/aws/world.ts';
import { clientFor, type Keys, keysOf } from './clients.ts';
import { refusal } from './refusal.ts';

const HOME = '111111111111';
const PROD = '222222222222';
const STRANGER = '333333333333';

let aws: AwsStandIn;
beforeEach(async () => {
  aws = await startAws({ port: 0 });
  seedWorld(aws.state, [HOME, PROD, PROD], Date.now());
});
afterEach(() => aws.close());

async function assume(RoleArn: string, keys: Keys): Promise<Keys> {
  const sts = clientFor(STSClient, aws, keys);
  return keysOf((await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' }))).Credentials);
}

/** The operator, at work in an account. */
async function administrator(accountId: string): Promise<IAMClient> {
  return clientFor(
    IAMClient,
    aws,
    await assume(`arn:aws:iam::${accountId}:role/OrganizationAccountAccessRole`, aws.operator),
  );
}

async function dana(): Promise<Keys> {
  const { AccessKey } = await (await administrator(HOME)).send(new CreateAccessKeyCommand({ UserName: 'dana' }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

function decide(principal: Principal, action: string, resource: string, resourceAccountId: string): string {
  return evaluateAccess(aws.state, principal, { action, resource, resourceAccountId }, Date.now()).decision;
}

describe('the world of the local stack', () => {
  it('lets the operator work in every account', async () => {
    for (const accountId of [HOME, PROD, '999999999999']) {
      const iam = await administrator(accountId);
      const role = { RoleName: 'Made', AssumeRolePolicyDocument: brokerTrustPolicy('x-1') };
      expect((await iam.send(new CreateRoleCommand(role))).Role?.Arn).toBe(`arn:aws:iam::${accountId}:role/Made`);
    }
  });

  it('has a user who may do what a group may', async () => {
    const iam = clientFor(IAMClient, aws, await dana());
    expect((await iam.send(new GetUserCommand({}))).User?.UserName).toBe('dana');
    expect(await refusal(iam.send(new CreateAccessKeyCommand({})))).toMatchObject({ code: 'AccessDenied' });
  });

  it('has a role that a tag of the caller opens, and a boundary on it', async () => {
    const arn = `arn:aws:iam::${HOME}:role/machines/ci-deploy`;
    const keys = await dana();
    const iam = clientFor(IAMClient, aws, await assume(arn, keys));
    await iam.send(new ListRolesCommand({}));
    const create = new CreateRoleCommand({ RoleName: 'R', AssumeRolePolicyDocument: brokerTrustPolicy('x-1') });
    expect((await refusal(iam.send(create))).message).toMatch(
      /because no permissions boundary allows the iam:CreateRole/,
    );
    aws.state.users.named(HOME, 'dana')?.tags.set('team', 'sales');
    expect(await refusal(assume(arn, keys))).toMatchObject({ code: 'AccessDenied' });
  });

  it('keeps its accounts in the organization, whatever they may do', () => {
    const role = aws.state.roles.byArn(`arn:aws:iam::${PROD}:role/OrganizationAccountAccessRole`) as Role;
    const by = roleSession(role, 'session', Date.now());
    expect(decide(by, 'organizations:LeaveOrganization', '*', PROD)).toBe('explicitlyDenied');
    expect(decide(by, 'organizations:DescribeOrganization', '*', PROD)).toBe('allowed');
    expect(aws.state.organizations.of(MANAGEMENT_ACCOUNT)?.levels('scp', MANAGEMENT_ACCOUNT)).toEqual([]);
  });

  it('keeps strangers out of its workloads even where a role trusts them', async () => {
    const trustPolicy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }],
    });
    const open = aws.createRole({ arn: `arn:aws:iam::${PROD}:role/Open`, trustPolicy });
    const stranger = aws.createRole({ arn: `arn:aws:iam::${STRANGER}:role/Stranger`, trustPolicy });
    stranger.attachedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
    const attempt = assume(open.arn, aws.issueSession(stranger.arn, 'session', 900));
    expect((await refusal(attempt)).message).toMatch(/with an explicit deny in a resource control policy$/);
    await assume(open.arn, aws.brokerCredentials());
  });

  it('takes nothing from what was there before', async () => {
    const other = await startAws({ port: 0 });
    const arn = `arn:aws:iam::${HOME}:role/ci-deploy`;
    other.createRole({ arn, trustPolicy: brokerTrustPolicy('x-1') });
    seedWorld(other.state, [HOME], Date.now());
    expect(other.state.roles.named(HOME, 'ci-deploy')?.arn).toBe(arn);
    await other.close();
  });
});

describe('a role of the access policy', () => {
  const { artifacts, reports } = WORLD_BUCKETS;
  function session(name: string, tags: Readonly<Record<string, string>> = {}): Principal {
    const role = aws.createRole({
      arn: `arn:aws:iam::${HOME}:role/${name}`,
      trustPolicy: brokerTrustPolicy(undefined),
    });
    givePermissions(role);
    return { ...roleSession(role, 'session', Date.now()), tags };
  }

  it('may do what its name promises', () => {
    const may = (by: Principal) => ({
      read: decide(by, 's3:GetObject', `arn:aws:s3:::${reports.name}/a`, HOME),
      write: decide(by, 's3:PutObject', `arn:aws:s3:::${reports.name}/a`, HOME),
      administer: decide(by, 'iam:CreateRole', `arn:aws:iam::${HOME}:role/x`, HOME),
    });
    const [yes, no] = ['allowed', 'implicitlyDenied'];
    expect(may(session('Admin'))).toEqual({ read: yes, write: yes, administer: yes });
    expect(may(session('ReadOnly'))).toEqual({ read: yes, write: no, administer: no });
    expect(may(session('Developer'))).toEqual({ read: no, write: no, administer: no });
  });

  it('that is none of the known kinds works on what is its team’s', () => {
    const developer = session('Developer', { team: 'payments' });
    const own = `arn:aws:s3:::${artifacts.name}/payments/build.zip`;
    expect(decide(developer, 's3:PutObject', own, HOME)).toBe('allowed');
    expect(decide(developer, 's3:PutObject', own.replace('payments', 'platform'), HOME)).toBe('implicitlyDenied');
    expect(decide({ ...developer, tags: {} }, 's3:PutObject', own, HOME)).toBe('implicitlyDenied');
    expect(decide(developer, 's3:ListAllMyBuckets', '*', HOME)).toBe('allowed');
  });
});
