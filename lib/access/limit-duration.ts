import { MAX_CHAINED_SESSION_SECONDS } from '../iam/limits.ts';
import type { DurationLimit } from './decision.ts';

/** How long a session may last, and what keeps it from lasting longer. */
export interface LimitedDuration {
  /** Seconds; may be below what STS accepts when the sign-in ends soon. */
  readonly seconds: number;
  readonly limitedBy: DurationLimit;
}

/**
 * The smallest of all limits. At a tie the one named first here is named, so `request` whenever the caller gets
 * what was asked.
 *
 * @param limits seconds; undefined where there is no such limit
 */
export function limitDuration(limits: {
  readonly request: number | undefined;
  readonly grant: number | undefined;
  readonly role: number;
  readonly token: number | undefined;
}): LimitedDuration {
  const all: readonly (readonly [DurationLimit, number | undefined])[] = [
    ['request', limits.request],
    ['grant', limits.grant],
    ['role', limits.role],
    // A Lambda function's own credentials are a role session, so whatever it assumes is chained.
    ['chaining', MAX_CHAINED_SESSION_SECONDS],
    ['token', limits.token],
  ];
  let smallest: LimitedDuration = { seconds: Number.POSITIVE_INFINITY, limitedBy: 'chaining' };
  for (const [limitedBy, seconds] of all) {
    if (seconds !== undefined && seconds < smallest.seconds) smallest = { seconds, limitedBy };
  }
  return smallest;
}
