import type { PolicyDocument } from '../../../lib/iam/document.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { AwsState } from '../actions.ts';
import { AwsError } from '../error.ts';
import type { Entity } from '../store/entity.ts';
import { storedPolicy } from '../store/stored-policy.ts';

/**
 * AWS keeps the unique id of a user or role that a trust policy names, not its ARN. So the ARN has to be somebody's when
 * the policy is stored, and when that one is deleted the policy trusts nobody, even if a new one takes the name.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */

const USER_OR_ROLE = /^arn:[a-z-]+:iam::(\d{12}):(user|role)\//;

/**
 * Accounts that the stand-in knows nothing of are taken for accounts of the wide world, where anybody may be.
 *
 * @throws AwsError MalformedPolicyDocument
 */
export function checkPrincipalsExist({ users, roles }: AwsState, { statements }: PolicyDocument): void {
  const named = statements.flatMap(({ principals }) => principals?.named.aws ?? []);
  for (const arn of named) {
    const [, accountId] = USER_OR_ROLE.exec(arn) ?? [];
    if (accountId === undefined || (users.byArn(arn) ?? roles.byArn(arn)) !== undefined) continue;
    if (users.countIn(accountId) + roles.countIn(accountId) === 0) continue;
    throw new AwsError('MalformedPolicyDocument', 400, `Invalid principal in policy: "AWS":"${arn}"`);
  }
}

/** In every trust policy that names the deleted one, its id takes the place of its ARN, as AWS shows it. */
export function forgetPrincipal({ roles }: AwsState, { arn, id }: Entity): void {
  for (const role of roles.all()) {
    const names = role.trustPolicy.document.statements.some(({ principals }) => principals?.named.arns.has(arn));
    if (!names) continue;
    const document = JSON.parse(role.trustPolicy.text) as JsonObject;
    role.trustPolicy = storedPolicy(JSON.stringify(replacePrincipal(document, arn, id)), 'trust');
  }
}

function replacePrincipal(document: JsonObject, arn: string, id: string): JsonObject {
  const inPrincipal = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.map((item: Json) => (item === arn ? id : item));
    return value === arn ? id : value;
  };
  const inStatement = (value: Json): Json => {
    if (!isJsonObject(value) || !isJsonObject(value['Principal'])) return value;
    const principal = Object.entries(value['Principal']).map(([kind, names]) => [kind, inPrincipal(names)]);
    return { ...value, Principal: Object.fromEntries(principal) as JsonObject };
  };
  const { Statement: given = [] } = document;
  const list = Array.isArray(given) ? (given as readonly Json[]) : [given as Json];
  return { ...document, Statement: list.map(inStatement) };
}
