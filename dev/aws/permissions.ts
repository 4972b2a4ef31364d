import type { Principal } from './credentials.ts';
import { accessDenied } from './error.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';
import { wildcardMatch } from './policy-document.ts';
import type { Role, RoleStore } from './roles.ts';

/**
 * What a caller's own account lets it do: the identity policies of the role behind its session. The operator
 * may do everything; a role with `AdministratorAccess` everything in its account; any other role what its
 * inline policies allow. As in `trust.ts`, conditions wait for the whole condition language: an Allow that has
 * one does not apply, a Deny that has one does.
 *
 * @throws AwsError AccessDenied
 */
export function requirePermission(roles: RoleStore, principal: Principal, action: string, resource: string): void {
  if (!isPermitted(roles, principal, action, resource)) throw accessDenied(principal.arn, action, resource);
}

export function isPermitted(roles: RoleStore, principal: Principal, action: string, resource: string): boolean {
  if (principal.administrator) return true;
  const role = principal.roleArn === undefined ? undefined : roles.byArn(principal.roleArn);
  if (role === undefined) return false;
  const statements = [...role.inlinePolicies.values()].flatMap(({ document }) => document.statements);
  const matching = statements.filter((statement) => applies(statement, action, resource));
  if (matching.some((statement) => statement.effect === 'Deny')) return false;
  if (hasAdministratorAccess(role)) return true;
  return matching.some((statement) => statement.effect === 'Allow' && Object.keys(statement.conditions).length === 0);
}

function hasAdministratorAccess(role: Role): boolean {
  return role.attachedPolicyArns.includes(`arn:${role.partition}:iam::aws:policy/AdministratorAccess`);
}

function applies(statement: PolicyDocument['statements'][number], action: string, resource: string): boolean {
  return (
    oneOf(statement.actions, statement.notActions, action.toLowerCase(), (pattern) => pattern.toLowerCase()) &&
    oneOf(statement.resources, statement.notResources, resource, (pattern) => pattern)
  );
}

function oneOf(
  patterns: Statement['actions'],
  exceptions: Statement['actions'],
  text: string,
  fold: (pattern: string) => string,
): boolean {
  const matches = (pattern: string): boolean => wildcardMatch(fold(pattern), text);
  return patterns.length > 0 ? patterns.some(matches) : !exceptions.some(matches);
}
