import type { ActionCall, Handler } from '../actions.ts';
import { requireAccess } from '../authorize.ts';
import { percentEncode } from '../percent-encoding.ts';
import type { Xml } from '../query-protocol.ts';
import type { Entity } from '../store/entity.ts';
import { boundaryXml } from './boundaries.ts';
import { invalid } from './constraints.ts';
import { attachedXml } from './entity-policies.ts';
import { groupXml } from './groups.ts';
import { policyXml } from './managed-policies.ts';
import { page } from './paging.ts';
import { versionXml } from './policy-versions.ts';
import { lastUsedXml, roleXml } from './roles.ts';
import { someTagsXml } from './tag-list.ts';
import { userXml } from './users.ts';

/** A whole account at once, as auditing tools read it. */
export const ACCOUNT_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['GetAccountAuthorizationDetails', getAuthorizationDetails],
];

const FILTERS = ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'] as const;
type Filter = (typeof FILTERS)[number];

interface Detail {
  readonly filter: Filter;
  readonly xml: Xml;
}

function getAuthorizationDetails(call: ActionCall): Xml {
  const { parameters, principal, state, now } = call;
  requireAccess(state, principal, { action: 'iam:GetAccountAuthorizationDetails', resource: '*' }, now);
  const wanted = parameters.strings('Filter');
  if (wanted.some((word) => !FILTERS.some((filter) => filter === word))) {
    throw invalid('filter', `enum value set: [${FILTERS.join(', ')}]`);
  }
  const details = accountDetails(call).filter(({ filter }) => wanted.length === 0 || wanted.includes(filter));
  const { items, ...rest } = page(details, parameters);
  const of = (...filters: readonly Filter[]): Xml[] =>
    items.filter(({ filter }) => filters.includes(filter)).map(({ xml }) => xml);
  return {
    UserDetailList: of('User'),
    GroupDetailList: of('Group'),
    RoleDetailList: of('Role'),
    Policies: of('LocalManagedPolicy', 'AWSManagedPolicy'),
    ...rest,
  };
}

/** Of AWS's policies only those that somebody in the account has. */
function accountDetails({ principal: { accountId, partition }, state }: ActionCall): Detail[] {
  const users = state.users.inAccount(accountId).map((user): Detail => {
    const groups = state.groups.of(user).map(({ name }) => name);
    const boundary = { PermissionsBoundary: boundaryXml(user), Tags: someTagsXml(user.tags) };
    return {
      filter: 'User',
      xml: { ...userXml(user, 'listed'), ...policiesXml(user, 'User'), GroupList: groups, ...boundary },
    };
  });
  const groups = state.groups.inAccount(accountId).map((group): Detail => {
    return { filter: 'Group', xml: { ...groupXml(group), ...policiesXml(group, 'Group') } };
  });
  const roles = state.roles.inAccount(accountId).map((role): Detail => {
    const { Description: _description, MaxSessionDuration: _seconds, ...listed } = roleXml(role, 'listed');
    const more = { InstanceProfileList: [], PermissionsBoundary: boundaryXml(role), Tags: someTagsXml(role.tags) };
    return {
      filter: 'Role',
      xml: { ...listed, ...policiesXml(role, 'Role'), ...more, RoleLastUsed: lastUsedXml(role) },
    };
  });
  const policies = [...state.policies.inAccount(accountId), ...state.policies.ofAws(partition)].flatMap((policy) => {
    const xml = policyXml(state, policy, accountId, 'listed');
    const filter = policy.owner === 'aws' ? 'AWSManagedPolicy' : 'LocalManagedPolicy';
    if (policy.owner === 'aws' && xml['AttachmentCount'] === 0) return [];
    const versions = [...policy.versions.values()].map((version) => versionXml(policy, version, 'whole'));
    return [{ filter, xml: { ...xml, PolicyVersionList: versions } } satisfies Detail];
  });
  return [...users, ...groups, ...roles, ...policies];
}

function policiesXml(entity: Entity, title: string): { readonly [element: string]: Xml } {
  const inline = [...entity.inlinePolicies].map(([name, { text }]) => ({
    PolicyName: name,
    PolicyDocument: percentEncode(text),
  }));
  return { [`${title}PolicyList`]: inline, AttachedManagedPolicies: attachedXml(entity.attachedPolicyArns) };
}
