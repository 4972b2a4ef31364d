import { splitArn } from '../arn.ts';
import { foldCase } from '../fold-case.ts';
import { hasWildcard } from '../glob.ts';
import type { ActionView } from './action-view.ts';
import { checkProviders, type TrustedProvider } from './provider-rules.ts';
import type { LintScope } from './scope.ts';
import type { PrincipalEntry, StatementView } from './statement-view.ts';

/** What a role's trust policy can allow. */
const ASSUMING = ['sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:AssumeRoleWithWebIdentity'] as const;
type Assuming = (typeof ASSUMING)[number];
const TRUST_ACTIONS = new Set<string>([...ASSUMING, 'sts:TagSession', 'sts:SetSourceIdentity', 'sts:SetContext']);

/**
 * Trust policies: only the calls that make a session, each for the principals that can make it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 */
export function checkTrustPolicy(statement: StatementView, actions: readonly ActionView[], scope: LintScope): void {
  if (statement.actions?.negated !== false) return;
  for (const action of actions) checkAction(action, scope);
  if (statement.effect !== 'Allow' || statement.principals?.negated !== false) return;
  const allowed = new Set(actions.flatMap(({ actions: found }) => found.map(({ name }) => name)));
  const entries = statement.principals.entries;
  if (ASSUMING.some((name) => allowed.has(name))) {
    for (const entry of entries) checkEntry(entry, allowed, scope);
  }
  const trusted = entries.flatMap((entry): TrustedProvider[] => {
    const provider = providerOf(entry);
    return provider !== undefined && allowed.has(provider.action) ? [provider] : [];
  });
  checkProviders(statement, trusted, scope);
}

function checkAction({ text, path, everything, actions }: ActionView, { findings }: LintScope): void {
  const known = actions.some(({ name }) => TRUST_ACTIONS.has(name));
  // An unknown action of STS has been reported as such.
  if (known || (!everything && actions.length === 0 && foldCase(text).startsWith('sts:'))) return;
  const message = `"${text}" has no place in a trust policy: it allows sts:AssumeRole and its kin only`;
  findings.add('trust_action_invalid', path, message);
}

function checkEntry(entry: PrincipalEntry, allowed: ReadonlySet<string>, { findings }: LintScope): void {
  const needed = actionFor(entry);
  if (needed === undefined || allowed.has(needed)) return;
  const message = `${wordFor(entry)} is trusted by ${needed}, which this statement does not allow`;
  findings.add('trust_action_principal', entry.path, message);
}

function actionFor(entry: PrincipalEntry): Assuming | undefined {
  if (entry.kind === 'AWS' || entry.kind === 'Service') return 'sts:AssumeRole';
  return providerOf(entry)?.action;
}

function wordFor({ kind, text }: PrincipalEntry): string {
  if (kind === 'AWS') return 'a principal of AWS';
  if (kind === 'Service') return 'a service';
  return text.includes(':saml-provider/') ? 'a SAML provider' : 'an OpenID Connect provider';
}

function providerOf({ kind, text, path }: PrincipalEntry): TrustedProvider | undefined {
  if (kind !== 'Federated' || hasWildcard(text)) return undefined;
  const resource = splitArn(text)?.[5] ?? `oidc-provider/${text}`;
  if (resource.startsWith('saml-provider/')) {
    return { path, action: 'sts:AssumeRoleWithSAML', prefix: 'saml', name: text };
  }
  const host = resource.slice('oidc-provider/'.length);
  if (!resource.startsWith('oidc-provider/') || host === '') return undefined;
  return { path, action: 'sts:AssumeRoleWithWebIdentity', prefix: foldCase(host), name: host };
}
