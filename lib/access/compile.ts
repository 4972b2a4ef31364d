import type { JsonObject } from '../json.ts';
import { compileAccounts, compileRoles } from './compile-catalogue.ts';
import { compileGrants } from './compile-grants.ts';
import { compileIssuers } from './compile-issuers.ts';
import { type Diagnostic, type ReportedFinding, Reporter, sortDiagnostics } from './diagnostic.ts';
import { policyDigest } from './digest.ts';
import { parsePolicyText } from './parse.ts';
import type { AccessPolicy } from './policy.ts';
import type { GrantSource } from './schema.ts';
import { checkShape } from './shape.ts';
import { warnAbout } from './warnings.ts';

export interface CompileOptions {
  /** Epoch milliseconds; lets conditions on dates that have passed be warned about. */
  readonly now?: number;
  /**
   * Looks at what a session policy says: which actions and condition keys there are is data that a build does without.
   * The policy is given as it is written, with `${claim:…}` in it; paths are from its root.
   */
  readonly lintSessionPolicy?: (policy: JsonObject) => readonly ReportedFinding[];
}

/**
 * Compiles the text of an access policy. With an error among the diagnostics there is no policy: a mistake never
 * makes a policy that allows less or more than its author wrote.
 *
 * @param file name to put into diagnostics
 */
export function compilePolicy(
  source: string,
  file: string,
  options: CompileOptions = {},
): { readonly policy?: AccessPolicy; readonly diagnostics: readonly Diagnostic[] } {
  const { document, diagnostics } = parsePolicyText(source, file);
  if (document === undefined) return { diagnostics: sortDiagnostics(diagnostics) };
  const reporter = new Reporter(file, document.locate);
  const shape = checkShape(document.value, reporter);
  if (shape === undefined) return { diagnostics: sortDiagnostics(reporter.diagnostics) };

  const issuers = compileIssuers(shape.issuers, reporter);
  const accounts = compileAccounts(shape.accounts, reporter);
  const roles = compileRoles(shape.roles, accounts, reporter);
  const grants = compileGrants(shape.grants, roles, issuers, reporter);
  if (options.lintSessionPolicy !== undefined) lintSessions(shape.grants, options.lintSessionPolicy, reporter);
  if (reporter.failed) return { diagnostics: sortDiagnostics(reporter.diagnostics) };

  const content = { version: 1 as const, issuers, accounts, roles, grants };
  const policy: AccessPolicy = { ...content, digest: policyDigest(content) };
  warnAbout(policy, shape, reporter, options.now);
  return { policy, diagnostics: sortDiagnostics(reporter.diagnostics) };
}

function lintSessions(
  grants: readonly GrantSource[],
  lint: NonNullable<CompileOptions['lintSessionPolicy']>,
  reporter: Reporter,
): void {
  for (const [index, grant] of grants.entries()) {
    const policy = grant.session?.policy as JsonObject | undefined;
    if (policy === undefined) continue;
    const root = ['grants', index, 'session', 'policy'];
    for (const finding of lint(policy)) reporter.add({ ...finding, path: [...root, ...finding.path] });
  }
}
