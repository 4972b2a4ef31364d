import { allUnmet } from '../iam/condition.ts';
import type { JsonObject } from '../json.ts';
import { roleSessionNamePattern, SESSION_ID_PLACEHOLDER, SESSION_ID_TAG } from '../session-id.ts';
import { compileGrant } from './compiled-grant.ts';
import type { Decision, RoleAllowed } from './decision.ts';
import type { ExplainedSession, Explanation } from './explanation.ts';
import { type Circumstances, factsOf } from './facts.ts';
import type { PolicyIndex } from './policy-index.ts';
import type { Requirement } from './standing.ts';
import { unmetRequirements } from './weigh.ts';

/**
 * What the caller may know of a decision about themselves. It is made of the decision and nothing else, so it says no
 * more of a denial than the denial itself.
 *
 * @param circumstances those that were decided on
 */
export function explainDecision(index: PolicyIndex, circumstances: Circumstances, decision: Decision): Explanation {
  const role = decision.trace.target;
  if (decision.effect === 'deny') return { role, allowed: false, missing: decision.missing };
  const session = decision.kind === 'role' ? { session: sessionOf(index, circumstances, decision) } : {};
  return { role, allowed: true, ...session, missing: [] };
}

function sessionOf(index: PolicyIndex, circumstances: Circumstances, decision: RoleAllowed): ExplainedSession {
  const { username } = circumstances.caller;
  return {
    roleArn: decision.role.arn,
    accountId: decision.role.accountId,
    durationSeconds: decision.durationSeconds,
    durationLimitedBy: decision.durationLimitedBy,
    requires: requiredBy(index, circumstances, decision.grant),
    tags: { ...decision.tags, [SESSION_ID_TAG]: SESSION_ID_PLACEHOLDER },
    transitiveTagKeys: decision.transitiveTagKeys,
    ...(decision.policy !== undefined && { policy: JSON.parse(decision.policy) as JsonObject }),
    policyArns: decision.policyArns,
    sourceIdentity: username,
    roleSessionName: roleSessionNamePattern(username),
  };
}

/** What of the request the grant would miss, were it not sent. */
function requiredBy(index: PolicyIndex, circumstances: Circumstances, name: string): Requirement[] {
  const grant = index.policy.grants.find((one) => one.name === name);
  if (grant === undefined) return [];
  const compiled = compileGrant(grant, 0);
  const bare = factsOf({ ...circumstances, reason: undefined, ticket: undefined });
  const missed = new Set([
    ...unmetRequirements(compiled, bare).map(({ kind }) => kind),
    ...allUnmet(compiled.condition, bare.context).map(({ key }) => key.replace(/^request:/, '')),
  ]);
  return (['reason', 'ticket'] as const).filter((requirement) => missed.has(requirement));
}
