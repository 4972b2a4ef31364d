import { isAccountId, splitArn } from '../../lib/iam/arn.ts';
import { contextOf } from '../../lib/iam/condition.ts';
import { type Evaluation, evaluate, NO_POLICIES, type PolicySet } from '../../lib/iam/evaluate.ts';
import type { PlacedDocument } from '../../lib/iam/layer.ts';
import { parseRequester } from '../../lib/iam/requester.ts';
import { makeRequest } from '../../lib/iam/statement-match.ts';
import type { AwsState } from './actions.ts';
import { accessDenied } from './authorization/denial.ts';
import { type ContextKeys, globalContext } from './authorization/global-context.ts';
import { principalPolicies, requesterOf } from './authorization/principal-policies.ts';
import type { Principal } from './credentials.ts';

/** May somebody do this? Asked by every service of the stand-in, for everything. */
export interface AccessQuestion {
  /** `s3:GetObject`. */
  readonly action: string;
  /** An ARN, or `*` for an action on nothing in particular. */
  readonly resource: string;
  /** The account that owns the resource. Default: the ARN's account, else the principal's. */
  readonly resourceAccountId?: string;
  /** Of the resource, such as a bucket policy. */
  readonly resourcePolicies?: readonly PlacedDocument[];
  /** Further condition keys; they go before those that AWS fills in for every action. */
  readonly context?: ContextKeys;
}

/**
 * Asks every policy that has a say: the principal's own and its groups', its boundary, its session's, those of its and
 * of the resource's organization, and the resource's. A policy that is referred to and not there denies everything.
 *
 * The stand-in's operator is let through everywhere, save for what belongs to AWS.
 *
 * @param now epoch milliseconds
 */
export function evaluateAccess(
  state: AwsState,
  principal: Principal,
  question: AccessQuestion,
  now: number,
): Evaluation {
  const { action, resource, resourcePolicies = [] } = question;
  const resourceAccountId = ownerOf(principal, question);
  const context = contextOf({ ...globalContext(state, principal, resourceAccountId, now), ...question.context });
  const request = { action, resource, resourceAccountId, context };
  if (principal.administrator) {
    const root = parseRequester(resourceAccountId);
    if (root === undefined) throw new Error(`${resourceAccountId} is no account`);
    return evaluate(makeRequest({ ...request, requester: root }), NO_POLICIES);
  }
  const policies: PolicySet = {
    ...principalPolicies(state, principal),
    ...organizationPolicies(state, principal.accountId, resourceAccountId, action),
    resource: resourcePolicies,
  };
  return evaluate(makeRequest({ ...request, requester: requesterOf(principal) }), policies);
}

/** @throws AwsError AccessDenied */
export function requireAccess(state: AwsState, principal: Principal, question: AccessQuestion, now: number): void {
  const evaluation = evaluateAccess(state, principal, question, now);
  if (evaluation.decision !== 'allowed') {
    throw accessDenied(principal.arn, question.action, question.resource, evaluation);
  }
}

/**
 * Services whose resources resource control policies cover, as far as the stand-in could ever be asked about them.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services
 */
const RESOURCE_CONTROLLED = /^(s3|sts|kms|sqs|secretsmanager):/i;

/** The levels of both sides' organizations; the management account of each has none. */
export function organizationPolicies(
  state: AwsState,
  principalAccountId: string,
  resourceAccountId: string,
  action: string,
): Pick<PolicySet, 'serviceControl' | 'resourceControl'> {
  const { organizations } = state;
  const controlled = RESOURCE_CONTROLLED.test(action);
  return {
    serviceControl: organizations.of(principalAccountId)?.levels('scp', principalAccountId) ?? [],
    resourceControl: controlled ? (organizations.of(resourceAccountId)?.levels('rcp', resourceAccountId) ?? []) : [],
  };
}

function ownerOf(principal: Principal, { resource, resourceAccountId }: AccessQuestion): string {
  const named = resourceAccountId ?? splitArn(resource)?.[4] ?? '';
  return isAccountId(named) ? named : principal.accountId;
}
