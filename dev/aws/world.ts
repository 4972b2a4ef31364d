import type { AwsState } from './actions.ts';
import { BROKER_ACCOUNT, OPERATOR_ARN } from './residents.ts';
import { type StoredPolicy, storedPolicy } from './store/stored-policy.ts';

/**
 * The world of the local stack: enough of an organization that each of IAM's ideas can be met in it.
 *
 *     888888888888  the management account, which no policy of the organization limits
 *     999999999999  the broker's account, directly under the root
 *     workloads     a unit with the accounts that the broker hands out roles of
 *
 * Every account but the management account has `OrganizationAccountAccessRole`, as accounts made by an organization do;
 * the operator may assume it to work in that account. In one of the workloads there are people and machines of its own.
 */
export const MANAGEMENT_ACCOUNT = '888888888888';

/** Buckets that policies of this world speak of; `s3/world-buckets.ts` makes and fills them. */
export const WORLD_BUCKETS = {
  /** Each team works under its own prefix: `payments/…`. */
  artifacts: { name: 'daypass-dev-artifacts', accountId: '111111111111' },
  reports: { name: 'daypass-prod-reports', accountId: '222222222222' },
} as const;

/** Where the people and machines are. */
const HOME = WORLD_BUCKETS.artifacts.accountId;

/**
 * Adds to what is there already.
 *
 * @param accountIds those that the broker hands out roles of
 * @param now epoch milliseconds
 */
export function seedWorld(state: AwsState, accountIds: readonly string[], now: number): void {
  const workloads = new Set([HOME, ...accountIds]);
  workloads.delete(BROKER_ACCOUNT);
  workloads.delete(MANAGEMENT_ACCOUNT);
  seedOrganization(state, workloads);
  for (const accountId of [BROKER_ACCOUNT, ...workloads]) seedAccessRole(state, accountId, now);
  seedPeople(state, now);
  seedMachines(state, now);
}

function seedOrganization(state: AwsState, workloads: ReadonlySet<string>): void {
  const organization = state.organizations.create(MANAGEMENT_ACCOUNT);
  organization.addAccount(BROKER_ACCOUNT);
  const unit = organization.addUnit();
  for (const accountId of workloads) organization.addAccount(accountId, unit);
  const stay = {
    Sid: 'StayInTheOrganization',
    Effect: 'Deny',
    Action: 'organizations:LeaveOrganization',
    Resource: '*',
  };
  organization.attach('scp', organization.rootId, 'stay-in-the-organization', document(stay));
  const keepAudit = {
    Sid: 'KeepTheTrail',
    Effect: 'Deny',
    Action: ['cloudtrail:StopLogging', 'cloudtrail:DeleteTrail'],
    Resource: '*',
  };
  organization.attach('scp', unit, 'keep-the-trail', document(keepAudit));
  // Whoever is of no account of the organization reaches nothing in it, whatever a bucket or a role says.
  const perimeter = {
    Sid: 'OnlyTheOrganization',
    Effect: 'Deny',
    Principal: '*',
    Action: ['s3:*', 'sts:AssumeRole'],
    Resource: '*',
    Condition: {
      StringNotEqualsIfExists: { 'aws:PrincipalOrgID': organization.id },
      BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
    },
  };
  organization.attach('rcp', unit, 'only-the-organization', document(perimeter));
}

function seedAccessRole(state: AwsState, accountId: string, now: number): void {
  const arn = `arn:aws:iam::${accountId}:role/OrganizationAccountAccessRole`;
  if (state.roles.named(accountId, 'OrganizationAccountAccessRole') !== undefined) return;
  const trustPolicy = document({
    Effect: 'Allow',
    Principal: { AWS: [`arn:aws:iam::${MANAGEMENT_ACCOUNT}:root`, OPERATOR_ARN] },
    Action: 'sts:AssumeRole',
  });
  const role = state.roles.create({ arn, trustPolicy, description: 'Administration from outside the account' }, now);
  role.attachedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
}

/** A user who has nothing of their own: what they may do is their group's. They have no access key until one is made. */
function seedPeople(state: AwsState, now: number): void {
  const group = state.groups.create({ arn: `arn:aws:iam::${HOME}:group/people/developers` }, now);
  group.attachedPolicyArns = ['arn:aws:iam::aws:policy/IAMReadOnlyAccess'];
  const { name } = WORLD_BUCKETS.artifacts;
  group.inlinePolicies.set(
    'everyday-work',
    policy(
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${HOME}:role/machines/*` },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${name}` },
      { Effect: 'Allow', Action: 's3:*Object', Resource: `arn:aws:s3:::${name}/\${aws:PrincipalTag/team, 'nobody'}/*` },
    ),
  );
  const dana = { arn: `arn:aws:iam::${HOME}:user/people/dana`, tags: { team: 'payments' } };
  group.members.add(state.users.create(dana, now));
}

/** A machine with wide permissions, which its boundary keeps from what would let it out. */
function seedMachines(state: AwsState, now: number): void {
  if (state.roles.named(HOME, 'ci-deploy') !== undefined) return;
  const boundaryArn = `arn:aws:iam::${HOME}:policy/boundary/machines`;
  const description = 'What no machine gets past, whatever its policies allow';
  state.policies.create(
    {
      arn: boundaryArn,
      description,
      text: document(
        {
          Sid: 'Work',
          Effect: 'Allow',
          Action: ['s3:*', 'logs:*', 'dynamodb:*', 'iam:Get*', 'iam:List*'],
          Resource: '*',
        },
        { Sid: 'KeepTheBoundary', Effect: 'Deny', Action: 'iam:DeleteRolePermissionsBoundary', Resource: '*' },
      ),
    },
    now,
  );
  const arn = `arn:aws:iam::${HOME}:role/machines/ci-deploy`;
  const trustPolicy = document({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${HOME}:root` },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: { StringEquals: { 'aws:PrincipalTag/team': 'payments' } },
  });
  const role = state.roles.create({ arn, trustPolicy, boundaryArn, description: 'Deploys from CI' }, now);
  role.attachedPolicyArns = ['arn:aws:iam::aws:policy/PowerUserAccess', 'arn:aws:iam::aws:policy/IAMFullAccess'];
}

function policy(...statements: readonly object[]): StoredPolicy {
  return storedPolicy(document(...statements), 'identity');
}

function document(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
