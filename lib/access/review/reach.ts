import type { JsonObject } from '../../json.ts';
import { deniesAllCallersOf } from '../coverage.ts';
import type { DurationLimit } from '../decision.ts';
import { limitDuration } from '../limit-duration.ts';
import { whyNever } from '../never.ts';
import type { AccessPolicy, Grant, Role } from '../policy.ts';
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
  /** Which of its limits is the smallest. */
  readonly durationLimitedBy?: DurationLimit;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** Before claims are filled in. */
  readonly sessionPolicy?: JsonObject;
  readonly policyArns: readonly string[];
  /** Why it gives nothing to anybody, where that is certain. */
  readonly never?: string;
}

/**
 * The reach of each of the targets, in their order. The grants are gone through once, whatever the number of targets.
 *
 * @param targets role ids or permissions of the policy; one that is in no grant is reached by nobody
 * @param now epoch milliseconds, for conditions on dates that have passed
 */
export function reachesOf(policy: AccessPolicy, targets: readonly string[], now: number): Reach[] {
  const naming = new Map<string, Grant[]>(targets.map((target) => [target, []]));
  for (const grant of policy.grants) {
    for (const target of [...grant.roles, ...grant.permissions]) naming.get(target)?.push(grant);
  }
  const roles = new Map(policy.roles.map((role) => [role.id, role]));
  const nevers = new Map<Grant, string | undefined>();
  const never = (grant: Grant): string | undefined => {
    if (!nevers.has(grant)) nevers.set(grant, whyNever(grant, now));
    return nevers.get(grant);
  };
  return targets.map((target): Reach => {
    const role = roles.get(target);
    const all = naming.get(target) ?? [];
    const denies = all.filter(({ effect }) => effect === 'deny');
    return {
      target,
      ...(role !== undefined && { roleArn: role.arn, account: role.account }),
      grants: all
        .filter(({ effect }) => effect === 'allow')
        .map((grant) => reaching(grant, role, never(grant) ?? hiddenBy(grant, denies))),
      denies: denies.map((deny) => reaching(deny, undefined, never(deny))),
    };
  });
}

function hiddenBy(grant: Grant, denies: readonly Grant[]): string | undefined {
  const hiding = denies.find((deny) => deniesAllCallersOf(deny, grant));
  return hiding && `the deny "${hiding.name}" takes it from everyone it is for`;
}

function reaching(grant: Grant, role: Role | undefined, never: string | undefined): ReachingGrant {
  const { name, issuers, callers, condition, require, session } = grant;
  const limited =
    role &&
    limitDuration({
      request: undefined,
      grant: grant.durationSeconds,
      role: role.maxDurationSeconds,
      token: undefined,
    });
  return {
    grant: name,
    issuers,
    callers,
    conditions: conditionsInWords(condition),
    requires: (['reason', 'ticket'] as const).filter((one) => require[one]),
    ...(limited !== undefined && { durationSeconds: limited.seconds, durationLimitedBy: limited.limitedBy }),
    tags: session.tags,
    transitiveTagKeys: session.transitiveTagKeys,
    ...(session.policy !== undefined && { sessionPolicy: session.policy }),
    policyArns: session.policyArns,
    ...(never !== undefined && { never }),
  };
}
