import type { Issuer } from '../identity/issuer.ts';
import type { JsonObject } from '../json.ts';

/**
 * The compiled access policy: what `access.yml` becomes at build. Plain JSON, validated, globs over roles
 * expanded, durations in seconds, so that a function only has to index it. Nothing here is ever taken from a
 * request.
 */
export interface AccessPolicy {
  readonly version: 1;
  /** SHA-256 (hex) of the canonical JSON of everything else in this object. On every audit record. */
  readonly digest: string;
  readonly issuers: readonly Issuer[];
  readonly accounts: readonly Account[];
  readonly roles: readonly Role[];
  /** In file order: among several grants that allow, the first one decides the session's limits. */
  readonly grants: readonly Grant[];
}

export interface Account {
  /** Key in the access policy, such as `prod`. */
  readonly name: string;
  /** Twelve digits. */
  readonly id: string;
  readonly label: string;
  /** What pages mark it with, beside its label. */
  readonly color?: AccountColor;
  readonly partition: Partition;
}

export const ACCOUNT_COLORS = ['red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple', 'pink', 'gray'] as const;

export type AccountColor = (typeof ACCOUNT_COLORS)[number];

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export type Partition = 'aws' | 'aws-cn' | 'aws-us-gov';

/** An IAM role the broker may hand out. */
export interface Role {
  /** `account/name`, the only way anyone refers to it. */
  readonly id: string;
  /** The account's name in the access policy. */
  readonly account: string;
  readonly accountId: string;
  readonly partition: Partition;
  readonly arn: string;
  /** Region whose STS endpoint is asked; by default the broker's own. */
  readonly region?: string;
  /** Seconds, 900–43200. Default 3600. */
  readonly maxDurationSeconds: number;
  readonly externalId?: string;
  readonly description?: string;
}

/** One statement that allows or denies callers some roles or permissions, under conditions and limits. */
export interface Grant {
  readonly name: string;
  readonly effect: 'allow' | 'deny';
  /** Role ids, expanded from globs, in catalogue order. */
  readonly roles: readonly string[];
  /** Permissions of the broker itself. */
  readonly permissions: readonly Permission[];
  /** Shorthand: all of the claims must match, any of a claim's patterns may (globs `*` and `?`). */
  readonly callers: Readonly<Record<string, readonly string[]>>;
  /** IAM condition block: operator → key → values. Keys `claim:*`, `session:*`, `request:*`, `aws:*`. */
  readonly condition: ConditionBlock;
  /** Issuer names the grant is limited to; empty means any trusted issuer. */
  readonly issuers: readonly string[];
  /** Seconds, 900–43200. */
  readonly durationSeconds?: number;
  readonly require: { readonly reason: boolean; readonly ticket: boolean };
  readonly session: SessionTemplate;
}

export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export const PERMISSIONS = ['audit:read', 'policy:read'] as const;

/** What a grant can give besides roles. */
export type Permission = (typeof PERMISSIONS)[number];

/** Parts of the AssumeRole call a grant sets. `${claim:name}` is filled from the caller's verified claims. */
export interface SessionTemplate {
  readonly tags: Readonly<Record<string, string>>;
  /** Tag keys passed on through role chaining. */
  readonly transitiveTagKeys: readonly string[];
  /** Inline session policy as a parsed document, before templating. */
  readonly policy?: JsonObject;
  readonly policyArns: readonly string[];
}
