import { type ConditionContext, contextOf } from './condition.ts';
import type { Requester } from './requester.ts';
import type { AssumeRoleCall } from './trust.ts';

/**
 * The condition keys of a call that assumes a role. All of its actions are asked with the same ones, so a statement
 * that names several actions under one condition holds for each of them.
 *
 * What only AWS knows (`aws:SourceIp`, `aws:PrincipalOrgID`, `aws:MultiFactorAuthPresent`, `aws:PrincipalTag/…`, a
 * web identity's claims) comes from the caller of this function, in `call.context`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function trustContext(call: AssumeRoleCall): ConditionContext {
  const { tags = {}, transitiveTagKeys = [], inherited } = call;
  const keys: [string, readonly string[]][] = [
    ...requesterKeys(call.caller),
    ['sts:RoleSessionName', [call.roleSessionName]],
  ];
  if (call.externalId !== undefined) keys.push(['sts:ExternalId', [call.externalId]]);
  if (call.sourceIdentity !== undefined) keys.push(['sts:SourceIdentity', [call.sourceIdentity]]);
  if (inherited?.sourceIdentity !== undefined) keys.push(['aws:SourceIdentity', [inherited.sourceIdentity]]);
  for (const [key, value] of Object.entries(tags)) keys.push([`aws:RequestTag/${key}`, [value]]);
  if (Object.keys(tags).length > 0) keys.push(['aws:TagKeys', Object.keys(tags)]);
  if (transitiveTagKeys.length > 0) keys.push(['sts:TransitiveTagKeys', transitiveTagKeys]);
  return contextOf(Object.fromEntries([...keys, ...Object.entries(call.context ?? {})]));
}

function requesterKeys(requester: Requester): [string, readonly string[]][] {
  if (requester.kind === 'federated') return [['aws:FederatedProvider', [requester.text]]];
  if (!('accountId' in requester)) return [];
  const { kind, text, partition, accountId, name, resource } = requester;
  // To conditions, a session is the role that it is of.
  const arn = kind === 'roleSession' ? `arn:${partition}:iam::${accountId}:role/${name}` : text;
  const keys: [string, readonly string[]][] = [
    ['aws:PrincipalArn', [arn]],
    ['aws:PrincipalAccount', [accountId]],
  ];
  if (kind === 'user') keys.push(['aws:username', [resource.slice(resource.lastIndexOf('/') + 1)]]);
  return keys;
}
