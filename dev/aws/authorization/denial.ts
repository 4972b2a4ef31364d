import type { Evaluation } from '../../../lib/iam/evaluate.ts';
import type { LayerName } from '../../../lib/iam/layer.ts';
import { AwsError } from '../error.ts';
import { isLost } from './principal-policies.ts';

/**
 * AWS's sentence to a caller whom a policy does not let through:
 *
 *     User: ARN is not authorized to perform: ACTION on resource: ARN because no … policy allows the ACTION action
 *     User: ARN is not authorized to perform: ACTION on resource: ARN with an explicit deny in a …
 *
 * From memory of AWS's documentation and of what AWS prints: the words for each kind of policy, which kind is named
 * where several deny, and that the reason is left out where the resource's policy, in another account, is it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function accessDenied(
  principalArn: string,
  action: string,
  resource: string,
  evaluation?: Evaluation,
): AwsError {
  const reason = evaluation === undefined ? '' : reasonOf(evaluation, action);
  const sentence = `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource}`;
  return new AwsError('AccessDenied', 403, reason === '' ? sentence : `${sentence} ${reason}`);
}

function reasonOf({ reason, layers, sameAccount }: Evaluation, action: string): string {
  const isTrust = TRUST_ACTION.test(action);
  switch (reason) {
    case 'explicitDeny': {
      const denying = DENY_ORDER.find((name) => layers[name].outcome === 'explicitlyDenied') ?? 'identity';
      if (layers[denying].denying.every(isLost) || (denying === 'resource' && sameAccount === false)) return '';
      return `with an explicit deny in ${denying === 'resource' && isTrust ? 'the role trust policy' : DENIES[denying]}`;
    }
    case 'serviceControlLevel':
      return because('service control policy', action);
    case 'notGrantedByResource':
      if (sameAccount === false) return '';
      return because(isTrust ? 'role trust policy' : 'resource-based policy', action);
    case 'notGrantedByIdentity':
    case 'notGranted':
      return because('identity-based policy', action);
    case 'limitedByBoundary':
      return because('permissions boundary', action);
    case 'limitedBySession':
      return because('session policy', action);
    default:
      return '';
  }
}

const TRUST_ACTION = /^sts:(AssumeRole|TagSession|SetSourceIdentity)$/;

const DENY_ORDER: readonly LayerName[] = [
  'serviceControl',
  'resourceControl',
  'session',
  'boundary',
  'identity',
  'resource',
];

const DENIES: Readonly<Record<LayerName, string>> = {
  serviceControl: 'a service control policy',
  resourceControl: 'a resource control policy',
  session: 'a session policy',
  boundary: 'a permissions boundary',
  identity: 'an identity-based policy',
  resource: 'a resource-based policy',
};

function because(policy: string, action: string): string {
  return `because no ${policy} allows the ${action} action`;
}
