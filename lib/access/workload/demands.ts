import { compileGlob } from '../../iam/glob.ts';
import type { Grant } from '../policy.ts';

const CLAIM = 'claim:';

/** Operators that hold only when the claim is there and is one of the values. */
const WANTS = /^(ForAnyValue:)?String(Equals|EqualsIgnoreCase|Like)$/;
/** Operators that hold only when the claim is none of the values. */
const REFUSES = /^(ForAllValues:)?StringNot(Equals|EqualsIgnoreCase|Like)$/;

/** What a grant demands of a workload's claims, from its callers and from its condition. */
export interface Demands {
  /** Every claim that something is demanded of. */
  readonly claims: readonly string[];
  /** For each place that demands something of the claim, the patterns it takes; all places must be content. */
  wanted(claim: string): readonly (readonly string[])[];
  /** Whether something is demanded of one of the claims. */
  limits(...claims: readonly string[]): boolean;
  /** Whether a value of the claim passes every place that looks at it. Where none does, every value passes. */
  takes(claim: string, value: string): boolean;
}

export function demandsOf({ callers, condition }: Grant): Demands {
  const wanted = new Map<string, (readonly string[])[]>();
  const refused = new Map<string, (readonly string[])[]>();
  const add = (to: typeof wanted, claim: string, patterns: readonly string[]): void => {
    to.set(claim, [...(to.get(claim) ?? []), patterns]);
  };
  for (const [claim, patterns] of Object.entries(callers)) add(wanted, claim, patterns);
  for (const [operator, keys] of Object.entries(condition)) {
    const to = WANTS.test(operator) ? wanted : REFUSES.test(operator) ? refused : undefined;
    if (to === undefined) continue;
    for (const [key, values] of Object.entries(keys)) {
      if (!key.startsWith(CLAIM)) continue;
      // `StringEquals` has no wildcards; in callers and under `StringLike` a literal reads the same.
      add(to, key.slice(CLAIM.length), values);
    }
  }
  return {
    claims: [...new Set([...wanted.keys(), ...refused.keys()])],
    wanted: (claim) => wanted.get(claim) ?? [],
    limits: (...claims) => claims.some((claim) => wanted.has(claim)),
    takes: (claim, value) =>
      (wanted.get(claim) ?? []).every((patterns) => matchesAny(patterns, value)) &&
      !(refused.get(claim) ?? []).some((patterns) => matchesAny(patterns, value)),
  };
}

function matchesAny(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => compileGlob(pattern).matches(value));
}
