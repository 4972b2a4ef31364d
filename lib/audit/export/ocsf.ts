import { assumedRoleArn, parseRoleArn } from '../../iam/arn.ts';
import { sessionTime } from '../../session-id.ts';
import type { AuditRecord } from '../record.ts';
import { type Activity, API_ACTIVITY, AUTHENTICATION, AUTHORIZE_SESSION, type OcsfClass } from './ocsf-classes.ts';
import { severityOf, statusOf } from './ocsf-outcome.ts';

/** The version of the schema that the events follow; they also keep to 1.6, 1.7 and 1.8, which only add to it. */
export const OCSF_VERSION = '1.5.0';

/** An event as it is written: plain JSON. */
export type OcsfEvent = Readonly<Record<string, unknown>>;

/** Members of a record that have a place of their own in every event. What is not here goes into `unmapped`. */
const MAPPED: ReadonlySet<string> = new Set([
  'schema',
  'sessionId',
  'requestId',
  'time',
  'caller',
  'sourceIp',
  'userAgent',
  'accountId',
  'roleArn',
  'accessKeyId',
  'expiration',
  'code',
  'detail',
] satisfies (keyof AuditRecord)[]);

/**
 * A record as an OCSF event. Each record is one event, an intent too; nothing of a record is left out.
 *
 * - A browser signed in or out, or nobody was verified: Authentication (3002).
 * - A role was asked for: Authorize Session (3003), privileges assigned to a session, or not.
 * - Everything else that a verified caller asked: API Activity (6003).
 *
 * @param productVersion of the Daypass that exports
 * @see https://schema.ocsf.io/1.5.0/
 */
export function toOcsf(record: AuditRecord, productVersion: string): OcsfEvent {
  const { action, caller, role } = record;
  if (action === 'policy-change') return apiActivity(record, productVersion);
  if (caller === undefined || action === 'sign-in' || action === 'sign-out')
    return authentication(record, productVersion);
  return (action === 'credentials' || action === 'console') && role !== undefined
    ? authorizeSession(record, productVersion)
    : apiActivity(record, productVersion);
}

function authentication(record: AuditRecord, productVersion: string): OcsfEvent {
  const { activities } = AUTHENTICATION;
  return {
    ...base(record, AUTHENTICATION, activities[record.action === 'sign-out' ? 'logoff' : 'logon'], productVersion),
    // The schema wants a user; where there is none, a name that was not verified must not look like one.
    user: record.caller === undefined ? { name: 'unverified', type_id: 0, type: 'Unknown' } : userOf(record),
    service: SERVICE,
    auth_protocol_id: 4,
    auth_protocol: 'OpenID',
    logon_type_id: 3,
    logon_type: 'Network',
    is_remote: true,
    session: sessionOf(record),
    ...(record.sourceIp !== undefined && { src_endpoint: { ip: record.sourceIp } }),
    http_request: httpRequestOf(record),
    unmapped: unmappedOf(record),
  };
}

function authorizeSession(record: AuditRecord, productVersion: string): OcsfEvent {
  const user = userOf(record);
  return {
    ...base(record, AUTHORIZE_SESSION, AUTHORIZE_SESSION.activities.assignPrivileges, productVersion),
    actor: { user, idp: { name: record.caller?.issuer } },
    user,
    // A denial knows the role's name only: it was not resolved.
    privileges: [record.roleArn ?? record.role],
    session: sessionOf(record),
    ...(record.sourceIp !== undefined && { src_endpoint: { ip: record.sourceIp } }),
    http_request: httpRequestOf(record),
    unmapped: unmappedOf(record),
  };
}

function apiActivity(record: AuditRecord, productVersion: string): OcsfEvent {
  const operation = OPERATIONS[record.action] ?? record.action;
  const target = record.permission ?? record.role;
  return {
    ...base(record, API_ACTIVITY, activityOf(record), productVersion),
    actor: {
      user: userOf(record),
      ...(record.caller !== undefined && { idp: { name: record.caller.issuer } }),
      session: sessionOf(record),
    },
    api: {
      operation,
      service: SERVICE,
      request: { uid: record.requestId },
      ...(record.code !== undefined && {
        response: { error: record.code, ...(record.detail !== undefined && { error_message: record.detail }) },
      }),
    },
    ...(target !== undefined && {
      resources: [{ name: target, ...(record.roleArn !== undefined && { uid: record.roleArn }) }],
    }),
    src_endpoint: record.sourceIp === undefined ? { name: 'unknown' } : { ip: record.sourceIp },
    http_request: httpRequestOf(record),
    unmapped: unmappedOf(record),
  };
}

