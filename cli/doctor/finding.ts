/** How one thing stands. `skipped`: it could not be looked at, and the message says why. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

export const STATUSES: readonly Status[] = ['ok', 'warning', 'failed', 'skipped'];

/** What a check found. Texts may hold words from files and networks; they are made printable when they are shown. */
export interface Finding {
  /** Stable name, such as `clock` or `role.trust`. */
  readonly check: string;
  /** What it was about, where one check is about several things: an issuer, a role, a profile. */
  readonly subject?: string | undefined;
  readonly status: Status;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Further facts, one line each. */
  readonly details?: readonly string[] | undefined;
  /** What a program may want of it; in JSON only. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** One look at one thing. What it throws is a finding too. */
export interface Check {
  readonly name: string;
  readonly subject?: string | undefined;
  /** Milliseconds; default 20 seconds. */
  readonly timeout?: number;
  run(): Promise<readonly Finding[]>;
}
