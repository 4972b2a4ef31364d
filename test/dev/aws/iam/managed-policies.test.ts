import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyTagsCommand,
  ListPolicyVersionsCommand,
  PutRolePermissionsBoundaryCommand,
  paginateListPolicies,
  SetDefaultPolicyVersionCommand,
  TagPolicyCommand,
} from '@aws-sdk/client-iam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { AWS_MANAGED } from '../../../../dev/aws/store/aws-managed.ts';
import { clientFor } from '../clients.ts';
import { refusal } from '../refusal.ts';

const document = (Action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } });
const ARN = 'arn:aws:iam::999999999999:policy/team/p';

let aws: AwsStandIn;
let iam: IAMClient;
beforeEach(async () => {
  aws = await startAws({ port: 0 });
  iam = clientFor(IAMClient, aws, aws.operator);
});
afterEach(() => aws.close());

const create = (more: object = {}) =>
  iam.send(new CreatePolicyCommand({ PolicyName: 'p', Path: '/team/', PolicyDocument: document('s3:Get*'), ...more }));
const addVersion = (more: object = {}) =>
  iam.send(new CreatePolicyVersionCommand({ PolicyArn: ARN, PolicyDocument: document('s3:List*'), ...more }));
const role = (name = 'R') =>
  aws.createRole({ arn: `arn:aws:iam::999999999999:role/${name}`, trustPolicy: brokerTrustPolicy(undefined) });

