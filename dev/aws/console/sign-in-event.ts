import { type CloudTrailEvent, identityOf } from '../cloudtrail-event.ts';
import type { Principal } from '../credentials.ts';

/** A step of signing in to the console that was taken. */
export interface SignIn {
  readonly eventName: 'GetSigninToken' | 'ConsoleLogin';
  readonly principal: Principal;
  /** Of the credentials that were exchanged; a login shows none. */
  readonly accessKeyId: string | undefined;
  readonly userAgent: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Where each partition's global sign-in endpoint stands. */
const REGIONS: Readonly<Record<string, string>> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

/**
 * CloudTrail's event of it, in the account of the role.
 *
 * @param newId a UUID
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
 */
export function signInEvent(signIn: SignIn, newId: () => string): CloudTrailEvent {
  const { eventName, principal, accessKeyId, userAgent = '', now } = signIn;
  return {
    eventVersion: '1.11',
    userIdentity: identityOf(principal, accessKeyId),
    eventTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
    eventSource: 'signin.amazonaws.com',
    eventName,
    awsRegion: REGIONS[principal.partition] ?? 'us-east-1',
    // Only loopback is served.
    sourceIPAddress: '127.0.0.1',
    userAgent,
    requestParameters: null,
    responseElements: { [eventName]: 'Success' },
    additionalEventData: { MobileVersion: 'No', MFAUsed: 'No' },
    eventID: newId(),
    readOnly: false,
    eventType: 'AwsConsoleSignIn',
    managementEvent: true,
    recipientAccountId: principal.accountId,
    eventCategory: 'Management',
  };
}
