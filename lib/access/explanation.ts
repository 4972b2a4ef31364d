import type { JsonObject } from '../json.ts';
import type { DenialReason, DurationLimit, Missing, TraceStep } from './decision.ts';
import type { ConditionBlock } from './policy.ts';
import type { Requirement } from './standing.ts';

/**
 * What a request for a role would be answered and why, as plain JSON. Without `detail` it holds nothing but what the
 * caller may know of themselves: the session they would get, or what the denial would tell them.
 */
export interface Explanation {
  /** Role id, as asked for; of a permission, its name. */
  readonly role: string;
  readonly allowed: boolean;
  /** The session, when allowed. */
  readonly session?: ExplainedSession;
  /** Exactly what the denial of `POST /v1/credentials` says; empty when allowed. */
  readonly missing: readonly Missing[];
  /** Whose rules decided: for holders of `policy:read`, and for whoever has the policy at hand. */
  readonly detail?: ExplanationDetail;
}

/** What AssumeRole would be asked for. The session id, which does not exist yet, is written `{sessionId}`. */
export interface ExplainedSession {
  readonly roleArn: string;
  readonly accountId: string;
  readonly durationSeconds: number;
  readonly durationLimitedBy: DurationLimit;
  /** What the deciding grant wants to be sent with the request. */
  readonly requires: readonly Requirement[];
  /** The grant's, and the session id. */
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** Inline session policy, templates filled. */
  readonly policy?: JsonObject;
  readonly policyArns: readonly string[];
  readonly sourceIdentity: string;
  readonly roleSessionName: string;
}

export interface ExplanationDetail {
  readonly policyDigest: string;
  /** The grant or the deny that decided; absent when the role is denied because nothing gives it. */
  readonly grant?: string;
  /** Why it is denied. */
  readonly reason?: DenialReason;
  /** The grants that name the role, in file order. */
  readonly grants: readonly ExplainedGrant[];
  /** How many more there are than are listed; those nearest to the caller are. */
  readonly omitted?: number;
}

/** How one grant fares with this caller and request, whether or not it decided. */
export interface ExplainedGrant {
  readonly grant: string;
  readonly effect: 'allow' | 'deny';
  readonly outcome: TraceStep['outcome'];
  readonly decides: boolean;
  /** Why it does not apply, a sentence each; empty when it does. */
  readonly why: readonly string[];
  /** As the access policy has them. */
  readonly issuers: readonly string[];
  readonly callers: Readonly<Record<string, readonly string[]>>;
  readonly condition: ConditionBlock;
  readonly requires: readonly Requirement[];
  readonly durationSeconds?: number;
}
