import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Missing } from '../access/decision.ts';
import type { Problem } from '../http/contract.ts';
import { problemInWords } from '../http/problem.ts';

/** An error by the name that AWS's clients switch on. */
export interface AwsError {
  readonly status: number;
  readonly name: string;
  /** OAuth's name for it (RFC 6749 §5.2). */
  readonly error?: string;
}

/** Whether all that a denied caller lacks is a longer sign-in: then a new one is the way on. */
export function lacksSignInOnly(missing: readonly Pick<Missing, 'kind'>[]): boolean {
  return missing.length > 0 && missing.every(({ kind }) => kind === 'sign_in');
}

/**
 * An error of AWS's JSON protocols. Its name stands in a header and in the body, since of the clients that are in use
 * some read the one and some the other; all of them show `message`, and the newer ones `error_description`.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
 */
export function awsErrorAnswer(
  { status, name, error }: AwsError,
  problem: Problem,
  retryAfterSeconds?: number,
): APIGatewayProxyStructuredResultV2 {
  const message = problemInWords(problem);
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': name,
      'x-amzn-requestid': problem.requestId,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({
      __type: name,
      ...(error !== undefined && { error, error_description: message }),
      message,
    }),
  };
}
