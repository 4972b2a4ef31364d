import type { ActionCall, AwsState, Handler } from '../actions.ts';
import type { ContextKeys } from '../authorization/global-context.ts';
import type { Parameters, Xml } from '../query-protocol.ts';
import type { Actor } from '../store/entity.ts';
import { noSuchEntity } from './constraints.ts';
import { type EntityKind, ROLE, requireEntity, USER } from './entity-kinds.ts';
import { attachablePolicy, checkPolicyArn } from './managed-policies.ts';

/**
 * Permissions boundaries of users and roles: a managed policy each.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export const BOUNDARY_ACTIONS: readonly (readonly [string, Handler])[] = [
  ['PutUserPermissionsBoundary', (call) => putBoundary(call, USER)],
  ['DeleteUserPermissionsBoundary', (call) => deleteBoundary(call, USER)],
  ['PutRolePermissionsBoundary', (call) => putBoundary(call, ROLE)],
  ['DeleteRolePermissionsBoundary', (call) => deleteBoundary(call, ROLE)],
];

function putBoundary<Kind extends Actor>(call: ActionCall, kind: EntityKind<Kind>): undefined {
  const arn = call.parameters.get('PermissionsBoundary') ?? '';
  const action = `iam:Put${kind.title}PermissionsBoundary`;
  const actor: Actor = requireEntity(call, kind, action, boundaryKeys(call.parameters));
  actor.boundaryArn = usableBoundary(call.state, arn, actor.accountId);
}

function deleteBoundary<Kind extends Actor>(call: ActionCall, kind: EntityKind<Kind>): undefined {
  const actor: Actor = requireEntity(call, kind, `iam:Delete${kind.title}PermissionsBoundary`);
  if (actor.boundaryArn === undefined) {
    throw noSuchEntity(`There is no permissions boundary for ${kind.noun} ${actor.name}.`);
  }
  actor.boundaryArn = undefined;
}

/** What `CreateUser` and `CreateRole` are given as `PermissionsBoundary`. */
export function newBoundary({ parameters, principal, state }: ActionCall): string | undefined {
  const arn = parameters.get('PermissionsBoundary');
  return arn === undefined ? undefined : usableBoundary(state, arn, principal.accountId);
}

/** The condition key by which administrators may be told to set a boundary on all that they make. */
export function boundaryKeys(parameters: Parameters): ContextKeys {
  const arn = parameters.get('PermissionsBoundary');
  return arn === undefined ? {} : { 'iam:PermissionsBoundary': [arn] };
}

export function boundaryXml({ boundaryArn }: Actor): Xml {
  if (boundaryArn === undefined) return undefined;
  return { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundaryArn };
}

function usableBoundary(state: AwsState, arn: string, accountId: string): string {
  checkPolicyArn(arn);
  if (attachablePolicy(state, arn, accountId) !== undefined) return arn;
  throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
}
