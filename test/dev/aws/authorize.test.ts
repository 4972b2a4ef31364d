import {
  AttachRolePolicyCommand,
  CreatePolicyVersionCommand,
  GetRoleCommand,
  IAMClient,
  ListRolesCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newState } from '../../../dev/aws/actions.ts';
import { evaluateAccess, requireAccess } from '../../../dev/aws/authorize.ts';
import type { Principal } from '../../../dev/aws/credentials.ts';
import { issueAccessKey } from '../../../dev/aws/iam/access-keys.ts';
import { brokerTrustPolicy } from '../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../dev/aws/server.ts';
import { startAws } from '../../../dev/aws/server.ts';
import { storedPolicy } from '../../../dev/aws/store/stored-policy.ts';
import { roleSession } from '../../../dev/aws/sts/role-session.ts';
import type { PlacedDocument } from '../../../lib/iam/layer.ts';
import { clientFor, keysOf } from './clients.ts';
import { refusal } from './refusal.ts';

const ACCOUNT = '111122223333';
const OTHER_ACCOUNT = '444455556666';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Worker`;
const NOW = Date.UTC(2026, 0, 31, 12);

const allow = (Action: string | string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });
const deny = (Action: string | string[], more: object = {}) => ({ Effect: 'Deny', Action, Resource: '*', ...more });
const text = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const identity = (...statements: object[]) => storedPolicy(text(...statements), 'identity');

describe('credentials that were issued', () => {
  let aws: AwsStandIn;
  beforeEach(async () => {
    aws = await startAws({ port: 0 });
    const role = aws.createRole({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined) });
    role.inlinePolicies.set('p', identity(allow(['iam:GetRole', 'iam:ListRoles'])));
  });
  afterEach(() => aws.close());

  async function session(input: Partial<AssumeRoleCommandInput> = {}): Promise<IAMClient> {
    const broker = clientFor(STSClient, aws, aws.brokerCredentials());
    const command = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'session', ...input });
    return clientFor(IAMClient, aws, keysOf((await broker.send(command)).Credentials));
  }
  const getRole = (iam: IAMClient): Promise<unknown> => iam.send(new GetRoleCommand({ RoleName: 'Worker' }));
  const listRoles = (iam: IAMClient): Promise<unknown> => iam.send(new ListRolesCommand({}));
  const listUsers = (iam: IAMClient): Promise<unknown> => iam.send(new ListUsersCommand({}));
  const role = () => aws.state.roles.byArn(ROLE) as NonNullable<ReturnType<typeof aws.state.roles.byArn>>;

  it('do what their role may, and nothing else', async () => {
    const iam = await session();
    await getRole(iam);
    await listRoles(iam);
    expect(await refusal(listUsers(iam))).toMatchObject({
      code: 'AccessDenied',
      status: 403,
      message:
        `User: arn:aws:sts::${ACCOUNT}:assumed-role/Worker/session is not authorized to perform: iam:ListUsers on ` +
        `resource: arn:aws:iam::${ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action`,
    });
  });

  it('are narrowed by a session policy, which gives nothing', async () => {
    const iam = await session({ Policy: text(allow(['iam:GetRole', 'iam:ListUsers'])) });
    await getRole(iam);
    expect((await refusal(listRoles(iam))).message).toMatch(
      /because no session policy allows the iam:ListRoles action$/,
    );
    expect((await refusal(listUsers(iam))).message).toMatch(/because no identity-based policy allows/);
  });

  it('are narrowed by managed session policies, and by what an inline one adds to those', async () => {
    const PolicyArns = [{ arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }];
    expect((await refusal(getRole(await session({ PolicyArns })))).message).toMatch(/no session policy allows/);
    const both = await session({ PolicyArns, Policy: text(allow('iam:GetRole')) });
    await getRole(both);
    expect((await refusal(listRoles(both))).message).toMatch(/no session policy allows/);
  });

  it('are narrowed by a boundary that their role gets later, which gives nothing', async () => {
    const iam = await session();
    const arn = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
    aws.state.policies.create({ arn, text: text(allow(['iam:GetRole', 'iam:ListUsers'])) }, Date.now());
    role().boundaryArn = arn;
    await getRole(iam);
    expect((await refusal(listRoles(iam))).message).toMatch(/because no permissions boundary allows the iam:ListRoles/);
    expect((await refusal(listUsers(iam))).message).toMatch(/because no identity-based policy allows/);
  });

  it('are narrowed by a service control policy, which gives nothing, except in the management account', async () => {
    const iam = await session();
    const organization = aws.state.organizations.create(OTHER_ACCOUNT);
    const unit = organization.addUnit();
    organization.addAccount(ACCOUNT, unit);
    organization.attach('scp', unit, 'narrow', text(deny('iam:ListRoles')));
    await getRole(iam);
    expect((await refusal(listRoles(iam))).message).toMatch(/with an explicit deny in a service control policy$/);
    organization.attach('scp', unit, 'narrow', text(allow(['iam:GetRole', 'iam:ListUsers'])));
    organization.detach('scp', unit, 'FullAWSAccess');
    await getRole(iam);
    expect((await refusal(listRoles(iam))).message).toMatch(/because no service control policy allows/);
    expect((await refusal(listUsers(iam))).message).toMatch(/because no identity-based policy allows/);
  });

  it('change with the policies of their role, at once', async () => {
    const iam = await session();
    await refusal(listUsers(iam));
    const arn = `arn:aws:iam::${ACCOUNT}:policy/later`;
    aws.state.policies.create({ arn, text: text(allow('s3:*')) }, Date.now());
    const operator = clientFor(IAMClient, aws, aws.operator);
    await operator.send(new AttachRolePolicyCommand({ RoleName: 'Worker', PolicyArn: arn }));
    await refusal(listUsers(iam));
    const version = { PolicyArn: arn, PolicyDocument: text(allow('iam:ListUsers')) };
    await operator.send(new CreatePolicyVersionCommand(version));
    await refusal(listUsers(iam));
    await operator.send(new CreatePolicyVersionCommand({ ...version, SetAsDefault: true }));
    await listUsers(iam);
  });

  it('are revoked by a policy on their role, and those issued after are not', async () => {
    const before = await session();
    await getRole(before);
    const revoked = new Date(Date.now() + 1000).toISOString();
    const statement = deny('*', { Condition: { DateLessThan: { 'aws:TokenIssueTime': revoked } } });
    const operator = clientFor(IAMClient, aws, aws.operator);
    const policy = { RoleName: 'Worker', PolicyName: 'AWSRevokeOlderSessions', PolicyDocument: text(statement) };
    await operator.send(new PutRolePolicyCommand(policy));
    expect((await refusal(getRole(before))).message).toMatch(/with an explicit deny in an identity-based policy$/);
    const issuedLater = { ...roleSession(role(), 'later', Date.now() + 2000) };
    const after = aws.state.credentials.issueSession(issuedLater, Date.now() + 60_000);
    await getRole(clientFor(IAMClient, aws, after));
  });

  it('of a user do what the user’s groups may, and no longer once the user has left them', async () => {
    const { state } = aws;
    const user = state.users.create({ arn: `arn:aws:iam::${ACCOUNT}:user/dana` }, Date.now());
    const group = state.groups.create({ arn: `arn:aws:iam::${ACCOUNT}:group/readers` }, Date.now());
    group.attachedPolicyArns = ['arn:aws:iam::aws:policy/IAMReadOnlyAccess'];
    const iam = clientFor(IAMClient, aws, issueAccessKey(state, user, Date.now()));
    await refusal(listUsers(iam));
    group.members.add(user);
    await listUsers(iam);
    const operator = clientFor(IAMClient, aws, aws.operator);
    await operator.send(new RemoveUserFromGroupCommand({ GroupName: 'readers', UserName: 'dana' }));
    await refusal(listUsers(iam));
  });
});

/** Without the wire: what services with resources of their own ask. */
describe('evaluateAccess', () => {
  const state = newState();
  const role = state.roles.create({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined) }, NOW);
  const bucket = 'arn:aws:s3:::bucket/key';
  const question = { action: 's3:GetObject', resource: bucket, resourceAccountId: ACCOUNT };
  const bucketPolicy = (statement: object): PlacedDocument => ({
    place: 'bucket policy',
    document: storedPolicy(text({ Resource: bucket, Action: 's3:GetObject', ...statement }), 'resource').document,
  });
  const principal = (more: Partial<Principal> = {}): Principal => ({ ...roleSession(role, 'session', NOW), ...more });
  const decide = (more: object = {}, by = principal()) =>
    evaluateAccess(state, by, { ...question, ...more }, NOW).decision;

  beforeEach(() => {
    role.inlinePolicies.clear();
    role.attachedPolicyArns = [];
    role.boundaryArn = undefined;
  });

  it('wants both accounts to allow what crosses them', () => {
    const theirs = { resourceAccountId: OTHER_ACCOUNT };
    const granted = { ...theirs, resourcePolicies: [bucketPolicy({ Effect: 'Allow', Principal: { AWS: ROLE } })] };
    expect(decide(granted), 'the resource’s policy alone').toBe('implicitlyDenied');
    role.inlinePolicies.set('p', identity(allow('s3:*')));
    expect(decide(theirs), 'the identity’s policy alone').toBe('implicitlyDenied');
    expect(decide(granted)).toBe('allowed');
    const denied = bucketPolicy({ Effect: 'Deny', Principal: '*' });
    expect(decide({ ...theirs, resourcePolicies: [...granted.resourcePolicies, denied] })).toBe('explicitlyDenied');
  });

  it('takes either side’s word within an account', () => {
    expect(decide()).toBe('implicitlyDenied');
    expect(decide({ resourcePolicies: [bucketPolicy({ Effect: 'Allow', Principal: { AWS: ROLE } })] })).toBe('allowed');
    role.inlinePolicies.set('p', identity(allow('s3:*')));
    expect(decide()).toBe('allowed');
  });

  it('allows only what role, boundary, session and organization all allow, whatever each of them allows besides', () => {
    const actions = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket'];
    const some = fc.uniqueArray(fc.constantFrom(...actions), { minLength: 1 });
    fc.assert(
      fc.property(some, some, some, some, (byRole, byBoundary, bySession, byOrganization) => {
        const world = newState();
        const worker = world.roles.create({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined) }, NOW);
        worker.inlinePolicies.set('p', identity(allow(byRole)));
        const arn = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
        world.policies.create({ arn, text: text(allow(byBoundary)) }, NOW);
        worker.boundaryArn = arn;
        const organization = world.organizations.create(OTHER_ACCOUNT);
        organization.addAccount(ACCOUNT);
        organization.attach('scp', ACCOUNT, 'some', text(allow(byOrganization)));
        organization.detach('scp', ACCOUNT, 'FullAWSAccess');
        const inline = { place: 'session', document: storedPolicy(text(allow(bySession)), 'session').document };
        const by = { ...roleSession(worker, 'session', NOW), sessionPolicies: { inline, arns: [] } };
        for (const action of actions) {
          const allowed = [byRole, byBoundary, bySession, byOrganization].every((list) => list.includes(action));
          expect(evaluateAccess(world, by, { ...question, action }, NOW).decision === 'allowed').toBe(allowed);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps strangers out by a resource control policy of the resource’s organization', () => {
    const world = newState();
    const worker = world.roles.create({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined) }, NOW);
    worker.inlinePolicies.set('p', identity(allow('*')));
    const organization = world.organizations.create('777777777777');
    organization.addAccount(OTHER_ACCOUNT);
    const Condition = { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': organization.id } };
    organization.attach('rcp', organization.rootId, 'perimeter', text(deny('s3:*', { Principal: '*', Condition })));
    const resourcePolicies = [bucketPolicy({ Effect: 'Allow', Principal: '*' })];
    const asked = { ...question, resourceAccountId: OTHER_ACCOUNT, resourcePolicies };
    const by = roleSession(worker, 'session', NOW);
    expect(evaluateAccess(world, by, asked, NOW).decision).toBe('explicitlyDenied');
    organization.addAccount(ACCOUNT);
    expect(evaluateAccess(world, by, asked, NOW).decision).toBe('allowed');
  });

  it.each<[string, () => Principal]>([
    [
      'an attached policy that is gone',
      () => {
        role.attachedPolicyArns = [`arn:aws:iam::${ACCOUNT}:policy/gone`];
        return principal();
      },
    ],
    [
      'a boundary that is gone',
      () => {
        role.boundaryArn = `arn:aws:iam::${ACCOUNT}:policy/gone`;
        return principal();
      },
    ],
    [
      'a session policy that is gone',
      () => principal({ sessionPolicies: { inline: undefined, arns: ['arn:aws:iam::aws:policy/Gone'] } }),
    ],
    [
      'a session of a role of the same name that was deleted',
      () => principal({ userId: 'AROAAAAAAAAAAAAAAAAAA:session' }),
    ],
    ['a session of a role that is gone', () => principal({ roleArn: `${ROLE}2` })],
  ])('denies everything to %s', (_what, arrange) => {
    role.inlinePolicies.set('p', identity(allow('*')));
    const resourcePolicies = [bucketPolicy({ Effect: 'Allow', Principal: '*' })];
    expect(decide({ resourcePolicies })).toBe('allowed');
    expect(decide({ resourcePolicies }, arrange())).toBe('explicitlyDenied');
  });

  it('lets the operator do anything anywhere, save what is AWS’s', () => {
    const operator = principal({ administrator: true });
    expect(
      decide(
        { resourceAccountId: OTHER_ACCOUNT, resourcePolicies: [bucketPolicy({ Effect: 'Deny', Principal: '*' })] },
        operator,
      ),
    ).toBe('allowed');
    const awsOwn = { action: 'iam:DeletePolicy', resource: 'arn:aws:iam::aws:policy/AdministratorAccess' };
    expect(evaluateAccess(state, operator, awsOwn, NOW).decision).toBe('implicitlyDenied');
  });

  it('puts what was asked before what AWS fills in', () => {
    const Condition = { StringEquals: { 's3:prefix': 'own/', 'aws:SecureTransport': 'false' } };
    role.inlinePolicies.set('p', identity(allow('s3:GetObject', { Condition })));
    expect(decide({ context: { 's3:prefix': ['own/'] } })).toBe('implicitlyDenied');
    expect(decide({ context: { 's3:prefix': ['own/'], 'aws:SecureTransport': ['false'] } })).toBe('allowed');
  });

  it('is told as an error by requireAccess', () => {
    expect(() => requireAccess(state, principal(), question, NOW)).toThrow(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/Worker/session is not authorized to perform: s3:GetObject on resource: ${bucket} because no identity-based policy allows the s3:GetObject action`,
    );
    role.inlinePolicies.set('p', identity(allow('s3:*')));
    expect(() => requireAccess(state, principal(), question, NOW)).not.toThrow();
  });
});

