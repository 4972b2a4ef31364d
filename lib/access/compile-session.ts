import { parseArn } from '../iam/arn.ts';
import {
  MAX_POLICY_TAGS,
  MAX_SESSION_POLICY_ARNS,
  sessionPolicyProblem,
  tagKeyProblem,
  tagValueProblem,
} from '../iam/limits.ts';
import { parseDocument } from '../iam/parse-document.ts';
import { isAboutName, type PolicyProblem } from '../iam/policy-problem.ts';
import { resourcePatternProblem } from '../iam/resource.ts';
import { hasVariable, parseTemplate, stringsIn } from '../iam/variables.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Path, Reporter } from './diagnostic.ts';
import type { Role, SessionTemplate } from './policy.ts';
import { listOf, type SessionSource } from './schema.ts';

const NO_SESSION: SessionTemplate = { tags: {}, transitiveTagKeys: [], policyArns: [] };

/** What a grant sets on its sessions, checked against everything that STS would refuse and that is known now. */
export function compileSession(
  source: SessionSource | undefined,
  roles: readonly Role[],
  path: Path,
  reporter: Reporter,
): SessionTemplate {
  if (source === undefined) return NO_SESSION;
  const { tags = {}, transitiveTagKeys = [], policyArns = [] } = source;
  checkTags(tags, [...path, 'tags'], reporter);
  for (const [index, key] of transitiveTagKeys.entries()) {
    if (Object.hasOwn(tags, key)) continue;
    const at = [...path, 'transitiveTagKeys', index];
    reporter.error('transitive_tag_unknown', at, `"${key}" is not one of the grant's tags`);
  }
  checkPolicyArns(policyArns, roles, [...path, 'policyArns'], reporter);
  const policy = source.policy as JsonObject | undefined;
  if (policy !== undefined) checkPolicy(policy, [...path, 'policy'], reporter);
  const tooLarge = sessionPolicyProblem(policy === undefined ? undefined : JSON.stringify(policy), policyArns);
  if (tooLarge !== undefined && policyArns.length <= MAX_SESSION_POLICY_ARNS) {
    reporter.error('session_policy_too_large', [...path, policy === undefined ? 'policyArns' : 'policy'], tooLarge);
  }
  return { tags, transitiveTagKeys, ...(policy !== undefined && { policy }), policyArns };
}

function checkTags(tags: Readonly<Record<string, string>>, path: Path, reporter: Reporter): void {
  const keys = Object.keys(tags);
  if (keys.length > MAX_POLICY_TAGS) {
    reporter.error('tags_too_many', path, `a grant sets at most ${MAX_POLICY_TAGS} tags, not ${keys.length}`);
  }
  const seen = new Map<string, string>();
  for (const key of keys) {
    const at = [...path, key];
    const twin = seen.get(key.toLowerCase());
    if (twin !== undefined) reporter.keyError('tag_key_duplicate', at, `STS ignores case: the same key as "${twin}"`);
    seen.set(key.toLowerCase(), key);
    const wrongKey = hasVariable(key) ? 'a tag key is not filled in' : tagKeyProblem(key);
    if (wrongKey !== undefined) {
      reporter.keyError(hasVariable(key) ? 'template_not_allowed' : 'tag_key_invalid', at, wrongKey);
    }
    checkTagValue(tags[key] ?? '', at, reporter);
  }
}

function checkTagValue(value: string, path: Path, reporter: Reporter): void {
  const template = parseTemplate(value);
  if ('message' in template) {
    reporter.error('template_invalid', path, template.message);
    return;
  }
  const literal = template.parts.map((part) => ('text' in part ? part.text : '')).join('');
  if (hasVariable(literal)) {
    reporter.error('template_invalid', path, 'a tag knows only ${claim:name}');
    return;
  }
  const wrong = tagValueProblem(literal);
  if (wrong !== undefined) reporter.error('tag_value_invalid', path, wrong);
}

