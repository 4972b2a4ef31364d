import type { AwsState } from './actions.ts';
import { actorOf } from './authorization/principal-policies.ts';
import type { Principal } from './credentials.ts';

/**
 * Notes that credentials were used, for `RoleLastUsed` and `GetAccessKeyLastUsed`. AWS notes every request that is
 * signed rightly, allowed or not, some time later; here it is at once.
 *
 * @param now epoch milliseconds
 */
export function noteUse(
  state: AwsState,
  principal: Principal,
  { accessKeyId, service }: { readonly accessKeyId: string; readonly service: string },
  now: number,
): void {
  if (actorOf(state, principal) === undefined) return;
  const use = { at: now, region: principal.request?.region ?? 'us-east-1', service };
  const role = principal.kind === 'session' ? state.roles.byArn(principal.roleArn ?? '') : undefined;
  if (role !== undefined) role.lastUsed = use;
  const key = principal.kind === 'user' ? state.users.byArn(principal.arn)?.accessKeys.get(accessKeyId) : undefined;
  if (key !== undefined) key.lastUsed = use;
}
