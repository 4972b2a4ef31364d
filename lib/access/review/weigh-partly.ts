import { type CompiledGrant, callerMatches } from '../compiled-grant.ts';
import type { Facts } from '../facts.ts';
import type { Role } from '../policy.ts';
import type { PolicyIndex } from '../policy-index.ts';
import { unmetRequirements, weighSession } from '../weigh.ts';

/** What is known of a past request: its facts, and of which facts it is not known whether they were so. */
export interface Knowledge {
  readonly facts: Facts;
  readonly knowsClaim: (name: string) => boolean;
  readonly knowsSignIn: boolean;
}

/** Whether a grant holds for somebody of whom not everything is known. */
export type Partly = { readonly outcome: 'yes' } | { readonly outcome: 'no' | 'unknown'; readonly why: string };

const CLAIM = 'claim:';

/**
 * Weighs a grant as a decision does, with a third answer. One thing that is known not to hold settles it, whatever is
 * unknown beside it.
 *
 * @param role undefined for a permission
 */
export function weighPartly(
  compiled: CompiledGrant,
  role: Role | undefined,
  knowledge: Knowledge,
  index: PolicyIndex,
): Partly {
  const { grant, callers, condition, tags, policy } = compiled;
  const { facts, knowsClaim } = knowledge;
  const { issuer } = facts.circumstances.caller;
  if (grant.issuers.length > 0 && !grant.issuers.includes(issuer)) return no('it is for other issuers');
  let unknown: string | undefined;
  for (const test of callers) {
    if (!knowsClaim(test.claim)) unknown ??= test.claim;
    else if (!callerMatches(test, facts)) return no(`their ${test.claim} is not the one it is for`);
  }
  for (const clause of condition.clauses) {
    const { key, operator } = clause;
    if (isKnown(key, knowledge)) {
      if (!clause.holds(facts.context)) return no(`${operator} ${key} does not hold`);
    } else unknown ??= key.startsWith(CLAIM) ? key.slice(CLAIM.length) : key;
  }
  const [required] = unmetRequirements(compiled, facts);
  if (required !== undefined) return no(`a ${required.kind} is required, and none was sent`);
  for (const claim of [...tags.flatMap(({ template }) => template.claims), ...(policy?.claims ?? [])]) {
    if (!knowsClaim(claim)) unknown ??= claim;
  }
  if (unknown !== undefined) return { outcome: 'unknown', why: `${unknown} is not known` };
  const session = role && weighSession(compiled, role, facts, index);
  return session !== undefined && 'outcome' in session ? no(session.because) : { outcome: 'yes' };
}

function isKnown(key: string, { knowsClaim, knowsSignIn }: Knowledge): boolean {
  if (key === 'session:authAgeSeconds') return knowsSignIn;
  return !key.startsWith(CLAIM) || knowsClaim(key.slice(CLAIM.length));
}

function no(why: string): Partly {
  return { outcome: 'no', why };
}
