import type { ActionCall, AwsState, Handler } from '../actions.ts';
import { type ContextKeys, requestTagKeys, resourceTagKeys } from '../authorization/global-context.ts';
import { requireAccess } from '../authorize.ts';
import { AwsError } from '../error.ts';
import type { Parameters, Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';
import type { Entity } from '../store/entity.ts';
import type { ManagedPolicy } from '../store/managed-policies.ts';
import { choiceOf, documentOf, noSuchEntity, pathOf, pathPrefixOf, policyNameOf } from './constraints.ts';
import { page } from './paging.ts';
import { someTagsXml, tagsOf } from './tag-list.ts';

/** Managed policies. Their versions are in `policy-versions.ts`. */
export const MANAGED_POLICY_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['CreatePolicy', createPolicy],
  ['GetPolicy', getPolicy],
  ['ListPolicies', listPolicies],
  ['DeletePolicy', deletePolicy],
  ['ListEntitiesForPolicy', listEntities],
];

const POLICY_ARN = /^arn:(aws|aws-cn|aws-us-gov):iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/;

/** @throws AwsError InvalidInput */
export function checkPolicyArn(arn: string): void {
  if (!POLICY_ARN.test(arn)) throw new AwsError('InvalidInput', 400, `ARN ${arn} is not valid.`);
}

/** @throws AwsError InvalidInput */
export function policyArnOf(parameters: Parameters): string {
  const arn = parameters.get('PolicyArn') ?? '';
  checkPolicyArn(arn);
  return arn;
}

/** A policy that an entity of the account may refer to: one of the account's own, or AWS's. */
export function attachablePolicy({ policies }: AwsState, arn: string, accountId: string): ManagedPolicy | undefined {
  const policy = policies.byArn(arn);
  return policy?.owner === 'aws' || policy?.owner === accountId ? policy : undefined;
}

/**
 * The policy that a call names, once the caller may do `action` to it.
 *
 * @throws AwsError InvalidInput, AccessDenied, NoSuchEntity
 */
export function requirePolicy(call: ActionCall, action: string, context: ContextKeys = {}): ManagedPolicy {
  const arn = policyArnOf(call.parameters);
  const { state, principal, now } = call;
  const policy = state.policies.byArn(arn);
  const keys = policy === undefined ? context : { ...resourceTagKeys(policy.tags), ...context };
  requireAccess(state, principal, { action, resource: arn, context: keys }, now);
  if (policy !== undefined) return policy;
  throw noSuchEntity(`Policy ${arn} was not found.`);
}

function createPolicy({ parameters, principal, state, now }: ActionCall): Xml {
  const name = policyNameOf(parameters);
  const arn = `arn:${principal.partition}:iam::${principal.accountId}:policy${pathOf(parameters)}${name}`;
  const tags = tagsOf(parameters);
  const question = { action: 'iam:CreatePolicy', resource: arn, context: requestTagKeys(tags) };
  requireAccess(state, principal, question, now);
  const text = documentOf(parameters, 'PolicyDocument');
  const description = parameters.get('Description') ?? '';
  const policy = state.policies.create({ arn, text, description, tags: Object.fromEntries(tags) }, now);
  return { Policy: policyXml(state, policy, principal.accountId, 'whole') };
}

function getPolicy(call: ActionCall): Xml {
  const policy = requirePolicy(call, 'iam:GetPolicy');
  return { Policy: policyXml(call.state, policy, call.principal.accountId, 'whole') };
}

function listPolicies(call: ActionCall): Xml {
  const { parameters, principal, state, now } = call;
  requireAccess(state, principal, { action: 'iam:ListPolicies', resource: '*' }, now);
  const scope = choiceOf(parameters, 'Scope', ['All', 'AWS', 'Local']) ?? 'All';
  const usage = choiceOf(parameters, 'PolicyUsageFilter', ['PermissionsPolicy', 'PermissionsBoundary']);
  const prefix = pathPrefixOf(parameters);
  const onlyAttached = parameters.get('OnlyAttached') === 'true';
  const local = principal.administrator
    ? state.policies.all().filter(({ owner }) => owner !== 'aws')
    : state.policies.inAccount(principal.accountId);
  const inScope = [
    ...(scope === 'AWS' ? [] : local),
    ...(scope === 'Local' ? [] : state.policies.ofAws(principal.partition)),
  ];
  const listed = inScope.filter((policy) => {
    const uses = usesOf(state, policy, principal.accountId);
    const counted =
      usage === undefined
        ? [...uses.attached, ...uses.bounded]
        : usage === 'PermissionsPolicy'
          ? uses.attached
          : uses.bounded;
    return policy.path.startsWith(prefix) && ((!onlyAttached && usage === undefined) || counted.length > 0);
  });
  const { items, ...rest } = page(listed, parameters);
  return { Policies: items.map((policy) => policyXml(state, policy, principal.accountId, 'listed')), ...rest };
}

