import type { Clause } from '../iam/condition.ts';
import { allUnmet } from '../iam/condition.ts';
import type { Missing } from './decision.ts';
import { type Circumstances, type Facts, factsOf } from './facts.ts';
import { DENIED, distinct, missingCondition } from './missing.ts';
import type { Account, Role } from './policy.ts';
import type { PolicyIndex, TargetIndex } from './policy-index.ts';
import { unmetRequirements, weighCallers, weighSession, weighTerms } from './weigh.ts';

/** Where a caller stands with one role: they may have it, or are close to it. */
export interface RoleStanding {
  readonly role: Role;
  readonly account: Account;
  /** True when a request that brings what `requires` names would be allowed now. */
  readonly available: boolean;
  /** Seconds a session would last when no less is asked for; absent when not available. */
  readonly maxDurationSeconds?: number;
  /** What has to be sent with the request and was not. */
  readonly requires: readonly Requirement[];
  /** What keeps the caller from it; empty when available. Safe to show. */
  readonly missing: readonly Missing[];
}

export type Requirement = 'reason' | 'ticket';

/**
 * Every role that the caller may use or is close to, in catalogue order. A role is close when a grant is meant for
 * the caller and something else keeps them from it. Roles that no grant of theirs names, and roles denied to them
 * whatever they do, are not listed.
 */
export function rolesFor(index: PolicyIndex, circumstances: Circumstances): RoleStanding[] {
  const facts = factsOf(circumstances);
  if (!index.issuers.has(circumstances.caller.issuer)) return [];
  const standings: RoleStanding[] = [];
  for (const target of index.roles.values()) {
    const account = index.accounts.get(target.role.account);
    const standing = account === undefined ? undefined : standingOn(index, target, account, facts);
    if (standing !== undefined) standings.push(standing);
  }
  return standings;
}

function standingOn(
  index: PolicyIndex,
  target: TargetIndex & { readonly role: Role },
  account: Account,
  facts: Facts,
): RoleStanding | undefined {
  const { role } = target;
  const denial = denialOf(target, facts);
  if (denial === 'always') return undefined;
  let best: { readonly requires: readonly Requirement[]; readonly seconds: number } | undefined;
  let missing: Missing[] | undefined;
  for (const candidate of target.allow.find(facts)) {
    if (weighCallers(candidate, facts).outcome !== 'matched') continue;
    missing ??= [];
    const { compiled } = candidate;
    const { requires, unmet } = split(allUnmet(compiled.condition, facts.context), facts);
    if (unmet.length > 0) {
      missing.push(...unmet.map(missingCondition));
      continue;
    }
    const session = weighSession(compiled, role, facts, index);
    if ('outcome' in session) {
      if ('missing' in session) missing.push(...session.missing);
      continue;
    }
    for (const { kind } of unmetRequirements(compiled, facts)) requires.add(kind as Requirement);
    // The first grant that asks for nothing is the one that would decide a bare request.
    if (best === undefined || (best.requires.length > 0 && requires.size === 0)) {
      best = { requires: [...requires], seconds: session.durationSeconds };
    }
  }
  if (missing === undefined) return undefined;
  if (denial === 'now') return { role, account, available: false, requires: [], missing: [DENIED] };
  if (best === undefined) return { role, account, available: false, requires: [], missing: distinct(missing) };
  return {
    role,
    account,
    available: true,
    maxDurationSeconds: best.seconds,
    requires: best.requires,
    missing: [],
  };
}

/** Whether a deny applies: under any circumstances, or only as things are now. */
function denialOf(target: TargetIndex, facts: Facts): 'never' | 'now' | 'always' {
  let denial: 'never' | 'now' = 'never';
  for (const candidate of target.deny.find(facts)) {
    if (weighCallers(candidate, facts).outcome !== 'matched') continue;
    if (weighTerms(candidate.compiled, facts).outcome !== 'matched') continue;
    if (candidate.compiled.condition.clauses.length === 0) return 'always';
    denial = 'now';
  }
  return denial;
}

/** A condition on a reason or ticket that was not sent yet is a thing to send, not a thing the caller lacks. */
export function split(clauses: readonly Clause[], { circumstances }: Facts) {
  const requires = new Set<Requirement>();
  const unmet: Clause[] = [];
  for (const clause of clauses) {
    if (clause.key === 'request:reason' && circumstances.reason === undefined) requires.add('reason');
    else if (clause.key === 'request:ticket' && circumstances.ticket === undefined) requires.add('ticket');
    else unmet.push(clause);
  }
  return { requires, unmet };
}
