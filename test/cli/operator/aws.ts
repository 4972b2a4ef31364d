import { afterAll, beforeEach } from 'vitest';
import { type AwsStandIn, BROKER_ROLE_ARN, startAws } from '../../../dev/aws/server.ts';

export { BROKER_ROLE_ARN };

/** The account of the operator and of the broker. */
export const OWN_ACCOUNT = '999999999999';
export const READ_ROLE = 'daypass-reader';

const ACTIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];

export function trustOf(principal: unknown, condition: object = {}, actions: readonly string[] = ACTIONS): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: principal,
        Action: actions,
        ...(Object.keys(condition).length > 0 && { Condition: condition }),
      },
    ],
  });
}

/** A role's trust in the broker, with an external id where there is one. */
export function brokerTrust(externalId?: string): string {
  const condition = externalId === undefined ? {} : { StringEquals: { 'sts:ExternalId': externalId } };
  return trustOf({ AWS: BROKER_ROLE_ARN }, condition);
}

export interface Aws {
  readonly aws: AwsStandIn;
  /** Endpoints and region of it, and no credentials. */
  readonly place: Readonly<Record<string, string>>;
  /** With the operator's credentials. */
  readonly operator: Readonly<Record<string, string>>;
  /** With those of a session in the operator's account that has these managed policies of AWS. */
  somebody(...policies: readonly string[]): Readonly<Record<string, string>>;
  /** A role in the account that the operator may assume, with these managed policies of AWS. */
  makeReadRole(accountId: string, policies?: readonly string[], externalId?: string): void;
  /** How often an action was asked for, whatever came of it. */
  count(action: string): number;
}

/** A stand-in for the tests of one file, and the variables with which a command finds it. */
export async function useAws(): Promise<Aws> {
  const aws = await startAws({ port: 0 });
  afterAll(() => aws.close());
  beforeEach(() => {
    aws.calls.clear();
    aws.faults.clear();
  });
  const place = {
    AWS_ENDPOINT_URL_IAM: aws.url,
    AWS_ENDPOINT_URL_STS: aws.url,
    AWS_REGION: 'eu-central-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    // No AWS CLI, which takes long to start.
    PATH: '/nonexistent',
  };
  const managed = (names: readonly string[]) => names.map((name) => `arn:aws:iam::aws:policy/${name}`);
  let people = 0;
  return {
    aws,
    place,
    operator: {
      ...place,
      AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
    },
    somebody(...policies) {
      const arn = `arn:aws:iam::${OWN_ACCOUNT}:role/somebody-${++people}`;
      const role = aws.createRole({ arn, trustPolicy: trustOf({ AWS: OWN_ACCOUNT }) });
      role.attachedPolicyArns = managed(policies);
      const { accessKeyId, secretAccessKey, sessionToken = '' } = aws.issueSession(arn, 'tester', 3600);
      return {
        ...place,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      };
    },
    makeReadRole(accountId, policies = ['IAMReadOnlyAccess'], externalId = undefined) {
      const condition = externalId === undefined ? {} : { StringEquals: { 'sts:ExternalId': externalId } };
      const arn = `arn:aws:iam::${accountId}:role/${READ_ROLE}`;
      const role = aws.createRole({ arn, trustPolicy: trustOf({ AWS: OWN_ACCOUNT }, condition, ['sts:AssumeRole']) });
      role.attachedPolicyArns = managed(policies);
    },
    count: (action) => aws.calls.list().filter((call) => call.action === action).length,
  };
}
