import type { AwsState } from '../actions.ts';
import type { Principal } from '../credentials.ts';
import type { Actor } from '../store/entity.ts';
import { actorOf } from './principal-policies.ts';

/** Condition keys and their values; a key without a value is absent. */
export type ContextKeys = Readonly<Record<string, readonly string[]>>;

/**
 * The condition keys that AWS fills in itself, whatever the action.
 *
 * Requests come by plain HTTP over loopback. AWS's own addresses take HTTPS only, so what is told is that.
 *
 * @param now epoch milliseconds
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function globalContext(
  state: AwsState,
  principal: Principal,
  resourceAccountId: string,
  now: number,
): ContextKeys {
  return present({
    ...principalKeys(state, principal),
    ...organizationKeys(state, 'Principal', principal.accountId),
    ...organizationKeys(state, 'Resource', resourceAccountId),
    ...sessionKeys(principal, now),
    'aws:ResourceAccount': resourceAccountId,
    'aws:SourceIp': principal.request?.sourceIp,
    'aws:RequestedRegion': principal.request?.region,
    'aws:UserAgent': principal.request?.userAgent,
    'aws:CurrentTime': isoTime(now),
    'aws:EpochTime': String(Math.floor(now / 1000)),
    'aws:SecureTransport': 'true',
    'aws:ViaAWSService': 'false',
    'aws:PrincipalIsAWSService': 'false',
  });
}

/** `aws:ResourceTag/…`, and `iam:ResourceTag/…`, which means the same for users and roles. */
export function resourceTagKeys(tags: ReadonlyMap<string, string>): ContextKeys {
  return Object.fromEntries(
    [...tags].flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, [value]],
      [`iam:ResourceTag/${key}`, [value]],
    ]),
  );
}

/** `aws:RequestTag/…` and `aws:TagKeys`. */
export function requestTagKeys(tags: Iterable<readonly [string, string]>): ContextKeys {
  const list = [...tags];
  if (list.length === 0) return {};
  return {
    ...Object.fromEntries(list.map(([key, value]) => [`aws:RequestTag/${key}`, [value]])),
    'aws:TagKeys': list.map(([key]) => key),
  };
}

type Given = Readonly<Record<string, string | readonly string[] | undefined>>;

function principalKeys(state: AwsState, principal: Principal): Given {
  const { kind, arn, accountId, userId, roleArn, sourceIdentity } = principal;
  return {
    // To conditions, a session is the role that it is of, path and all.
    'aws:PrincipalArn': roleArn ?? arn,
    'aws:PrincipalAccount': accountId,
    'aws:PrincipalType': kind === 'user' ? 'User' : 'AssumedRole',
    'aws:userid': userId,
    'aws:username': kind === 'user' ? arn.slice(arn.lastIndexOf('/') + 1) : undefined,
    'aws:SourceIdentity': sourceIdentity,
    ...Object.fromEntries(
      principalTags(actorOf(state, principal), principal).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]),
    ),
  };
}

/** A session's tag comes after its role's and so takes its place, whatever the case of the key: keys have none. */
function principalTags(actor: Actor | undefined, { tags }: Principal): [string, string][] {
  return [...(actor?.tags ?? []), ...Object.entries(tags)];
}

function organizationKeys(state: AwsState, side: 'Principal' | 'Resource', accountId: string): Given {
  const organization = state.organizations.of(accountId);
  if (organization === undefined) return {};
  return { [`aws:${side}OrgID`]: organization.id, [`aws:${side}OrgPaths`]: [organization.path(accountId)] };
}

/**
 * Keys of temporary credentials; long-term ones have none of them, so that `Bool` on a second factor fails for those
 * and `BoolIfExists` passes. A role session never shows a second factor: it was for the AssumeRole call only.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
 */
function sessionKeys({ issuedAt, mfaAt }: Principal, now: number): Given {
  if (issuedAt === undefined) return {};
  return {
    'aws:TokenIssueTime': isoTime(issuedAt),
    'aws:MultiFactorAuthPresent': String(mfaAt !== undefined),
    'aws:MultiFactorAuthAge': mfaAt === undefined ? undefined : String(Math.floor((now - mfaAt) / 1000)),
  };
}

function isoTime(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19)}Z`;
}

function present(given: Given): ContextKeys {
  const entries = Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, typeof value === 'string' ? [value] : value] as const],
  );
  return Object.fromEntries(entries);
}
