import type { Attempt } from './attempt.ts';

/** A call that AWS refuses, and its twin: the smallest change that makes it right. */
export interface Case {
  readonly about: string;
  readonly refused: Attempt;
  readonly accepted: Attempt;
  /** AWS's own, as on the wire. */
  readonly code: string;
  /** Default 400. */
  readonly status?: number;
  readonly says?: RegExp;
}
