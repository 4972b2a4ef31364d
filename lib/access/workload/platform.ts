import type { IssuerSource } from '../schema.ts';

/** The platforms whose tokens' claims the checker knows. */
export const PLATFORMS = ['github', 'gitlab', 'kubernetes'] as const;

export type Platform = (typeof PLATFORMS)[number];

/** What the checker knows of a platform's tokens. */
export interface PlatformFacts {
  readonly title: string;
  /** What a subject template for it may look like. */
  readonly exampleSubject: string;
  /** Claims with a slash or a colon in every value, which no SourceIdentity can hold. */
  readonly unrepresentable: readonly string[];
  /** Names that somebody else can have later, each with the claim of what never changes. */
  readonly names: Readonly<Record<string, string>>;
  /** Audiences that its tokens have for the sake of somebody else. */
  readonly sharedAudience: RegExp;
  /** Claims of its tokens. */
  readonly claims: readonly string[];
}

const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti'] as const;

/**
 * @see https://docs.github.com/en/actions/reference/security/oidc
 * @see https://docs.gitlab.com/ci/secrets/id_token_authentication/
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
export const PLATFORM_FACTS: Readonly<Record<Platform, PlatformFacts>> = {
  github: {
    title: 'GitHub',
    exampleSubject: 'gh-${claim:repository_id}.${claim:run_id}',
    unrepresentable: ['sub', 'repository', 'ref', 'workflow_ref', 'job_workflow_ref', 'aud', 'iss'],
    names: { repository: 'repository_id', repository_owner: 'repository_owner_id', actor: 'actor_id' },
    // The default is the address of the repository's owner, for whoever asks without an audience.
    sharedAudience: /^(sts\.amazonaws\.com|https:\/\/github\.com\/.*)$/,
    claims: [
      ...REGISTERED,
      ...['actor', 'actor_id', 'base_ref', 'check_run_id', 'enterprise', 'enterprise_id', 'environment'],
      ...['environment_node_id', 'event_name', 'head_ref', 'issuer_scope', 'job_workflow_ref', 'job_workflow_sha'],
      ...['ref', 'ref_protected', 'ref_type', 'repository', 'repository_id', 'repository_owner'],
      ...['repository_owner_id', 'repository_visibility', 'run_attempt', 'run_id', 'run_number', 'runner_environment'],
      ...['sha', 'workflow', 'workflow_ref', 'workflow_sha'],
    ],
  },
  gitlab: {
    title: 'GitLab',
    exampleSubject: 'gl-${claim:project_id}.${claim:job_id}',
    unrepresentable: ['sub', 'project_path', 'ref_path', 'ci_config_ref_uri', 'job_project_path', 'aud', 'iss'],
    names: { project_path: 'project_id', namespace_path: 'namespace_id', user_login: 'user_id' },
    sharedAudience: /^(sts\.amazonaws\.com|https:\/\/gitlab\.com)$/,
    claims: [
      ...REGISTERED,
      ...['namespace_id', 'namespace_path', 'project_id', 'project_path', 'job_namespace_id', 'job_namespace_path'],
      ...['job_project_id', 'job_project_path', 'user_id', 'user_login', 'user_email', 'user_access_level'],
      ...['user_identities', 'pipeline_id', 'pipeline_source', 'job_id', 'job_source', 'ref', 'ref_type', 'ref_path'],
      ...['ref_protected', 'groups_direct', 'environment', 'environment_protected', 'deployment_tier'],
      ...['deployment_action', 'runner_id', 'runner_environment', 'sha', 'ci_config_ref_uri', 'ci_config_sha'],
      'project_visibility',
    ],
  },
  kubernetes: {
    title: 'Kubernetes',
    exampleSubject: 'k8s-${claim:kubernetes.io.namespace}.${claim:kubernetes.io.serviceaccount.name}',
    unrepresentable: ['sub', 'aud', 'iss'],
    names: {},
    // Every pod has a token for the API server.
    sharedAudience:
      /^(sts\.amazonaws\.com|api|https:\/\/kubernetes\.default\.svc.*|https:\/\/container\.googleapis\.com\/.*)$/,
    claims: [
      ...REGISTERED,
      ...['namespace', 'pod.name', 'pod.uid', 'node.name', 'node.uid', 'serviceaccount.name', 'serviceaccount.uid'].map(
        (name) => `kubernetes.io.${name}`,
      ),
    ],
  },
};

const ADDRESSES: readonly (readonly [RegExp, Platform])[] = [
  [/^https:\/\/token\.actions\.githubusercontent\.com(\/|$)/, 'github'],
  [/^https:\/\/gitlab\.com$/, 'gitlab'],
  [/^https:\/\/oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/id\//, 'kubernetes'],
  [/^https:\/\/container\.googleapis\.com\/v1\/projects\//, 'kubernetes'],
  [/^https:\/\/kubernetes\.default\.svc(\.|$)/, 'kubernetes'],
];

/** The platform an issuer says it is, or is by its address. */
export function platformOf({ platform, issuer }: IssuerSource): Platform | undefined {
  return platform ?? ADDRESSES.find(([address]) => address.test(issuer))?.[1];
}
