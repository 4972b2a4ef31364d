import { Fault, type FaultCode } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Issuer } from '../../identity/issuer.ts';
import type { Supposition } from '../../identity/supposed-caller.ts';
import { decide } from '../decide.ts';
import type { Decision } from '../decision.ts';
import type { Position } from '../diagnostic.ts';
import { explainDecision } from '../explain.ts';
import { decidingGrant, explainGrants } from '../explain-detail.ts';
import { explanationLines } from '../explain-words.ts';
import type { Circumstances } from '../facts.ts';
import type { PolicyIndex } from '../policy-index.ts';
import { mismatchesOf, outcomeInWords } from './expectation.ts';
import type { Check } from './plan.ts';

/** What became of one check. */
export interface CheckResult {
  readonly name: string;
  readonly position: Position;
  readonly passed: boolean;
  /** What was otherwise than expected, a line each; empty when passed. */
  readonly mismatches: readonly string[];
  /** What was decided, in a few words. */
  readonly outcome: string;
  /** Why it was decided so, in lines; of a failed check only. */
  readonly explanation: readonly string[];
  /** The grant that gave it, or the deny that took it. */
  readonly decidedBy?: string;
}

/** What was decided, or why a token with such claims is refused before anything is. */
export type Outcome =
  | { readonly decision: Decision; readonly circumstances: Circumstances }
  | { readonly refusal: FaultCode; readonly detail: string };

/** Makes a caller of claims that nobody verified; throws a `Fault` where a token with them would be refused. */
export type Suppose = (issuers: readonly Issuer[], supposition: Supposition) => Caller;

/** Decides what the check asks for, as the broker would, and compares. */
export function runCheck(index: PolicyIndex, check: Check, suppose: Suppose): CheckResult {
  const { name, position, expectation } = check;
  const outcome = outcomeOf(index, check, suppose);
  const mismatches = mismatchesOf(outcome, expectation);
  const decidedBy = 'decision' in outcome ? decidingGrant(outcome.decision) : undefined;
  return {
    name,
    position,
    passed: mismatches.length === 0,
    mismatches,
    outcome: outcomeInWords(outcome),
    explanation: mismatches.length === 0 ? [] : whyLines(index, outcome),
    ...(decidedBy !== undefined && { decidedBy }),
  };
}

function outcomeOf(index: PolicyIndex, check: Check, suppose: Suppose): Outcome {
  const { claims, issuer, target } = check;
  try {
    const caller = suppose(index.policy.issuers, { claims, issuer, now: check.circumstances.now });
    const circumstances = { ...check.circumstances, caller };
    return { circumstances, decision: decide(index, { ...circumstances, target }) };
  } catch (thrown) {
    if (thrown instanceof Fault) return { refusal: thrown.code, detail: thrown.detail };
    throw thrown;
  }
}

function whyLines(index: PolicyIndex, outcome: Outcome): string[] {
  if ('refusal' in outcome) return [`A token with these claims is refused: ${outcome.detail}`];
  const { circumstances, decision } = outcome;
  const detail = explainGrants(index, circumstances, decision);
  return explanationLines({ ...explainDecision(index, circumstances, decision), detail });
}
