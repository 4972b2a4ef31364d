import { compileAccounts, compileRoles } from './compile-catalogue.ts';
import { compileGrants } from './compile-grants.ts';
import { compileIssuers } from './compile-issuers.ts';
import { type Diagnostic, Reporter, sortDiagnostics } from './diagnostic.ts';
import { policyDigest } from './digest.ts';
import { parsePolicyText } from './parse.ts';
import type { AccessPolicy } from './policy.ts';
import { checkShape } from './shape.ts';
import { warnAbout } from './warnings.ts';

export interface CompileOptions {
  /** Epoch milliseconds; lets conditions on dates that have passed be warned about. */
  readonly now?: number;
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
  if (reporter.failed) return { diagnostics: sortDiagnostics(reporter.diagnostics) };

  const content = { version: 1 as const, issuers, accounts, roles, grants };
  const policy: AccessPolicy = { ...content, digest: policyDigest(content) };
  warnAbout(policy, shape, reporter, options.now);
  return { policy, diagnostics: sortDiagnostics(reporter.diagnostics) };
}
