import { compileGlob, hasWildcard } from '../iam/glob.ts';
import { sessionSecondsProblem } from '../iam/limits.ts';
import { hasVariable } from '../iam/variables.ts';
import type { Issuer } from '../identity/issuer.ts';
import { nearest } from '../nearest.ts';
import { compileGrantCondition } from './compile-condition.ts';
import { compileSession } from './compile-session.ts';
import type { Path, Reporter } from './diagnostic.ts';
import type { Grant, Role } from './policy.ts';
import { durationSeconds, type GrantSource, listOf } from './schema.ts';

export function compileGrants(
  sources: readonly GrantSource[],
  roles: readonly Role[],
  issuers: readonly Issuer[],
  reporter: Reporter,
): Grant[] {
  const seen = new Set<string>();
  const catalogue = { roles, byId: new Map(roles.map((role) => [role.id, role])), issuers };
  return sources.map((source, index) => {
    const path = ['grants', index];
    if (seen.has(source.name)) {
      reporter.error('grant_duplicate', [...path, 'name'], `another grant is named "${source.name}"`);
    }
    seen.add(source.name);
    return compileGrant(source, catalogue, path, reporter);
  });
}

interface Catalogue {
  readonly roles: readonly Role[];
  readonly byId: ReadonlyMap<string, Role>;
  readonly issuers: readonly Issuer[];
}

function compileGrant(source: GrantSource, catalogue: Catalogue, path: Path, reporter: Reporter): Grant {
  const effect = source.effect ?? 'allow';
  const roles = expandRoles(source.roles, catalogue, [...path, 'roles'], reporter);
  const permissions = source.permissions ?? [];
  if (source.roles === undefined && permissions.length === 0) {
    reporter.error('grant_empty', path, `grant "${source.name}" names neither roles nor permissions`);
  }
  checkIssuers(source, catalogue.issuers, path, reporter);
  checkTerms(source, effect, path, reporter);
  const condition = compileGrantCondition(source.condition ?? {}, [...path, 'condition'], reporter);
  const callers = compileCallers(source, path, reporter);
  return {
    name: source.name,
    effect,
    roles: roles.map((role) => role.id),
    permissions: [...new Set(permissions)],
    callers,
    condition,
    issuers: [...new Set(listOf(source.issuers))],
    ...compileDuration(source, roles, path, reporter),
    require: { reason: source.require?.reason ?? false, ticket: source.require?.ticket ?? false },
    session: compileSession(source.session, roles, [...path, 'session'], reporter),
  };
}

/** In catalogue order, each once. */
function expandRoles(written: GrantSource['roles'], catalogue: Catalogue, path: Path, reporter: Reporter): Role[] {
  const named = new Set<Role>();
  for (const [index, pattern] of listOf(written).entries()) {
    const at = Array.isArray(written) ? [...path, index] : path;
    if (hasVariable(pattern)) {
      reporter.error('template_not_allowed', at, 'a role is not filled in from claims');
      continue;
    }
    const found = rolesLike(pattern, catalogue);
    if (found.length === 0) {
      const near = nearest(pattern, [...catalogue.byId.keys()].slice(0, 5_000));
      const hint = near === undefined ? undefined : `did you mean ${near}?`;
      const message = hasWildcard(pattern) ? `no role matches "${pattern}"` : `unknown role "${pattern}"`;
      reporter.error('role_unknown', at, message, hint);
    }
    for (const role of found) named.add(role);
  }
  return named.size < 2 ? [...named] : catalogue.roles.filter((role) => named.has(role));
}

function rolesLike(pattern: string, { roles, byId }: Catalogue): readonly Role[] {
  if (!hasWildcard(pattern)) {
    const role = byId.get(pattern);
    return role === undefined ? [] : [role];
  }
  const glob = compileGlob(pattern);
  return roles.filter((role) => glob.matches(role.id));
}

function checkIssuers(source: GrantSource, issuers: readonly Issuer[], path: Path, reporter: Reporter): void {
  const names = issuers.map((issuer) => issuer.name);
  for (const [index, name] of listOf(source.issuers).entries()) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    const at = Array.isArray(source.issuers) ? [...path, 'issuers', index] : [...path, 'issuers'];
    reporter.error(
      'issuer_unknown',
      at,
      `unknown issuer "${name}"`,
      near === undefined ? undefined : `did you mean ${near}?`,
    );
  }
}

function compileCallers(source: GrantSource, path: Path, reporter: Reporter): Grant['callers'] {
  const { callers } = source;
  const hint = 'name claims, or write `callers: everyone` to mean every trusted caller';
  if (callers === undefined) {
    if (Object.keys(source.condition ?? {}).length === 0) {
      reporter.error('callers_missing', path, `grant "${source.name}" does not say whom it is for`, hint);
    }
    return {};
  }
  if (callers === 'everyone') return {};
  if (Object.keys(callers).length === 0) {
    reporter.error('callers_empty', [...path, 'callers'], 'an empty `callers` would match everyone', hint);
  }
  return Object.fromEntries(
    Object.entries(callers).map(([claim, written]) => {
      const patterns = listOf(written);
      for (const [index, pattern] of patterns.entries()) {
        if (!hasVariable(pattern)) continue;
        const at = [...path, 'callers', claim];
        reporter.error(
          'template_not_allowed',
          Array.isArray(written) ? [...at, index] : at,
          'callers are not filled in from claims',
        );
      }
      return [claim, [...new Set(patterns)]];
    }),
  );
}

function compileDuration(
  source: GrantSource,
  roles: readonly Role[],
  path: Path,
  reporter: Reporter,
): Pick<Grant, 'durationSeconds'> {
  if (source.duration === undefined) return {};
  const seconds = durationSeconds(source.duration);
  const at = [...path, 'duration'];
  const wrong = sessionSecondsProblem(seconds);
  if (wrong !== undefined) reporter.error('duration_out_of_range', at, wrong);
  const shorter = roles.find((role) => role.maxDurationSeconds < seconds);
  if (wrong === undefined && shorter !== undefined) {
    reporter.warn('duration_above_role', at, `role "${shorter.id}" allows ${shorter.maxDurationSeconds} seconds only`);
  }
  return { durationSeconds: seconds };
}

/** What says how a session is made means nothing where none is. */
function checkTerms(source: GrantSource, effect: Grant['effect'], path: Path, reporter: Reporter): void {
  for (const term of ['duration', 'require', 'session'] as const) {
    if (source[term] === undefined) continue;
    if (effect === 'deny') {
      reporter.keyError('term_meaningless', [...path, term], `a deny gives no session, so "${term}" means nothing`);
    } else if (source.permissions !== undefined) {
      const message = `"${term}" is about sessions, which a permission does not have`;
      reporter.keyError('term_meaningless', [...path, term], message, 'put permissions into a grant of their own');
    }
  }
}