function deletePolicy(call: ActionCall): undefined {
  const policy = requirePolicy(call, 'iam:DeletePolicy');
  const { attached, bounded } = usesOf(call.state, policy, policy.owner);
  // That a policy in use as a boundary cannot be deleted either is not documented.
  if (attached.length + bounded.length > 0) {
    throw new AwsError('DeleteConflict', 409, 'Cannot delete a policy attached to entities.');
  }
  if (policy.versions.size > 1)
    throw new AwsError(
      'DeleteConflict',
      409,
      "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
    );
  call.state.policies.delete(policy);
}

function listEntities(call: ActionCall): Xml {
  const { parameters, principal, state } = call;
  const policy = requirePolicy(call, 'iam:ListEntitiesForPolicy');
  const filter = choiceOf(parameters, 'EntityFilter', [
    'User',
    'Role',
    'Group',
    'LocalManagedPolicy',
    'AWSManagedPolicy',
  ]);
  const usage = choiceOf(parameters, 'PolicyUsageFilter', ['PermissionsPolicy', 'PermissionsBoundary']);
  const prefix = pathPrefixOf(parameters);
  const { attached, bounded } = usesOf(state, policy, principal.accountId);
  const used = new Set([
    ...(usage === 'PermissionsBoundary' ? [] : attached),
    ...(usage === 'PermissionsPolicy' ? [] : bounded),
  ]);
  const matching = [...used].filter(
    (entity) => entity.path.startsWith(prefix) && (filter === undefined || titleOf(entity) === filter),
  );
  const { items, ...rest } = page(matching, parameters);
  const named = (title: string): Xml[] =>
    items
      .filter((entity) => titleOf(entity) === title)
      .map(({ name, id }) => ({ [`${title}Name`]: name, [`${title}Id`]: id }));
  return { PolicyGroups: named('Group'), PolicyUsers: named('User'), PolicyRoles: named('Role'), ...rest };
}

/** Who refers to a policy; to one of AWS's, who does in this account. */
function usesOf(
  { users, groups, roles }: AwsState,
  { arn, owner }: ManagedPolicy,
  accountId: string,
): { readonly attached: Entity[]; readonly bounded: Entity[] } {
  const account = owner === 'aws' ? accountId : owner;
  const actors = [...users.inAccount(account), ...roles.inAccount(account)];
  return {
    attached: [...groups.inAccount(account), ...actors].filter(({ attachedPolicyArns }) =>
      attachedPolicyArns.includes(arn),
    ),
    bounded: actors.filter(({ boundaryArn }) => boundaryArn === arn),
  };
}

function titleOf({ arn }: Entity): 'User' | 'Group' | 'Role' {
  const resource = arn.split(':')[5] ?? '';
  return resource.startsWith('user/') ? 'User' : resource.startsWith('group/') ? 'Group' : 'Role';
}

/** ListPolicies leaves out description and tags, as IAM does. */
export function policyXml(
  state: AwsState,
  policy: ManagedPolicy,
  accountId: string,
  detail: 'whole' | 'listed',
): { readonly [element: string]: Xml } {
  const { attached, bounded } = usesOf(state, policy, accountId);
  const { description, tags } = policy;
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attached.length,
    PermissionsBoundaryUsageCount: bounded.length,
    IsAttachable: true,
    Description: detail === 'listed' || description === '' ? undefined : description,
    CreateDate: xmlDate(policy.createdAt),
    UpdateDate: xmlDate(policy.updatedAt),
    Tags: detail === 'listed' ? undefined : someTagsXml(tags),
  };
}
