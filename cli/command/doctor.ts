import { existsSync } from 'node:fs';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import {
  BROKER_OPTIONS,
  BROKER_ROLE_OPTIONS,
  type Command,
  type Input,
  OPERATOR_OPTIONS,
  POLICY_OPTIONS,
} from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import type { Surroundings } from '../doctor/surroundings.ts';
import { EXIT } from '../failure.ts';
import { brokerRoleOf } from '../policy/broker-role.ts';
import { DEFAULT_POLICY_FILE, policyOf } from '../policy/policy-file.ts';
import { homeDirectory } from '../store/home.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'look for what is wrong, here and in AWS',
  usage: '[--policy FILE] [--broker-role ARN] [--roles GLOB] [--read-role NAME] [--json]',
  description: [
    'Looks at this machine (clock, files, AWS config), at the broker and at the identity providers. With AWS',
    'credentials of your own, as the AWS CLI finds them, it also reads each role of the access policy: whether its',
    'trust policy lets the broker in with exactly what Daypass sends, and nobody in without the external id. Roles of',
    'other accounts are read with --read-role, a role there that you may assume; its session can read IAM only.',
    'Exit code 1 when something failed; warnings alone are 0. No token and no key is printed.',
  ],
  options: {
    ...BROKER_OPTIONS,
    ...POLICY_OPTIONS,
    ...BROKER_ROLE_OPTIONS,
    ...OPERATOR_OPTIONS,
    roles: { value: 'GLOB', help: 'only these roles of the access policy, such as "prod/*"' },
    username: { value: 'NAME', help: 'the person that trust policies are tried with (default: someone@example.com)' },
    canary: { help: 'also ask AWS for each role without its external id, which must be refused' },
    offline: { help: 'do not look for AWS credentials' },
    json: { help: 'print JSON' },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const brokerRole = brokerRoleOf(input);
    const surroundings = surroundingsOf(input);
    const { examineSurroundings, Report } = await import('../doctor/main.ts');
    const report = new Report(input.isSet('json'));
    await examineSurroundings(surroundings, report);
    if (!input.isSet('offline')) {
      const { examineRoles } = await import('../operator/doctor.ts');
      await examineRoles({
        policy: await surroundings.policy.catch(() => undefined),
        brokerRole,
        roles: input.text('roles'),
        username: input.text('username') ?? 'someone@example.com',
        access: { readRole: input.text('read-role'), externalId: input.text('read-role-external-id') },
        canary: input.isSet('canary'),
        tell: report.tell.bind(report),
      });
    }
    report.finish();
    return report.hasFailed ? EXIT.refused : EXIT.ok;
  },
};

function surroundingsOf(input: Input): Surroundings {
  let context: Context | undefined;
  let brokerProblem: unknown;
  try {
    context = contextOf(input);
  } catch (thrown) {
    brokerProblem = thrown;
  }
  return {
    env: process.env,
    context,
    brokerProblem,
    home: homeDirectory(process.env),
    policy: localPolicy(input),
    policyFile: input.text('policy') ?? DEFAULT_POLICY_FILE,
    now: Date.now,
    clocks: [],
  };
}

/** One that was named must be there; the default one may be missing. */
function localPolicy(input: Input): Promise<AccessPolicy | undefined> {
  if (input.text('policy') === undefined && !existsSync(DEFAULT_POLICY_FILE)) return Promise.resolve(undefined);
  const policy = policyOf(input);
  // Whoever needs it hears of the failure.
  policy.catch(() => undefined);
  return policy;
}
