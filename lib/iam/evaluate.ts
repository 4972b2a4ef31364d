import {
  absentLayer,
  closestGrade,
  evaluateLayer,
  evaluateLevels,
  type LayerTrace,
  type Outcome,
  type PlacedDocument,
} from './layer.ts';
import { isAlwaysAllowed, reservedProblem } from './reserved.ts';
import type { Request } from './statement-match.ts';

/** Every policy that has a say in one request. What is left out does not exist. */
export interface PolicySet {
  readonly identity: readonly PlacedDocument[];
  /** Of the resource: a bucket policy, a key policy, a role's trust policy … */
  readonly resource: readonly PlacedDocument[];
  /** Empty when the user or role has no boundary. */
  readonly boundary: readonly PlacedDocument[];
  /** Undefined or empty when the session was made without one. Several count as one. */
  readonly session: readonly PlacedDocument[];
  /** Levels from the organization's root down to the requester's account; none when it is in no organization. */
  readonly serviceControl: readonly (readonly PlacedDocument[])[];
  /** The same for the account that owns the resource. */
  readonly resourceControl: readonly (readonly PlacedDocument[])[];
  /** The organization's management account, which its policies do not limit. */
  readonly managementAccountId?: string | undefined;
}

export const NO_POLICIES: PolicySet = {
  identity: [],
  resource: [],
  boundary: [],
  session: [],
  serviceControl: [],
  resourceControl: [],
};

/** What settled the decision, in the order in which it is looked for. */
export type Reason =
  | 'noPermissionNeeded'
  | 'explicitDeny'
  | 'reservedForAws'
  | 'resourceControlLevel'
  | 'serviceControlLevel'
  | 'resourcePolicyGrants'
  | 'identityPolicyGrants'
  | 'bothSidesGrant'
  | 'rootUser'
  | 'notGrantedByResource'
  | 'notGrantedByIdentity'
  | 'notGranted'
  | 'limitedByBoundary'
  | 'limitedBySession';

export interface Evaluation {
  readonly decision: Outcome;
  readonly reason: Reason;
  /** Undefined for requesters that belong to no account. */
  readonly sameAccount: boolean | undefined;
  /** What AWS itself says, where no policy decides. */
  readonly note: string | undefined;
  readonly layers: Layers;
}

export interface Layers {
  readonly resourceControl: LayerTrace;
  readonly serviceControl: LayerTrace;
  readonly resource: LayerTrace;
  readonly identity: LayerTrace;
  readonly boundary: LayerTrace;
  readonly session: LayerTrace;
}

/**
 * Decides one request by AWS's published logic, and says how. Pure; all documents are looked at to the end, so the
 * trace is whole whatever the decision.
 *
 * 1. A matching `Deny` anywhere is final.
 * 2. Organization policies must allow at every level: service control policies in the requester's account, resource
 *    control policies in the resource's.
 * 3. Within one account the resource's policy or the identity's is enough, across accounts both must allow.
 * 4. A permissions boundary and a session policy limit what identity policies give, and what a resource's policy gives
 *    to the role. They do not limit what it gives, within the account, to the very user or session.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */
export function evaluate(request: Request, policies: PolicySet): Evaluation {
  const layers = evaluateLayers(request, policies);
  const sameAccount = isSameAccount(request);
  const result = (decision: Outcome, reason: Reason, note?: string): Evaluation => {
    return { decision, reason, sameAccount, note, layers };
  };
  if (isAlwaysAllowed(request)) return result('allowed', 'noPermissionNeeded', `${request.action} needs no permission`);
  if (Object.values(layers).some((layer: LayerTrace) => layer.outcome === 'explicitlyDenied')) {
    return result('explicitlyDenied', 'explicitDeny');
  }
  const reserved = reservedProblem(request);
  if (reserved !== undefined) return result('implicitlyDenied', 'reservedForAws', reserved);
  if (layers.resourceControl.outcome === 'implicitlyDenied') return result('implicitlyDenied', 'resourceControlLevel');
  if (layers.serviceControl.outcome === 'implicitlyDenied') return result('implicitlyDenied', 'serviceControlLevel');
  const reason = settle(request, layers, sameAccount);
  return result(GRANTING.has(reason) ? 'allowed' : 'implicitlyDenied', reason);
}

const GRANTING: ReadonlySet<Reason> = new Set([
  'resourcePolicyGrants',
  'identityPolicyGrants',
  'bothSidesGrant',
  'rootUser',
]);

