import { nearest } from '../../nearest.ts';
import { foldCase } from '../fold-case.ts';
import type { PolicyPath } from '../policy-problem.ts';
import { didYouMean } from './finding.ts';
import { isEverything, type LintScope } from './scope.ts';
import type { ConditionView, StatementView } from './statement-view.ts';

/** An identity provider that a trust policy names. */
export interface TrustedProvider {
  readonly path: PolicyPath;
  readonly action: 'sts:AssumeRoleWithSAML' | 'sts:AssumeRoleWithWebIdentity';
  /** What its condition keys start with: the host and path of the issuer, folded. */
  readonly prefix: string;
  readonly name: string;
}

/** A provider that signs tokens for everybody in the world, and the claims that tell whose a token is. */
interface SharedProvider {
  readonly whose: string;
  readonly claims: readonly string[];
  /** Whether a value that is compared with a claim is open to strangers. */
  readonly isWide?: (claim: string, value: string) => boolean;
}

/** `repo:owner/name:…`; without an owner before the first wildcard it is anybody's. */
function isWideGitHub(claim: string, value: string): boolean {
  const start = value.split(/[*?]/)[0] ?? '';
  if (claim === 'sub') return start !== value && !/^(repo|repository_owner|repository_owner_id):[^/]+[/:]/.test(start);
  if (claim === 'repository' || claim === 'job_workflow_ref') return start !== value && !start.includes('/');
  return start === '';
}

const SHARED: ReadonlyMap<string, SharedProvider> = new Map([
  [
    'token.actions.githubusercontent.com',
    {
      whose: 'any repository on GitHub',
      claims: [
        'sub',
        'repository',
        'repository_id',
        'repository_owner',
        'repository_owner_id',
        'enterprise_id',
        'job_workflow_ref',
      ],
      isWide: isWideGitHub,
    },
  ],
  ['gitlab.com', { whose: 'any project on gitlab.com', claims: ['sub', 'project_id', 'namespace_id'] }],
  ['app.terraform.io', { whose: 'any organization of HCP Terraform', claims: ['sub'] }],
  [
    'agent.buildkite.com',
    { whose: 'any organization on Buildkite', claims: ['sub', 'organization_id', 'organization_slug', 'pipeline_id'] },
  ],
  ['accounts.google.com', { whose: 'any account of Google', claims: ['sub', 'aud', 'oaud', 'email', 'hd'] }],
  ['graph.facebook.com', { whose: 'any app of Facebook', claims: ['app_id', 'id'] }],
  ['www.amazon.com', { whose: 'any app of Login with Amazon', claims: ['app_id', 'user_id'] }],
  ['cognito-identity.amazonaws.com', { whose: 'any identity pool of Cognito', claims: ['aud', 'sub'] }],
]);

/** What a trust policy must ask of tokens so that not everybody's will do. */
export function checkProviders(
  { conditions }: StatementView,
  providers: readonly TrustedProvider[],
  scope: LintScope,
): void {
  for (const provider of providers) checkProvider(provider, conditions, scope);
  if (providers.length > 0) checkForeignKeys(conditions, providers, scope);
}

function checkProvider(provider: TrustedProvider, conditions: readonly ConditionView[], { findings }: LintScope): void {
  const asked = conditions.flatMap((condition) => {
    const claim = claimOf(condition, provider.prefix);
    return claim === undefined || !isPositive(condition) ? [] : [{ claim, condition }];
  });
  const shared = SHARED.get(provider.prefix);
  if (shared !== undefined) {
    const telling = asked.filter(({ claim }) => shared.claims.includes(claim));
    const wide = telling.filter(({ claim, condition }) => isWide(claim, condition, shared));
    const [first] = wide;
    const key = `${provider.name}:${shared.claims[0] ?? 'sub'}`;
    if (telling.length === 0) {
      const message = `tokens of ${shared.whose} are accepted: no condition says whose`;
      findings.add('provider_subject_missing', provider.path, message, { hint: `add a condition on ${key}` });
      return;
    }
    if (first !== undefined && wide.length === telling.length) {
      const open = first.condition.values.find(({ text }) => isWideValue(first.claim, text, shared));
      const message = `"${open?.text ?? ''}" fits tokens of ${shared.whose}`;
      findings.add('provider_subject_wide', open?.path ?? first.condition.path, message, {
        hint: 'name the owner before the first wildcard',
      });
      return;
    }
  }
  // The ids of the old providers are of one app, which is their audience.
  if (asked.some(({ claim }) => claim === 'aud' || claim === 'oaud' || claim === 'app_id')) return;
  const key = provider.prefix === 'saml' ? 'SAML:aud' : `${provider.name}:aud`;
  const message = `no condition asks for ${key}, for whom the provider made the token`;
  findings.add('provider_audience_missing', provider.path, message, { hint: `add a condition on ${key}` });
}

function isWide(claim: string, { values }: ConditionView, shared: SharedProvider): boolean {
  return values.length === 0 || values.some(({ text }) => isWideValue(claim, text, shared));
}

function isWideValue(claim: string, text: string, { isWide: special }: SharedProvider): boolean {
  return isEverything(text) || (special?.(claim, text) ?? false);
}

/** A condition that some tokens do not fulfil. */
function isPositive({ operator }: ConditionView): boolean {
  return operator.quantifier !== 'null' && !operator.comparison.negated;
}

/** `sub` of `idp.example.com:sub`, when that is this provider's. */
function claimOf({ key }: ConditionView, prefix: string): string | undefined {
  const folded = foldCase(key);
  return folded.startsWith(`${prefix}:`) ? folded.slice(prefix.length + 1) : undefined;
}

/** A key of another provider is in no token of this one. */
function checkForeignKeys(
  conditions: readonly ConditionView[],
  providers: readonly TrustedProvider[],
  { findings }: LintScope,
): void {
  for (const condition of conditions) {
    const { key, path } = condition;
    const prefix = foldCase(key.slice(0, key.indexOf(':')));
    if (!prefix.includes('.') && prefix !== 'saml') continue;
    if (providers.some((provider) => claimOf(condition, provider.prefix) !== undefined)) continue;
    const names = providers.map(({ prefix: own, name }) => (own === 'saml' ? 'SAML' : name));
    const message = `${key} is not a claim of ${names.join(' or ')}, which this statement trusts`;
    const near = nearest(prefix, names);
    const hint = didYouMean(near && `${near}${key.slice(key.indexOf(':'))}`);
    findings.add('provider_key_foreign', path, message, { ...hint, at: 'key' });
  }
}
