import type { ActionCall, Handler } from './actions.ts';
import type { Principal } from './credentials.ts';
import { AwsError, accessDenied } from './error.ts';
import type { AssumeRoleRequest } from './limits.ts';
import { readAssumeRole } from './limits.ts';
import { packedSizePercent } from './packed-size.ts';
import { isPermitted } from './permissions.ts';
import type { Xml } from './query-protocol.ts';
import { xmlDate } from './query-protocol.ts';
import type { Role } from './roles.ts';
import { evaluateTrust } from './trust.ts';

/** Security Token Service, API version 2011-06-15. */
export const STS_ACTIONS: ReadonlyMap<string, Handler> = new Map([
  ['GetCallerIdentity', getCallerIdentity],
  ['AssumeRole', assumeRole],
]);

/** Role chaining: credentials of a role session cannot get a longer session than this, whatever the role says. */
const CHAINED_SECONDS = 3600;

function getCallerIdentity({ principal }: ActionCall): Xml {
  return { Arn: principal.arn, UserId: principal.userId, Account: principal.accountId };
}

function assumeRole({ parameters, principal, state, now }: ActionCall): Xml {
  const request = readAssumeRole(parameters);
  const packed = packedSizePercent(request);
  if (packed > 100) {
    const message = `Packed size of session policies and session tags consumes ${packed}% of allotted space.`;
    throw new AwsError('PackedPolicyTooLarge', 400, message);
  }
  checkChain(request, principal);
  const sourceIdentity = request.sourceIdentity ?? principal.sourceIdentity;
  const role = state.roles.byArn(request.roleArn);
  // A role that is not there is answered like one that is not trusted: names of others' roles are not given away.
  if (role === undefined) throw accessDenied(principal.arn, 'sts:AssumeRole', request.roleArn);
  authorize(state.roles, role, request, principal, sourceIdentity !== undefined);
  checkDuration(request, role, principal);

  const session = sessionOf(role, request, principal, sourceIdentity);
  const credentials = state.credentials.issueSession(session, now + request.durationSeconds * 1000);
  return {
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: xmlDate(credentials.expiresAt),
    },
    PackedPolicySize: packed === 0 ? undefined : packed,
    SourceIdentity: sourceIdentity,
  };
}

/** What a session hands on cannot be changed by the next one. */
function checkChain(request: AssumeRoleRequest, principal: Principal): void {
  const { sourceIdentity } = principal;
  if (
    sourceIdentity !== undefined &&
    request.sourceIdentity !== undefined &&
    request.sourceIdentity !== sourceIdentity
  ) {
    throw accessDenied(principal.arn, 'sts:SetSourceIdentity', request.roleArn);
  }
  const inherited = principal.transitiveTagKeys.map((key) => key.toLowerCase());
  if (request.tags.some(({ key }) => inherited.includes(key.toLowerCase()))) {
    const message =
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key " +
      'from the calling session.';
    throw new AwsError('InvalidParameterValue', 400, message);
  }
}

/** Both sides must agree: the role's trust policy, and the caller's own account unless the trust names the caller. */
function authorize(
  roles: ActionCall['state']['roles'],
  role: Role,
  request: AssumeRoleRequest,
  principal: Principal,
  withSourceIdentity: boolean,
): void {
  const tagged = request.tags.length > 0 || principal.transitiveTagKeys.length > 0;
  const verdict = evaluateTrust(role.trustPolicy.document, {
    principal,
    externalId: request.externalId,
    tagged,
    withSourceIdentity,
  });
  if (!verdict.allowed) throw accessDenied(principal.arn, verdict.action, role.arn);
  if (verdict.by === 'direct' && principal.accountId === role.accountId) return;
  const needed = [
    'sts:AssumeRole',
    ...(tagged ? ['sts:TagSession'] : []),
    ...(withSourceIdentity ? ['sts:SetSourceIdentity'] : []),
  ];
  for (const action of needed) {
    if (!isPermitted(roles, principal, action, role.arn)) throw accessDenied(principal.arn, action, role.arn);
  }
}

function checkDuration(request: AssumeRoleRequest, role: Role, principal: Principal): void {
  if (principal.kind === 'session' && request.durationSeconds > CHAINED_SECONDS) {
    const message = 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
    throw new AwsError('ValidationError', 400, message);
  }
  if (request.durationSeconds > role.maxSessionDuration) {
    const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
    throw new AwsError('ValidationError', 400, message);
  }
}

function sessionOf(
  role: Role,
  request: AssumeRoleRequest,
  caller: Principal,
  sourceIdentity: string | undefined,
): Principal {
  const inherited = caller.transitiveTagKeys.map((key) => [key, caller.tags[key] ?? '']);
  const own = request.tags.map(({ key, value }) => [key, value]);
  return {
    ...roleSession(role, request.roleSessionName),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    tags: Object.fromEntries([...inherited, ...own]),
    transitiveTagKeys: [...new Set([...caller.transitiveTagKeys, ...request.transitiveTagKeys])],
  };
}

/** A session of the role, before tags and source identity. */
export function roleSession(role: Role, sessionName: string): Principal {
  return {
    kind: 'session',
    accountId: role.accountId,
    partition: role.partition,
    arn: `arn:${role.partition}:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`,
    userId: `${role.roleId}:${sessionName}`,
    roleArn: role.arn,
    administrator: false,
    tags: {},
    transitiveTagKeys: [],
  };
}
