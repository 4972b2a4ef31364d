import type { Principal } from './credentials.ts';
import type { AwsError } from './error.ts';
import type { Parameters, Xml } from './query-protocol.ts';
import type { Authorization } from './signing.ts';
import type { SignedRequest } from './sigv4.ts';

/** A call whose signature was verified. */
export interface WatchedCall {
  /** `sts` */
  readonly service: string;
  readonly action: string;
  readonly parameters: Parameters;
  readonly principal: Principal;
  readonly authorization: Pick<Authorization, 'accessKeyId' | 'region'>;
  readonly request: Pick<SignedRequest, 'headers'>;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The members that every event has; the others as in AWS's reference. */
export interface CloudTrailEvent {
  readonly eventTime: string;
  readonly awsRegion: string;
  readonly recipientAccountId: string;
  readonly [member: string]: unknown;
}

type Outcome = { readonly result: Xml | undefined } | { readonly refusal: AwsError };

/**
 * The events of one STS call: one for the caller's account and, where a role of another account was taken, one for that
 * account, which share a `sharedEventID`. The other account learns the caller's id and account only.
 *
 * AWS writes the session token into `responseElements`, too; here it is left out, so that these files hold no secret.
 *
 * @param newId a UUID
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_examples-sts-api
 */
export function eventsOf(call: WatchedCall, outcome: Outcome, newId: () => string): CloudTrailEvent[] {
  const { principal } = call;
  const roleArn = call.action === 'AssumeRole' ? call.parameters.get('RoleArn') : undefined;
  const owner = roleArn?.split(':')[4];
  const isShared = 'result' in outcome && owner !== undefined && owner !== principal.accountId;
  const common = {
    eventVersion: '1.11',
    eventTime: `${new Date(call.now).toISOString().slice(0, 19)}Z`,
    eventSource: 'sts.amazonaws.com',
    eventName: call.action,
    awsRegion: call.authorization.region,
    // Only loopback is served.
    sourceIPAddress: '127.0.0.1',
    userAgent: call.request.headers['user-agent']?.[0] ?? '',
    ...('refusal' in outcome && { errorCode: outcome.refusal.code, errorMessage: outcome.refusal.message }),
    requestParameters: call.action === 'AssumeRole' ? askedOf(call) : null,
    responseElements: 'result' in outcome && call.action === 'AssumeRole' ? answeredOf(outcome.result) : null,
    requestID: call.requestId,
    readOnly: true,
    ...('result' in outcome &&
      roleArn !== undefined && { resources: [{ accountId: owner, type: 'AWS::IAM::Role', ARN: roleArn }] }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    ...(isShared && { sharedEventID: newId() }),
    eventCategory: 'Management',
  };
  const userIdentity = identityOf(principal, call.authorization.accessKeyId);
  const own = { ...common, userIdentity, eventID: newId(), recipientAccountId: principal.accountId };
  if (!isShared) return [own];
  const stranger = { type: 'AWSAccount', principalId: principal.userId, accountId: principal.accountId };
  return [own, { ...common, userIdentity: stranger, eventID: newId(), recipientAccountId: owner }];
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export function identityOf(principal: Principal, accessKeyId: string | undefined): object {
  const common = {
    type: principal.kind === 'session' ? 'AssumedRole' : 'IAMUser',
    principalId: principal.userId,
    arn: principal.arn,
    accountId: principal.accountId,
    ...(accessKeyId !== undefined && { accessKeyId }),
  };
  if (principal.roleArn === undefined) return { ...common, userName: principal.arn.split('/').at(-1) };
  return {
    ...common,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: principal.userId.split(':')[0],
        arn: principal.roleArn,
        accountId: principal.accountId,
        userName: principal.roleArn.split('/').at(-1),
      },
      attributes: { mfaAuthenticated: 'false' },
      ...(principal.sourceIdentity !== undefined && { sourceIdentity: principal.sourceIdentity }),
    },
  };
}

/** What was asked; an external id is no secret, and AWS shows it. */
function askedOf({ parameters }: WatchedCall): object {
  const duration = parameters.get('DurationSeconds');
  const policyArns = parameters.structures('PolicyArns', ['arn']);
  const tags = parameters.structures('Tags', ['Key', 'Value']).map(({ Key, Value }) => ({ key: Key, value: Value }));
  const transitiveTagKeys = parameters.strings('TransitiveTagKeys');
  const members = {
    roleArn: parameters.get('RoleArn'),
    roleSessionName: parameters.get('RoleSessionName'),
    externalId: parameters.get('ExternalId'),
    sourceIdentity: parameters.get('SourceIdentity'),
    durationSeconds: duration === undefined ? undefined : Number(duration),
    policy: parameters.get('Policy'),
    ...(policyArns.length > 0 && { policyArns }),
    ...(tags.length > 0 && { tags }),
    ...(transitiveTagKeys.length > 0 && { transitiveTagKeys }),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

interface Assumed {
  readonly AssumedRoleUser: { readonly AssumedRoleId: string; readonly Arn: string };
  readonly Credentials: { readonly AccessKeyId: string; readonly Expiration: string };
  readonly PackedPolicySize?: number;
  readonly SourceIdentity?: string;
}

function answeredOf(result: Xml | undefined): object {
  const { AssumedRoleUser: user, Credentials: credentials, ...rest } = result as unknown as Assumed;
  return {
    credentials: {
      accessKeyId: credentials.AccessKeyId,
      expiration: expirationOf(Date.parse(credentials.Expiration)),
    },
    assumedRoleUser: { assumedRoleId: user.AssumedRoleId, arn: user.Arn },
    ...(rest.SourceIdentity !== undefined && { sourceIdentity: rest.SourceIdentity }),
    ...(rest.PackedPolicySize !== undefined && { packedPolicySize: rest.PackedPolicySize }),
  };
}

/** `Jan 15, 2026, 1:00:00 PM`: as AWS writes this one time, while all others are RFC 3339. */
function expirationOf(time: number): string {
  return new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' }).format(time);
}
