import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Fault, FaultCode } from '../../fault.ts';
import type { Problem } from '../../http/contract.ts';
import { type AwsError, awsErrorAnswer } from '../aws-error.ts';

type OAuthError = AwsError & { readonly error: string };

const of = (status: number, name: string, error: string): OAuthError => ({ status, name: `${name}Exception`, error });

/**
 * What clients know an error by: AWS's name for it, and OAuth's.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html#API_CreateToken_Errors
 */
const ERRORS: Partial<Record<FaultCode, OAuthError>> = {
  client_invalid: of(401, 'InvalidClient', 'invalid_client'),
  client_metadata_invalid: of(400, 'InvalidClientMetadata', 'invalid_client_metadata'),
  redirect_not_allowed: of(400, 'InvalidRedirectUri', 'invalid_redirect_uri'),
  scope_invalid: of(400, 'InvalidScope', 'invalid_scope'),
  client_unauthorized: of(400, 'UnauthorizedClient', 'unauthorized_client'),
  grant_type_unsupported: of(400, 'UnsupportedGrantType', 'unsupported_grant_type'),
  grant_invalid: of(400, 'InvalidGrant', 'invalid_grant'),
  authorization_pending: of(400, 'AuthorizationPending', 'authorization_pending'),
  slow_down: of(400, 'SlowDown', 'slow_down'),
  device_code_expired: of(400, 'ExpiredToken', 'expired_token'),
  authorization_denied: of(400, 'AccessDenied', 'access_denied'),
  tools_not_offered: of(400, 'AccessDenied', 'access_denied'),
  rate_limited: of(429, 'TooManyRequests', 'slow_down'),
};

const INVALID_REQUEST = of(400, 'InvalidRequest', 'invalid_request');

/** Anything of ours: clients try again. */
const INTERNAL = of(500, 'InternalServer', 'server_error');

/** @param problem what may leave of the fault */
export function oauthFault(problem: Problem, { code, retryAfterSeconds }: Fault): APIGatewayProxyStructuredResultV2 {
  const known = ERRORS[code] ?? (problem.status >= 500 ? { ...INTERNAL, status: problem.status } : INVALID_REQUEST);
  return awsErrorAnswer(known, problem, retryAfterSeconds);
}
