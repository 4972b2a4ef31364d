import type { AccessPolicy, Role } from '../../../lib/access/policy.ts';
import type { PolicySet } from '../../../lib/iam/evaluate.ts';
import type { Check, Finding } from '../../doctor/finding.ts';
import { asFinding } from '../../doctor/run-checks.ts';
import { spokenDuration } from '../../duration.ts';
import { Failure } from '../../failure.ts';
import type { OperatorAccess } from '../iam-client.ts';
import { describeRole, type RoleDescription } from '../role-reader.ts';
import { canaryFindings } from './canary.ts';
import { trustFindings } from './trust.ts';

export interface RoleExamination {
  readonly access: OperatorAccess;
  readonly policy: AccessPolicy;
  /** Undefined when nobody named it: then trust cannot be judged. */
  readonly brokerRoleArn: string | undefined;
  readonly brokerPolicies: Partial<PolicySet> | undefined;
  readonly username: string;
  /** Whether AWS is asked for the role in a way that must be refused. */
  readonly canary: boolean;
}

/** Milliseconds: a throttled call alone may take fifteen seconds. */
const TIMEOUT = 60_000;

/** One role of the access policy, as it is in AWS. */
export function roleCheck(role: Role, examination: RoleExamination): Check {
  return { name: 'role', subject: role.id, timeout: TIMEOUT, run: () => examineRole(role, examination) };
}

async function examineRole(role: Role, examination: RoleExamination): Promise<readonly Finding[]> {
  const { access, brokerRoleArn } = examination;
  let real: RoleDescription;
  try {
    real = await describeRole(access, role.arn);
  } catch (thrown) {
    return [unread(role, thrown)];
  }
  const trust =
    brokerRoleArn === undefined
      ? []
      : trustFindings({
          ...examination,
          role,
          brokerRoleArn,
          trustPolicy: real.trustPolicy,
          roleTags: real.tags,
          now: Date.now(),
        });
  return [
    { check: 'role.exists', subject: role.id, status: 'ok', message: real.arn },
    ...trust,
    durationFinding(role, real),
    boundaryFinding(role, real),
    useFinding(role, real),
    ...(examination.canary ? await canaryFindings(role, access) : []),
  ];
}

/** An account that nobody gave access to is left out; whatever else keeps a role from being read is wrong. */
function unread(role: Role, thrown: unknown): Finding {
  const finding = asFinding('role.exists', role.id, thrown);
  const outOfReach =
    Failure.is(thrown) && (thrown.code === 'aws_other_account' || thrown.code === 'aws_other_partition');
  const data = Failure.is(thrown) && thrown.code !== undefined ? { code: thrown.code } : undefined;
  return { ...finding, status: outOfReach ? 'skipped' : 'failed', data };
}

/** Sessions last an hour at most whatever IAM says, and IAM takes no less: a difference misleads people, no more. */
function durationFinding({ id, maxDurationSeconds }: Role, { maxSessionSeconds }: RoleDescription): Finding {
  const check = 'role.duration';
  const real = spokenDuration(maxSessionSeconds);
  if (maxDurationSeconds <= maxSessionSeconds)
    return { check, subject: id, status: 'ok', message: `up to ${real} in IAM` };
  const message = `access.yml promises ${spokenDuration(maxDurationSeconds)}, its MaxSessionDuration is ${real}`;
  const hint = 'lower maxDuration, or raise MaxSessionDuration; AWS ends what a role assumes from a role after 1 h';
  return { check, subject: id, status: 'warning', message, hint };
}

function boundaryFinding({ id }: Role, { boundaryArn }: RoleDescription): Finding {
  const name = boundaryArn?.slice(boundaryArn.indexOf(':policy/') + ':policy/'.length);
  const message = name === undefined ? 'no permissions boundary' : `boundary ${name}`;
  return { check: 'role.boundary', subject: id, status: 'ok', message, data: { boundary: boundaryArn ?? null } };
}

function useFinding({ id }: Role, { lastUsed }: RoleDescription): Finding {
  const where = lastUsed?.region === undefined ? '' : ` in ${lastUsed.region}`;
  const message =
    lastUsed === undefined ? 'not used for 400 days or ever' : `last used ${lastUsed.at.toISOString()}${where}`;
  return {
    check: 'role.use',
    subject: id,
    status: 'ok',
    message,
    data: { lastUsed: lastUsed?.at.toISOString() ?? null },
  };
}
