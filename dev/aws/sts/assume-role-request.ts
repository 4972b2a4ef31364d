import { AwsError, validationError } from '../error.ts';
import type { Parameters } from '../query-protocol.ts';
import { type StoredPolicy, storedPolicy } from '../store/stored-policy.ts';
import { readSecondFactor, type SecondFactor } from './multi-factor.ts';

/**
 * Everything about an AssumeRole request that AWS refuses before it looks at any policy.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
 */
export interface AssumeRoleRequest {
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly durationSeconds: number;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  /** The inline session policy as sent. */
  readonly policy: string | undefined;
  readonly sessionPolicy: StoredPolicy | undefined;
  readonly policyArns: readonly string[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly transitiveTagKeys: readonly string[];
  readonly secondFactor: SecondFactor | undefined;
}

type RawRequest = Omit<AssumeRoleRequest, 'sessionPolicy'>;

interface TextRule {
  readonly minimum: number;
  readonly maximum: number;
  readonly pattern: RegExp;
  /** The pattern as AWS prints it. */
  readonly shown: string;
}

const NAME: TextRule = { minimum: 2, maximum: 64, pattern: /^[A-Za-z0-9_+=,.@-]*$/, shown: '[\\w+=,.@-]*' };
const EXTERNAL_ID: TextRule = {
  minimum: 2,
  maximum: 1224,
  pattern: /^[A-Za-z0-9_+=,.@:/-]*$/,
  shown: '[\\w+=,.@:\\/-]*',
};
const ARN: TextRule = {
  minimum: 20,
  maximum: 2048,
  pattern: /^[\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd]+$/,
  shown: '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD]+',
};
const POLICY: TextRule = {
  minimum: 1,
  maximum: 2048,
  pattern: /^[\t\n\r\u0020-\u00ff]+$/,
  shown: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
};
const TAG_KEY: TextRule = {
  minimum: 1,
  maximum: 128,
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u,
  shown: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+',
};
const TAG_VALUE: TextRule = {
  minimum: 0,
  maximum: 256,
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
  shown: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*',
};
const MAXIMUM_TAGS = 50;
const MAXIMUM_POLICY_ARNS = 10;
const MAXIMUM_PLAINTEXT = 2048;
const SHORTEST_SECONDS = 900;
const LONGEST_SECONDS = 43_200;
const DEFAULT_SECONDS = 3600;

/** @throws AwsError ValidationError, InvalidParameterValue, MalformedPolicyDocument, MalformedInput */
export function readAssumeRole(parameters: Parameters): AssumeRoleRequest {
  const problems: string[] = [];
  const request: RawRequest = {
    roleArn: required(parameters, 'RoleArn', problems),
    roleSessionName: required(parameters, 'RoleSessionName', problems),
    durationSeconds: parameters.integer('DurationSeconds') ?? DEFAULT_SECONDS,
    externalId: parameters.get('ExternalId'),
    sourceIdentity: parameters.get('SourceIdentity'),
    policy: parameters.get('Policy'),
    policyArns: parameters.structures('PolicyArns', ['arn']).map(({ arn }) => arn ?? ''),
    tags: parameters
      .structures('Tags', ['Key', 'Value'])
      .map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '' })),
    transitiveTagKeys: parameters.strings('TransitiveTagKeys'),
    secondFactor: readSecondFactor(parameters),
  };
  if (problems.length > 0) throw validationError(problems);

  checkText(request.roleArn, 'roleArn', ARN, problems);
  checkText(request.roleSessionName, 'roleSessionName', NAME, problems);
  checkText(request.externalId, 'externalId', EXTERNAL_ID, problems);
  checkText(request.sourceIdentity, 'sourceIdentity', NAME, problems);
  checkText(request.policy, 'policy', POLICY, problems);
  checkDuration(request.durationSeconds, problems);
  checkTags(request, problems);
  checkPolicyArns(request, problems);
  if (problems.length > 0) throw validationError(problems);

  if (!/^arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role\/\S+$/.test(request.roleArn)) {
    throw new AwsError('ValidationError', 400, `${request.roleArn} is invalid`);
  }
  checkTagKeys(request);
  checkPlaintext(request);
  const { policy } = request;
  return { ...request, sessionPolicy: policy === undefined ? undefined : storedPolicy(policy, 'session') };
}

