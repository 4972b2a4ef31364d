import { factsOf } from '../facts.ts';
import type { PolicyIndex } from '../policy-index.ts';
import type { Requirement } from '../standing.ts';
import type { ReviewCircumstances, ReviewedCaller } from './access-changes.ts';
import { isOpen, type Way, waysTo } from './ways.ts';

/** Where somebody stands with one role or permission that they have or are close to. */
export interface Standing {
  readonly name: string;
  /** Whether a request now that brings what is required would be allowed. */
  readonly has: boolean;
  /** The grant that decides, or the closest one. */
  readonly grant: string;
  readonly seconds?: number;
  readonly requires: readonly Requirement[];
  /** In words; empty when they have it. */
  readonly missing: readonly string[];
}

export interface People {
  readonly standings: readonly Standing[];
  /** How many more were asked about, for whom no grant is meant. */
  readonly others: number;
}

/** Who of these has the targets now, and who is close to them: one answer for each target. */
export function standingsOf(
  index: PolicyIndex,
  targets: readonly string[],
  callers: readonly ReviewedCaller[],
  circumstances: ReviewCircumstances,
): People[] {
  const found = targets.map(() => [] as Standing[]);
  for (const { name, after: caller } of callers) {
    if (caller === undefined) continue;
    const facts = factsOf({ ...circumstances, caller });
    for (const [place, target] of targets.entries()) {
      const standing = standingBy(name, waysTo(index, target, facts));
      if (standing !== undefined) found[place]?.push(standing);
    }
  }
  return found.map((standings) => ({ standings, others: callers.length - standings.length }));
}

function standingBy(name: string, ways: readonly Way[]): Standing | undefined {
  const [best] = ways.toSorted(
    (one, other) => one.missing.length - other.missing.length || one.requires.length - other.requires.length,
  );
  if (best === undefined) return undefined;
  const { grant, requires, missing, session } = best;
  return {
    name,
    has: isOpen(ways),
    grant,
    ...(session !== undefined && { seconds: session.durationSeconds }),
    requires,
    missing: missing.map(({ words }) => words),
  };
}