const SERVICE = { name: 'daypass' };

const OPERATIONS: Readonly<Record<string, string>> = {
  credentials: 'POST /v1/credentials',
  'policy-change': 'deployment',
  console: 'POST /v1/console',
  sessions: 'GET /sessions',
  roles: 'GET /v1/roles',
  whoami: 'GET /v1/whoami',
  audit: 'GET /v1/audit',
  proof: 'GET /v1/audit/proof',
};

function activityOf({ action }: AuditRecord): Activity {
  if (action === 'policy-change') return API_ACTIVITY.activities.update;
  if (action === 'credentials' || action === 'console') return API_ACTIVITY.activities.create;
  if (Object.hasOwn(OPERATIONS, action)) return API_ACTIVITY.activities.read;
  return { id: 99, name: action };
}

/** What every class has. `type_uid` is `class_uid * 100 + activity_id`. */
function base(record: AuditRecord, { uid, name, category }: OcsfClass, activity: Activity, productVersion: string) {
  const time = Date.parse(record.time);
  const status = statusOf(record);
  const severity = severityOf(record);
  const detail = record.detail ?? record.denial;
  return {
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Daypass', vendor_name: 'Daypass', version: productVersion },
      profiles: ['cloud'],
      uid: `${record.sessionId}#${record.phase}`,
      // Both records of a session, and its name in CloudTrail.
      correlation_uid: record.sessionId,
      event_code: record.action,
      log_name: 'audit',
      log_provider: 'daypass',
      log_version: String(record.schema),
      logged_time: time,
      original_time: record.time,
    },
    time,
    timezone_offset: 0,
    category_uid: category.uid,
    category_name: category.name,
    class_uid: uid,
    class_name: name,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: uid * 100 + activity.id,
    type_name: `${name}: ${activity.id === 99 ? 'Other' : activity.name}`,
    severity_id: severity.id,
    severity: severity.name,
    status_id: status.id,
    status: status.name,
    ...(record.code !== undefined && { status_code: record.code }),
    ...(detail !== undefined && { status_detail: detail }),
    message: messageOf(record),
    cloud: {
      provider: 'AWS',
      ...(record.accountId !== undefined && {
        account: {
          uid: record.accountId,
          ...(record.account !== undefined && { name: record.account }),
          ...AWS_ACCOUNT,
        },
      }),
    },
  };
}

const AWS_ACCOUNT = { type_id: 10, type: 'AWS Account' };

function messageOf({ action, caller, outcome, phase, role, permission }: AuditRecord): string {
  const target = role ?? permission;
  const who = caller?.username ?? 'an unverified caller';
  return `${outcome ?? phase}: ${action}${target === undefined ? '' : ` (${target})`} for ${who}`;
}

function userOf({ caller, accessKeyId }: AuditRecord) {
  // An event of the broker itself.
  if (caller === undefined) return { name: 'daypass', type_id: 3, type: 'System' };
  return {
    name: caller.username,
    uid: `${caller.issuer}|${caller.subject}`,
    domain: caller.issuer,
    // People and machines alike: the record does not say which.
    type_id: 0,
    type: 'Unknown',
    ...(accessKeyId !== undefined && { credential_uid: accessKeyId }),
  };
}

function sessionOf({ sessionId, caller, expiration, accessKeyId, roleArn, roleSessionName }: AuditRecord) {
  const named = roleArn !== undefined && roleSessionName !== undefined && parseRoleArn(roleArn) !== undefined;
  return {
    uid: sessionId,
    created_time: sessionTime(sessionId),
    is_remote: true,
    ...(named && { uid_alt: assumedRoleArn({ roleArn, roleSessionName }) }),
    ...(isTime(expiration) && { expiration_time: Date.parse(expiration) }),
    ...(accessKeyId !== undefined && { credential_uid: accessKeyId }),
    ...(caller && { issuer: caller.issuer }),
  };
}

function httpRequestOf({ requestId, userAgent }: AuditRecord) {
  return { uid: requestId, ...(userAgent !== undefined && { user_agent: userAgent }) };
}

function unmappedOf(record: AuditRecord): Readonly<Record<string, unknown>> {
  const rest = Object.fromEntries(Object.entries(record).filter(([name]) => !MAPPED.has(name)));
  const { expiration } = record;
  return expiration === undefined || isTime(expiration) ? rest : { ...rest, expiration };
}

function isTime(text: string | undefined): text is string {
  return text !== undefined && Number.isFinite(Date.parse(text));
}
