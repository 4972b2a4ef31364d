import type { AccessChange } from '../../lib/access/review/access-changes.ts';
import type { Change, Direction } from '../../lib/access/review/change.ts';

/** A comparison of two access policies, as it is told. */
export interface PolicyDiff {
  readonly verdict: Direction;
  readonly oldDigest: string;
  readonly newDigest: string;
  readonly changes: readonly Change[];
  /** Of concrete people; absent when none were named. */
  readonly people?: {
    readonly count: number;
    readonly unusable: readonly { readonly where: string; readonly message: string }[];
    readonly changes: readonly AccessChange[];
  };
}

export const VERDICTS: Readonly<Record<Direction, string>> = {
  widens: 'somebody may get more than before',
  changes: 'whether somebody gets more cannot be told from the policy alone: read it as if somebody did',
  narrows: 'nobody gets more; somebody may get less',
  neutral: 'nobody gets more or less',
};
