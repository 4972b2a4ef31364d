import { RequestFault } from '../../http/request.ts';

/** What this protocol needs of where a caller stands with a role (`access/standing.ts`). */
export interface Standing {
  readonly role: { readonly id: string; readonly accountId: string };
  readonly account: { readonly label: string };
  readonly available: boolean;
  readonly maxDurationSeconds?: number;
  readonly requires: readonly unknown[];
}

/**
 * Seconds. Of what ends sooner, boto3 gets another for every call that it makes: it wants to have a quarter of an hour
 * in hand.
 */
export const LEAST_SECONDS = 1200;

/** Accounts or roles on a page, where the client does not say. */
const PAGE = 100;

/** Whether clients of this protocol can have a session: there is no place in it for a reason or a ticket. */
export function isWithinReach({ available, requires, maxDurationSeconds = 0 }: Standing): boolean {
  return available && requires.length === 0 && maxDurationSeconds >= LEAST_SECONDS;
}

/** `Admin` of `prod/Admin`. */
export function roleNameOf(roleId: string): string {
  return roleId.slice(roleId.indexOf('/') + 1);
}

export interface AccountEntry {
  readonly accountId: string;
  readonly accountName: string;
}

export interface RoleEntry {
  readonly roleName: string;
  readonly accountId: string;
}

/** The accounts in which somebody has a role, by id. */
export function accountsOf(standings: readonly Standing[]): AccountEntry[] {
  const names = new Map(
    standings.filter(isWithinReach).map(({ role, account }) => [role.accountId, account.label] as const),
  );
  return [...names]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([accountId, accountName]) => ({ accountId, accountName }));
}

/** Their roles in one account, by name. */
export function rolesOf(standings: readonly Standing[], accountId: string): RoleEntry[] {
  return standings
    .filter((standing) => standing.role.accountId === accountId && isWithinReach(standing))
    .map(({ role }) => ({ roleName: roleNameOf(role.id), accountId }))
    .sort((one, other) => (one.roleName < other.roleName ? -1 : 1));
}

/**
 * A page of a sorted list. The token says after what to go on, so that what is granted meanwhile shifts nothing.
 *
 * @param key what the list is sorted by
 * @throws RequestFault when the token was not handed out
 */
export function pageOf<T>(
  entries: readonly T[],
  key: (entry: T) => string,
  { maxResult = PAGE, nextToken }: { readonly maxResult?: number | undefined; readonly nextToken?: string | undefined },
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const after = nextToken === undefined ? '' : Buffer.from(nextToken, 'base64url').toString('utf8');
  if (nextToken !== undefined && Buffer.from(after).toString('base64url') !== nextToken) {
    throw new RequestFault([{ path: 'next_token', message: 'not one that was handed out' }]);
  }
  const rest = entries.filter((entry) => key(entry) > after);
  const page = rest.slice(0, maxResult);
  const last = page.at(-1);
  const isLast = page.length === rest.length || last === undefined;
  return { page, nextToken: isLast ? undefined : Buffer.from(key(last)).toString('base64url') };
}
