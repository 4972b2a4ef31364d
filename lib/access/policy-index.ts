import type { Issuer } from '../identity/issuer.ts';
import { type Candidates, candidatesAmong } from './candidates.ts';
import { type CompiledGrant, compileGrant } from './compiled-grant.ts';
import { claimsLookedAt } from './looked-at.ts';
import type { AccessPolicy, Account, Permission, Role } from './policy.ts';

/** The access policy, arranged so that a decision does not look at every grant. Built once per cold start. */
export interface PolicyIndex {
  readonly policy: AccessPolicy;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly roles: ReadonlyMap<string, TargetIndex & { readonly role: Role }>;
  /** Role ids by ARN; no two roles have one. */
  readonly roleIds: ReadonlyMap<string, string>;
  readonly permissions: ReadonlyMap<Permission, TargetIndex>;
  /**
   * Claims that the allowing grants look at, sorted: all that a stranger may learn of them. Of the whole policy,
   * not of one role: a role that is granted to others and one that does not exist must read the same.
   */
  readonly claims: readonly string[];
  /** Claims that any grant looks at, sorted: what a decision is made by. */
  readonly claimsLookedAt: readonly string[];
}

/** The grants that speak of one role or permission. */
export interface TargetIndex {
  readonly allow: Candidates;
  readonly deny: Candidates;
}

/**
 * Indexes a compiled policy. Holds no state that a decision changes.
 *
 * @throws Error when a grant holds something that means nothing, or names a role that is not in the catalogue
 */
export function indexPolicy(policy: AccessPolicy): PolicyIndex {
  const byRole = new Map<string, CompiledGrant[]>(policy.roles.map((role) => [role.id, []]));
  const byPermission = new Map<Permission, CompiledGrant[]>();
  const all: CompiledGrant[] = [];
  for (const [order, grant] of policy.grants.entries()) {
    const compiled = compileGrant(grant, order);
    all.push(compiled);
    for (const id of grant.roles) {
      const grants = byRole.get(id);
      if (grants === undefined) throw new Error(`grant "${grant.name}": unknown role "${id}"`);
      grants.push(compiled);
    }
    for (const permission of grant.permissions) {
      const grants = byPermission.get(permission);
      if (grants === undefined) byPermission.set(permission, [compiled]);
      else grants.push(compiled);
    }
  }
  return {
    policy,
    issuers: new Map(policy.issuers.map((issuer) => [issuer.name, issuer])),
    accounts: new Map(policy.accounts.map((account) => [account.name, account])),
    roles: new Map(policy.roles.map((role) => [role.id, { role, ...indexTarget(byRole.get(role.id) ?? []) }])),
    roleIds: new Map(policy.roles.map(({ id, arn }) => [arn, id])),
    permissions: new Map([...byPermission].map(([permission, grants]) => [permission, indexTarget(grants)])),
    claims: claimsOf(policy),
    claimsLookedAt: claimsLookedAt(all),
  };
}

function indexTarget(grants: readonly CompiledGrant[]): TargetIndex {
  const allow = grants.filter(({ grant }) => grant.effect === 'allow');
  const deny = grants.filter(({ grant }) => grant.effect === 'deny');
  return { allow: candidatesAmong(allow), deny: candidatesAmong(deny) };
}

function claimsOf(policy: AccessPolicy): string[] {
  const allowing = policy.grants.filter(({ effect }) => effect === 'allow');
  return [...new Set(allowing.flatMap(({ callers }) => Object.keys(callers)))].sort();
}
