import { AwsError, validationError } from '../error.ts';
import type { Parameters } from '../query-protocol.ts';

/**
 * What IAM demands of the parameters that many actions share. All throw `AwsError`, mostly ValidationError.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
 */

const NAME = /^[A-Za-z0-9_+=,.@-]+$/;
const PATH = /^\/([\u0021-\u007e]+\/)?$/;
const PATH_PREFIX = /^\/[\u0021-\u007f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: tab and line ends are what IAM takes besides U+0020 to U+00FF
const DOCUMENT = /^[\u0009\u000a\u000d\u0020-\u00ff]+$/;
const MAXIMUM_PATH = 512;
const MAXIMUM_DOCUMENT = 131_072;

export function invalid(member: string, expected: string): AwsError {
  return validationError([`Value at '${member}' failed to satisfy constraint: Member must satisfy ${expected}`]);
}

/** A name that is there and well-formed, such as `RoleName`. */
export function nameOf(parameters: Parameters, parameter: string, maximum: number): string {
  const name = parameters.get(parameter) ?? '';
  if (name.length <= maximum && NAME.test(name)) return name;
  throw invalid(memberName(parameter), `regular expression pattern: [\\w+=,.@-]+ and at most ${maximum} characters`);
}

export function policyNameOf(parameters: Parameters): string {
  return nameOf(parameters, 'PolicyName', 128);
}

export function pathOf(parameters: Parameters): string {
  const path = parameters.get('Path') ?? '/';
  if (path.length <= MAXIMUM_PATH && PATH.test(path)) return path;
  throw invalid('path', 'regular expression pattern: (\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)');
}

export function pathPrefixOf(parameters: Parameters): string {
  const prefix = parameters.get('PathPrefix') ?? '/';
  if (prefix.length <= MAXIMUM_PATH && PATH_PREFIX.test(prefix)) return prefix;
  throw invalid('pathPrefix', 'regular expression pattern: \\u002F[\\u0021-\\u007F]*');
}

/** One of a few words, or undefined when it is not given. */
export function choiceOf<Word extends string>(
  parameters: Parameters,
  parameter: string,
  words: readonly Word[],
): Word | undefined {
  const given = parameters.get(parameter);
  if (given === undefined) return undefined;
  const word = words.find((candidate) => candidate === given);
  if (word === undefined) throw invalid(memberName(parameter), `enum value set: [${words.join(', ')}]`);
  return word;
}

/** A document as text; whether it is a policy is not judged here. */
export function documentOf(parameters: Parameters, parameter: string): string {
  const text = parameters.get(parameter) ?? '';
  if (text.length <= MAXIMUM_DOCUMENT && DOCUMENT.test(text)) return text;
  throw invalid(memberName(parameter), 'regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+');
}

/** AWS names its quotas in its answers; those names here are from memory. */
export function limitExceeded(quota: string, maximum: number): AwsError {
  return new AwsError('LimitExceeded', 409, `Cannot exceed quota for ${quota}: ${maximum}`);
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', 404, message);
}

export function deleteConflict(what: string): AwsError {
  return new AwsError('DeleteConflict', 409, `Cannot delete entity, must ${what} first.`);
}

function memberName(parameter: string): string {
  return parameter.charAt(0).toLowerCase() + parameter.slice(1);
}
