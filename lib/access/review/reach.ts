import { deniesAllCallersOf } from '../coverage.ts';
import { limitDuration } from '../limit-duration.ts';
import { whyNever } from '../never.ts';
import type { AccessPolicy, Grant, Permission, Role } from '../policy.ts';
import type { Requirement } from '../standing.ts';
import { type ConditionInWords, conditionsInWords } from './words.ts';

/** Who can reach one role or permission, and how: every grant and deny that names it, in file order. */
export interface Reach {
  /** `prod/Admin`, `audit:read`. */
  readonly target: string;
  readonly roleArn?: string;
  readonly account?: string;
  readonly grants: readonly ReachingGrant[];
  readonly denies: readonly ReachingGrant[];
}

export interface ReachingGrant {
  readonly grant: string;
  /** Empty: callers of any issuer. */
  readonly issuers: readonly string[];
  /** All of the claims must match, any of a claim's patterns may. Empty: everyone. */
  readonly callers: Readonly<Record<string, readonly string[]>>;
  /** All must hold. */
  readonly conditions: readonly ConditionInWords[];
  readonly requires: readonly Requirement[];
  /** The longest session that it gives on this role; a token or a request may shorten it. */
  readonly durationSeconds?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly hasSessionPolicy: boolean;
  readonly policyArns: readonly string[];
  /** Why it gives nothing to anybody, where that is certain. */
  readonly never?: string;
}

/**
 * @param target a role id or a permission of the policy; one that is in no grant is reached by nobody
 * @param now epoch milliseconds, for conditions on dates that have passed
 */
export function reachOf(policy: AccessPolicy, target: string, now: number): Reach {
  const role = policy.roles.find(({ id }) => id === target);
  const naming = policy.grants.filter(
    (grant) => grant.roles.includes(target) || grant.permissions.includes(target as Permission),
  );
  const denies = naming.filter(({ effect }) => effect === 'deny');
  return {
    target,
    ...(role !== undefined && { roleArn: role.arn, account: role.account }),
    grants: naming
      .filter(({ effect }) => effect === 'allow')
      .map((grant) => reaching(grant, role, whyNever(grant, now) ?? hiddenBy(grant, denies))),
    denies: denies.map((deny) => reaching(deny, undefined, whyNever(deny, now))),
  };
}

function hiddenBy(grant: Grant, denies: readonly Grant[]): string | undefined {
  const hiding = denies.find((deny) => deniesAllCallersOf(deny, grant));
  return hiding && `the deny "${hiding.name}" takes it from everyone it is for`;
}

function reaching(grant: Grant, role: Role | undefined, never: string | undefined): ReachingGrant {
  const { name, issuers, callers, condition, require, session } = grant;
  const seconds =
    role &&
    limitDuration({
      request: undefined,
      grant: grant.durationSeconds,
      role: role.maxDurationSeconds,
      token: undefined,
    }).seconds;
  return {
    grant: name,
    issuers,
    callers,
    conditions: conditionsInWords(condition),
    requires: (['reason', 'ticket'] as const).filter((one) => require[one]),
    ...(seconds !== undefined && { durationSeconds: seconds }),
    tags: session.tags,
    hasSessionPolicy: session.policy !== undefined,
    policyArns: session.policyArns,
    ...(never !== undefined && { never }),
  };
}
