import { isAccountId, splitArn } from './arn.ts';

/**
 * Who makes a request.
 *
 *     anonymous                                             nobody that AWS knows
 *     lambda.amazonaws.com                                  an AWS service
 *     arn:aws:iam::111122223333:root                        an account's root user; also 111122223333
 *     arn:aws:iam::111122223333:user/path/name              an IAM user
 *     arn:aws:iam::111122223333:role/path/name              a role, whatever its session
 *     arn:aws:sts::111122223333:assumed-role/name/session   a session of a role
 *     arn:aws:sts::111122223333:federated-user/name         a session from GetFederationToken
 *     arn:aws:iam::111122223333:oidc-provider/…             somebody who signed in at an identity provider
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export type Requester =
  | { readonly kind: 'anonymous'; readonly text: string }
  | { readonly kind: 'service'; readonly text: string }
  | { readonly kind: 'federated'; readonly text: string }
  | { readonly kind: 'canonicalUser'; readonly text: string }
  | AccountRequester;

/** A principal of an account: the ones that identity policies, boundaries and service control policies apply to. */
export interface AccountRequester {
  readonly kind: 'root' | 'user' | 'role' | 'roleSession' | 'federatedUser';
  /** Its ARN. */
  readonly text: string;
  readonly partition: string;
  readonly accountId: string;
  /** Path and name of the user or role, or the name alone where the ARN has no path. */
  readonly resource: string;
  /** Of a role and its sessions: the role's name; of a federated user: the name. Empty otherwise. */
  readonly name: string;
  /** A role that a service owns: organizations' policies do not apply to it. */
  readonly serviceLinked: boolean;
}

const SERVICE = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|aws\.internal)$/;
const CANONICAL_USER = /^[0-9a-f]{64}$/;
const PROVIDER = /^(oidc-provider|saml-provider)\/.+$/;
/** What AWS knows by a host name instead of a provider in the account. */
const WELL_KNOWN_PROVIDERS = new Set([
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
]);

/** Whether a text is a service's name, such as `lambda.amazonaws.com`. */
export function isServiceName(text: string): boolean {
  return SERVICE.test(text) && !WELL_KNOWN_PROVIDERS.has(text);
}

export function isCanonicalUser(text: string): boolean {
  return CANONICAL_USER.test(text);
}

/** The ARN of a provider in an account, or one of the names that AWS knows. */
export function isIdentityProvider(text: string): boolean {
  if (WELL_KNOWN_PROVIDERS.has(text)) return true;
  const parts = splitArn(text);
  return parts !== undefined && parts[2] === 'iam' && isAccountId(parts[4]) && PROVIDER.test(parts[5]);
}

/** @returns undefined when the text names nobody that can make a request */
export function parseRequester(text: string): Requester | undefined {
  if (text === 'anonymous') return { kind: 'anonymous', text };
  if (isServiceName(text)) return { kind: 'service', text };
  if (isCanonicalUser(text)) return { kind: 'canonicalUser', text };
  if (isIdentityProvider(text)) return { kind: 'federated', text };
  if (isAccountId(text)) return root(`arn:aws:iam::${text}:root`, 'aws', text);
  const parts = splitArn(text);
  if (parts === undefined || text.includes('*') || text.includes('?')) return undefined;
  const [, partition, service, region, accountId, resource] = parts;
  if (region !== '' || !isAccountId(accountId)) return undefined;
  if (service === 'iam') {
    if (resource === 'root') return root(text, partition, accountId);
    const [, kind, path = '', name] = /^(user|role)\/((?:[^/]+\/)*)([^/]+)$/.exec(resource) ?? [];
    if (name === undefined) return undefined;
    const serviceLinked = kind === 'role' && path.startsWith('aws-service-role/');
    const common = { text, partition, accountId, resource: path + name, serviceLinked };
    return kind === 'role' ? { kind, ...common, name } : { kind: 'user', ...common, name: '' };
  }
  if (service !== 'sts') return undefined;
  const [, kind, name, session] = /^(assumed-role|federated-user)\/([^/]+)(?:\/([^/]+))?$/.exec(resource) ?? [];
  if (name === undefined || (kind === 'assumed-role') !== (session !== undefined)) return undefined;
  return {
    kind: kind === 'assumed-role' ? 'roleSession' : 'federatedUser',
    text,
    partition,
    accountId,
    resource: name,
    name,
    serviceLinked: false,
  };
}

/** The same for a role whose ARN does not show that a service owns it, as a session's does not. */
export function asServiceLinked(requester: Requester): Requester {
  return 'accountId' in requester ? { ...requester, serviceLinked: true } : requester;
}

function root(text: string, partition: string, accountId: string): AccountRequester {
  return { kind: 'root', text, partition, accountId, resource: 'root', name: '', serviceLinked: false };
}
