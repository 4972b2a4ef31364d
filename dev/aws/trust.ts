import type { Principal } from './credentials.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';
import { wildcardMatch } from './policy-document.ts';

/**
 * THE PLACE of trust-policy evaluation: nothing else in the stand-in reads a role's trust policy to decide.
 *
 * Today it looks at the principal, the action and the conditions on `sts:ExternalId`. Any other condition is
 * treated the safe way round: it keeps an Allow from applying and lets a Deny apply. The whole condition
 * language takes this function's place without its callers noticing.
 */
export interface TrustRequest {
  readonly principal: Principal;
  readonly externalId: string | undefined;
  /** Needs `sts:TagSession` when the call carries tags. */
  readonly tagged: boolean;
  /** Needs `sts:SetSourceIdentity` when the call carries, or passes on, a source identity. */
  readonly withSourceIdentity: boolean;
}

/**
 * - `direct`: the trust policy names this very role or user, which in the same account is permission enough
 * - `account`: it trusts the caller's account, whose own policies must let the caller call too
 */
export type TrustVerdict =
  | { readonly allowed: true; readonly by: 'direct' | 'account' }
  | { readonly allowed: false; readonly action: string };

/** The actions of one AssumeRole call that the trust policy has to allow; each must be allowed for the call to be. */
export function evaluateTrust(document: PolicyDocument, request: TrustRequest): TrustVerdict {
  const needed = [
    'sts:AssumeRole',
    ...(request.tagged ? ['sts:TagSession'] : []),
    ...(request.withSourceIdentity ? ['sts:SetSourceIdentity'] : []),
  ];
  let by: 'direct' | 'account' = 'account';
  for (const action of needed) {
    const matching = document.statements.filter((statement) => mentions(statement, action));
    const denied = matching.some(
      (statement) =>
        statement.effect === 'Deny' &&
        principalMatch(statement, request.principal) !== undefined &&
        conditionsHold(statement, request.externalId) !== false,
    );
    if (denied) return { allowed: false, action };
    const matches = matching
      .filter((statement) => statement.effect === 'Allow' && conditionsHold(statement, request.externalId) === true)
      .map((statement) => principalMatch(statement, request.principal))
      .filter((match) => match !== undefined);
    if (matches.length === 0) return { allowed: false, action };
    if (action === 'sts:AssumeRole' && matches.includes('direct')) by = 'direct';
  }
  return { allowed: true, by };
}

function mentions(statement: Statement, action: string): boolean {
  const matches = (pattern: string): boolean => wildcardMatch(pattern.toLowerCase(), action.toLowerCase());
  return statement.actions.length > 0 ? statement.actions.some(matches) : !statement.notActions.some(matches);
}

/** A session matches by its own ARN or by its role's; an account by its id or its root ARN. */
function principalMatch(statement: Statement, principal: Principal): 'direct' | 'account' | undefined {
  const names = statement.principals['AWS'] ?? [];
  if (names.includes(principal.arn)) return 'direct';
  if (principal.roleArn !== undefined && names.includes(principal.roleArn)) return 'direct';
  if (names.includes('*')) return 'account';
  const root = `arn:${principal.partition}:iam::${principal.accountId}:root`;
  return names.includes(root) || names.includes(principal.accountId) ? 'account' : undefined;
}

/** Undefined when a condition is not one this stage understands. */
function conditionsHold(statement: Statement, externalId: string | undefined): boolean | undefined {
  let understood = true;
  for (const [operator, keys] of Object.entries(statement.conditions)) {
    for (const [key, values] of Object.entries(keys)) {
      if (key.toLowerCase() !== 'sts:externalid' || (operator !== 'StringEquals' && operator !== 'StringLike')) {
        understood = false;
        continue;
      }
      if (externalId === undefined) return false;
      const matches = (value: string): boolean =>
        operator === 'StringLike' ? wildcardMatch(value, externalId) : value === externalId;
      if (!values.some(matches)) return false;
    }
  }
  return understood ? true : undefined;
}
