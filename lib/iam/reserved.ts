import type { Request } from './statement-match.ts';

/**
 * What AWS decides without looking at any policy.
 */

/**
 * Actions that need no permission and that no policy can deny.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function isAlwaysAllowed({ foldedAction, requester }: Request): boolean {
  return foldedAction === 'sts:getcalleridentity' && requester.kind !== 'anonymous';
}

const READS = /^iam:(get|list|generate|simulate)/;

/**
 * Resources that lie in an account and belong to AWS, and the changes of them that nobody in the account may make.
 *
 * @returns why not, or undefined when the request is none of these
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/alias-create.html
 */
export function reservedProblem({ foldedAction, resource }: Request): string | undefined {
  const [, , service, , accountId, name = ''] = resource.parts ?? [];
  if (service === 'iam' && foldedAction.startsWith('iam:') && !READS.test(foldedAction)) {
    if (accountId === 'aws' && name.startsWith('policy/') && !/^iam:(attach|detach|put)/.test(foldedAction)) {
      return 'AWS managed policies are changed by AWS only';
    }
    if (name.startsWith('role/aws-reserved/'))
      return 'roles under /aws-reserved/ are changed by IAM Identity Center only';
  }
  if (service === 'kms' && name.startsWith('alias/aws/') && /^kms:(create|update|delete)alias$/.test(foldedAction)) {
    return 'aliases that start with alias/aws/ are AWS’s own';
  }
  return undefined;
}