describe('managed policies', () => {
  it('are made, described, tagged and deleted', async () => {
    const { Policy } = await create({ Description: 'reads', Tags: [{ Key: 'k', Value: 'v' }] });
    expect(Policy).toMatchObject({
      Arn: ARN,
      PolicyName: 'p',
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      PermissionsBoundaryUsageCount: 0,
      IsAttachable: true,
      Description: 'reads',
    });
    expect(Policy?.PolicyId).toMatch(/^ANPA[A-Z2-7]{17}$/);
    await iam.send(new TagPolicyCommand({ PolicyArn: ARN, Tags: [{ Key: 'K', Value: 'w' }] }));
    expect((await iam.send(new ListPolicyTagsCommand({ PolicyArn: ARN }))).Tags).toEqual([{ Key: 'K', Value: 'w' }]);
    await iam.send(new DeletePolicyCommand({ PolicyArn: ARN }));
    expect(await refusal(iam.send(new GetPolicyCommand({ PolicyArn: ARN })))).toMatchObject({
      code: 'NoSuchEntity',
      status: 404,
    });
  });

  it('have up to five versions, of which one is in force', async () => {
    await create();
    expect((await addVersion()).PolicyVersion).toMatchObject({ VersionId: 'v2', IsDefaultVersion: false });
    await addVersion({ SetAsDefault: true });
    await addVersion();
    await addVersion();
    expect(await refusal(addVersion())).toMatchObject({ code: 'LimitExceeded', status: 409 });
    const list = async () => (await iam.send(new ListPolicyVersionsCommand({ PolicyArn: ARN }))).Versions ?? [];
    expect((await list()).map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion])).toEqual([
      ['v5', false],
      ['v4', false],
      ['v3', true],
      ['v2', false],
      ['v1', false],
    ]);
    const first = await iam.send(new GetPolicyVersionCommand({ PolicyArn: ARN, VersionId: 'v1' }));
    expect(decodeURIComponent(first.PolicyVersion?.Document ?? '')).toBe(document('s3:Get*'));
    const remove = (VersionId: string) => iam.send(new DeletePolicyVersionCommand({ PolicyArn: ARN, VersionId }));
    expect(await refusal(remove('v3'))).toMatchObject({ code: 'DeleteConflict', status: 409 });
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn: ARN, VersionId: 'v1' }));
    await remove('v5');
    expect((await addVersion()).PolicyVersion?.VersionId, 'a number is not used again').toBe('v6');
    expect(await refusal(iam.send(new DeletePolicyCommand({ PolicyArn: ARN })))).toMatchObject({
      code: 'DeleteConflict',
    });
  });

  it('know who has them, and are not deleted while somebody does', async () => {
    await create();
    role('R');
    role('Bounded');
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'R', PolicyArn: ARN }));
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'Bounded', PermissionsBoundary: ARN }));
    expect((await iam.send(new GetPolicyCommand({ PolicyArn: ARN }))).Policy).toMatchObject({
      AttachmentCount: 1,
      PermissionsBoundaryUsageCount: 1,
    });
    const entities = async (more: object) => {
      const { PolicyRoles = [] } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn: ARN, ...more }));
      return PolicyRoles.map(({ RoleName }) => RoleName);
    };
    expect(await entities({})).toEqual(['R', 'Bounded']);
    expect(await entities({ PolicyUsageFilter: 'PermissionsBoundary' })).toEqual(['Bounded']);
    expect(await entities({ EntityFilter: 'User' })).toEqual([]);
    expect(await refusal(iam.send(new DeletePolicyCommand({ PolicyArn: ARN })))).toMatchObject({
      code: 'DeleteConflict',
      status: 409,
    });
    await iam.send(new DetachRolePolicyCommand({ RoleName: 'R', PolicyArn: ARN }));
    expect(await refusal(iam.send(new DeletePolicyCommand({ PolicyArn: ARN })))).toMatchObject({
      code: 'DeleteConflict',
    });
  });

  it('are listed by scope, path and use, page by page', async () => {
    await create();
    const list = async (more: object) =>
      ((await iam.send(new ListPoliciesCommand(more))).Policies ?? []).map(({ PolicyName }) => PolicyName);
    expect(await list({ Scope: 'Local' })).toEqual(['p']);
    expect(await list({ Scope: 'AWS' })).toHaveLength(AWS_MANAGED.length);
    expect(await list({ Scope: 'AWS', OnlyAttached: true })).toEqual(['AdministratorAccess']);
    expect(await list({ PathPrefix: '/team/' })).toEqual(['p']);
    expect(await list({ Scope: 'Local', PolicyUsageFilter: 'PermissionsBoundary' })).toEqual([]);
    let count = 0;
    for await (const { Policies = [] } of paginateListPolicies({ client: iam, pageSize: 5 }, {})) {
      expect(Policies.length).toBeLessThanOrEqual(5);
      count += Policies.length;
    }
    expect(count).toBe(AWS_MANAGED.length + 1);
  });

  it('of AWS are the same in every account and changed by nobody', async () => {
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    expect(Policy).toMatchObject({ PolicyName: 'AmazonS3ReadOnlyAccess', Path: '/', DefaultVersionId: 'v1' });
    const changes = [
      new DeletePolicyCommand({ PolicyArn }),
      new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document('*'), SetAsDefault: true }),
    ];
    for (const change of changes) {
      expect(await refusal(iam.send(change as DeletePolicyCommand))).toMatchObject({
        code: 'AccessDenied',
        status: 403,
      });
    }
  });

  it.each<[string, () => Promise<unknown>, string, number]>([
    [
      'a second one of the same name, whatever case and path',
      () => create({ PolicyName: 'P', Path: '/' }),
      'EntityAlreadyExists',
      409,
    ],
    ['a name with a space', () => create({ PolicyName: 'a b' }), 'ValidationError', 400],
    ['no JSON', () => create({ PolicyName: 'x', PolicyDocument: '{' }), 'MalformedPolicyDocument', 400],
    [
      'a principal',
      () => create({ PolicyName: 'x', PolicyDocument: document('*').replace('"Effect"', '"Principal":"*","Effect"') }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'no statement',
      () => create({ PolicyName: 'x', PolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'an operator that is none',
      () =>
        create({
          PolicyName: 'x',
          PolicyDocument: document('*').replace('"Effect"', '"Condition":{"StringMatches":{"aws:x":"y"}},"Effect"'),
        }),
      'MalformedPolicyDocument',
      400,
    ],
    [
      'more than 6,144 characters',
      () =>
        create({
          PolicyName: 'x',
          PolicyDocument: document('*').replace(
            '"*"',
            `["${Array.from({ length: 700 }, (_, index) => `s3:Get${index}`).join('","')}"]`,
          ),
        }),
      'LimitExceeded',
      409,
    ],
    [
      'a version that is not there',
      () => iam.send(new GetPolicyVersionCommand({ PolicyArn: ARN, VersionId: 'v9' })),
      'NoSuchEntity',
      404,
    ],
    [
      'what is no version',
      () => iam.send(new GetPolicyVersionCommand({ PolicyArn: ARN, VersionId: '1' })),
      'ValidationError',
      400,
    ],
    [
      'what is no policy',
      () => iam.send(new GetPolicyCommand({ PolicyArn: 'arn:aws:iam::999999999999:role/p' })),
      'InvalidInput',
      400,
    ],
    ['a policy that is not there', () => iam.send(new GetPolicyCommand({ PolicyArn: `${ARN}2` })), 'NoSuchEntity', 404],
    [
      'a scope that is none',
      () => iam.send(new ListPoliciesCommand({ Scope: 'Mine' as 'All' })),
      'ValidationError',
      400,
    ],
  ])('are refused: %s', async (_what, attempt, code, status) => {
    await create();
    expect(await refusal(attempt())).toMatchObject({ code, status });
  });

  it('of another account are neither seen nor attached', async () => {
    await create();
    const arn = 'arn:aws:iam::111122223333:role/Admin';
    const admin = aws.createRole({ arn, trustPolicy: brokerTrustPolicy(undefined) });
    admin.attachedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
    const there = clientFor(IAMClient, aws, aws.issueSession(arn, 'session', 900));
    expect(await refusal(there.send(new GetPolicyCommand({ PolicyArn: ARN })))).toMatchObject({ code: 'AccessDenied' });
    expect((await there.send(new ListPoliciesCommand({ Scope: 'Local' }))).Policies).toEqual([]);
    expect(await refusal(there.send(new AttachRolePolicyCommand({ RoleName: 'Admin', PolicyArn: ARN })))).toMatchObject(
      {
        code: 'NoSuchEntity',
        status: 404,
      },
    );
  });
});
