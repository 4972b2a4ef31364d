import { isAccountId, splitArn } from './arn.ts';
import type { Requester } from './requester.ts';

/**
 * `Principal` and `NotPrincipal`, and how closely one names the requester. That matters where a resource-based policy
 * allows: only what names the requester itself is out of reach for boundaries and session policies.
 *
 * | grade    | the statement names                                                                            |
 * | -------- | ---------------------------------------------------------------------------------------------- |
 * | itself   | the IAM user, the session, the service, the provider; or everybody, to one of these              |
 * | entity   | the role behind a session, the user behind a federated user's session; the role, to the role     |
 * | account  | its account, which then decides by its own identity policies                                     |
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export type PrincipalGrade = 'itself' | 'entity' | 'account';

export interface PrincipalSet {
  /** True for `NotPrincipal`. */
  readonly negated: boolean;
  readonly named: NamedPrincipals;
}

/** The principals of one element, by kind. */
export interface NamedPrincipals {
  readonly everyone: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
  readonly federated: readonly string[];
  readonly canonicalUsers: readonly string[];
  /** `account/name` of each role and user among `aws`, without its path. */
  readonly roles: ReadonlySet<string>;
  readonly users: ReadonlySet<string>;
  readonly accounts: ReadonlySet<string>;
  readonly arns: ReadonlySet<string>;
}

export interface PrincipalLists {
  readonly aws: readonly string[];
  readonly services: readonly string[];
  readonly federated: readonly string[];
  readonly canonicalUsers: readonly string[];
}

export function compilePrincipals(lists: PrincipalLists, negated: boolean): PrincipalSet {
  const roles = new Set<string>();
  const users = new Set<string>();
  const accounts = new Set<string>();
  for (const text of lists.aws) {
    if (isAccountId(text)) accounts.add(text);
    const [, , service, , accountId = '', resource = ''] = splitArn(text) ?? [];
    if (service !== 'iam') continue;
    if (resource === 'root') accounts.add(accountId);
    const [, kind, name] = /^(role|user)\/(?:.*\/)?([^/]+)$/.exec(resource) ?? [];
    if (name !== undefined) (kind === 'role' ? roles : users).add(`${accountId}/${name}`);
  }
  const arns = new Set(lists.aws);
  return { negated, named: { ...lists, everyone: arns.has('*'), roles, users, accounts, arns } };
}

/** How closely these principals name the requester, or undefined when they do not. */
export function gradeOf({ named }: PrincipalSet, requester: Requester): PrincipalGrade | undefined {
  switch (requester.kind) {
    case 'anonymous':
      return named.everyone ? 'itself' : undefined;
    case 'service':
      return named.everyone || named.services.includes(requester.text) ? 'itself' : undefined;
    case 'federated':
      return named.everyone || named.federated.includes(requester.text) ? 'itself' : undefined;
    case 'canonicalUser':
      return named.everyone || named.canonicalUsers.includes(requester.text) ? 'itself' : undefined;
    default: {
      const { kind, text, accountId, name } = requester;
      // A role's ARN stands for any of its sessions, so nothing names "itself": a boundary may still limit it.
      const closest = kind === 'role' ? 'entity' : 'itself';
      if (named.everyone || named.arns.has(text)) return closest;
      // A session's ARN has no path; a role's name is unique in its account whatever the path.
      if (kind === 'roleSession' && named.roles.has(`${accountId}/${name}`)) return 'entity';
      if (kind === 'federatedUser' && named.users.has(`${accountId}/${name}`)) return 'entity';
      if (named.accounts.has(accountId)) return kind === 'root' ? 'itself' : 'account';
      return undefined;
    }
  }
}
