/** Where a function can die, in the order of the path (THREATS: "Kill points"), and between what and what it is then. */
export const POINTS = [
  /** The request is there, nothing was looked at. */
  'received',
  /** The caller is verified, nothing was decided. */
  'verified',
  /** Decided, nothing was written. */
  'decided',
  'intent sent',
  'intent acked',
  'sts sent',
  'sts acked',
  'outcome sent',
  'outcome acked',
  'response half written',
  'response done',
] as const;

/** The console's own: between STS and the outcome AWS is asked for a sign-in. */
export const CONSOLE_POINTS = ['console sent', 'console acked'] as const;

export type Point = (typeof POINTS)[number] | (typeof CONSOLE_POINTS)[number];

/** What is broken on purpose, to see that the checks find it. */
export type Breakage = 'intent is not written' | 'outcome is not written';

/** What a run is told by its environment, as JSON in `DAYPASS_KILL`. */
export interface Orders {
  readonly point: Point | 'never';
  /** Milliseconds between sending and dying, for the points where something is under way. */
  readonly afterMs: number;
  readonly broken?: Breakage;
  /** Becomes the records' `requestId`. */
  readonly run: string;
  readonly jwks: unknown;
  readonly issuer: string;
}
