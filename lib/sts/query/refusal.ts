import type { Missing } from '../../access/decision.ts';
import type { FaultCode } from '../../fault.ts';
import type { Problem } from '../../http/contract.ts';
import { problemInWords } from '../../http/problem.ts';

/** An error of STS, by the code that SDKs know it by. */
interface AwsError {
  readonly status: number;
  readonly code: string;
}

/** SDKs repeat those of 500 and above, `Throttling` and `IDPCommunicationError`; what repeating cannot mend is below. */
const INVALID_TOKEN: AwsError = { status: 400, code: 'InvalidIdentityToken' };
const REJECTED_CLAIM: AwsError = { status: 403, code: 'IDPRejectedClaim' };
const NO_COMMUNICATION: AwsError = { status: 400, code: 'IDPCommunicationError' };
const INVALID: AwsError = { status: 400, code: 'ValidationError' };
const NO_ACTION: AwsError = { status: 400, code: 'InvalidAction' };
const DENIED: AwsError = { status: 403, code: 'AccessDenied' };
const THROTTLED: AwsError = { status: 400, code: 'Throttling' };
const UNAVAILABLE: AwsError = { status: 503, code: 'ServiceUnavailable' };
const FAILED: AwsError = { status: 500, code: 'InternalFailure' };

/**
 * Every code there is; the type makes a forgotten one a compile error. Those of other ways in cannot come here.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const ERRORS: Readonly<Record<FaultCode, AwsError>> = {
  token_missing: INVALID,
  token_malformed: INVALID_TOKEN,
  token_too_large: INVALID_TOKEN,
  token_duplicate_member: INVALID_TOKEN,
  token_encrypted: INVALID_TOKEN,
  token_expired: { status: 400, code: 'ExpiredTokenException' },
  token_type_wrong: INVALID_TOKEN,
  token_replayed: REJECTED_CLAIM,
  time_claim_invalid: INVALID_TOKEN,
  signature_invalid: INVALID_TOKEN,
  alg_not_allowed: INVALID_TOKEN,
  header_not_allowed: INVALID_TOKEN,
  issuer_not_trusted: INVALID_TOKEN,
  audience_mismatch: INVALID_TOKEN,
  azp_mismatch: INVALID_TOKEN,
  hosted_domain_mismatch: REJECTED_CLAIM,
  claim_missing: REJECTED_CLAIM,
  claim_type_invalid: REJECTED_CLAIM,
  identity_not_representable: REJECTED_CLAIM,
  groups_unavailable: REJECTED_CLAIM,

  key_unknown: INVALID_TOKEN,
  key_ambiguous: INVALID_TOKEN,
  key_not_allowed: INVALID_TOKEN,
  key_too_weak: INVALID_TOKEN,
  jwks_invalid: NO_COMMUNICATION,
  jwks_too_large: NO_COMMUNICATION,
  idp_unavailable: NO_COMMUNICATION,

  request_invalid: INVALID,
  request_signed: NO_ACTION,
  operation_unknown: NO_ACTION,
  body_malformed: INVALID,
  body_too_large: { status: 413, code: 'ValidationError' },
  headers_too_large: { status: 431, code: 'ValidationError' },
  content_type_unsupported: { status: 415, code: 'ValidationError' },
  not_found: NO_ACTION,
  cursor_invalid: INVALID,
  rate_limited: THROTTLED,

  sign_in_required: DENIED,
  sign_in_failed: DENIED,
  sign_in_too_weak: DENIED,
  request_forged: DENIED,

  client_invalid: DENIED,
  client_metadata_invalid: DENIED,
  redirect_not_allowed: DENIED,
  scope_invalid: DENIED,
  client_unauthorized: DENIED,
  grant_type_unsupported: DENIED,
  grant_invalid: DENIED,
  dpop_invalid: DENIED,
  authorization_pending: DENIED,
  slow_down: DENIED,
  device_code_expired: DENIED,
  authorization_denied: DENIED,
  user_code_unknown: DENIED,
  tools_not_offered: DENIED,
  tool_session_ended: DENIED,
  session_too_short: DENIED,

  access_denied: DENIED,

  sts_limit_exceeded: INVALID,
  sts_access_denied: DENIED,
  sts_packed_policy_too_large: { status: 400, code: 'PackedPolicyTooLarge' },
  sts_policy_malformed: { status: 400, code: 'MalformedPolicyDocument' },
  sts_request_invalid: INVALID,
  sts_broker_credentials_expired: FAILED,
  sts_throttled: THROTTLED,
  sts_region_disabled: { status: 403, code: 'RegionDisabledException' },
  sts_timeout: UNAVAILABLE,
  sts_unavailable: UNAVAILABLE,
  sts_failed: FAILED,
  sts_response_invalid: FAILED,

  destination_not_allowed: INVALID,
  console_refused: FAILED,
  console_unavailable: UNAVAILABLE,
  console_answer_invalid: FAILED,

  audit_unavailable: UNAVAILABLE,
  store_unavailable: UNAVAILABLE,
  outcome_missing: FAILED,
  ledger_unavailable: UNAVAILABLE,
  ledger_inconsistent: FAILED,
  ledger_behind: UNAVAILABLE,
  not_sealed: INVALID,
  export_incomplete: FAILED,
  internal_error: FAILED,
};

/** An error as it leaves: all that a client shows is code and message, so the message says what to do and what to quote. */
export interface Refusal extends AwsError {
  readonly message: string;
}

/** @param problem what may leave of the fault */
export function refusalOf(code: FaultCode, problem: Problem): Refusal {
  return { ...ERRORS[code], message: problemInWords(problem) };
}

/**
 * A denial, in the words that AWS begins one with.
 *
 * A role that is granted to others and one that is not there read the same, whatever the catalogue calls it.
 */
export function refusalOfDenial(missing: readonly Missing[], problem: Problem): Refusal {
  const reasons = missing.map((one) => {
    if (one.kind !== 'grant') return one.message;
    return `no grant gives you this role${one.claims.length === 0 ? '' : `; grants look at ${one.claims.join(', ')}`}`;
  });
  const detail = `Not authorized to perform sts:AssumeRoleWithWebIdentity: ${reasons.join('; ')}`;
  const { hint: _, ...rest } = problem;
  return { ...DENIED, message: problemInWords({ ...rest, detail }) };
}
