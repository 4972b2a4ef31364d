import { allUnmet, type Clause } from '../iam/condition.ts';
import { type CallerTest, type CompiledGrant, callerMatches, compileGrant } from './compiled-grant.ts';
import type { Decision } from './decision.ts';
import type { ExplainedGrant, ExplanationDetail } from './explanation.ts';
import { type Circumstances, type Facts, factsOf } from './facts.ts';
import { conditionInWords } from './missing.ts';
import type { Grant, Role } from './policy.ts';
import type { PolicyIndex } from './policy-index.ts';
import type { Requirement } from './standing.ts';
import { unmetRequirements, type Weighed, weighCallers, weighSession, weighTerms } from './weigh.ts';

/** An answer has a size (Lambda: 6 MB); the nearest grants are the ones to look at. */
const MAX_GRANTS = 100;
const MAX_ANSWER_CHARACTERS = 1_000_000;

/**
 * Every grant that names the role, or the permission, and how it fares, those that a decision never has to look at
 * included. For eyes that may see other people's rules.
 *
 * @param circumstances those that were decided on
 */
export function explainGrants(index: PolicyIndex, circumstances: Circumstances, decision: Decision): ExplanationDetail {
  const { digest, grants } = index.policy;
  const { target } = decision.trace;
  const role = index.roles.get(target)?.role;
  const decides = decidingGrant(decision);
  const common = {
    policyDigest: digest,
    ...(decides !== undefined && { grant: decides }),
    ...(decision.effect === 'deny' && { reason: decision.reason }),
  };
  const facts = factsOf(circumstances);
  const explained = grants
    .filter(({ roles, permissions }) => roles.includes(target) || permissions.some((one) => one === target))
    .map((grant) => explainGrant(grant, grant.name === decides, role, facts, index));
  const nearest = nearestOf(explained);
  const omitted = explained.length - nearest.length;
  return { ...common, grants: nearest, ...(omitted > 0 && { omitted }) };
}

/** The grant that gave it or the deny that took it; undefined when nothing gives it. */
export function decidingGrant(decision: Decision): string | undefined {
  if (decision.effect === 'allow') return decision.grant;
  return decision.trace.steps.find(({ effect, outcome }) => effect === 'deny' && outcome === 'matched')?.grant;
}

function explainGrant(
  grant: Grant,
  decides: boolean,
  role: Role | undefined,
  facts: Facts,
  index: PolicyIndex,
): ExplainedGrant {
  const compiled = compileGrant(grant, 0);
  const weighed = weigh(compiled, role, facts, index);
  return {
    grant: grant.name,
    effect: grant.effect,
    outcome: weighed.outcome,
    decides,
    why: whyNot(compiled, weighed, facts),
    issuers: grant.issuers,
    callers: grant.callers,
    condition: grant.condition,
    requires: (['reason', 'ticket'] as const satisfies Requirement[]).filter((one) => grant.require[one]),
    ...(grant.durationSeconds !== undefined && { durationSeconds: grant.durationSeconds }),
  };
}

function weigh(compiled: CompiledGrant, role: Role | undefined, facts: Facts, index: PolicyIndex): Weighed {
  const callers = weighCallers({ compiled, order: 0, tests: compiled.callers }, facts);
  if (callers.outcome !== 'matched') return callers;
  const terms = weighTerms(compiled, facts);
  if (terms.outcome !== 'matched' || compiled.grant.effect === 'deny' || role === undefined) return terms;
  const session = weighSession(compiled, role, facts, index);
  return 'outcome' in session ? session : terms;
}

function whyNot(compiled: CompiledGrant, weighed: Weighed, facts: Facts): string[] {
  switch (weighed.outcome) {
    case 'matched':
      return [];
    case 'issuer_unmatched':
      return [`it is for callers of ${compiled.grant.issuers.join(' or ')}, and the issuer is ${weighed.because}`];
    case 'callers_unmatched':
      return compiled.callers.filter((test) => !callerMatches(test, facts)).map((test) => claimInWords(test, facts));
    case 'condition_unmet': {
      const unmet = allUnmet(compiled.condition, facts.context);
      const { effect } = compiled.grant;
      return [
        ...unmet.map((clause) => clauseInWords(clause, effect, facts)),
        ...unmetRequirements(compiled, facts).map(({ message }) => message),
      ];
    }
    default:
      return weighed.missing.map(({ message }) => message);
  }
}

function claimInWords({ claim, literals, globs }: CallerTest, facts: Facts): string {
  const wanted = [...literals, ...globs.map(({ pattern }) => pattern)];
  return `${claim} must be ${listed(wanted, 'or')}, and is ${given(facts.claim(claim))}`;
}

/** Of a grant that would give it, what to do; of a deny, only what is the case: nobody wants it to apply. */
function clauseInWords(clause: Clause, effect: Grant['effect'], facts: Facts): string {
  const is = given(facts.context(clause.key));
  if (effect === 'allow') return `${conditionInWords(clause, some(clause.values))} (it is ${is})`;
  return `${clause.operator} ${clause.key} ${listed(clause.values, 'or')} does not hold (it is ${is})`;
}

const MAX_VALUES = 5;
const MAX_CHARACTERS = 80;

function given(values: readonly string[] | undefined): string {
  return values === undefined || values.length === 0 ? 'absent' : listed(values, 'and');
}

function listed(values: readonly string[], word: 'and' | 'or'): string {
  return some(values).join(` ${word} `);
}

/** A claim may have hundreds of values, and a value any length. */
function some(values: readonly string[]): string[] {
  const shown = values.slice(0, MAX_VALUES).map(short);
  const more = values.length - shown.length;
  return more > 0 ? [...shown, `${more} more`] : shown;
}

function short(value: string): string {
  if (value === '') return '""';
  return value.length <= MAX_CHARACTERS ? value : `${value.slice(0, MAX_CHARACTERS)}…`;
}

/** As many as an answer holds, the nearest: the one that decides, those that apply, those meant for the caller. */
function nearestOf(grants: readonly ExplainedGrant[]): readonly ExplainedGrant[] {
  const chosen = new Set<ExplainedGrant>();
  let room = MAX_ANSWER_CHARACTERS;
  for (const grant of grants.toSorted((one, other) => distance(one) - distance(other))) {
    room -= JSON.stringify(grant).length;
    if (chosen.size === MAX_GRANTS || (room < 0 && chosen.size > 0)) break;
    chosen.add(grant);
  }
  return grants.filter((grant) => chosen.has(grant));
}

function distance({ decides, outcome }: ExplainedGrant): number {
  if (decides) return 0;
  if (outcome === 'matched') return 1;
  return outcome === 'issuer_unmatched' || outcome === 'callers_unmatched' ? 3 : 2;
}
