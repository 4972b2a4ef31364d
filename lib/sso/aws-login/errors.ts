import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Missing } from '../../access/decision.ts';
import type { Fault, FaultCode } from '../../fault.ts';
import type { Problem } from '../../http/contract.ts';
import { type AwsError, awsErrorAnswer, lacksSignInOnly } from '../aws-error.ts';

const denied = (error: string): AwsError => ({ status: 400, name: 'AccessDeniedException', error });

const TOKEN_EXPIRED = denied('TOKEN_EXPIRED');
const INSUFFICIENT_PERMISSIONS = denied('INSUFFICIENT_PERMISSIONS');

/** @param missing what a denied caller lacks */
export function loginDenialOf(missing: readonly Pick<Missing, 'kind'>[]): AwsError {
  return lacksSignInOnly(missing) ? TOKEN_EXPIRED : INSUFFICIENT_PERMISSIONS;
}

const INVALID: AwsError = { status: 400, name: 'ValidationException', error: 'INVALID_REQUEST' };
const TOO_MANY: AwsError = { status: 429, name: 'TooManyRequestsError', error: 'INVALID_REQUEST' };

/** What clients of AWS Sign-In know an error by. */
const ERRORS: Partial<Record<FaultCode, AwsError>> = {
  grant_invalid: denied('AUTHCODE_EXPIRED'),
  tool_session_ended: TOKEN_EXPIRED,
  tools_not_offered: INSUFFICIENT_PERMISSIONS,
  session_too_short: INSUFFICIENT_PERMISSIONS,
  rate_limited: TOO_MANY,
  sts_throttled: TOO_MANY,
};

/** @param problem what may leave of the fault */
export function loginFault(problem: Problem, { code, retryAfterSeconds }: Fault): APIGatewayProxyStructuredResultV2 {
  const { status } = problem;
  const other = status >= 500 ? { status, name: 'InternalServerException', error: 'server_error' } : INVALID;
  return awsErrorAnswer(ERRORS[code] ?? other, problem, retryAfterSeconds);
}
