import type { DenialReason, DurationLimit, Trace } from '../access/decision.ts';
import type { FaultCode } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import type { WayIn } from '../request-context.ts';

/**
 * The audit record, schema version 1. A session has at most two: `intent` (durable before STS is called) and
 * `outcome` (durable before the response leaves). A refusal has one, an `outcome`. Records are only ever
 * created, never updated, and hold no secret: of the token only its SHA-256, of the credentials only the
 * access key id.
 */
export interface AuditRecord {
  readonly schema: 1;
  readonly phase: 'intent' | 'outcome';
  /** ULID; its time is the request's, so the record's key can be found from the session id alone. */
  readonly sessionId: string;
  /** The Lambda invocation's request id, as in the problem document and the function's log. */
  readonly requestId: string;
  /** RFC 3339 with milliseconds, UTC: when this record was made. */
  readonly time: string;
  readonly action: AuditAction;
  /** The way in, where it is not the API itself. */
  readonly via?: WayIn;
  /** Of a request of a browser or a tool: session id of the record of the sign-in, or authorization, it belongs to. */
  readonly signIn?: string;
  readonly outcome?: AuditOutcome;
  /** Absent when the caller could not be verified. */
  readonly caller?: { readonly issuer: string; readonly subject: string; readonly username: string };
  readonly tokenSha256?: string;
  /** Role id as asked for. */
  readonly role?: string;
  readonly roleArn?: string;
  readonly account?: string;
  readonly accountId?: string;
  readonly permission?: string;
  readonly grant?: string;
  readonly denial?: DenialReason;
  /**
   * Of an outcome only: the verified claims that the access policy looks at, as they were, with `auth_time` and `exp`.
   * At most 8 KB; `claimsOmitted` names those without room. Never of a token that was refused.
   */
  readonly claims?: JsonObject;
  readonly claimsOmitted?: readonly string[];
  /** Of an outcome only. */
  readonly trace?: Trace;
  /** SHA-256 (hex) of the trace's canonical JSON; the intent's binds it to the outcome's trace. */
  readonly traceDigest?: string;
  readonly policyDigest: string;
  readonly sourceIp?: string;
  readonly userAgent?: string;
  /** Of a tool that is signed in: what it calls itself. Nobody vouches for it. */
  readonly client?: string;
  /** Of a tool that is signed in by a code: the address from which it asked for one. */
  readonly deviceIp?: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly requestedDurationSeconds?: number;
  /** What the client wanted the session to be called; its name is `roleSessionName`. */
  readonly requestedSessionName?: string;
  readonly durationSeconds?: number;
  readonly durationLimitedBy?: DurationLimit;
  readonly roleSessionName?: string;
  readonly sourceIdentity?: string;
  /** Of a console sign-in: the page it leads to, without its query. */
  readonly destination?: string;
  readonly accessKeyId?: string;
  /** RFC 3339: when the credentials expire, as STS said. */
  readonly expiration?: string;
  readonly stsRequestId?: string;
  /** Stable code of the refusal or fault. */
  readonly code?: FaultCode;
  /** Exact, for operators; never sent to the caller. */
  readonly detail?: string;
}

export type AuditAction =
  | 'credentials'
  | 'console'
  | 'sessions'
  | 'roles'
  | 'whoami'
  | 'explain'
  | 'audit'
  | 'proof'
  | 'sign-in'
  /** A person let a tool act for them, or did not. */
  | 'authorize'
  /** A tool got tokens: its first ones, or others in their place. */
  | 'token'
  /** Written by the ledger's keeper alone: the first record by another access policy came. */
  | 'policy-change'
  | 'sign-out';

/**
 * - `issued`: credentials left (or will, right after this is durable)
 * - `allowed`: something else than credentials was answered
 * - `denied`: the access policy said no
 * - `refused`: the caller or the request was not acceptable, nothing was decided
 * - `failed`: allowed, but STS did not give credentials
 * - `unresolved`: nobody knows whether STS gave credentials; none left
 */
export type AuditOutcome = 'issued' | 'allowed' | 'denied' | 'refused' | 'failed' | 'unresolved';
