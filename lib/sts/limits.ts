import { Fault } from '../fault.ts';
import { parseRoleArn, partitionOfRegion } from '../iam/arn.ts';
import {
  externalIdProblem,
  MAX_CHAINED_SESSION_SECONDS,
  sessionNameProblem,
  sessionPolicyProblem,
  sessionSecondsProblem,
  sessionTagsProblem,
} from '../iam/limits.ts';
import type { AssumeRoleRequest } from './assume-role.ts';

const POLICY_ARN = /^arn:aws(-cn|-us-gov)?:iam::(\d{12}|aws):policy\/[\u0021-\u007f]+$/;
const MAX_ARN_CHARACTERS = 2048;

/**
 * Every documented limit of AssumeRole, checked before the call, so that the error names the limit instead of
 * "ValidationError". What only AWS can measure (the packed size of policy and tags) is left to AWS.
 *
 * @throws Fault `sts_limit_exceeded` whose detail names the parameter and the limit
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function checkStsLimits(request: AssumeRoleRequest): void {
  const problem =
    roleArnProblem(request.roleArn) ??
    partitionProblem(request) ??
    nameProblem('RoleSessionName', request.roleSessionName) ??
    nameProblem('SourceIdentity', request.sourceIdentity) ??
    durationProblem(request.durationSeconds) ??
    (request.externalId === undefined ? undefined : externalIdProblem(request.externalId)) ??
    sessionTagsProblem(request.tags) ??
    transitiveTagsProblem(request) ??
    policyArnsProblem(request.policyArns) ??
    sessionPolicyProblem(request.policy, request.policyArns);
  if (problem !== undefined) throw new Fault('sts_limit_exceeded', problem);
}

function roleArnProblem(arn: string): string | undefined {
  if (arn.length > MAX_ARN_CHARACTERS) return `RoleArn has at most ${MAX_ARN_CHARACTERS} characters, not ${arn.length}`;
  return parseRoleArn(arn) ? undefined : 'RoleArn is not the ARN of an IAM role';
}

/** A call never crosses partitions: AWS would answer that it does not know the broker. */
function partitionProblem({ roleArn, region }: AssumeRoleRequest): string | undefined {
  const asked = partitionOfRegion(region);
  if (asked !== undefined && roleArn.startsWith(`arn:${asked}:`)) return undefined;
  return `region "${region}" is not in the partition of ${roleArn}: set the role's region`;
}

function nameProblem(parameter: string, value: string): string | undefined {
  const problem = sessionNameProblem(value);
  return problem && `${parameter}: ${problem}`;
}

function durationProblem(seconds: number): string | undefined {
  if (seconds <= MAX_CHAINED_SESSION_SECONDS) return sessionSecondsProblem(seconds);
  return `a session that one role takes from another lasts at most ${MAX_CHAINED_SESSION_SECONDS} seconds, not ${seconds}`;
}

function transitiveTagsProblem({ tags, transitiveTagKeys }: AssumeRoleRequest): string | undefined {
  const stray = transitiveTagKeys.find((key) => !Object.hasOwn(tags, key));
  return stray === undefined ? undefined : `transitive tag key "${stray}" is not among the tags`;
}

function policyArnsProblem(arns: readonly string[]): string | undefined {
  const wrong = arns.find((arn) => arn.length > MAX_ARN_CHARACTERS || !POLICY_ARN.test(arn));
  return wrong === undefined ? undefined : `"${wrong.slice(0, 100)}" is not the ARN of a managed policy`;
}
