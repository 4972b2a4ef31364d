import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  DeleteGroupCommand,
  DeleteGroupPolicyCommand,
  DetachGroupPolicyCommand,
  GetGroupCommand,
  GetGroupPolicyCommand,
  IAMClient,
  ListAttachedGroupPoliciesCommand,
  ListGroupPoliciesCommand,
  ListGroupsCommand,
  ListGroupsForUserCommand,
  PutGroupPolicyCommand,
  paginateGetGroup,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AwsStandIn } from '../../../../dev/aws/server.ts';
import { startAws } from '../../../../dev/aws/server.ts';
import { clientFor } from '../clients.ts';
import { refusal } from '../refusal.ts';

const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const DENY = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: 's3:*', Resource: '*' } });

let aws: AwsStandIn;
let iam: IAMClient;
beforeEach(async () => {
  aws = await startAws({ port: 0 });
  iam = clientFor(IAMClient, aws, aws.operator);
});
afterEach(() => aws.close());

const create = (GroupName: string, more: object = {}) => iam.send(new CreateGroupCommand({ GroupName, ...more }));
const add = (GroupName: string, UserName: string) => iam.send(new AddUserToGroupCommand({ GroupName, UserName }));
const user = (name: string) => aws.state.users.create({ arn: `arn:aws:iam::999999999999:user/${name}` }, Date.now());

describe('groups', () => {
  it('are made, listed, given users page by page, and deleted once they are empty', async () => {
    const { Group } = await create('devs', { Path: '/people/' });
    expect(Group).toMatchObject({ Arn: 'arn:aws:iam::999999999999:group/people/devs', GroupName: 'devs' });
    expect(Group?.GroupId).toMatch(/^AGPA[A-Z2-7]{17}$/);
    for (const name of ['a', 'b', 'c']) {
      user(name);
      await add('devs', name);
      await add('DEVS', name);
    }
    const pages: string[][] = [];
    for await (const page of paginateGetGroup({ client: iam, pageSize: 2 }, { GroupName: 'devs' })) {
      pages.push((page.Users ?? []).map(({ UserName = '' }) => UserName));
    }
    expect(pages).toEqual([['a', 'b'], ['c']]);
    expect((await iam.send(new ListGroupsForUserCommand({ UserName: 'a' }))).Groups).toMatchObject([
      { GroupName: 'devs' },
    ]);
    expect((await iam.send(new ListGroupsCommand({ PathPrefix: '/people/' }))).Groups).toHaveLength(1);
    expect((await iam.send(new ListGroupsCommand({ PathPrefix: '/machines/' }))).Groups).toEqual([]);
    const remove = () => iam.send(new DeleteGroupCommand({ GroupName: 'devs' }));
    expect(await refusal(remove())).toMatchObject({ code: 'DeleteConflict', status: 409 });
    for (const UserName of ['a', 'b', 'c']) {
      await iam.send(new RemoveUserFromGroupCommand({ GroupName: 'devs', UserName }));
    }
    await remove();
    expect(await refusal(iam.send(new GetGroupCommand({ GroupName: 'devs' })))).toMatchObject({ code: 'NoSuchEntity' });
  });

  it('have inline and attached policies, which they must lose first', async () => {
    await create('devs');
    const named = { GroupName: 'devs', PolicyName: 'no-buckets' };
    await iam.send(new PutGroupPolicyCommand({ ...named, PolicyDocument: DENY }));
    expect((await iam.send(new ListGroupPoliciesCommand({ GroupName: 'devs' }))).PolicyNames).toEqual(['no-buckets']);
    expect(await iam.send(new GetGroupPolicyCommand(named))).toMatchObject(named);
    await iam.send(new AttachGroupPolicyCommand({ GroupName: 'devs', PolicyArn: READ_ONLY }));
    const attached = await iam.send(new ListAttachedGroupPoliciesCommand({ GroupName: 'devs' }));
    expect(attached.AttachedPolicies).toEqual([{ PolicyName: 'ReadOnlyAccess', PolicyArn: READ_ONLY }]);
    const remove = () => iam.send(new DeleteGroupCommand({ GroupName: 'devs' }));
    await refusal(remove());
    await iam.send(new DetachGroupPolicyCommand({ GroupName: 'devs', PolicyArn: READ_ONLY }));
    await refusal(remove());
    await iam.send(new DeleteGroupPolicyCommand(named));
    await remove();
  });

  it('of one user are ten at most', async () => {
    user('a');
    for (let index = 0; index < 10; index += 1) {
      await create(`g${index}`);
      await add(`g${index}`, 'a');
    }
    await create('one-more');
    expect(await refusal(add('one-more', 'a'))).toMatchObject({ code: 'LimitExceeded', status: 409 });
  });

  it('take no user who is not there', async () => {
    await create('devs');
    expect(await refusal(add('devs', 'nobody'))).toMatchObject({ code: 'NoSuchEntity', status: 404 });
    expect(await refusal(add('none', 'operator'))).toMatchObject({ code: 'NoSuchEntity', status: 404 });
  });
});
