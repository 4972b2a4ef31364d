import type { ActionCall } from '../actions.ts';
import { resourceTagKeys } from '../authorization/global-context.ts';
import { requireAccess } from '../authorize.ts';
import { AwsError } from '../error.ts';
import type { User } from '../store/users.ts';
import { noSuchEntity } from './constraints.ts';
import { requireEntity, USER } from './entity-kinds.ts';

/**
 * The user that `UserName` names or, where an action lets it be left out, the user who calls.
 *
 * @throws AwsError ValidationError when a session leaves it out
 */
export function ownUser(call: ActionCall, action: string): User {
  const { parameters, principal, state, now } = call;
  if (parameters.get('UserName') !== undefined) return requireEntity(call, USER, action);
  if (principal.kind !== 'user') {
    throw new AwsError('ValidationError', 400, 'Must specify userName when calling with non-User credentials');
  }
  const user = state.users.byArn(principal.arn);
  const context = resourceTagKeys(user?.tags ?? new Map());
  requireAccess(state, principal, { action, resource: principal.arn, context }, now);
  if (user === undefined) throw noSuchEntity('The user with that name cannot be found.');
  return user;
}
