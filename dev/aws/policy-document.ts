import type { Json, JsonObject } from '../../lib/json.ts';
import { isJsonObject } from '../../lib/json.ts';
import { AwsError } from './error.ts';

/** An IAM policy document that passed IAM's own syntax check, with single values made lists. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  /** Principal type (`AWS`, `Service`, `Federated`) → values; `Principal: "*"` is `{ AWS: ['*'] }`. */
  readonly principals: Readonly<Record<string, readonly string[]>>;
  /** Operator → key → values, as written. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** `identity`: role and session policies, no principal. `trust`: a principal and no resource. */
export type PolicyKind = 'identity' | 'trust';

const POLICY_MEMBERS = new Set(['Version', 'Id', 'Statement']);
const STATEMENT_MEMBERS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/** Anyone, an account, or one identity of an account; no other wildcards. That it exists is not looked at. */
const AWS_PRINCIPAL =
  /^(\*|\d{12}|arn:aws(-cn|-us-gov)?:(iam::\d{12}:(root|user\/[^*?\s]+|role\/[^*?\s]+)|sts::\d{12}:assumed-role\/[^*?\s]+))$/;

/**
 * Reads a document as IAM does.
 *
 * @throws AwsError MalformedPolicyDocument
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch {
    throw malformed('This policy contains invalid Json');
  }
  if (!isJsonObject(document)) throw malformed('Syntax errors in policy.');
  refuseUnknown(document, POLICY_MEMBERS);
  const version = document['Version'];
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformed('The policy must contain a valid version string');
  }
  const statement = document['Statement'];
  const list = Array.isArray(statement) ? (statement as readonly Json[]) : [statement];
  if (list.length === 0) throw malformed('Syntax errors in policy.');
  return { statements: list.map((item) => parseStatement(item, kind)) };
}

function parseStatement(value: Json | undefined, kind: PolicyKind): Statement {
  if (!isJsonObject(value)) throw malformed('Syntax errors in policy.');
  refuseUnknown(value, STATEMENT_MEMBERS);
  const effect = value['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Syntax errors in policy.');
  const statement: Statement = {
    effect,
    actions: strings(value['Action']),
    notActions: strings(value['NotAction']),
    resources: strings(value['Resource']),
    notResources: strings(value['NotResource']),
    principals: principals(value['Principal']),
    conditions: conditions(value['Condition']),
  };
  if (statement.actions.length > 0 === statement.notActions.length > 0) {
    throw malformed('Policy statement must contain actions.');
  }
  for (const action of [...statement.actions, ...statement.notActions]) {
    if (action !== '*' && !/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(action)) {
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
    }
  }
  const hasPrincipal = value['Principal'] !== undefined || value['NotPrincipal'] !== undefined;
  const hasResource = value['Resource'] !== undefined || value['NotResource'] !== undefined;
  if (kind === 'identity') {
    if (hasPrincipal) throw malformed('Policy document should not specify a principal.');
    if (statement.resources.length > 0 === statement.notResources.length > 0) {
      throw malformed('Policy statement must contain resources.');
    }
  } else {
    if (hasResource) throw malformed('Has prohibited field Resource');
    if (value['NotPrincipal'] !== undefined) throw malformed('Has prohibited field NotPrincipal');
    if (Object.keys(statement.principals).length === 0) throw malformed('Missing required field Principal');
    for (const name of statement.principals['AWS'] ?? []) {
      if (!AWS_PRINCIPAL.test(name)) throw malformed(`Invalid principal in policy: "AWS":"${name}"`);
    }
    if ([...statement.actions, ...statement.notActions].some((action) => !action.toLowerCase().startsWith('sts:'))) {
      throw malformed('AssumeRole policy may only specify STS AssumeRole actions.');
    }
  }
  return statement;
}

function principals(value: Json | undefined): Record<string, readonly string[]> {
  if (value === undefined) return {};
  if (value === '*') return { AWS: ['*'] };
  if (!isJsonObject(value)) throw malformed('Syntax errors in policy.');
  return Object.fromEntries(Object.entries(value).map(([type, names]) => [type, strings(names)]));
}

function conditions(value: Json | undefined): Record<string, Record<string, readonly string[]>> {
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw malformed('Syntax errors in policy.');
  const operators = Object.entries(value).map(([operator, keys]) => {
    if (!isJsonObject(keys)) throw malformed('Syntax errors in policy.');
    return [operator, Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, scalars(values)]))];
  });
  return Object.fromEntries(operators) as Record<string, Record<string, readonly string[]>>;
}

function strings(value: Json | undefined): string[] {
  if (value === undefined) return [];
  const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (list.length === 0 || !list.every((item) => typeof item === 'string')) throw malformed('Syntax errors in policy.');
  return list as string[];
}

/** Condition values may be booleans and numbers too; IAM compares them as text. */
function scalars(value: Json): string[] {
  const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return list.map((item) => {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean') {
      throw malformed('Syntax errors in policy.');
    }
    return String(item);
  });
}

function refuseUnknown(object: JsonObject, known: ReadonlySet<string>): void {
  if (Object.keys(object).some((member) => !known.has(member))) throw malformed('Syntax errors in policy.');
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedPolicyDocument', 400, message);
}

/** IAM's wildcards: `*` any run, `?` one character. Linear: it backs up to the last star only. */
export function wildcardMatch(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
