import type { CompiledGrant } from '../compiled-grant.ts';
import { limitDuration } from '../limit-duration.ts';
import type { Grant, Role } from '../policy.ts';
import type { PolicyIndex } from '../policy-index.ts';
import type { ReplayTarget } from './replay.ts';
import { type Knowledge, type Partly, weighPartly } from './weigh-partly.ts';

/** What would be decided, as far as it can be told. */
export type Conclusion =
  | { readonly effect: 'deny'; readonly why: string }
  | { readonly effect: 'unknown'; readonly why: string }
  | {
      readonly effect: 'allow';
      readonly grant: string;
      /** Undefined for a permission. */
      readonly session: { readonly role: Role; readonly seconds: number } | undefined;
    };

/** Grants on one target that are weighed for one record: an export has many records. */
const MAX_WEIGHED = 1_000;

/**
 * Concludes what a decision would be from what is known: certain where the unknown could not change it.
 *
 * @param infer what a grant would do, as far as its part in the recorded decision tells
 */
export function conclude(
  index: PolicyIndex,
  target: ReplayTarget,
  knowledge: Knowledge,
  infer: (grant: Grant) => 'yes' | 'no' | undefined,
): Conclusion {
  const { allow, deny } = target;
  if (allow.length === 0) return { effect: 'deny', why: 'no grant gives it any more' };
  if (allow.length + deny.length > MAX_WEIGHED) {
    return { effect: 'unknown', why: `more than ${MAX_WEIGHED} grants are about it, and not all claims are known` };
  }
  const weigh = (compiled: CompiledGrant): Partly => {
    const role = compiled.grant.effect === 'allow' ? target.role : undefined;
    const weighed = weighPartly(compiled, role, knowledge, index);
    if (weighed.outcome !== 'unknown') return weighed;
    const inferred = infer(compiled.grant);
    if (inferred === 'yes') return { outcome: 'yes' };
    return inferred === 'no' ? { outcome: 'no', why: 'it did not hold when this was decided' } : weighed;
  };
  let doubt: string | undefined;
  for (const compiled of deny) {
    const weighed = weigh(compiled);
    if (weighed.outcome === 'yes') return { effect: 'deny', why: `denied by ${compiled.grant.name}` };
    if (weighed.outcome === 'unknown') doubt ??= `${compiled.grant.name} may deny it: ${weighed.why}`;
  }
  const possible: { readonly grant: Grant; readonly why: string }[] = [];
  const refusals: string[] = [];
  for (const { grant, ...rest } of allow) {
    const weighed = weigh({ grant, ...rest });
    if (weighed.outcome === 'yes') {
      if (doubt !== undefined) return { effect: 'unknown', why: doubt };
      return allowedBy(index, target, knowledge, grant, possible);
    }
    if (weighed.outcome === 'unknown') possible.push({ grant, why: weighed.why });
    else if (refusals.length < 3) refusals.push(`${grant.name}: ${weighed.why}`);
  }
  const [first] = possible;
  if (first === undefined) return { effect: 'deny', why: `no grant holds (${refusals.join('; ')})` };
  return { effect: 'unknown', why: doubt ?? `whether ${first.grant.name} holds: ${first.why}` };
}

/** It is allowed for certain; by which grant, and so for how long, only if no earlier one may hold. */
function allowedBy(
  index: PolicyIndex,
  { role }: ReplayTarget,
  { facts }: Knowledge,
  grant: Grant,
  possible: readonly { readonly grant: Grant; readonly why: string }[],
): Conclusion {
  if (role === undefined) return { effect: 'allow', grant: grant.name, session: undefined };
  const { caller, durationSeconds, now } = facts.circumstances;
  const endsWithToken = index.issuers.get(caller.issuer)?.sessionsEndWithToken ?? false;
  if (endsWithToken && !Number.isFinite(caller.expiresAt)) {
    return { effect: 'unknown', why: 'sessions end with the token, and when it ended is not known' };
  }
  const secondsBy = (one: Grant): number =>
    limitDuration({
      request: durationSeconds,
      grant: one.durationSeconds,
      role: role.maxDurationSeconds,
      token: endsWithToken ? Math.floor(caller.expiresAt - now / 1000) : undefined,
    }).seconds;
  const seconds = secondsBy(grant);
  const other = possible.find((one) => secondsBy(one.grant) !== seconds);
  if (other !== undefined) {
    return { effect: 'unknown', why: `${other.grant.name} may decide instead of ${grant.name}: ${other.why}` };
  }
  return { effect: 'allow', grant: grant.name, session: { role, seconds } };
}
