import { deniesAllCallersOf } from './coverage.ts';
import type { Path, Reporter } from './diagnostic.ts';
import { whyNever } from './never.ts';
import type { AccessPolicy, Grant, Role } from './policy.ts';
import { type AccessPolicySource, type GrantSource, listOf } from './schema.ts';
import { warnAboutWorkloads } from './workload/warn-workloads.ts';

/**
 * What a reviewer of a valid access policy should look at: what does nothing, and what gives more than it seems to.
 *
 * @param shape the policy as written, which says where wildcards were
 * @param now epoch milliseconds, for dates that have passed
 */
export function warnAbout(
  policy: AccessPolicy,
  shape: AccessPolicySource,
  reporter: Reporter,
  now: number | undefined,
): void {
  const roles = new Map(policy.roles.map((role) => [role.id, role]));
  const denies = policy.grants.filter((grant) => grant.effect === 'deny');
  for (const [index, grant] of policy.grants.entries()) {
    const source = shape.grants[index];
    const path = ['grants', index];
    if (source === undefined) continue;
    const why = whyNever(grant, now);
    if (why !== undefined) reporter.warn('grant_never_matches', path, `grant "${grant.name}" can never match: ${why}`);
    if (grant.effect === 'deny') continue;
    warnWideOpen(grant, source, path, reporter);
    warnSetOperators(grant, path, reporter);
    warnHidden(grant, denies, path, reporter);
    warnAdmin(grant, roles, path, reporter);
    if (policy.issuers.length > 1 && grant.issuers.length === 0) {
      const hint = 'add `issuers: [...]`: the same group name may mean something else to another issuer';
      reporter.warn('grant_any_issuer', path, `grant "${grant.name}" is for callers of every issuer`, hint);
    }
  }
  warnUngranted(policy, reporter);
  warnAboutWorkloads(policy, shape, reporter);
}

/** A pattern that says nothing about what it matches. */
function isWideOpen(pattern: string): boolean {
  return /^[*?/]*$/.test(pattern) && pattern.includes('*');
}

function warnWideOpen(grant: Grant, source: GrantSource, path: Path, reporter: Reporter): void {
  for (const [index, pattern] of listOf(source.roles).entries()) {
    if (!isWideOpen(pattern)) continue;
    const at = Array.isArray(source.roles) ? [...path, 'roles', index] : [...path, 'roles'];
    reporter.warn('wide_open_roles', at, `"${pattern}" gives every role of every account, also those added later`);
  }
  if (source.callers === 'everyone') {
    if (Object.keys(grant.condition).length > 0) return;
    reporter.warn('wide_open_callers', [...path, 'callers'], `grant "${grant.name}" is for everyone who can sign in`);
    return;
  }
  for (const [claim, written] of Object.entries(source.callers ?? {})) {
    const open = listOf(written).find(isWideOpen);
    if (open === undefined) continue;
    const message = `"${open}" matches every value: anyone with the claim "${claim}" has this`;
    reporter.warn('wide_open_callers', [...path, 'callers', claim], message);
  }
}

/** IAM's best-known trap: with nothing to look at, "all of them" is true. */
function warnSetOperators(grant: Grant, path: Path, reporter: Reporter): void {
  for (const [operator, keys] of Object.entries(grant.condition)) {
    if (!operator.startsWith('ForAllValues:')) continue;
    for (const key of Object.keys(keys)) {
      if (grant.condition['Null']?.[key]?.every((value) => value.toLowerCase() === 'false')) continue;
      const hint = `add \`Null: { "${key}": false }\``;
      reporter.warn(
        'for_all_values_of_nothing',
        [...path, 'condition', operator, key],
        `${operator} also holds when ${key} is absent`,
        hint,
      );
    }
  }
}

function warnHidden(grant: Grant, denies: readonly Grant[], path: Path, reporter: Reporter): void {
  const hiding = denies.filter((deny) => deniesAllCallersOf(deny, grant));
  if (hiding.length === 0) return;
  const roles = new Set(hiding.flatMap((deny) => deny.roles));
  const permissions = new Set(hiding.flatMap((deny) => deny.permissions));
  const hidden = [...grant.roles.filter((id) => roles.has(id)), ...grant.permissions.filter((p) => permissions.has(p))];
  if (hidden.length === 0) return;
  const names = hiding.map((deny) => `"${deny.name}"`).join(', ');
  const all = hidden.length === grant.roles.length + grant.permissions.length;
  const message = all
    ? `grant "${grant.name}" is hidden by the deny ${names}`
    : `grant "${grant.name}" never gives ${hidden.slice(0, 5).join(', ')}: hidden by the deny ${names}`;
  reporter.warn('grant_hidden', path, message);
}

const ADMIN = /admin|poweruser|fullaccess|superuser|breakglass|break-glass|root|owner/i;

function warnAdmin(grant: Grant, roles: ReadonlyMap<string, Role>, path: Path, reporter: Reporter): void {
  if (Object.keys(grant.condition).length > 0) return;
  const admin = grant.roles.find((id) => ADMIN.test(id) || ADMIN.test(roles.get(id)?.arn.split('/').at(-1) ?? ''));
  if (admin === undefined) return;
  const hint = 'ask for MFA: `ForAnyValue:StringEquals: { claim:amr: [mfa] }`';
  reporter.warn('admin_without_condition', path, `grant "${grant.name}" gives "${admin}" without any condition`, hint);
}

function warnUngranted(policy: AccessPolicy, reporter: Reporter): void {
  const granted = new Set(policy.grants.flatMap((grant) => (grant.effect === 'allow' ? grant.roles : [])));
  for (const role of policy.roles) {
    if (!granted.has(role.id))
      reporter.warn('role_without_grant', ['roles', role.id], `no grant gives role "${role.id}"`);
  }
}
