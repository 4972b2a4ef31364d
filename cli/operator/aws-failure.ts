import { type ExitKind, errorCode, Failure } from '../failure.ts';

/** What became of a call to AWS, apart from what it was about. */
export type AwsFailureCode =
  | 'aws_no_credentials'
  | 'aws_credentials_refused'
  | 'aws_access_denied'
  | 'aws_not_found'
  | 'aws_throttled'
  | 'aws_unreachable'
  | 'aws_other_account'
  | 'aws_other_partition'
  | 'aws_failed';

/**
 * By the names that IAM and STS use on their wires and those that the SDK and Node give.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
const CODES: Readonly<Record<string, AwsFailureCode>> = {
  CredentialsProviderError: 'aws_no_credentials',
  TokenProviderError: 'aws_no_credentials',
  ProviderError: 'aws_no_credentials',
  ExpiredToken: 'aws_credentials_refused',
  ExpiredTokenException: 'aws_credentials_refused',
  InvalidClientTokenId: 'aws_credentials_refused',
  UnrecognizedClientException: 'aws_credentials_refused',
  SignatureDoesNotMatch: 'aws_credentials_refused',
  IncompleteSignature: 'aws_credentials_refused',
  RequestExpired: 'aws_credentials_refused',
  MissingAuthenticationToken: 'aws_credentials_refused',
  AccessDenied: 'aws_access_denied',
  AccessDeniedException: 'aws_access_denied',
  NoSuchEntity: 'aws_not_found',
  NoSuchEntityException: 'aws_not_found',
  Throttling: 'aws_throttled',
  ThrottlingException: 'aws_throttled',
  ThrottledException: 'aws_throttled',
  TooManyRequestsException: 'aws_throttled',
  RequestLimitExceeded: 'aws_throttled',
  SlowDown: 'aws_throttled',
  TimeoutError: 'aws_unreachable',
  AbortError: 'aws_unreachable',
  ECONNREFUSED: 'aws_unreachable',
  ECONNRESET: 'aws_unreachable',
  EPIPE: 'aws_unreachable',
  ENOTFOUND: 'aws_unreachable',
  EAI_AGAIN: 'aws_unreachable',
  EHOSTUNREACH: 'aws_unreachable',
  ENETUNREACH: 'aws_unreachable',
};

const KINDS: Readonly<Record<AwsFailureCode, ExitKind>> = {
  aws_no_credentials: 'signIn',
  aws_credentials_refused: 'signIn',
  aws_access_denied: 'refused',
  aws_not_found: 'refused',
  aws_throttled: 'unavailable',
  aws_unreachable: 'unavailable',
  aws_other_account: 'refused',
  aws_other_partition: 'refused',
  aws_failed: 'unavailable',
};

/**
 * Whatever a call to AWS threw, as a failure that names the action and what to do.
 *
 * Of AWS's own text only a refusal's is shown, which names caller, action and resource. A refused signature is
 * explained with the signed request, session token included, and a broken transport may say anything.
 *
 * @param action IAM's name for the call, `iam:GetRole`
 * @param what the ARN that it was about
 */
export function awsFailure(thrown: unknown, action: string, what?: string): Failure {
  if (Failure.is(thrown)) return thrown;
  const name = nameOf(thrown);
  const code: AwsFailureCode = CODES[name] ?? 'aws_failed';
  const { message, hint, lines = [] } = wordsFor(code, name, action, what, thrown);
  return new Failure(KINDS[code], message, { code, hint, lines, cause: thrown });
}

interface Words {
  readonly message: string;
  readonly hint?: string;
  readonly lines?: readonly string[];
}

function wordsFor(
  code: AwsFailureCode,
  name: string,
  action: string,
  what: string | undefined,
  thrown: unknown,
): Words {
  const on = what === undefined ? '' : ` on ${what}`;
  switch (code) {
    case 'aws_no_credentials':
      return {
        message: 'no AWS credentials of your own were found',
        hint: 'sign in as you do for the AWS CLI: set AWS_PROFILE, run `aws sso login`, or export AWS_ACCESS_KEY_ID …',
      };
    case 'aws_credentials_refused':
      return {
        message: `AWS does not accept your credentials (${action}: ${name})`,
        hint: 'they may have ended, or be of another partition than AWS_REGION; a wrong clock does it too',
      };
    case 'aws_access_denied':
      return {
        message: `not allowed: ${action}${on}`,
        hint:
          action === 'sts:AssumeRole'
            ? 'the role must exist and trust you, and your own policies must allow sts:AssumeRole on it'
            : `somebody has to allow you ${action}`,
        ...(thrown instanceof Error && { lines: [thrown.message.slice(0, 500)] }),
      };
    case 'aws_not_found':
      return { message: `there is no ${what ?? 'such thing'} (${action})` };
    case 'aws_throttled':
      return { message: `AWS is turning calls away for their number (${action})`, hint: 'try again in a minute' };
    case 'aws_unreachable':
      return {
        message: `no answer from AWS (${action}: ${name})`,
        hint: 'check the network, AWS_ENDPOINT_URL_IAM and AWS_ENDPOINT_URL_STS',
      };
    default:
      return { message: `${action}${on} failed (${name})` };
  }
}

/** The service's name for the error; for a broken connection the system's. */
function nameOf(thrown: unknown): string {
  const code = errorCode(thrown);
  if (code !== undefined && Object.hasOwn(CODES, code)) return code;
  const cause = thrown instanceof Error ? errorCode(thrown.cause) : undefined;
  if (cause !== undefined && Object.hasOwn(CODES, cause)) return cause;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return Object.hasOwn(CODES, name) || /^[A-Za-z.]{1,80}$/.test(name) ? name : 'unknown error';
}
