import type { AuditOutcome } from '../../lib/audit/record.ts';

/** What the ledger says in the end of a request whose function died: the outcome, or that there is no record. */
export type End = AuditOutcome | 'nothing';

/**
 * Where a function can die, in the order of the path, and what is on record of the request then: two ends where it was
 * the write itself that was under way.
 */
export const POINTS = {
  /** The request is there, nothing was looked at. */
  received: ['nothing'],
  /** The caller is verified, nothing was decided. */
  verified: ['nothing'],
  /** Decided, nothing was written. */
  decided: ['nothing'],
  'intent sent': ['nothing', 'unresolved'],
  'intent acked': ['unresolved'],
  'sts sent': ['unresolved'],
  'sts acked': ['unresolved'],
  'outcome sent': ['issued', 'unresolved'],
  'outcome acked': ['issued'],
  'response half written': ['issued'],
  'response done': ['issued'],
} as const satisfies Readonly<Record<string, readonly End[]>>;

/** The console's own: between STS and the outcome AWS is asked for a sign-in. */
export const CONSOLE_POINTS = {
  ...POINTS,
  'console sent': ['unresolved'],
  'console acked': ['unresolved'],
} as const satisfies Readonly<Record<string, readonly End[]>>;

/** A denial has no intent, and nothing is asked of AWS. */
export const DENIAL_POINTS = {
  received: ['nothing'],
  verified: ['nothing'],
  decided: ['nothing'],
  'outcome sent': ['denied', 'nothing'],
  'outcome acked': ['denied'],
  'response half written': ['denied'],
  'response done': ['denied'],
} as const satisfies Readonly<Record<string, readonly End[]>>;

export type Point = keyof typeof CONSOLE_POINTS;

/** Where the client has something of the answer. */
export const ANSWERED: readonly Point[] = ['response half written', 'response done'];

/** What is broken on purpose, to see that the checks find it. */
export type Breakage = 'intent is not written' | 'outcome is not written' | 'outcome is written after the answer';

/** What a function is told by its environment, as JSON in `DAYPASS_KILL`. */
export interface Orders {
  /** Undefined: it answers, and ends by itself. */
  readonly point?: Point;
  /** Requests that it waits for at the point before it dies. */
  readonly together: number;
  /** Milliseconds between the last of them being sent and dying, for the points where something is under way. */
  readonly afterMs: number;
  readonly broken?: Breakage;
  readonly issuer: string;
  readonly jwks: unknown;
}

/** Header of a request by which a run is known; it becomes the records' `requestId`. */
export const RUN_HEADER = 'x-run';
