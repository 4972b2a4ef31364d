import { roleArgument } from '../arguments.ts';
import { BROKER_ROLE_OPTIONS, type Command, POLICY_OPTIONS } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { hint, say, writeOut } from '../output.ts';
import { requireBrokerRole } from '../policy/broker-role.ts';
import { policyOf } from '../policy/policy-file.ts';
import { roleIn } from '../policy/role-of.ts';
import { printableJson } from '../text.ts';

/** Characters: how far an account can have IAM's quota raised. */
const LARGEST = 4_096;

export const trustPolicy: Command = {
  name: 'trust-policy',
  summary: 'print the trust policy that a role needs',
  usage: 'ROLE --broker-role ARN [--policy FILE] [--json]',
  description: [
    'Prints the trust policy with which the broker can assume ROLE, and nobody else can: for the broker’s role, with',
    'the external id of the access policy, a session id, a person as source identity, and the tags that grants set.',
    'Before it is printed it is evaluated: each call that the access policy can lead to must pass, and the same call',
    'without external id or source identity must not. Needs no network and no AWS account.',
  ],
  options: { ...BROKER_ROLE_OPTIONS, ...POLICY_OPTIONS, json: { help: 'print it with its role and size, as JSON' } },
  positionals: { names: ['ROLE'], required: 1 },
  async run(input) {
    const id = roleArgument(input);
    const brokerRole = requireBrokerRole(input);
    const policy = await policyOf(input);
    const role = roleIn(policy, id);
    const { TRUST_POLICY_QUOTA, trustPolicyFor } = await import('../access-policy.ts');
    if (brokerRole.split(':')[1] !== role.partition) {
      throw new Failure('refused', `${role.id} is in partition ${role.partition}, the broker is not`, {
        hint: 'nothing crosses partitions: a broker serves the accounts of its own',
      });
    }
    const { document, size } = trustPolicyFor(policy, role, brokerRole);
    if (size > LARGEST) {
      throw new Failure('refused', `the trust policy of ${id} would have ${size} characters; IAM takes ${LARGEST}`, {
        hint: 'let fewer of the grants on this role set tags of their own',
      });
    }
    const { arn } = role;
    if (input.isSet('json')) {
      const quota = TRUST_POLICY_QUOTA;
      writeOut(`${printableJson({ role: id, arn, brokerRole, size, quota, trustPolicy: document }, 2)}\n`);
    } else writeOut(`${printableJson(document, 2)}\n`);
    if (size > TRUST_POLICY_QUOTA) {
      say(`${size} characters: over IAM’s default of ${TRUST_POLICY_QUOTA}, so the account needs a higher quota`);
      hint('Service Quotas, AWS Identity and Access Management, “Role trust policy length”');
    }
    return EXIT.ok;
  },
};
