import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { sessionIdOf, sessionTime } from '../session-id.ts';
import type { AuditRecord } from './record.ts';

/** What is known of a session from outside, such as from a line of CloudTrail. */
export interface Evidence {
  /** What it was read from, for messages. */
  readonly shown: string;
  readonly accessKeyId?: string;
  /** RoleSessionName as it stands. */
  readonly sessionName?: string;
  /** The session id, when the name is one that Daypass gives. */
  readonly sessionId?: string;
  readonly accountId?: string;
  /** The role's name without its path, as assumed-role ARNs have it. */
  readonly roleName?: string;
  readonly sourceIdentity?: string;
  /** Epoch ms of the event. */
  readonly time?: number;
  /** Of whoever made a call, as against a session that STS gave away. */
  readonly isCaller?: true;
}

const ACCESS_KEY_ID = /^A[A-Z]IA[A-Z0-9]{12,124}$/;
/** `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION-NAME`: the role's path is not in it. */
const ASSUMED_ROLE = /^arn:(?:aws[a-z-]*):sts::([0-9]{12}):assumed-role\/([\w+=,.@-]{1,64})\/([\w+=,.@-]{2,64})$/;
/** `AROA…:SESSION-NAME`, the principalId of a role session. */
const ROLE_PRINCIPAL = /^AROA[A-Z0-9]{12,124}:([\w+=,.@-]{2,64})$/;
/** RoleSessionName, https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;

/**
 * One word as a person copies it: an access key id, an assumed-role ARN, a principal id, a role session name or a
 * session id. Undefined when it is none of them.
 */
export function readEvidence(word: string): Evidence | undefined {
  if (ACCESS_KEY_ID.test(word)) return { shown: word, accessKeyId: word };
  const [, accountId, roleName, arnName] = ASSUMED_ROLE.exec(word) ?? [];
  if (accountId !== undefined && roleName !== undefined && arnName !== undefined) {
    return { shown: word, accountId, roleName, ...named(arnName) };
  }
  const principal = ROLE_PRINCIPAL.exec(word)?.[1];
  if (principal !== undefined) return { shown: word, ...named(principal) };
  return SESSION_NAME.test(word) ? { shown: word, ...named(word) } : undefined;
}

/**
 * The sessions that CloudTrail speaks of, in a text that is one event, an array, JSON Lines' lines already parsed, a log
 * file (`{"Records": […]}`) or an answer of `lookup-events` (`{"Events": [{"CloudTrailEvent": "…"}]}`).
 *
 * An AssumeRole event has two: the one that was issued, which comes first, and the one that asked.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export function evidenceOfCloudTrail(value: Json): Evidence[] {
  if (Array.isArray(value)) return value.flatMap((part: Json) => evidenceOfCloudTrail(part));
  if (!isJsonObject(value)) return [];
  const { Records: records, Events: events, CloudTrailEvent: text } = value;
  if (Array.isArray(records)) return evidenceOfCloudTrail(records);
  if (Array.isArray(events)) return evidenceOfCloudTrail(events);
  if (typeof text === 'string') return evidenceOfCloudTrail(parse(text));
  return evidenceOfEvent(value);
}

function evidenceOfEvent(event: JsonObject): Evidence[] {
  const time = Date.parse(text(event['eventTime']) ?? '');
  const about = {
    shown:
      [text(event['eventName']), text(event['eventID'])].filter((part) => part !== undefined).join(' ') || 'an event',
    ...(Number.isFinite(time) && { time }),
  };
  return [issued(event), actor(event)].flatMap((found) => (found === undefined ? [] : [{ ...about, ...found }]));
}

/** The session that an AssumeRole event gave away. */
function issued(event: JsonObject): Partial<Evidence> | undefined {
  if (text(event['eventSource']) !== 'sts.amazonaws.com') return undefined;
  const [asked, answer] = [object(event['requestParameters']), object(event['responseElements'])];
  const accessKeyId = text(object(answer['credentials'])['accessKeyId']);
  const name = text(asked['roleSessionName']);
  const sourceIdentity = text(asked['sourceIdentity']);
  const arn = readEvidence(text(object(answer['assumedRoleUser'])['arn']) ?? '');
  if (accessKeyId === undefined && name === undefined) return undefined;
  return {
    ...(name !== undefined && named(name)),
    ...without(arn),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
  };
}

/** The session that made the call. */
function actor(event: JsonObject): Partial<Evidence> | undefined {
  const identity = object(event['userIdentity']);
  const context = object(identity['sessionContext']);
  const accessKeyId = text(identity['accessKeyId']);
  const sourceIdentity = text(context['sourceIdentity']);
  const found = {
    ...without(readEvidence(text(identity['principalId']) ?? '')),
    ...without(readEvidence(text(identity['arn']) ?? '')),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
  };
  return Object.keys(found).length === 0 ? undefined : { ...found, isCaller: true };
}

/** One thing of the evidence that is not as in the record: somebody else's session can bear any name. */
export interface Disagreement {
  readonly what: string;
  readonly evidence: string;
  readonly record: string;
}

/** Milliseconds by which clocks may differ. */
const CLOCKS = 300_000;

/** Where the record and the evidence do not belong together. What one of them does not say is no disagreement. */
export function disagreements(evidence: Evidence, record: AuditRecord): Disagreement[] {
  const pairs: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['access key', hasOwnKeys(evidence, record) ? undefined : evidence.accessKeyId, record.accessKeyId],
    [
      'session name',
      evidence.sessionName === record.sessionId ? undefined : evidence.sessionName,
      record.roleSessionName,
    ],
    ['account', evidence.accountId, record.accountId],
    ['role', evidence.roleName, record.roleArn?.split('/').at(-1)],
    ['source identity', evidence.sourceIdentity, record.sourceIdentity],
  ];
  const differing = pairs.flatMap(([what, said, recorded]) =>
    said === undefined || recorded === undefined || said === recorded
      ? []
      : [{ what, evidence: said, record: recorded }],
  );
  const { time } = evidence;
  const [began, ended] = [sessionTime(record.sessionId), Date.parse(record.expiration ?? '')];
  if (time === undefined) return differing;
  const iso = new Date(time).toISOString();
  if (time < began - CLOCKS)
    differing.push({ what: 'time', evidence: iso, record: `began ${new Date(began).toISOString()}` });
  if (time > ended + CLOCKS) differing.push({ what: 'time', evidence: iso, record: `ended ${record.expiration}` });
  return differing;
}

/**
 * The console makes its calls with access keys that AWS gives it at sign-in, which no record knows.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
function hasOwnKeys({ isCaller }: Evidence, { action }: AuditRecord): boolean {
  return isCaller === true && action === 'console';
}

function named(name: string): Partial<Evidence> {
  const sessionId = sessionIdOf(name);
  return { sessionName: name, ...(sessionId !== undefined && { sessionId }) };
}

/** Evidence without its text. A bare word in an ARN's place is none. */
function without(evidence: Evidence | undefined): Partial<Evidence> {
  if (evidence === undefined || evidence.shown === evidence.sessionName) return {};
  const { shown: _, ...rest } = evidence;
  return rest;
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A text that can be looked for: CloudTrail has none that is longer. */
function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 2048 ? value : undefined;
}

function parse(json: string): Json {
  try {
    return JSON.parse(json) as Json;
  } catch {
    return null;
  }
}
