import type { AccessChange, UnknownClaim } from '../../lib/access/review/access-changes.ts';
import type { Change, Direction, TargetChanges } from '../../lib/access/review/change.ts';
import { counted } from '../text.ts';
import type { Unusable } from './callers.ts';

/** A comparison of two access policies, as it is told. */
export interface PolicyDiff {
  readonly verdict: Direction;
  readonly oldDigest: string;
  readonly newDigest: string;
  readonly changes: readonly Change[];
  /** The same by role and permission. */
  readonly targets: readonly TargetChanges[];
  /** Of concrete people; absent when none were named. */
  readonly people?: {
    readonly count: number;
    readonly unusable: readonly Unusable[];
    /** Claims that are not known of some of them: what these would give or take is not in the changes. */
    readonly unknown: readonly UnknownClaim[];
    readonly changes: readonly AccessChange[];
  };
}

export const VERDICTS: Readonly<Record<Direction, string>> = {
  widens: 'somebody may get more than before',
  changes: 'whether somebody gets more cannot be told from the policy alone: read it as if somebody did',
  narrows: 'nobody gets more; somebody may get less',
  neutral: 'nobody gets more or less',
};

export function verdictOf({ verdict, oldDigest, newDigest, changes }: PolicyDiff): string {
  if (oldDigest === newDigest) return 'the policies are the same';
  // Two digests, and nothing that decides anything between them.
  return changes.length === 0 ? `${VERDICTS[verdict]}: only the order in the file differs` : VERDICTS[verdict];
}

/** How many people were compared, and whether with a difference. */
export function comparedOf({ count, unusable, changes }: NonNullable<PolicyDiff['people']>): string {
  const left = unusable.length > 0 ? `, ${unusable.length} could not be read` : '';
  const told = changes.length === 0 ? 'no difference' : counted(changes.length, 'difference');
  return `${counted(count, 'caller')} compared${left}: ${told}`;
}

/** What a comparison of people does not say, in sentences. */
export function gapsOf({ unknown }: NonNullable<PolicyDiff['people']>): string[] {
  return unknown.map(({ claim, callers }) => {
    return `what the claim ${claim} gives or takes is not known for ${counted(callers, 'caller')}: no record holds it`;
  });
}
