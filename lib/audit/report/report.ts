import type { AuditOutcome } from '../record.ts';

/**
 * What the audit log says of a period, ready to be shown. Plain JSON: `daypass audit report --format json` prints
 * exactly this. All times are RFC 3339 in UTC; lists come in the order in which they matter.
 */
export interface AuditReport {
  readonly report: 'daypass-audit';
  readonly version: 1;
  /** When it was made. */
  readonly made: string;
  readonly period: Period;
  /** The time before the period that was looked at to tell what is new in it. */
  readonly baseline?: Period;
  readonly totals: Totals;
  /** Digests of the access policies that decided in the period, the last one last. */
  readonly policyDigests: readonly string[];
  readonly roles: readonly RoleUse[];
  readonly people: readonly PersonUse[];
  readonly accounts: readonly AccountUse[];
  readonly denials: readonly Denial[];
  readonly denialsByReason: readonly Count[];
  readonly firstAccess: readonly FirstAccess[];
  readonly longest: readonly LongSession[];
  /** Every day of the period, also those on which nothing was; only those with records where it is over 400 days. */
  readonly days: readonly DayUse[];
  /** Issued sessions by weekday (Monday first) and hour, UTC. */
  readonly hours: readonly (readonly number[])[];
  /** Present when the access policy was given. */
  readonly grants?: GrantUse;
  /** Denials too rare and too varied to be kept one by one; they are in the totals. */
  readonly denialsNotListed: number;
}

export interface Period {
  /** Inclusive. */
  readonly since: string;
  /** Exclusive. */
  readonly until: string;
  readonly records: number;
}

export interface Totals {
  readonly sessions: number;
  readonly people: number;
  readonly roles: number;
  readonly accounts: number;
  /** Requests by how else they ended. */
  readonly outcomes: Readonly<Record<Exclude<AuditOutcome, 'issued'>, number>>;
  /** Sessions whose outcome is not in what was read. */
  readonly unfinished: number;
}

export interface RoleUse {
  readonly role: string;
  readonly account: string;
  readonly sessions: number;
  readonly people: number;
  /** Requests for it that got nothing, for whatever reason. */
  readonly refusals: number;
  readonly last: string;
}

export interface PersonUse {
  readonly username: string;
  readonly issuer: string;
  readonly sessions: number;
  readonly roles: number;
  readonly refusals: number;
  readonly last: string;
}

export interface AccountUse {
  readonly account: string;
  readonly accountId?: string;
  readonly sessions: number;
  readonly people: number;
  readonly roles: number;
  readonly refusals: number;
  readonly last: string;
}

/** Requests that got nothing, of one person for one role for one reason. */
export interface Denial {
  readonly outcome: AuditOutcome;
  /** The decision's reason where there is one, else the code. */
  readonly reason: string;
  /** Absent where the caller could not be verified. */
  readonly username?: string;
  readonly role?: string;
  readonly count: number;
  readonly last: string;
}

export interface Count {
  readonly outcome: AuditOutcome;
  readonly reason: string;
  readonly count: number;
}

/** The first session of a person in a role. */
export interface FirstAccess {
  readonly username: string;
  readonly issuer: string;
  readonly role: string;
  readonly at: string;
  readonly sessionId: string;
  readonly grant?: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly sessions: number;
}

export interface LongSession {
  readonly sessionId: string;
  readonly username: string;
  readonly role: string;
  readonly at: string;
  readonly durationSeconds: number;
  readonly limitedBy?: string;
  readonly reason?: string;
  readonly ticket?: string;
}

export interface DayUse {
  /** `2026-11-22` in UTC. */
  readonly day: string;
  readonly issued: number;
  readonly refusals: number;
}

export interface GrantUse {
  /** Of the policy that the grants are from. */
  readonly policyDigest: string;
  readonly used: readonly { readonly grant: string; readonly sessions: number; readonly last: string }[];
  /** Grants that gave nothing in the period: candidates for removal. */
  readonly unused: readonly UnusedGrant[];
  /** Roles of the policy of which there was no session in the period. */
  readonly unusedRoles: readonly string[];
  /** Grants that decided in the period and that the policy does not have any more. */
  readonly gone: readonly string[];
}

export interface UnusedGrant {
  readonly grant: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  /** When it last gave something in the baseline. */
  readonly lastBefore?: string;
}
