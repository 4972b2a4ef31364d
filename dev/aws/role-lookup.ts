import type { ActionCall } from './actions.ts';
import { AwsError } from './error.ts';
import { requirePermission } from './permissions.ts';
import type { Role } from './roles.ts';

/**
 * The role that `RoleName` means to the caller, once the caller may do `action` to it.
 *
 * AWS looks in the caller's account only. So does the stand-in, except for the operator: a name that the
 * operator's own account does not have, and exactly one other account has, means that role.
 *
 * @throws AwsError NoSuchEntity, AccessDenied
 */
export function requireRole({ parameters, principal, state }: ActionCall, action: string): Role {
  const name = (parameters.get('RoleName') ?? '').toLowerCase();
  const named = state.roles.all().filter((role) => role.name.toLowerCase() === name);
  const own = named.find((role) => role.accountId === principal.accountId);
  const role = own ?? (principal.administrator && named.length === 1 ? named[0] : undefined);
  const account = `arn:${principal.partition}:iam::${principal.accountId}:role/`;
  requirePermission(state.roles, principal, action, role?.arn ?? account + (parameters.get('RoleName') ?? ''));
  if (role !== undefined) return role;
  const where =
    principal.administrator && named.length > 1 ? ` It is in several accounts: assume a role in one of them.` : '';
  throw new AwsError(
    'NoSuchEntity',
    404,
    `The role with name ${parameters.get('RoleName') ?? ''} cannot be found.${where}`,
  );
}
