import type { AccessPolicy, Role } from '../../lib/access/policy.ts';
import { compileGlob } from '../../lib/iam/glob.ts';
import type { Check, Finding } from '../doctor/finding.ts';
import { runChecks } from '../doctor/run-checks.ts';
import { Failure } from '../failure.ts';
import { Progress } from '../progress.ts';
import { counted } from '../text.ts';
import { examineBrokerRole } from './checks/broker-role.ts';
import { roleCheck } from './checks/role.ts';
import { type AccessOptions, type OperatorAccess, operatorAccess } from './iam-client.ts';
import { readManagedPolicy } from './role-reader.ts';

export interface RolesExamination {
  readonly policy: AccessPolicy | undefined;
  readonly brokerRole: string | undefined;
  /** A glob over role ids. */
  readonly roles: string | undefined;
  readonly username: string;
  readonly access: AccessOptions;
  readonly canary: boolean;
  readonly tell: (findings: readonly Finding[]) => void;
}

/** Roles that are read at once. IAM throttles by account, and most catalogues have many roles in few accounts. */
const WIDTH = 8;

/** What needs the operator's own AWS credentials. Without any, that is told and nothing else happens. */
export async function examineRoles(examination: RolesExamination): Promise<void> {
  const { policy, tell, brokerRole: brokerRoleArn } = examination;
  const access = operatorAccess(examination.access);
  let hasCredentials = false;
  await runChecks([identityCheck(access, () => (hasCredentials = true))], 1, tell);
  if (!hasCredentials || policy === undefined) return;
  const roles = chosenRoles(policy, examination.roles);
  if (roles.length === 0) {
    const message = `no role of the access policy matches ${examination.roles}`;
    return tell([{ check: 'roles', status: 'failed', message }]);
  }
  const broker = await examineBrokerRole(access, brokerRoleArn);
  tell([broker.finding]);
  const own = { ...examination, access, policy, brokerRoleArn, brokerPolicies: broker.policies };
  const checks = [
    ...roles.map((role) => roleCheck(role, own)),
    ...sessionPolicies(policy, roles).map((arn) => sessionPolicyCheck(arn, access)),
  ];
  const progress = new Progress();
  try {
    await runChecks(
      checks,
      WIDTH,
      (findings) => {
        progress.clear();
        tell(findings);
      },
      (done, all) => progress.show(`${done} of ${all} roles and policies`),
    );
  } finally {
    progress.clear();
  }
}

function identityCheck(access: OperatorAccess, found: () => void): Check {
  const check = 'aws-identity';
  return {
    name: check,
    timeout: 60_000,
    async run() {
      try {
        const { arn } = await access.identity();
        found();
        return [{ check, status: 'ok', message: arn }];
      } catch (thrown) {
        if (!(Failure.is(thrown) && thrown.code === 'aws_no_credentials')) throw thrown;
        const message = `${thrown.message}, so the roles in AWS are not looked at`;
        return [{ check, status: 'skipped', message, hint: thrown.hint }];
      }
    },
  };
}

function chosenRoles({ roles }: AccessPolicy, pattern: string | undefined): readonly Role[] {
  if (pattern === undefined) return roles;
  const glob = compileGlob(pattern);
  return roles.filter(({ id }) => glob.matches(id));
}

/** The managed policies that grants put on sessions of these roles. */
function sessionPolicies({ grants }: AccessPolicy, roles: readonly Role[]): string[] {
  const chosen = new Set(roles.map(({ id }) => id));
  const concerned = grants.filter((grant) => grant.roles.some((id) => chosen.has(id)));
  return [...new Set(concerned.flatMap(({ session }) => session.policyArns))];
}

function sessionPolicyCheck(arn: string, access: OperatorAccess): Check {
  const check = 'session-policy';
  return {
    name: check,
    subject: arn,
    timeout: 60_000,
    async run() {
      try {
        const text = await readManagedPolicy(access, arn);
        return [{ check, subject: arn, status: 'ok', message: `there, ${counted(text.length, 'character')}` }];
      } catch (thrown) {
        if (!(Failure.is(thrown) && thrown.code === 'aws_other_account')) throw thrown;
        return [{ check, subject: arn, status: 'skipped', message: thrown.message, hint: thrown.hint }];
      }
    },
  };
}
