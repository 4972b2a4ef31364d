import { isJsonObject, type Json, type JsonObject } from '../../json.ts';

/** An AssumeRole call as CloudTrail tells it. */
export interface AssumeRoleEvent {
  readonly eventId: string;
  /** The same in every account that the call is told to, and however often it is delivered. */
  readonly callId: string;
  /** Epoch milliseconds, whole seconds. */
  readonly time: number;
  readonly requestId?: string;
  readonly roleArn?: string;
  readonly sessionName?: string;
  readonly sourceIdentity?: string;
  /** Of the credentials that STS gave; absent when it refused. */
  readonly accessKeyId?: string;
  /** Epoch milliseconds. */
  readonly expiration?: number;
  readonly errorCode?: string;
  readonly caller: EventCaller;
  /** Where it was read. */
  readonly source: string;
}

/**
 * Who called. The account that owns the role is told less than the caller's own: no ARN, only the account and the
 * caller's unique id.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_signin-tempcreds
 */
export interface EventCaller {
  readonly account?: string;
  /** The role whose session called. */
  readonly roleArn?: string;
  /** `AROA…`, the role's unique id. */
  readonly roleId?: string;
  /** `arn:aws:iam::…:user/…`, `AWSService` … where it was no role. */
  readonly other?: string;
}

/** What an element of `Records` is: an AssumeRole call, another event, or no event at all. */
export type EventReading =
  | { readonly event: AssumeRoleEvent }
  | { readonly other: { readonly time: number } }
  | { readonly problem: string };

/**
 * @param text one element of `Records`
 * @param source for findings, the file
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function readEvent(text: string, source: string): EventReading {
  const value = parse(text);
  if (!isJsonObject(value)) return { problem: 'an event is not JSON' };
  const eventId = textOf(value['eventID']);
  const time = Date.parse(textOf(value['eventTime']) ?? '');
  const [eventSource, eventName] = [textOf(value['eventSource']), textOf(value['eventName'])];
  if (eventId === undefined || !Number.isFinite(time) || eventSource === undefined || eventName === undefined) {
    return { problem: 'an event has no eventID, eventTime, eventSource or eventName: it is none of CloudTrail’s' };
  }
  if (eventSource !== 'sts.amazonaws.com' || eventName !== 'AssumeRole') return { other: { time } };
  const asked = objectOf(value['requestParameters']);
  const answered = objectOf(value['responseElements']);
  const credentials = objectOf(answered['credentials']);
  const accessKeyId = textOf(credentials['accessKeyId']);
  const errorCode = textOf(value['errorCode']);
  if (accessKeyId === undefined && errorCode === undefined) {
    return { problem: `the AssumeRole event ${eventId} has neither credentials nor an error` };
  }
  const assumed = textOf(objectOf(answered['assumedRoleUser'])['arn']);
  const members = {
    requestId: textOf(value['requestID']),
    roleArn: textOf(asked['roleArn']),
    sessionName: textOf(asked['roleSessionName']) ?? assumed?.split('/')[2],
    sourceIdentity: textOf(asked['sourceIdentity']) ?? textOf(answered['sourceIdentity']),
    accessKeyId: errorCode === undefined ? accessKeyId : undefined,
    expiration: expirationOf(textOf(credentials['expiration'])),
    errorCode,
  };
  const callId = textOf(value['sharedEventID']) ?? eventId;
  const caller = callerOf(objectOf(value['userIdentity']));
  return { event: { eventId, callId, time, caller, source, ...defined(members) } };
}

function callerOf(identity: JsonObject): EventCaller {
  const issuer = objectOf(objectOf(identity['sessionContext'])['sessionIssuer']);
  const principal = textOf(identity['principalId'])?.split(':')[0];
  const roleId = [textOf(issuer['principalId']), principal].find((id) => id?.startsWith('AROA'));
  const roleArn = textOf(issuer['arn']);
  return defined({
    account: textOf(identity['accountId']),
    roleArn,
    roleId,
    other: (roleArn ?? roleId) ? undefined : (textOf(identity['arn']) ?? textOf(identity['type']) ?? 'unknown'),
  });
}

/** `Jan 15, 2026, 1:00:00 PM`, in UTC. Some have a narrow no-break space before the last word. */
function expirationOf(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(`${text.replace('\u202f', ' ')} UTC`);
  return Number.isFinite(time) ? time : undefined;
}

type Defined<Members> = { [Name in keyof Members]?: Exclude<Members[Name], undefined> };

function defined<Members extends object>(members: Members): Defined<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<Members>;
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
