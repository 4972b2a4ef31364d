import type { ActionCall, Handler } from '../actions.ts';
import { requestTagKeys } from '../authorization/global-context.ts';
import { requireAccess } from '../authorize.ts';
import type { Xml } from '../query-protocol.ts';
import { xmlDate } from '../query-protocol.ts';
import type { User } from '../store/users.ts';
import { boundaryKeys, boundaryXml, newBoundary } from './boundaries.ts';
import { deleteConflict, pathPrefixOf } from './constraints.ts';
import { requireCreation, requireEntity, USER, visibleEntities } from './entity-kinds.ts';
import { ownUser } from './own-user.ts';
import { page } from './paging.ts';
import { someTagsXml, tagsOf } from './tag-list.ts';
import { forgetPrincipal } from './trust-principals.ts';

export const USER_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['CreateUser', createUser],
  ['GetUser', (call) => ({ User: userXml(ownUser(call, 'iam:GetUser'), 'whole') })],
  ['ListUsers', listUsers],
  ['DeleteUser', deleteUser],
];

function createUser(call: ActionCall): Xml {
  const { parameters, state, now } = call;
  const tags = tagsOf(parameters);
  const arn = requireCreation(call, USER, { ...requestTagKeys(tags), ...boundaryKeys(parameters) });
  const user = state.users.create({ arn, tags: Object.fromEntries(tags), boundaryArn: newBoundary(call) }, now);
  return { User: userXml(user, 'whole') };
}

function listUsers(call: ActionCall): Xml {
  const { parameters, principal, state, now } = call;
  const prefix = pathPrefixOf(parameters);
  const resource = `arn:${principal.partition}:iam::${principal.accountId}:user${prefix}`;
  requireAccess(state, principal, { action: 'iam:ListUsers', resource }, now);
  const { items, ...rest } = page(visibleEntities(call, USER, prefix), parameters);
  return { Users: items.map((user) => userXml(user, 'listed')), ...rest };
}

function deleteUser(call: ActionCall): undefined {
  const user = requireEntity(call, USER, 'iam:DeleteUser');
  const { state } = call;
  if (user.accessKeys.size > 0) throw deleteConflict('delete access keys');
  if (state.mfaDevices.of(user).length > 0) throw deleteConflict('delete MFA device');
  if (user.inlinePolicies.size > 0) throw deleteConflict('delete policies');
  if (user.attachedPolicyArns.length > 0) throw deleteConflict('detach all policies');
  if (state.groups.of(user).length > 0) throw deleteConflict('remove users from group');
  state.users.delete(user);
  forgetPrincipal(state, user);
}

/** ListUsers leaves out tags and boundary, as IAM does: GetUser has them. */
export function userXml(user: User, detail: 'whole' | 'listed'): { readonly [element: string]: Xml } {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: xmlDate(user.createdAt),
    PermissionsBoundary: detail === 'listed' ? undefined : boundaryXml(user),
    Tags: detail === 'listed' ? undefined : someTagsXml(user.tags),
  };
}
