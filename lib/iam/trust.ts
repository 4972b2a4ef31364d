import { type Evaluation, evaluate, type PolicySet } from './evaluate.ts';
import type { PlacedDocument } from './layer.ts';
import type { Requester } from './requester.ts';
import { makeRequest } from './statement-match.ts';
import { trustContext } from './trust-context.ts';

/** A call to AssumeRole or AssumeRoleWithWebIdentity, and all that decides about it. */
export interface AssumeRoleCall {
  readonly operation: 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  readonly roleArn: string;
  /** The role's trust policy. */
  readonly trustPolicy: PlacedDocument;
  /** For AssumeRoleWithWebIdentity the identity provider. */
  readonly caller: Requester;
  /** The caller's own policies, and those of its and the role's organization. */
  readonly policies?: Partial<Omit<PolicySet, 'resource'>>;
  readonly roleSessionName: string;
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  /** What the calling session carries and passes on (role chaining). */
  readonly inherited?: { readonly sourceIdentity?: string; readonly transitiveTagKeys?: readonly string[] };
  /** Further condition keys, such as `aws:SourceIp`; they go before those that follow from the call. */
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

/** An action that the call needs, and what the policies say about it. */
export interface TrustStep {
  readonly action: TrustAction;
  readonly evaluation: Evaluation;
}

export type TrustAction =
  | 'sts:AssumeRole'
  | 'sts:AssumeRoleWithWebIdentity'
  | 'sts:TagSession'
  | 'sts:SetSourceIdentity';

/** Why a call fails. */
export interface TrustFailure {
  /** The action that is not allowed; undefined when the call itself is at fault, whatever the policies say. */
  readonly action: TrustAction | undefined;
  /** Whose policy has to change: the role's trust policy, the caller's own policies, or an organization's. */
  readonly side: 'trust' | 'caller' | 'organization' | 'request';
  readonly message: string;
}

export interface TrustResult {
  readonly succeeds: boolean;
  /** Every action that the call needs. */
  readonly steps: readonly TrustStep[];
  /** Each reason for which it fails, in the order of the steps. */
  readonly failures: readonly TrustFailure[];
}

/**
 * Whether a whole call would succeed. STS asks once for each thing that the call does, and all must be allowed: to
 * assume the role, to tag the session when it carries tags (its own or inherited ones), to set the source identity when
 * it carries one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
export function checkTrust(call: AssumeRoleCall): TrustResult {
  const context = trustContext(call);
  const policies: PolicySet = {
    identity: [],
    boundary: [],
    session: [],
    serviceControl: [],
    resourceControl: [],
    ...call.policies,
    resource: [call.trustPolicy],
  };
  const steps = neededActions(call).map((action): TrustStep => {
    const request = makeRequest({ requester: call.caller, action, resource: call.roleArn, context });
    return { action, evaluation: evaluate(request, policies) };
  });
  const failures = [...requestFailures(call), ...steps.flatMap((step) => stepFailure(step) ?? [])];
  return { succeeds: failures.length === 0, steps, failures };
}

function neededActions({ operation, tags, sourceIdentity, inherited }: AssumeRoleCall): TrustAction[] {
  const actions: TrustAction[] = [`sts:${operation}`];
  const tagged = Object.keys(tags ?? {}).length > 0 || (inherited?.transitiveTagKeys?.length ?? 0) > 0;
  if (tagged) actions.push('sts:TagSession');
  if (sourceIdentity !== undefined || inherited?.sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity');
  return actions;
}

/** What STS refuses whatever the policies say. */
function requestFailures(call: AssumeRoleCall): TrustFailure[] {
  const { operation, caller, sourceIdentity, inherited, tags = {}, transitiveTagKeys = [] } = call;
  const messages: string[] = [];
  if (operation === 'AssumeRole' && caller.kind === 'root')
    messages.push('the root user of an account cannot assume roles');
  if (operation === 'AssumeRole' && (caller.kind === 'anonymous' || caller.kind === 'federated')) {
    messages.push('AssumeRole is called with credentials of AWS');
  }
  if (operation === 'AssumeRoleWithWebIdentity') {
    if (caller.kind !== 'federated')
      messages.push('AssumeRoleWithWebIdentity is called with a token of an identity provider');
    if (call.externalId !== undefined) messages.push('AssumeRoleWithWebIdentity takes no external id');
  }
  const carried = inherited?.sourceIdentity;
  if (carried !== undefined && sourceIdentity !== undefined && sourceIdentity !== carried) {
    messages.push('the calling session has a source identity, which cannot be changed');
  }
  const keys = new Set(Object.keys(tags).map((key) => key.toLowerCase()));
  for (const key of transitiveTagKeys) {
    if (!keys.has(key.toLowerCase())) messages.push(`the transitive tag key "${key}" is not among the tags`);
  }
  for (const key of inherited?.transitiveTagKeys ?? []) {
    if (keys.has(key.toLowerCase()))
      messages.push(`the tag "${key}" is inherited from the calling session and cannot be set`);
  }
  return messages.map((message) => ({ action: undefined, side: 'request', message }));
}

function stepFailure({ action, evaluation }: TrustStep): TrustFailure | undefined {
  if (evaluation.decision === 'allowed') return undefined;
  const { side, message } = blame(evaluation);
  return { action, side, message: `${action}: ${message}` };
}

function blame({ reason, layers }: Evaluation): Omit<TrustFailure, 'action'> {
  switch (reason) {
    case 'explicitDeny': {
      const denying = Object.values(layers).find((layer) => layer.outcome === 'explicitlyDenied');
      const [first] = denying?.denying ?? [];
      const side = SIDES[(denying?.layer ?? 'resource') as keyof typeof SIDES];
      return { side, message: `denied by ${first?.place ?? 'a policy'}, statement ${first?.statement.index ?? 0}` };
    }
    case 'resourceControlLevel':
    case 'serviceControlLevel':
      return { side: 'organization', message: 'the organization’s policies do not allow it' };
    case 'notGrantedByIdentity':
    case 'notGranted':
      return {
        side: 'caller',
        message: 'the trust policy leaves it to the caller’s own policies, which do not allow it',
      };
    case 'limitedByBoundary':
      return { side: 'caller', message: 'the caller’s permissions boundary does not allow it' };
    case 'limitedBySession':
      return { side: 'caller', message: 'the calling session’s own policy does not allow it' };
    default:
      return { side: 'trust', message: trustMessage(layers.resource) };
  }
}

const SIDES = {
  resourceControl: 'organization',
  serviceControl: 'organization',
  resource: 'trust',
  identity: 'caller',
  boundary: 'caller',
  session: 'caller',
} as const;

/** What keeps the statement of the trust policy that came closest from applying. */
function trustMessage({ statements }: Evaluation['layers']['resource']): string {
  const allowing = statements.filter(({ statement }) => statement.effect === 'Allow');
  for (const { match, statement } of allowing) {
    if (match.applies || match.mismatch !== 'condition') continue;
    return `statement ${statement.index} of the trust policy would allow it, but its condition ${match.operator} on ${match.key} does not hold`;
  }
  if (allowing.some(({ match }) => !match.applies && match.mismatch === 'principal')) {
    return 'the trust policy allows it to others, not to this caller';
  }
  return 'no statement of the trust policy allows it';
}
