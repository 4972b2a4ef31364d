import type { ActionCall, AwsState } from '../actions.ts';
import { type ContextKeys, resourceTagKeys } from '../authorization/global-context.ts';
import { requireAccess } from '../authorize.ts';
import type { Actor, Entity, EntityStore } from '../store/entity.ts';
import type { Group } from '../store/groups.ts';
import type { Role } from '../store/roles.ts';
import type { User } from '../store/users.ts';
import { limitExceeded, nameOf, noSuchEntity, pathOf } from './constraints.ts';

/** Users, groups and roles: what is the same about them is written once, and told apart by one of these. */
export interface EntityKind<Kind extends Entity> {
  /** As in ARNs. */
  readonly noun: 'user' | 'group' | 'role';
  /** As in the names of actions, parameters and elements. */
  readonly title: 'User' | 'Group' | 'Role';
  readonly maximumName: number;
  readonly maximumPerAccount: number;
  /** Of all inline policies together, white space not counted. */
  readonly maximumInlineCharacters: number;
  store(state: AwsState): EntityStore<Kind>;
}

export const USER: EntityKind<User> = {
  noun: 'user',
  title: 'User',
  maximumName: 64,
  maximumPerAccount: 5_000,
  maximumInlineCharacters: 2_048,
  store: ({ users }) => users,
};

export const GROUP: EntityKind<Group> = {
  noun: 'group',
  title: 'Group',
  maximumName: 128,
  maximumPerAccount: 300,
  maximumInlineCharacters: 5_120,
  store: ({ groups }) => groups,
};

export const ROLE: EntityKind<Role> = {
  noun: 'role',
  title: 'Role',
  maximumName: 64,
  // 1,000 unless the account's quota was raised, which it can be up to this.
  maximumPerAccount: 5_000,
  maximumInlineCharacters: 10_240,
  store: ({ roles }) => roles,
};

/**
 * The entity that a call names, once the caller may do `action` to it.
 *
 * AWS looks in the caller's account only. So does the stand-in, except for the operator: a name that the operator's own
 * account does not have, and exactly one other account has, means that one.
 *
 * @throws AwsError ValidationError, AccessDenied, NoSuchEntity
 */
export function requireEntity<Kind extends Entity>(
  call: ActionCall,
  kind: EntityKind<Kind>,
  action: string,
  context: ContextKeys = {},
): Kind {
  const name = nameOf(call.parameters, `${kind.title}Name`, 128);
  const { state, principal, now } = call;
  const store = kind.store(state);
  const own = store.named(principal.accountId, name);
  const elsewhere =
    own === undefined && principal.administrator
      ? store.all().filter((entity) => entity.name.toLowerCase() === name.toLowerCase())
      : [];
  const entity = own ?? (elsewhere.length === 1 ? elsewhere[0] : undefined);
  const resource = entity?.arn ?? `arn:${principal.partition}:iam::${principal.accountId}:${kind.noun}/${name}`;
  requireAccess(state, principal, { action, resource, context: { ...entityKeys(entity), ...context } }, now);
  if (entity !== undefined) return entity;
  const where = elsewhere.length > 1 ? ' It is in several accounts: assume a role in one of them.' : '';
  throw noSuchEntity(`The ${kind.noun} with name ${name} cannot be found.${where}`);
}

/** The ARN of an entity that is to be made in the caller's account, once the caller may do that. */
export function requireCreation<Kind extends Entity>(
  { parameters, principal, state, now }: ActionCall,
  kind: EntityKind<Kind>,
  context: ContextKeys = {},
): string {
  const name = nameOf(parameters, `${kind.title}Name`, kind.maximumName);
  const path = pathOf(parameters);
  const arn = `arn:${principal.partition}:iam::${principal.accountId}:${kind.noun}${path}${name}`;
  requireAccess(state, principal, { action: `iam:Create${kind.title}`, resource: arn, context }, now);
  if (kind.store(state).countIn(principal.accountId) >= kind.maximumPerAccount) {
    throw limitExceeded(`${kind.title}sPerAccount`, kind.maximumPerAccount);
  }
  return arn;
}

/** What a listing shows: the own account, or everything to the operator, who administers the whole stand-in. */
export function visibleEntities<Kind extends Entity>(
  { principal, state }: ActionCall,
  kind: EntityKind<Kind>,
  prefix: string,
): Kind[] {
  const store = kind.store(state);
  const visible = principal.administrator ? store.all() : store.inAccount(principal.accountId);
  return visible.filter(({ path }) => path.startsWith(prefix));
}

/** Its tags, and for those actions that take the key, the boundary that it has. */
function entityKeys(entity: Partial<Actor> | undefined): ContextKeys {
  if (entity?.tags === undefined) return {};
  const { tags, boundaryArn } = entity;
  return { ...resourceTagKeys(tags), ...(boundaryArn !== undefined && { 'iam:PermissionsBoundary': [boundaryArn] }) };
}
