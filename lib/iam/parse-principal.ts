import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { nearest } from '../nearest.ts';
import { isAccountId, splitArn } from './arn.ts';
import { namesPrincipals } from './document.ts';
import type { StatementPlace } from './parse-statement.ts';
import type { PolicyPath, ProblemList } from './policy-problem.ts';
import { compilePrincipals, type PrincipalLists, type PrincipalSet } from './principal-set.ts';
import { isCanonicalUser, isIdentityProvider } from './requester.ts';
import { stringList } from './string-list.ts';

const KINDS = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const;
type Kind = (typeof KINDS)[number];

/**
 * `Principal` or `NotPrincipal` of a statement: `*`, or an object of lists by kind.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function parsePrincipals(
  json: JsonObject,
  { kind, path }: StatementPlace,
  problems: ProblemList,
): PrincipalSet | undefined {
  const names = ['Principal', 'NotPrincipal'].filter((name) => Object.hasOwn(json, name));
  const [name] = names;
  if (name === undefined) {
    if (namesPrincipals(kind)) {
      problems.refused('element_missing', [...path, 'Principal'], `a ${kind} policy's statement names its principals`);
    }
    return undefined;
  }
  if (names.length === 2) {
    problems.fatal(
      'element_conflict',
      [...path, 'NotPrincipal'],
      'a statement has Principal or NotPrincipal, not both',
    );
    return undefined;
  }
  const at = [...path, name];
  if (!namesPrincipals(kind)) {
    problems.refused('element_not_allowed', at, `${name} has no place in this kind of policy (${kind})`);
  } else if (name === 'NotPrincipal' && (kind !== 'resource' || json['Effect'] === 'Allow')) {
    const where = kind === 'resource' ? 'together with "Effect": "Allow"' : `in this kind of policy (${kind})`;
    problems.refused('element_not_allowed', at, `AWS does not take NotPrincipal ${where}`);
  }
  const lists = parseLists(json[name], at, problems);
  if (lists === undefined) return undefined;
  if (kind === 'rcp' && !(lists.aws.length === 1 && lists.aws[0] === '*')) {
    problems.refused('principal_invalid', at, 'a resource control policy names everybody: "Principal": "*"');
  }
  return compilePrincipals(lists, name === 'NotPrincipal');
}

function parseLists(value: Json | undefined, at: PolicyPath, problems: ProblemList): PrincipalLists | undefined {
  if (typeof value === 'string') {
    if (value !== '*') {
      const hint = `write { "AWS": ${JSON.stringify(value)} }`;
      problems.refused('principal_invalid', at, 'as a text, a principal is "*" and nothing else', hint);
    }
    return { aws: [value], services: [], federated: [], canonicalUsers: [] };
  }
  if (!isJsonObject(value)) {
    problems.fatal('element_type', at, 'principals are "*" or an object such as { "AWS": "111122223333" }');
    return undefined;
  }
  const found = new Map<Kind, readonly string[]>();
  let complete = true;
  for (const [kind, given] of Object.entries(value)) {
    if (!isKind(kind)) {
      if (problems.isFull) return undefined;
      const near = nearest(kind, KINDS);
      const hint = near === undefined ? `the kinds are ${KINDS.join(', ')}` : `did you mean ${near}?`;
      problems.fatal('principal_invalid', [...at, kind], `"${kind}" is no kind of principal`, hint);
      complete = false;
      continue;
    }
    const values = stringList(given as Json, [...at, kind], problems);
    if (values === undefined) complete = false;
    else {
      found.set(kind, values);
      checkValues(kind, values, Array.isArray(given), [...at, kind], problems);
    }
  }
  if (!complete) return undefined;
  if (found.size === 0) problems.refused('element_empty', at, 'no principal is named');
  return {
    aws: found.get('AWS') ?? [],
    services: found.get('Service') ?? [],
    federated: found.get('Federated') ?? [],
    canonicalUsers: found.get('CanonicalUser') ?? [],
  };
}

function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

function checkValues(
  kind: Kind,
  values: readonly string[],
  isList: boolean,
  at: PolicyPath,
  problems: ProblemList,
): void {
  for (const [index, value] of values.entries()) {
    const message = CHECKS[kind](value);
    if (message !== undefined) problems.refused('principal_invalid', isList ? [...at, index] : at, message);
  }
}

const CHECKS: Readonly<Record<Kind, (value: string) => string | undefined>> = {
  AWS: awsProblem,
  // Services are many and new ones come; what they have in common is a host name.
  Service: (value) =>
    /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value) ? undefined : `"${value}" is no service, such as lambda.amazonaws.com`,
  Federated: (value) =>
    isIdentityProvider(value) || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value)
      ? undefined
      : `"${value}" is no identity provider: the ARN of an oidc-provider or saml-provider`,
  CanonicalUser: (value) =>
    isCanonicalUser(value) ? undefined : `"${value}" is no canonical user id of 64 hexadecimal digits`,
};

/** What is left of a principal that was deleted. It names nobody, and AWS shows it in stored documents. */
const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,124}$/;

function awsProblem(value: string): string | undefined {
  if (value === '*' || isAccountId(value) || UNIQUE_ID.test(value)) return undefined;
  const parts = splitArn(value);
  if (parts === undefined) return `"${value}" is neither an account nor an ARN of IAM or STS`;
  const [, , service, region, accountId, resource] = parts;
  if (/[*?]/.test(value)) return `"${value}" holds a wildcard; only "*" alone may stand for principals`;
  const fits =
    service === 'iam'
      ? /^(root|(user|role)\/.+)$/.test(resource)
      : /^(assumed-role\/[^/]+\/[^/]+|federated-user\/[^/]+)$/.test(resource);
  if ((service === 'iam' || service === 'sts') && region === '' && isAccountId(accountId) && fits) return undefined;
  if (/^group\//.test(resource)) return `"${value}" is a group, which is no principal`;
  return `"${value}" is the ARN of nobody: an account's root, a user, a role or a session`;
}