function required(parameters: Parameters, name: string, problems: string[]): string {
  const value = parameters.get(name);
  if (value === undefined) problems.push(broken('null', memberName(name), 'Member must not be null'));
  return value ?? '';
}

function checkText(value: string | undefined, member: string, rule: TextRule, problems: string[]): void {
  if (value === undefined) return;
  if (value.length > rule.maximum)
    problems.push(broken(value, member, `Member must have length less than or equal to ${rule.maximum}`));
  if (value.length < rule.minimum)
    problems.push(broken(value, member, `Member must have length greater than or equal to ${rule.minimum}`));
  if (!rule.pattern.test(value))
    problems.push(broken(value, member, `Member must satisfy regular expression pattern: ${rule.shown}`));
}

function checkDuration(seconds: number, problems: string[]): void {
  const member = 'durationSeconds';
  if (seconds < SHORTEST_SECONDS)
    problems.push(broken(seconds, member, `Member must have value greater than or equal to ${SHORTEST_SECONDS}`));
  if (seconds > LONGEST_SECONDS)
    problems.push(broken(seconds, member, `Member must have value less than or equal to ${LONGEST_SECONDS}`));
}

function checkCount(count: number, member: string, maximum: number, problems: string[]): void {
  if (count > maximum) problems.push(broken('[…]', member, `Member must have length less than or equal to ${maximum}`));
}

function checkTags({ tags, transitiveTagKeys }: RawRequest, problems: string[]): void {
  checkCount(tags.length, 'tags', MAXIMUM_TAGS, problems);
  checkCount(transitiveTagKeys.length, 'transitiveTagKeys', MAXIMUM_TAGS, problems);
  for (const [index, { key, value }] of tags.entries()) {
    checkText(key, `tags.${index + 1}.member.key`, TAG_KEY, problems);
    checkText(value, `tags.${index + 1}.member.value`, TAG_VALUE, problems);
  }
  for (const [index, key] of transitiveTagKeys.entries()) {
    checkText(key, `transitiveTagKeys.${index + 1}.member`, TAG_KEY, problems);
  }
}

function checkPolicyArns({ policyArns }: RawRequest, problems: string[]): void {
  checkCount(policyArns.length, 'policyArns', MAXIMUM_POLICY_ARNS, problems);
  for (const [index, arn] of policyArns.entries()) checkText(arn, `policyArns.${index + 1}.member.arn`, ARN, problems);
}

/** The keys of one call differ even when case is ignored, and none is in AWS's own name space. */
function checkTagKeys({ tags, transitiveTagKeys }: RawRequest): void {
  const keys = tags.map(({ key }) => key.toLowerCase());
  if (new Set(keys).size !== keys.length) {
    throw invalidParameter('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  if (keys.some((key) => key.startsWith('aws:'))) {
    throw invalidParameter('System tags cannot be specified by requester.');
  }
  if (transitiveTagKeys.some((key) => !keys.includes(key.toLowerCase()))) {
    throw invalidParameter('The specified transitive tag key must be included in the requested tags.');
  }
}

function checkPlaintext({ policy, policyArns, roleArn }: RawRequest): void {
  const plaintext = (policy?.length ?? 0) + policyArns.reduce((sum, arn) => sum + arn.length, 0);
  if (plaintext > MAXIMUM_PLAINTEXT) {
    throw validationError([
      broken('…', 'policy', `Session policies together must have length less than or equal to ${MAXIMUM_PLAINTEXT}`),
    ]);
  }
  const [, partition, , , account] = roleArn.split(':');
  for (const arn of policyArns) {
    const [, arnPartition, owner] = /^arn:([a-z-]+):iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/.exec(arn) ?? [];
    if (arnPartition !== partition || (owner !== 'aws' && owner !== account))
      throw invalidParameter(`ARN ${arn} is not valid.`);
  }
}

function memberName(parameter: string): string {
  return parameter.charAt(0).toLowerCase() + parameter.slice(1);
}

function broken(value: string | number, member: string, constraint: string): string {
  return `Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`;
}

function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValue', 400, message);
}
