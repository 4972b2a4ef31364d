import { foldAction } from './action.ts';
import { isAccountId } from './arn.ts';
import { type ConditionContext, firstUnmet } from './condition.ts';
import type { Statement } from './document.ts';
import { gradeOf, type PrincipalGrade } from './principal-set.ts';
import type { Requester } from './requester.ts';
import { type RequestResource, requestResource } from './resource.ts';

/** One call to AWS, as policies see it. */
export interface Request {
  readonly requester: Requester;
  /** `service:Name`. */
  readonly action: string;
  /** The action in lower case. */
  readonly foldedAction: string;
  readonly resource: RequestResource;
  /** The account that owns the resource; undefined where neither its ARN nor the request says so. */
  readonly resourceAccountId: string | undefined;
  readonly context: ConditionContext;
}

/** Makes a request ready to be matched with any number of statements. */
export function makeRequest(given: {
  readonly requester: Requester;
  readonly action: string;
  readonly resource: string;
  readonly resourceAccountId?: string | undefined;
  readonly context: ConditionContext;
}): Request {
  const resource = requestResource(given.resource);
  // An ARN may name no account, as those of buckets, or `aws`, as those of AWS managed policies.
  const owner = resource.parts?.[4];
  const resourceAccountId = given.resourceAccountId ?? (owner !== undefined && isAccountId(owner) ? owner : undefined);
  const { requester, action, context } = given;
  return { requester, action, foldedAction: foldAction(action), resource, resourceAccountId, context };
}

/** The part of a statement that does not fit the request: the first one, in the order of the elements. */
export type Mismatch = 'principal' | 'action' | 'resource' | 'condition';

/** How one statement fares with one request. */
export type StatementMatch =
  | { readonly applies: true; readonly grade: PrincipalGrade | undefined }
  | { readonly applies: false; readonly mismatch: Mismatch; readonly operator?: string; readonly key?: string };

const NO_ACTION: StatementMatch = { applies: false, mismatch: 'action' };
const NO_RESOURCE: StatementMatch = { applies: false, mismatch: 'resource' };
const NO_PRINCIPAL: StatementMatch = { applies: false, mismatch: 'principal' };
const APPLIES: Readonly<Record<PrincipalGrade | 'none', StatementMatch>> = {
  none: { applies: true, grade: undefined },
  itself: { applies: true, grade: 'itself' },
  entity: { applies: true, grade: 'entity' },
  account: { applies: true, grade: 'account' },
};

/**
 * Whether a statement applies: its principals, action, resource and every condition fit.
 *
 * @param options `principals`: whether the statement must name the requester, as in resource-based policies;
 *   `bounded`: the requester has a permissions boundary. AWS then applies `Deny` with `NotPrincipal` whatever it names.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function matchStatement(
  statement: Statement,
  request: Request,
  { principals, bounded }: { readonly principals: boolean; readonly bounded: boolean },
): StatementMatch {
  if (!statement.actions.matches(request.foldedAction)) return NO_ACTION;
  if (statement.resources?.matches(request.resource, request.context) === false) return NO_RESOURCE;
  let grade: PrincipalGrade | undefined;
  if (principals) {
    grade = principalGrade(statement, request.requester, bounded);
    if (grade === undefined) return NO_PRINCIPAL;
  }
  const unmet = firstUnmet(statement.condition, request.context);
  if (unmet !== undefined) return { applies: false, mismatch: 'condition', operator: unmet.operator, key: unmet.key };
  return APPLIES[grade ?? 'none'];
}

function principalGrade(
  { principals, effect }: Statement,
  requester: Requester,
  bounded: boolean,
): PrincipalGrade | undefined {
  // A resource-based statement that names nobody applies to nobody.
  if (principals === undefined) return undefined;
  const grade = gradeOf(principals, requester);
  if (!principals.negated) return grade;
  if (bounded && effect === 'Deny') return 'itself';
  const closest = requester.kind === 'role' ? 'entity' : 'itself';
  // A deny spares whom the list names themselves: with the account of a user, or the role of a session, others of it are
  // not spared, though both have to be in the list too.
  const isSpared = effect === 'Deny' ? grade === closest : grade !== undefined;
  return isSpared ? undefined : closest;
}
