import { parseRoleArn } from '../../lib/iam/arn.ts';
import type { Input } from '../command.ts';
import { Failure } from '../failure.ts';

/**
 * The ARN of the broker's role, from `BROKER_ROLE_OPTIONS` or the environment, or undefined when nobody named it.
 *
 * @throws Failure `usage` when it is not the ARN of a role
 */
export function brokerRoleOf(input: Input): string | undefined {
  const option = input.text('broker-role');
  const arn = option ?? process.env['DAYPASS_BROKER_ROLE'];
  if (!arn || parseRoleArn(arn) !== undefined) return arn || undefined;
  const name = option === undefined ? 'DAYPASS_BROKER_ROLE' : '--broker-role';
  throw new Failure('usage', `${name} is not the ARN of a role: ${arn}`, { hint: WHERE });
}

/** @throws Failure `usage` also when nobody named it */
export function requireBrokerRole(input: Input): string {
  const arn = brokerRoleOf(input);
  if (arn !== undefined) return arn;
  throw new Failure('usage', 'which role does the broker call STS with? --broker-role is not given', { hint: WHERE });
}

const WHERE =
  'it is the output BrokerRoleArn of the broker’s stack, arn:aws:iam::ACCOUNT:role/daypass-STAGE-REGION-credentials';