function checkPolicyArns(arns: readonly string[], roles: readonly Role[], path: Path, reporter: Reporter): void {
  if (arns.length > MAX_SESSION_POLICY_ARNS) {
    const message = `a session has at most ${MAX_SESSION_POLICY_ARNS} policy ARNs, not ${arns.length}`;
    reporter.error('policy_arns_too_many', path, message);
  }
  for (const [index, text] of arns.entries()) {
    const at = [...path, index];
    const arn = parseArn(text);
    const isPolicy = arn?.service === 'iam' && arn.region === '' && /^policy\/[!-)+->@-~]+$/.test(arn.resource);
    if (arn === undefined || !isPolicy || !/^(aws|[0-9]{12})$/.test(arn.accountId)) {
      reporter.error('arn_invalid', at, `"${text}" is not the ARN of an IAM policy`);
      continue;
    }
    if (arns.indexOf(text) !== index) reporter.error('policy_arn_duplicate', at, 'this policy is named twice');
    const foreign = roles.find((role) => role.partition !== arn.partition);
    if (foreign !== undefined) {
      reporter.error(
        'partition_mismatch',
        at,
        `the policy is in partition ${arn.partition}, role "${foreign.id}" in ${foreign.partition}`,
      );
    }
    const elsewhere = roles.find((role) => arn.accountId !== 'aws' && role.accountId !== arn.accountId);
    if (elsewhere !== undefined) {
      const message = `the policy is in account ${arn.accountId}, role "${elsewhere.id}" in ${elsewhere.accountId}`;
      reporter.error('account_mismatch', at, message);
    }
  }
}

/** The policy's structure, as STS will judge it, and where claims may stand in it. */
function checkPolicy(policy: JsonObject, path: Path, reporter: Reporter): void {
  for (const problem of parseDocument(policy, 'session').problems) {
    if (isLeftToClaims(problem, policy)) continue;
    const { code, message, hint } = problem;
    const at = [...path, ...problem.path];
    if (isAboutName(problem)) reporter.keyError(code, at, message, hint);
    else reporter.error(code, at, message, hint);
  }
  for (const { path: inner, text } of stringsIn(policy)) {
    const at = [...path, ...inner];
    const template = parseTemplate(text);
    if ('message' in template) {
      reporter.error('template_invalid', at, template.message);
    } else if (template.claims.length > 0) {
      checkPlace(inner, text, at, reporter);
    }
  }
  for (const inner of conditionKeys(policy)) {
    if (!hasVariable(String(inner.at(-1)))) continue;
    reporter.keyError('template_not_allowed', [...path, ...inner], 'a key is not filled in');
  }
}

/** A text that a claim will stand in is judged when the claim is known; of a resource, the other parts are known now. */
function isLeftToClaims({ code, path }: PolicyProblem, policy: JsonObject): boolean {
  const text = valueAt(policy, path);
  if (typeof text !== 'string' || !text.includes('${claim:')) return false;
  // Where no claim may stand, `checkPlace` says so.
  if (code !== 'resource_invalid') return true;
  return resourcePatternProblem(text.replace(/\$\{claim:[^}]*\}/g, 'claim'), true) === undefined;
}

function valueAt(root: Json, path: Path): Json | undefined {
  let value: Json | undefined = root;
  for (const step of path) value = (value as Readonly<Record<string | number, Json>> | undefined)?.[step];
  return value;
}

function* conditionKeys(policy: JsonObject): Generator<Path> {
  const given = policy['Statement'];
  for (const [index, statement] of listOf(given as JsonObject | readonly JsonObject[]).entries()) {
    const at = Array.isArray(given) ? ['Statement', index, 'Condition'] : ['Statement', 'Condition'];
    for (const [operator, keys] of Object.entries((statement['Condition'] ?? {}) as JsonObject)) {
      for (const key of Object.keys(keys as JsonObject)) yield [...at, operator, key];
    }
  }
}

/** Claims may narrow which resource or which condition value, never what is done. */
function checkPlace(inner: Path, text: string, at: Path, reporter: Reporter): void {
  if (!inner.some((step) => step === 'Resource' || step === 'NotResource' || step === 'Condition')) {
    reporter.error('template_not_allowed', at, '${claim:…} is filled in resources and condition values only');
  } else if (/\}[*?]|[*?]\$\{claim:/.test(text)) {
    const hint = 'put a separator between: ${claim:team}/*';
    reporter.warn('template_next_to_wildcard', at, 'a wildcard next to a claim also reaches longer values of it', hint);
  }
}
