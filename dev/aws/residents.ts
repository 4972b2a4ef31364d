import type { AwsState } from './actions.ts';
import { issueAccessKey } from './iam/access-keys.ts';
import { storedPolicy } from './store/stored-policy.ts';

/** The account that the broker, and the operator, live in. */
export const BROKER_ACCOUNT = '999999999999';

export const BROKER_ROLE_ARN = `arn:aws:iam::${BROKER_ACCOUNT}:role/daypass-broker`;

export const OPERATOR_ARN = `arn:aws:iam::${BROKER_ACCOUNT}:user/operator`;

/** The access key of an IAM user of the broker's account who may do everything in every account. */
export interface Operator {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An administrator of every account of the stand-in, with an access key of their own. */
export function createOperator(state: AwsState, now: number): Operator {
  const user = state.users.create({ arn: OPERATOR_ARN }, now);
  user.attachedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
  return issueAccessKey(state, user, now, { administrator: true });
}

/** The role the broker's functions run as: Lambda may take it on, and it may hand out roles that trust it. */
export function createBrokerRole(state: AwsState, now: number): void {
  const trustPolicy = policy({
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
  });
  const role = state.roles.create({ arn: BROKER_ROLE_ARN, trustPolicy, description: 'The Daypass broker' }, now);
  const text = policy({
    Effect: 'Allow',
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Resource: '*',
  });
  role.inlinePolicies.set('hand-out-roles', storedPolicy(text, 'identity'));
}

/** What a role that the broker hands out says in its trust policy. */
export function brokerTrustPolicy(externalId: string | undefined): string {
  return policy({
    Effect: 'Allow',
    Principal: { AWS: BROKER_ROLE_ARN },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    ...(externalId === undefined ? {} : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
  });
}

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}
