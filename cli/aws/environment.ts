import type { CredentialsAnswer } from '../../lib/http/contract.ts';

/** The variables that every AWS SDK reads. @param region also sets the region when given */
export function awsVariables(answer: CredentialsAnswer, region: string | undefined): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: answer.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: answer.SecretAccessKey,
    AWS_SESSION_TOKEN: answer.SessionToken,
    AWS_CREDENTIAL_EXPIRATION: answer.Expiration,
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
  };
}

/** Variables that some SDK prefers to the ones above, so that it would use other credentials without a word. */
export const COMPETING_VARIABLES = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SECURITY_TOKEN',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
] as const;
