import {
  GetAccountAuthorizationDetailsCommand,
  IAMClient,
  paginateGetAccountAuthorizationDetails,
} from '@aws-sdk/client-iam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { seedWorld } from '../../../../dev/aws/world.ts';
import { clientFor } from '../clients.ts';
import { refusal } from '../refusal.ts';

let aws: AwsStandIn;
beforeEach(async () => {
  aws = await startAws({ port: 0 });
  seedWorld(aws.state, [], Date.now());
});
afterEach(() => aws.close());

const administrator = () =>
  clientFor(
    IAMClient,
    aws,
    aws.issueSession('arn:aws:iam::111111111111:role/OrganizationAccountAccessRole', 'session', 900),
  );

describe('GetAccountAuthorizationDetails', () => {
  it('tells an account whole: users with their groups, groups, roles with boundaries, policies with documents', async () => {
    const details = await administrator().send(new GetAccountAuthorizationDetailsCommand({}));
    expect(details.UserDetailList).toMatchObject([{ UserName: 'dana', GroupList: ['developers'] }]);
    expect(details.GroupDetailList).toMatchObject([
      {
        GroupName: 'developers',
        GroupPolicyList: [{ PolicyName: 'everyday-work' }],
        AttachedManagedPolicies: [{ PolicyName: 'IAMReadOnlyAccess' }],
      },
    ]);
    expect(details.RoleDetailList?.map(({ RoleName }) => RoleName)).toEqual([
      'OrganizationAccountAccessRole',
      'ci-deploy',
    ]);
    const boundary = 'arn:aws:iam::111111111111:policy/boundary/machines';
    expect(details.RoleDetailList?.[1]?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(boundary);
    const names = details.Policies?.map(({ PolicyName }) => PolicyName);
    expect(names).toEqual(['machines', 'AdministratorAccess', 'IAMFullAccess', 'IAMReadOnlyAccess', 'PowerUserAccess']);
    const [version] = details.Policies?.[0]?.PolicyVersionList ?? [];
    expect(JSON.parse(decodeURIComponent(version?.Document ?? ''))).toMatchObject({ Version: '2012-10-17' });
  });

  it('is filtered and paged', async () => {
    const roles = new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] });
    const { RoleDetailList, UserDetailList } = await administrator().send(roles);
    expect([RoleDetailList?.length, UserDetailList?.length]).toEqual([2, 0]);
    const client = administrator();
    let count = 0;
    for await (const page of paginateGetAccountAuthorizationDetails({ client, pageSize: 3 }, {})) {
      const lists = [page.UserDetailList, page.GroupDetailList, page.RoleDetailList, page.Policies];
      const size = lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);
      expect(size).toBeLessThanOrEqual(3);
      count += size;
    }
    expect(count).toBe(9);
  });

  it('is not for everybody, and refuses a filter that is none', async () => {
    const broker = clientFor(IAMClient, aws, aws.brokerCredentials());
    expect(await refusal(broker.send(new GetAccountAuthorizationDetailsCommand({})))).toMatchObject({
      code: 'AccessDenied',
    });
    const wrong = new GetAccountAuthorizationDetailsCommand({ Filter: ['Robot' as 'User'] });
    expect(await refusal(administrator().send(wrong))).toMatchObject({ code: 'ValidationError' });
  });
});
