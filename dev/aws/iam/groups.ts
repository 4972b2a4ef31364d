import type { ActionCall, Handler } from '../actions.ts';
import { requireAccess } from '../authorize.ts';
import type { Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';
import type { Group } from '../store/groups.ts';
import type { User } from '../store/users.ts';
import { deleteConflict, limitExceeded, nameOf, noSuchEntity, pathPrefixOf } from './constraints.ts';
import { GROUP, requireCreation, requireEntity, USER, visibleEntities } from './entity-kinds.ts';
import { page } from './paging.ts';
import { userXml } from './users.ts';

export const GROUP_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['CreateGroup', createGroup],
  ['GetGroup', getGroup],
  ['ListGroups', listGroups],
  ['DeleteGroup', deleteGroup],
  ['AddUserToGroup', addUser],
  ['RemoveUserFromGroup', removeUser],
  ['ListGroupsForUser', listGroupsForUser],
];

const MAXIMUM_GROUPS_PER_USER = 10;

function createGroup(call: ActionCall): Xml {
  return { Group: groupXml(call.state.groups.create({ arn: requireCreation(call, GROUP) }, call.now)) };
}

/** The group and, page by page, its users. */
function getGroup(call: ActionCall): Xml {
  const group = requireEntity(call, GROUP, 'iam:GetGroup');
  const members = [...group.members].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const { items, ...rest } = page(members, call.parameters);
  return { Group: groupXml(group), Users: items.map((user) => userXml(user, 'listed')), ...rest };
}

function listGroups(call: ActionCall): Xml {
  const { parameters, principal, state, now } = call;
  const prefix = pathPrefixOf(parameters);
  const resource = `arn:${principal.partition}:iam::${principal.accountId}:group${prefix}`;
  requireAccess(state, principal, { action: 'iam:ListGroups', resource }, now);
  const { items, ...rest } = page(visibleEntities(call, GROUP, prefix), parameters);
  return { Groups: items.map(groupXml), ...rest };
}

function deleteGroup(call: ActionCall): undefined {
  const group = requireEntity(call, GROUP, 'iam:DeleteGroup');
  if (group.members.size > 0) throw deleteConflict('remove users from group');
  if (group.inlinePolicies.size > 0) throw deleteConflict('delete policies');
  if (group.attachedPolicyArns.length > 0) throw deleteConflict('detach all policies');
  call.state.groups.delete(group);
}

function addUser(call: ActionCall): undefined {
  const group = requireEntity(call, GROUP, 'iam:AddUserToGroup');
  const user = memberOf(call, group);
  if (group.members.has(user)) return;
  if (call.state.groups.of(user).length === MAXIMUM_GROUPS_PER_USER) {
    throw limitExceeded('GroupsPerUser', MAXIMUM_GROUPS_PER_USER);
  }
  group.members.add(user);
}

/** Removing one who is not in it succeeds. */
function removeUser(call: ActionCall): undefined {
  const group = requireEntity(call, GROUP, 'iam:RemoveUserFromGroup');
  group.members.delete(memberOf(call, group));
}

function listGroupsForUser(call: ActionCall): Xml {
  const user = requireEntity(call, USER, 'iam:ListGroupsForUser');
  const { items, ...rest } = page(call.state.groups.of(user), call.parameters);
  return { Groups: items.map(groupXml), ...rest };
}

/** Permission is asked for on the group only; the user is of the same account. */
function memberOf({ parameters, state }: ActionCall, group: Group): User {
  const name = nameOf(parameters, 'UserName', 128);
  const user = state.users.named(group.accountId, name);
  if (user === undefined) throw noSuchEntity(`The user with name ${name} cannot be found.`);
  return user;
}

export function groupXml(group: Group): { readonly [element: string]: Xml } {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: group.arn,
    CreateDate: xmlDate(group.createdAt),
  };
}
