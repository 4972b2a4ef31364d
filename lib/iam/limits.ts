/**
 * What STS accepts in an AssumeRole call, as plain functions: the access policy is checked with them when it is
 * compiled, the call itself right before it is made.
 *
 * Each returns what is wrong as a sentence that names the limit, or undefined when nothing is.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */

/** Characters of the inline session policy and the ARNs of the managed ones together, as plain text. */
export const MAX_SESSION_POLICY_CHARACTERS = 2_048;
export const MAX_SESSION_POLICY_ARNS = 10;
export const MAX_SESSION_TAGS = 50;
/** What the access policy may set: one tag of every session is the broker's own, `daypass:session-id`. */
export const MAX_POLICY_TAGS = MAX_SESSION_TAGS - 1;
export const MAX_TAG_KEY_CHARACTERS = 128;
export const MAX_TAG_VALUE_CHARACTERS = 256;
/** Seconds. */
export const MIN_SESSION_SECONDS = 900;
/** Seconds: the longest that an IAM role's MaxSessionDuration can be. */
export const MAX_SESSION_SECONDS = 43_200;
/** Seconds: a role assumed with another role's credentials, which a Lambda function's always are. */
export const MAX_CHAINED_SESSION_SECONDS = 3_600;

/** `aws:` is AWS's own; `daypass:` carries the session id and is set by the broker only. */
export const RESERVED_TAG_PREFIXES = ['aws:', 'daypass:'] as const;

const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: tab and line ends are what STS takes besides U+0020 to U+00FF
const SESSION_POLICY_CHARACTERS = /^[\u0009\u000a\u000d\u0020-\u00ff]*$/;
// ASCII written out, without `i` and `u`: /\w/iu would take U+212A and U+017F, which STS does not.
const SESSION_NAME = /^[A-Za-z0-9_+=,.@-]{2,64}$/;
const EXTERNAL_ID = /^[A-Za-z0-9_+=,.@:/-]{2,1224}$/;

/** A tag key that the access policy or a caller wants to set. */
export function tagKeyProblem(key: string): string | undefined {
  if (key === '') return 'a tag key has at least 1 character';
  if (key.length > MAX_TAG_KEY_CHARACTERS) return `a tag key has at most ${MAX_TAG_KEY_CHARACTERS} characters`;
  if (!TAG_CHARACTERS.test(key)) return 'a tag key holds only letters, digits, spaces and _ . : / = + - @';
  const reserved = RESERVED_TAG_PREFIXES.find((prefix) => key.toLowerCase().startsWith(prefix));
  return reserved === undefined ? undefined : `tag keys that start with "${reserved}" are reserved`;
}

export function tagValueProblem(value: string): string | undefined {
  if (value.length > MAX_TAG_VALUE_CHARACTERS) {
    return `a tag value has at most ${MAX_TAG_VALUE_CHARACTERS} characters`;
  }
  if (!TAG_CHARACTERS.test(value)) return 'a tag value holds only letters, digits, spaces and _ . : / = + - @';
  return undefined;
}

/** The tags that a grant sets on a session: each key and value, their number, and keys that differ in case only. */
export function sessionTagsProblem(tags: Readonly<Record<string, string>>): string | undefined {
  const keys = Object.keys(tags);
  if (keys.length > MAX_POLICY_TAGS) {
    return `a grant sets at most ${MAX_POLICY_TAGS} tags, not ${keys.length}: STS takes ${MAX_SESSION_TAGS}, one is the session id`;
  }
  const seen = new Map<string, string>();
  for (const key of keys) {
    const twin = seen.get(key.toLowerCase());
    if (twin !== undefined) return `tag keys "${twin}" and "${key}" are the same to STS, which ignores case`;
    seen.set(key.toLowerCase(), key);
    const problem = tagKeyProblem(key) ?? tagValueProblem(tags[key] ?? '');
    if (problem !== undefined) return `${problem} (tag "${key}")`;
  }
  return undefined;
}

/**
 * The plain-text limits of session policies. The packed size that STS computes as well is known only to STS.
 *
 * @param policy the inline policy as it would be sent, or undefined
 */
export function sessionPolicyProblem(policy: string | undefined, policyArns: readonly string[]): string | undefined {
  if (policyArns.length > MAX_SESSION_POLICY_ARNS) {
    return `a session has at most ${MAX_SESSION_POLICY_ARNS} policy ARNs, not ${policyArns.length}`;
  }
  if (policy !== undefined && !SESSION_POLICY_CHARACTERS.test(policy)) {
    return 'a session policy holds only tab, line ends and characters U+0020 to U+00FF';
  }
  const size = policyArns.reduce((sum, arn) => sum + arn.length, policy?.length ?? 0);
  if (size <= MAX_SESSION_POLICY_CHARACTERS) return undefined;
  return `session policy and policy ARNs have at most ${MAX_SESSION_POLICY_CHARACTERS} characters together, not ${size}`;
}

/** @param seconds a session's length, or a role's longest */
export function sessionSecondsProblem(seconds: number): string | undefined {
  if (!Number.isInteger(seconds) || seconds < MIN_SESSION_SECONDS) return 'a session lasts at least 15 minutes';
  return seconds > MAX_SESSION_SECONDS ? 'a session lasts at most 12 hours' : undefined;
}

/** A RoleSessionName or a SourceIdentity. There is no colon in it, so neither can start with the reserved `aws:`. */
export function sessionNameProblem(name: string): string | undefined {
  return SESSION_NAME.test(name) ? undefined : 'a session name or source identity is 2–64 of A–Z a–z 0–9 _ + = , . @ -';
}

export function externalIdProblem(externalId: string): string | undefined {
  return EXTERNAL_ID.test(externalId) ? undefined : 'an external id is 2–1224 of A–Z a–z 0–9 _ + = , . @ : / -';
}
