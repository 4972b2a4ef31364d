import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { Context } from '../context.ts';

/** When a server thought it was, against this machine's clock. */
export interface ClockReading {
  /** `the broker` or `issuer corp`. */
  readonly whose: string;
  /** How far its clock is ahead of ours; a `Date` header is good to half a second. */
  readonly aheadSeconds: number;
}

/** What the checks of one run share. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Undefined when there is no broker to ask; then `brokerProblem` says why. */
  readonly context: Context | undefined;
  readonly brokerProblem: unknown;
  readonly home: string | undefined;
  /** The access policy on this machine: undefined when there is none. Rejects with a Failure when it has errors. */
  readonly policy: Promise<AccessPolicy | undefined>;
  readonly policyFile: string;
  readonly now: () => number;
  /** Filled by whoever asks a server. */
  readonly clocks: ClockReading[];
}
