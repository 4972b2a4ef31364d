import type { AccessPolicy } from '../policy.ts';
import type { CheckResult } from './run.ts';

/** Which grants decided something, and which nobody has tried. */
export interface Coverage {
  readonly grants: readonly { readonly grant: string; readonly effect: 'allow' | 'deny'; readonly decided: number }[];
  readonly covered: number;
  /** 0–100, rounded down: only all of them are 100. A policy without grants has nothing to cover. */
  readonly percent: number;
}

/** A grant is covered when it gave, or as a deny took, what at least one check asked for. */
export function coverageOf(policy: AccessPolicy, results: readonly CheckResult[]): Coverage {
  const decided = new Map<string, number>();
  for (const { decidedBy } of results) {
    if (decidedBy !== undefined) decided.set(decidedBy, (decided.get(decidedBy) ?? 0) + 1);
  }
  const grants = policy.grants.map(({ name, effect }) => ({ grant: name, effect, decided: decided.get(name) ?? 0 }));
  const covered = grants.filter((one) => one.decided > 0).length;
  const percent = grants.length === 0 ? 100 : Math.floor((covered * 100) / grants.length);
  return { grants, covered, percent };
}