describe('the condition keys that AWS fills in', () => {
  const state = newState();
  const trustPolicy = brokerTrustPolicy(undefined);
  const role = state.roles.create(
    { arn: `arn:aws:iam::${ACCOUNT}:role/path/Worker`, trustPolicy, tags: { cost: '1', team: 'a' } },
    NOW,
  );
  const user = state.users.create({ arn: `arn:aws:iam::${ACCOUNT}:user/people/dana`, tags: { team: 'payments' } }, NOW);
  const organization = state.organizations.create('777777777777');
  const unit = organization.addUnit();
  organization.addAccount(ACCOUNT, unit);
  const request = { sourceIp: '192.0.2.7', region: 'eu-central-1', userAgent: 'aws-cli/2' };
  const asSession: Principal = {
    ...roleSession(role, 'session', NOW - 60_000),
    tags: { Team: 'b' },
    sourceIdentity: 'dana@example.com',
    request,
  };
  const asUser: Principal = {
    kind: 'user',
    accountId: ACCOUNT,
    partition: 'aws',
    arn: user.arn,
    userId: user.id,
    administrator: false,
    tags: {},
    transitiveTagKeys: [],
    request,
  };

  function holds(by: Principal, key: string, value: string | undefined): boolean {
    const actor = by === asUser ? user : role;
    const Condition =
      value === undefined ? { Null: { [key]: 'true' } } : { 'ForAnyValue:StringEquals': { [key]: value } };
    actor.inlinePolicies.set('p', identity(allow('s3:*', { Condition })));
    return evaluateAccess(state, by, { action: 's3:ListAllMyBuckets', resource: '*' }, NOW).decision === 'allowed';
  }

  it.each<[string, string | undefined, string | undefined]>([
    ['aws:PrincipalArn', role.arn, user.arn],
    ['aws:PrincipalAccount', ACCOUNT, ACCOUNT],
    ['aws:PrincipalType', 'AssumedRole', 'User'],
    ['aws:PrincipalTag/team', 'b', 'payments'],
    ['aws:PrincipalTag/cost', '1', undefined],
    ['aws:PrincipalOrgID', organization.id, organization.id],
    [
      'aws:PrincipalOrgPaths',
      `${organization.id}/${organization.rootId}/${unit}/`,
      `${organization.id}/${organization.rootId}/${unit}/`,
    ],
    ['aws:userid', `${role.id}:session`, user.id],
    ['aws:username', undefined, 'dana'],
    ['aws:SourceIdentity', 'dana@example.com', undefined],
    ['aws:SourceIp', '192.0.2.7', '192.0.2.7'],
    ['aws:RequestedRegion', 'eu-central-1', 'eu-central-1'],
    ['aws:UserAgent', 'aws-cli/2', 'aws-cli/2'],
    ['aws:CurrentTime', '2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
    ['aws:EpochTime', '1769860800', '1769860800'],
    ['aws:TokenIssueTime', '2026-01-31T11:59:00Z', undefined],
    ['aws:MultiFactorAuthPresent', 'false', undefined],
    ['aws:MultiFactorAuthAge', undefined, undefined],
    ['aws:SecureTransport', 'true', 'true'],
    ['aws:ViaAWSService', 'false', 'false'],
    ['aws:ResourceAccount', ACCOUNT, ACCOUNT],
    ['aws:ResourceOrgID', organization.id, organization.id],
    ['aws:CalledVia', undefined, undefined],
  ])('%s is %s of a session and %s of a user', (key, ofSession, ofUser) => {
    expect(holds(asSession, key, ofSession)).toBe(true);
    expect(holds(asUser, key, ofUser)).toBe(true);
    expect(holds(asSession, key, 'another')).toBe(false);
  });
});
