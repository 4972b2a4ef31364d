import { allUnmet, type Clause } from '../iam/condition.ts';
import { MIN_SESSION_SECONDS, sessionPolicyProblem } from '../iam/limits.ts';
import { fillDocument, fillTag, type TemplateProblem } from '../iam/variables.ts';
import { type Candidate, unmatchedTest } from './candidates.ts';
import type { CompiledGrant } from './compiled-grant.ts';
import type { Missing, RoleAllowed, TraceStep } from './decision.ts';
import type { Facts } from './facts.ts';
import { type LimitedDuration, limitDuration } from './limit-duration.ts';
import { MISSING_REASON, MISSING_SIGN_IN, MISSING_TICKET, missingClaim, missingCondition } from './missing.ts';
import type { Role } from './policy.ts';
import type { PolicyIndex } from './policy-index.ts';

/** What became of one grant, for one caller and one target. */
export type Weighed =
  | { readonly outcome: 'matched' }
  /** Not meant for this caller; they learn nothing of it. */
  | { readonly outcome: 'issuer_unmatched' | 'callers_unmatched'; readonly because: string }
  /** Meant for this caller, but something is missing. */
  | {
      readonly outcome: 'condition_unmet' | 'requirement_unmet' | 'template_refused' | 'sign_in_too_short';
      readonly because: string;
      readonly missing: readonly Missing[];
    };

export type Session = Pick<RoleAllowed, 'durationSeconds' | 'durationLimitedBy' | 'tags' | 'policy' | 'policyArns'>;

/** Whether a grant is meant for the caller at all: issuer and claims. */
export function weighCallers(candidate: Candidate, facts: Facts): Weighed {
  const { issuers } = candidate.compiled.grant;
  const { issuer } = facts.circumstances.caller;
  if (issuers.length > 0 && !issuers.includes(issuer)) return { outcome: 'issuer_unmatched', because: issuer };
  const test = unmatchedTest(candidate, facts);
  return test === undefined ? MATCHED : { outcome: 'callers_unmatched', because: test.claim };
}

/** Condition and requirements of a grant that is meant for the caller. Everything missing is named at once. */
export function weighTerms(compiled: CompiledGrant, facts: Facts): Weighed {
  const unmet = compiled.condition.clauses.length === 0 ? [] : allUnmet(compiled.condition, facts.context);
  const required = unmetRequirements(compiled, facts);
  const [clause] = unmet;
  const [requirement] = required;
  if (clause !== undefined) {
    return {
      outcome: 'condition_unmet',
      because: clauseName(clause),
      missing: [...unmet.map(missingCondition), ...required],
    };
  }
  if (requirement !== undefined) {
    return { outcome: 'requirement_unmet', because: requirement.kind, missing: required };
  }
  return MATCHED;
}

/** The session that a grant gives on a role: limits applied, templates filled; or what keeps it from being. */
export function weighSession(
  compiled: CompiledGrant,
  role: Role,
  facts: Facts,
  index: PolicyIndex,
): Session | Exclude<Weighed, { readonly outcome: 'matched' }> {
  const duration = durationOf(compiled, role, facts, index);
  if (duration.seconds < MIN_SESSION_SECONDS) {
    return { outcome: 'sign_in_too_short', because: duration.limitedBy, missing: [MISSING_SIGN_IN] };
  }
  const tags: [string, string][] = [];
  for (const { key, template } of compiled.tags) {
    const filled = fillTag(template, facts.claim);
    if (filled.problem !== undefined) return templateRefused(filled.problem);
    tags.push([key, filled.value]);
  }
  const policy = policyOf(compiled, facts);
  if (typeof policy === 'object') return templateRefused(policy);
  return {
    durationSeconds: duration.seconds,
    durationLimitedBy: duration.limitedBy,
    tags: Object.fromEntries(tags),
    ...(policy !== undefined && { policy }),
    policyArns: compiled.grant.session.policyArns,
  };
}

export function unmetRequirements({ grant }: CompiledGrant, { circumstances }: Facts): Missing[] {
  const missing: Missing[] = [];
  if (grant.require.reason && isBlank(circumstances.reason)) missing.push(MISSING_REASON);
  if (grant.require.ticket && isBlank(circumstances.ticket)) missing.push(MISSING_TICKET);
  return missing;
}

export function stepOf({ grant }: CompiledGrant, weighed: Weighed): TraceStep {
  const { name, effect } = grant;
  return weighed.outcome === 'matched'
    ? { grant: name, effect, outcome: 'matched' }
    : { grant: name, effect, outcome: weighed.outcome, because: weighed.because };
}

const MATCHED: Weighed = { outcome: 'matched' };

function durationOf(compiled: CompiledGrant, role: Role, facts: Facts, index: PolicyIndex): LimitedDuration {
  const { caller, durationSeconds, now } = facts.circumstances;
  const endsWithToken = index.issuers.get(caller.issuer)?.sessionsEndWithToken ?? false;
  return limitDuration({
    request: durationSeconds,
    grant: compiled.grant.durationSeconds,
    role: role.maxDurationSeconds,
    token: endsWithToken ? Math.floor(caller.expiresAt - now / 1000) : undefined,
  });
}

/** The policy's text, undefined when there is none, or why it could not be made. */
function policyOf(compiled: CompiledGrant, facts: Facts): string | undefined | TemplateProblem {
  const { policy } = compiled;
  if (policy === undefined || policy.claims.length === 0) return policy?.text;
  const filled = fillDocument(policy.document, facts.claim);
  if (filled.problem !== undefined) return filled.problem;
  const text = JSON.stringify(filled.value);
  const problem = sessionPolicyProblem(text, compiled.grant.session.policyArns);
  return problem === undefined
    ? text
    : { claim: policy.claims.join(', '), message: `filled with your claims, ${problem}` };
}

function templateRefused(problem: TemplateProblem): Exclude<Weighed, { readonly outcome: 'matched' }> {
  const { claim, message } = problem;
  return { outcome: 'template_refused', because: message, missing: [missingClaim(claim, message)] };
}

function clauseName(clause: Clause): string {
  return `${clause.operator} ${clause.key}`;
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === '';
}