/** Nothing denies; now something must grant. */
function settle(request: Request, layers: Layers, sameAccount: boolean | undefined): Reason {
  const { identity, boundary, session } = layers;
  const grade = closestGrade(layers.resource);
  // Services and people whom AWS does not know have no identity policies.
  if (sameAccount === undefined) return grade === undefined ? 'notGrantedByResource' : 'resourcePolicyGrants';
  const isRoot = request.requester.kind === 'root';
  const byIdentity = isRoot || identity.outcome === 'allowed';
  const limited = limitOf(request, boundary, session);
  if (!sameAccount) {
    if (grade === undefined) return 'notGrantedByResource';
    if (!byIdentity) return 'notGrantedByIdentity';
    return limited ?? 'bothSidesGrant';
  }
  if (grade === 'itself') return 'resourcePolicyGrants';
  if (grade === 'entity') return limited ?? 'resourcePolicyGrants';
  // A statement that names the account hands the decision to the account's identity policies.
  if (needsResourcePolicy(request) && grade === undefined) return 'notGrantedByResource';
  if (!byIdentity) return grade === 'account' ? 'notGrantedByIdentity' : 'notGranted';
  return limited ?? (isRoot ? 'rootUser' : 'identityPolicyGrants');
}

/** What keeps a grant from having effect, if anything does. */
function limitOf({ requester }: Request, boundary: LayerTrace, session: LayerTrace): Reason | undefined {
  if (boundary.outcome === 'implicitlyDenied') return 'limitedByBoundary';
  if (session.outcome === 'implicitlyDenied') return 'limitedBySession';
  // Without a session policy, a session from GetFederationToken may do nothing by its user's policies.
  const needsSession = requester.kind === 'federatedUser' && session.outcome === 'notApplicable';
  return needsSession ? 'limitedBySession' : undefined;
}

/**
 * Role trust policies and key policies must allow even within the account.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
 */
export function needsResourcePolicy({ foldedAction, resource }: Request): boolean {
  const [, , service, , , name = ''] = resource.parts ?? [];
  if (service === 'kms') return foldedAction.startsWith('kms:') && name.startsWith('key/');
  return service === 'iam' && name.startsWith('role/') && TRUST_ACTIONS.has(foldedAction);
}

/** What a role's trust policy is asked about. */
const TRUST_ACTIONS: ReadonlySet<string> = new Set([
  'sts:assumerole',
  'sts:assumerolewithwebidentity',
  'sts:assumerolewithsaml',
  'sts:tagsession',
  'sts:setsourceidentity',
  'sts:setcontext',
]);

function evaluateLayers(request: Request, policies: PolicySet): Layers {
  const { requester } = request;
  const isOfAccount = 'accountId' in requester;
  const bounded = policies.boundary.length > 0 && isOfAccount && requester.kind !== 'root';
  const personal = (layer: 'identity' | 'boundary' | 'session', documents: readonly PlacedDocument[]): LayerTrace => {
    if (!isOfAccount) return absentLayer(layer, 'the requester belongs to no account');
    if (requester.kind === 'root') return absentLayer(layer, 'the root user of an account has full access in it');
    if (documents.length === 0 && layer !== 'identity') return absentLayer(layer);
    return evaluateLayer(layer, documents, request);
  };
  return {
    resourceControl: resourceControl(request, policies),
    serviceControl: serviceControl(request, policies),
    resource:
      policies.resource.length === 0
        ? absentLayer('resource')
        : evaluateLayer('resource', policies.resource, request, { principals: true, bounded }),
    identity: personal('identity', policies.identity),
    boundary: personal('boundary', policies.boundary),
    session: personal('session', policies.session),
  };
}

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html */
function serviceControl(request: Request, { serviceControl: levels, managementAccountId }: PolicySet): LayerTrace {
  const { requester } = request;
  if (levels.length === 0) return absentLayer('serviceControl');
  if (!('accountId' in requester)) return absentLayer('serviceControl', 'the requester belongs to no account');
  if (requester.accountId === managementAccountId) {
    return absentLayer('serviceControl', 'the requester is in the organization’s management account');
  }
  if (requester.serviceLinked) return absentLayer('serviceControl', 'the requester is a service-linked role');
  return evaluateLevels('serviceControl', levels, request, false);
}

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html */
function resourceControl(request: Request, { resourceControl: levels, managementAccountId }: PolicySet): LayerTrace {
  const { requester, resourceAccountId } = request;
  if (levels.length === 0) return absentLayer('resourceControl');
  if (managementAccountId !== undefined && resourceAccountId === managementAccountId) {
    return absentLayer('resourceControl', 'the resource is in the organization’s management account');
  }
  if ('accountId' in requester && requester.serviceLinked) {
    return absentLayer('resourceControl', 'the requester is a service-linked role');
  }
  return evaluateLevels('resourceControl', levels, request, true);
}

/** A resource whose account nobody named is the requester's own. */
function isSameAccount({ requester, resourceAccountId }: Request): boolean | undefined {
  if (!('accountId' in requester)) return undefined;
  return resourceAccountId === undefined || resourceAccountId === requester.accountId;
}
