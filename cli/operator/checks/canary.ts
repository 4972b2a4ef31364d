import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { Role } from '../../../lib/access/policy.ts';
import type { Finding } from '../../doctor/finding.ts';
import { Failure } from '../../failure.ts';
import { awsFailure } from '../aws-failure.ts';
import type { OperatorAccess } from '../iam-client.ts';

/** Should AWS grant it after all, the session may do nothing. */
const NOTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});

/**
 * Asks AWS for the role without its external id and with another one; both must be refused. Nothing for a role without.
 *
 * The operator is not the broker: a refusal proves that these credentials do not get in so, which catches a trust policy
 * that is too wide (an account, everybody). That the broker itself would be refused is proven offline, from the trust
 * policy's text (`role.external-id`). A refusal may also come from the operator's own policies, and proves then nothing
 * about the role.
 */
export async function canaryFindings(role: Role, access: OperatorAccess): Promise<Finding[]> {
  const check = 'role.canary';
  const subject = role.id;
  const { externalId } = role;
  if (externalId === undefined) return [];
  const attempts = [
    { how: 'without the external id', sent: undefined },
    { how: 'with another external id', sent: `${externalId.slice(0, 1200)}-other` },
  ] as const;
  for (const { how, sent } of attempts) {
    const outcome = await attempt(role.arn, sent, access);
    if (outcome === 'granted') {
      const message = `AWS gave you a session of it ${how}; it was dropped unused`;
      return [
        {
          check,
          subject,
          status: 'failed',
          message,
          hint: 'attach the trust policy that `daypass trust-policy` prints',
        },
      ];
    }
    if (Failure.is(outcome)) {
      const message = `AWS did not answer the attempt ${how}: ${outcome.message}`;
      return [{ check, subject, status: 'warning', message, hint: outcome.hint }];
    }
  }
  return [
    {
      check,
      subject,
      status: 'ok',
      message: 'AWS refuses your own credentials without the external id and with another',
    },
  ];
}

/** Nothing of what STS may answer is kept, not even for a moment. */
async function attempt(
  roleArn: string,
  externalId: string | undefined,
  access: OperatorAccess,
): Promise<'granted' | 'refused' | Failure> {
  const sts = await access.sts();
  try {
    await sts.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: 'daypass-canary',
        DurationSeconds: 900,
        Policy: NOTHING,
        ...(externalId !== undefined && { ExternalId: externalId }),
      }),
    );
    return 'granted';
  } catch (thrown) {
    const failure = awsFailure(thrown, 'sts:AssumeRole', roleArn);
    return failure.code === 'aws_access_denied' ? 'refused' : failure;
  }
}
