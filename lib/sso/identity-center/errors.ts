import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Missing } from '../../access/decision.ts';
import type { Fault, FaultCode } from '../../fault.ts';
import type { Problem } from '../../http/contract.ts';
import { type AwsError, awsErrorAnswer, lacksSignInOnly } from '../aws-error.ts';

const UNAUTHORIZED = { status: 401, name: 'UnauthorizedException' } as const;

/** Not in the model, and for that very reason shown as it is and not tried again. */
const FORBIDDEN: AwsError = { status: 403, name: 'ForbiddenException' };

/** @param missing what a denied caller lacks */
export function denialOf(missing: readonly Pick<Missing, 'kind'>[]): AwsError {
  return lacksSignInOnly(missing) ? UNAUTHORIZED : FORBIDDEN;
}

const TOO_MANY: AwsError = { status: 429, name: 'TooManyRequestsException' };
const INVALID: AwsError = { status: 400, name: 'InvalidRequestException' };

/**
 * What clients of IAM Identity Center's portal know an error by. To them 401 means one thing: sign in again.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html#API_GetRoleCredentials_Errors
 */
const ERRORS: Partial<Record<FaultCode, AwsError>> = {
  token_missing: UNAUTHORIZED,
  token_malformed: UNAUTHORIZED,
  tool_session_ended: UNAUTHORIZED,
  rate_limited: TOO_MANY,
  sts_throttled: TOO_MANY,
  not_found: { status: 404, name: 'ResourceNotFoundException' },
};

/** @param problem what may leave of the fault */
export function portalFault(problem: Problem, { code, retryAfterSeconds }: Fault): APIGatewayProxyStructuredResultV2 {
  return awsErrorAnswer(ERRORS[code] ?? byStatus(problem.status), problem, retryAfterSeconds);
}

function byStatus(status: number): AwsError {
  if (status >= 500) return { status, name: 'InternalServerException' };
  return status === 403 ? FORBIDDEN : { ...INVALID, status: status === 401 ? 400 : status };
}
