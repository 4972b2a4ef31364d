import { awsErrorName } from '../aws.ts';
import { Fault, type StsFaultCode } from '../fault.ts';

/**
 * What STS says when it refuses, by the names it uses on its wire and those the SDK gives them.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const CODES: Readonly<Record<string, StsFaultCode>> = {
  AccessDenied: 'sts_access_denied',
  AccessDeniedException: 'sts_access_denied',
  PackedPolicyTooLarge: 'sts_packed_policy_too_large',
  PackedPolicyTooLargeException: 'sts_packed_policy_too_large',
  MalformedPolicyDocument: 'sts_policy_malformed',
  MalformedPolicyDocumentException: 'sts_policy_malformed',
  ValidationError: 'sts_request_invalid',
  InvalidParameterValue: 'sts_request_invalid',
  InvalidParameterCombination: 'sts_request_invalid',
  ExpiredToken: 'sts_broker_credentials_expired',
  ExpiredTokenException: 'sts_broker_credentials_expired',
  InvalidClientTokenId: 'sts_broker_credentials_expired',
  UnrecognizedClientException: 'sts_broker_credentials_expired',
  SignatureDoesNotMatch: 'sts_broker_credentials_expired',
  RequestExpired: 'sts_broker_credentials_expired',
  IncompleteSignature: 'sts_broker_credentials_expired',
  MissingAuthenticationToken: 'sts_broker_credentials_expired',
  CredentialsProviderError: 'sts_broker_credentials_expired',
  Throttling: 'sts_throttled',
  ThrottlingException: 'sts_throttled',
  ThrottledException: 'sts_throttled',
  TooManyRequestsException: 'sts_throttled',
  RequestLimitExceeded: 'sts_throttled',
  SlowDown: 'sts_throttled',
  RegionDisabledException: 'sts_region_disabled',
  TimeoutError: 'sts_timeout',
  AbortError: 'sts_timeout',
  // The connection broke after the request may have been sent: STS may or may not have acted on it.
  ECONNRESET: 'sts_timeout',
  EPIPE: 'sts_timeout',
  // No connection was made, so STS never heard of the request.
  ECONNREFUSED: 'sts_unavailable',
  ENOTFOUND: 'sts_unavailable',
  EAI_AGAIN: 'sts_unavailable',
  EHOSTUNREACH: 'sts_unavailable',
  ENETUNREACH: 'sts_unavailable',
};

const WHAT_TO_FIX: Readonly<Record<StsFaultCode, string>> = {
  sts_limit_exceeded: 'the access policy asks for more than STS takes',
  sts_access_denied:
    "the broker's role may not assume this role: look at the role's trust policy (principal, sts:ExternalId, " +
    "sts:TagSession, sts:SetSourceIdentity) and at the broker's own permissions",
  sts_packed_policy_too_large: 'session policy and tags together are over the packed limit: shorten the grant',
  sts_policy_malformed: "the grant's session policy is not one that IAM accepts",
  sts_request_invalid:
    "STS did not accept a parameter: compare the role's MaxSessionDuration with maxDuration in the access policy",
  sts_broker_credentials_expired: "the broker's own credentials were refused: look at its execution role and clock",
  sts_throttled: 'STS is throttling this account and region',
  sts_region_disabled: 'STS is not activated for this region in the account: activate it or set another region',
  sts_timeout: 'STS did not answer in time; whether it issued a session is unknown, none was handed out',
  sts_unavailable: 'STS could not be reached',
  sts_failed: 'STS failed; whether it issued a session is unknown, none was handed out',
  sts_response_invalid: 'STS gave an answer that cannot be read or cannot be right',
};

/**
 * Where STS says which ARN or parameter is wrong, and the operator needs it. Nothing else is quoted: a refused
 * signature is explained with the signed request, the broker's session token included, and a broken transport may
 * say anything.
 */
const TELLING: ReadonlySet<StsFaultCode> = new Set([
  'sts_access_denied',
  'sts_packed_policy_too_large',
  'sts_policy_malformed',
  'sts_request_invalid',
  'sts_region_disabled',
]);

/** Turns whatever an STS call threw into a fault whose detail says what the operator should fix. */
export function stsFault(error: unknown, region: string): Fault {
  if (error instanceof Fault) return error;
  const name = errorName(error);
  const isOfService = error instanceof Error && '$fault' in error;
  const known = Object.hasOwn(CODES, name) ? CODES[name] : undefined;
  const code = known ?? otherwise(error);
  const said = isOfService && known && TELLING.has(known) ? `: ${error.message.slice(0, 500)}` : '';
  return new Fault(code, `${WHAT_TO_FIX[code]} (${region}: ${name}${said})`, {
    cause: error,
    ...(code === 'sts_throttled' && { retryAfterSeconds: 2 }),
  });
}

/**
 * A refusal (4xx) is the service's word. A failure of the service, and an answer nobody can read, leave it open
 * whether there is a session.
 */
function otherwise(error: unknown): StsFaultCode {
  if (!(error instanceof Error && '$fault' in error)) return 'sts_response_invalid';
  const { $fault, $metadata } = error as Error & { $fault: string; $metadata?: { httpStatusCode?: number } };
  const isFailure = $fault === 'server' || ($metadata?.httpStatusCode ?? 0) >= 500;
  return isFailure ? 'sts_failed' : 'sts_request_invalid';
}

/** The service's error name; for a broken connection the system's code. */
function errorName(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && Object.hasOwn(CODES, code) ? code : awsErrorName(error);
}
