/**
 * Everything that can go wrong on the one path, as a closed set of stable codes.
 *
 * A denial by the access policy is a value (`Decision`), not a fault. A fault is what stops the path before
 * or after the decision: a token that does not verify, STS that refuses, a store that is down. Callers switch
 * on `code`, never on text. `detail` is exact and goes into the audit record; what leaves over the wire is
 * made from the code alone by `http/problem.ts`.
 */
export type FaultCode =
  | TokenFaultCode
  | KeyFaultCode
  | RequestFaultCode
  | SignInFaultCode
  | ToolFaultCode
  | AccessFaultCode
  | StsFaultCode
  | ConsoleFaultCode
  | DependencyFaultCode;

/** The caller's JWT was refused (401). */
export type TokenFaultCode =
  | 'token_missing'
  | 'token_malformed'
  | 'token_too_large'
  | 'token_duplicate_member'
  | 'token_encrypted'
  | 'token_expired'
  | 'token_type_wrong'
  | 'token_replayed'
  | 'time_claim_invalid'
  | 'signature_invalid'
  | 'alg_not_allowed'
  | 'header_not_allowed'
  | 'issuer_not_trusted'
  | 'audience_mismatch'
  | 'azp_mismatch'
  | 'hosted_domain_mismatch'
  | 'claim_missing'
  | 'claim_type_invalid'
  | 'identity_not_representable'
  | 'groups_unavailable';

/** The issuer's keys cannot serve this token (401 for the token's fault, 503 for the issuer's). */
export type KeyFaultCode =
  | 'key_unknown'
  | 'key_ambiguous'
  | 'key_not_allowed'
  | 'key_too_weak'
  | 'jwks_invalid'
  | 'jwks_too_large'
  | 'idp_unavailable';

/** The HTTP request itself was refused before any token was looked at (4xx). */
export type RequestFaultCode =
  | 'request_invalid'
  /** Signed for AWS, which this is not. */
  | 'request_signed'
  /** Of a protocol of AWS, an operation that is not answered here. */
  | 'operation_unknown'
  | 'body_malformed'
  | 'body_too_large'
  | 'headers_too_large'
  | 'content_type_unsupported'
  | 'not_found'
  | 'cursor_invalid'
  | 'rate_limited';

/** Signing in with a browser, or a form that came from one (401, 403). */
export type SignInFaultCode =
  /** No session, or one that has ended: the way on is to sign in. */
  | 'sign_in_required'
  /** The identity provider said no, or what came back does not belong to a sign-in begun in this browser. */
  | 'sign_in_failed'
  /** The identity provider did not do what it was asked for, such as a fresh sign-in. */
  | 'sign_in_too_weak'
  /** A form that was not filled in on a page of this session. */
  | 'request_forged';

/** Signing in a tool by OAuth, or what it does with the tokens (RFC 6749 §5.2, RFC 8628 §3.5, RFC 9449). */
export type ToolFaultCode =
  /** The client's registration is not ours, was altered or has expired. */
  | 'client_invalid'
  /** What a client wants to register is not acceptable. */
  | 'client_metadata_invalid'
  | 'redirect_not_allowed'
  | 'scope_invalid'
  /** The client did not register for this grant type. */
  | 'client_unauthorized'
  | 'grant_type_unsupported'
  /** Code or refresh token: unknown, used, expired, or of another client. */
  | 'grant_invalid'
  | 'authorization_pending'
  | 'slow_down'
  /** The proof that the client has its key is missing, wrong or used (RFC 9449 §4.3). */
  | 'dpop_invalid'
  /** The device's request was not approved in time. */
  | 'device_code_expired'
  /** The person said no. */
  | 'authorization_denied'
  /** No request of a device waits under the code that was typed. */
  | 'user_code_unknown'
  /** The access policy lets nobody of this issuer sign tools in, or not this way. */
  | 'tools_not_offered'
  /** No session behind the access token, or it has ended: sign in again. */
  | 'tool_session_ended'
  /** The role's sessions are too short for the client to work with. */
  | 'session_too_short';

/** The access policy said no (403). */
export type AccessFaultCode = 'access_denied';

/** STS could not be asked, or said no. Each code names what the operator should fix. */
export type StsFaultCode =
  | 'sts_limit_exceeded'
  | 'sts_access_denied'
  | 'sts_packed_policy_too_large'
  | 'sts_policy_malformed'
  | 'sts_request_invalid'
  | 'sts_broker_credentials_expired'
  | 'sts_throttled'
  | 'sts_region_disabled'
  | 'sts_timeout'
  | 'sts_unavailable'
  | 'sts_failed'
  | 'sts_response_invalid';

/** The AWS console could not be opened. The credentials behind it were discarded. */
export type ConsoleFaultCode =
  | 'destination_not_allowed'
  | 'console_refused'
  | 'console_unavailable'
  | 'console_answer_invalid';

/** Something the broker depends on, or the broker itself, failed (5xx). */
export type DependencyFaultCode =
  | 'audit_unavailable'
  /** Written by the reconciler alone: a function ended between intent and outcome. */
  | 'outcome_missing'
  | 'store_unavailable'
  /** The ledger's files or its signing key do not answer. */
  | 'ledger_unavailable'
  /** Records, files and head of the ledger do not belong together: nothing is signed until somebody has looked. */
  | 'ledger_inconsistent'
  /** Records wait for the ledger longer than the deployment allows: nothing is issued until they are sealed. */
  | 'ledger_behind'
  /** The record is durable, and not in the tree yet. */
  | 'not_sealed'
  /** Not every record of the period could be exported; what could be is. */
  | 'export_incomplete'
  | 'internal_error';

export interface FaultOptions {
  /** What was thrown by the library or service below. Never serialised. */
  readonly cause?: unknown;
  /** Seconds after which a retry makes sense (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number;
}

/** The one error class of the house. `detail` must never hold a secret: it is written to the audit record. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly detail: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: FaultCode, detail: string, options: FaultOptions = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** What Node prints of it: never the cause, which may quote data. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.stack ?? this.message;
  }

  /** The fault itself, or an `internal_error` that carries the unknown as its cause. */
  static from(unknown: unknown): Fault {
    if (unknown instanceof Fault) return unknown;
    const kind = unknown instanceof Error ? unknown.name : typeof unknown;
    return new Fault('internal_error', `unexpected ${kind}`, { cause: unknown });
  }
}
