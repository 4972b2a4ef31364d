import type { AccessRequest } from '../../lib/access/decision.ts';
import type { Explanation } from '../../lib/access/explanation.ts';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { JsonObject } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { hint } from '../output.ts';
import { suppose } from '../policy/suppose.ts';

/** A request as it would reach the broker, but for its role. */
export type Asked = Pick<AccessRequest, 'durationSeconds' | 'reason' | 'ticket' | 'sourceIp'>;

/** Decides here, by the policy at hand, for somebody with these claims, and tells all of it. */
export async function explainLocally(
  policy: AccessPolicy,
  role: string,
  who: { readonly claims: JsonObject; readonly issuer: string | undefined },
  asked: Asked,
): Promise<Explanation> {
  const now = Date.now();
  const caller = await suppose(policy, { ...who, now });
  const { decide, explainDecision, explainGrants, indexPolicy } = await import('../access-policy.ts');
  const index = indexPolicy(policy);
  const circumstances = { ...asked, caller, now };
  const decision = decide(index, { ...circumstances, target: { kind: 'role', role } });
  if (!index.roles.has(role)) {
    const near = nearest(role, [...index.roles.keys()]);
    if (near !== undefined) hint(`did you mean ${near}?`);
  }
  return {
    ...explainDecision(index, circumstances, decision),
    detail: explainGrants(index, circumstances, decision),
  };
}
