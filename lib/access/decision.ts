import type { Caller } from '../identity/caller.ts';
import type { Permission, Role } from './policy.ts';

/** What is asked of the access policy. A request can only narrow what a grant gives. */
export interface AccessRequest {
  readonly caller: Caller;
  readonly target: AccessTarget;
  /** Seconds asked for; undefined means as long as allowed. */
  readonly durationSeconds?: number | undefined;
  readonly reason?: string | undefined;
  readonly ticket?: string | undefined;
  readonly sourceIp?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type AccessTarget =
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'permission'; readonly permission: Permission };

export type Decision = RoleAllowed | PermissionAllowed | Denied;

/** The caller may have the role: everything AssumeRole needs, templates filled, limits applied. */
export interface RoleAllowed {
  readonly effect: 'allow';
  readonly kind: 'role';
  readonly role: Role;
  /** Name of the deciding grant. */
  readonly grant: string;
  /** The smallest of all limits, seconds. */
  readonly durationSeconds: number;
  /** Which limit was the smallest; `request` when the caller got what was asked. */
  readonly durationLimitedBy: DurationLimit;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** Inline session policy, minified JSON. */
  readonly policy?: string;
  readonly policyArns: readonly string[];
  readonly trace: Trace;
}

export type DurationLimit = 'request' | 'grant' | 'role' | 'chaining' | 'token';

export interface PermissionAllowed {
  readonly effect: 'allow';
  readonly kind: 'permission';
  readonly permission: Permission;
  readonly grant: string;
  readonly trace: Trace;
}

export interface Denied {
  readonly effect: 'deny';
  /** Exact, for the audit record. */
  readonly reason: DenialReason;
  /** What the caller may be told. Never names other people's rules, groups or roles. */
  readonly missing: readonly Missing[];
  readonly trace: Trace;
}

export type DenialReason =
  | 'role_unknown'
  | 'no_grant'
  | 'explicit_deny'
  | 'condition_unmet'
  | 'requirement_unmet'
  | 'template_refused'
  | 'sign_in_too_short';

/** One thing that, were it there, would bring the caller closer. */
export type Missing =
  /** No grant matches the caller's claims; `claims` are the claim names that grants look at. */
  | { readonly kind: 'grant'; readonly claims: readonly string[]; readonly message: string }
  /** A grant is meant for the caller, but this condition does not hold. */
  | {
      readonly kind: 'condition';
      readonly operator: string;
      readonly key: string;
      readonly expected: readonly string[];
      readonly message: string;
    }
  | { readonly kind: 'reason' | 'ticket'; readonly message: string }
  | { readonly kind: 'claim'; readonly claim: string; readonly message: string }
  | { readonly kind: 'sign_in'; readonly message: string }
  /** A deny applies; which one is in the audit record only. */
  | { readonly kind: 'denied'; readonly message: string };

/**
 * Every grant that was looked at, in file order, and what became of it. Plain JSON, goes into the audit record.
 * Grants that the index ruled out by the caller's claims were not looked at.
 */
export interface Trace {
  readonly target: string;
  readonly steps: readonly TraceStep[];
  /** How many steps more there were than a record holds; the deciding one is never left out. */
  readonly omitted?: number;
}

export interface TraceStep {
  readonly grant: string;
  readonly effect: 'allow' | 'deny';
  readonly outcome:
    | 'matched'
    | 'issuer_unmatched'
    | 'callers_unmatched'
    | 'condition_unmet'
    | 'requirement_unmet'
    | 'template_refused'
    | 'sign_in_too_short';
  /** The claim, condition (`operator key`) or requirement that decided, when it is not `matched`. */
  readonly because?: string;
}
