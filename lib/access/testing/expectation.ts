import type { Decision, Denied } from '../decision.ts';
import { decidingGrant } from '../explain-detail.ts';
import type { Expectation } from './plan.ts';
import type { Outcome } from './run.ts';

/** What of an outcome is otherwise than expected, a line each. */
export function mismatchesOf(outcome: Outcome, expected: Expectation): string[] {
  const { effect, because } = expected;
  const wanted = because === undefined ? effect : `${effect} because ${because}`;
  const otherwise = `expected ${wanted}, got ${outcomeInWords(outcome)}`;
  if ('refusal' in outcome) {
    // A slip in the claims would pass for a denial that was meant, so the refusal has to be named.
    return effect === 'deny' && because === outcome.refusal ? [] : [otherwise];
  }
  const { decision, circumstances } = outcome;
  if (decision.effect !== effect) return [otherwise];
  if (decision.effect === 'allow') return allowMismatches(decision, circumstances.caller.username, expected);
  return isReason(because, decision) ? missingMismatches(decision, expected) : [otherwise];
}

/** `allow by sre-admin for 1800 seconds`, `deny: no_grant`, `refused: claim_missing`. */
export function outcomeInWords(outcome: Outcome): string {
  if ('refusal' in outcome) return `refused: ${outcome.refusal}`;
  const { decision } = outcome;
  const by = decidingGrant(decision);
  if (decision.effect === 'deny') return `deny: ${decision.reason}${by === undefined ? '' : ` (${by})`}`;
  return decision.kind === 'role' ? `allow by ${by} for ${decision.durationSeconds} seconds` : `allow by ${by}`;
}

function allowMismatches(
  decision: Exclude<Decision, Denied>,
  username: string,
  { because, durationSeconds, tags, sourceIdentity }: Expectation,
): string[] {
  const mismatches: string[] = [];
  if (because !== undefined && because !== decision.grant) {
    mismatches.push(`grant: expected ${because}, got ${decision.grant}`);
  }
  if (decision.kind !== 'role') return mismatches;
  if (durationSeconds !== undefined && durationSeconds !== decision.durationSeconds) {
    const got = `${decision.durationSeconds} seconds, limited by the ${decision.durationLimitedBy}`;
    mismatches.push(`duration: expected ${durationSeconds} seconds, got ${got}`);
  }
  if (tags !== undefined && inOrder(tags) !== inOrder(decision.tags)) {
    mismatches.push(`tags: expected ${inOrder(tags)}, got ${inOrder(decision.tags)}`);
  }
  if (sourceIdentity !== undefined && sourceIdentity !== username) {
    mismatches.push(`sourceIdentity: expected ${sourceIdentity}, got ${username}`);
  }
  return mismatches;
}

/** The deny's name, the reason's code, or a part of what the caller is told. */
function isReason(because: string | undefined, decision: Denied): boolean {
  if (because === undefined || because === decision.reason || because === decidingGrant(decision)) return true;
  return decision.missing.some(({ message }) => message.includes(because));
}

function missingMismatches(decision: Denied, { missing }: Expectation): string[] {
  const told = decision.missing.map(({ message }) => message);
  return missing
    .filter((part) => !told.some((message) => message.includes(part)))
    .map((part) => `missing: expected “${part}”, got ${told.map((message) => `“${message}”`).join(', ')}`);
}

function inOrder(tags: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(tags).toSorted(([one], [other]) => (one < other ? -1 : 1))));
}
