import type { PolicyPath, PolicyProblemCode } from '../policy-problem.ts';

/**
 * How bad it is.
 *
 * | severity | meaning                                                                                                |
 * | -------- | ------------------------------------------------------------------------------------------------------ |
 * | error    | AWS refuses the document, or a part of it can never do what it says, or it lets strangers in            |
 * | warning  | it does more, or less, than its author probably meant                                                   |
 * | info     | worth a look                                                                                            |
 */
export type Severity = 'error' | 'warning' | 'info';

/** What the rules can say, beside what `parseDocument` does. The codes are stable; docs/policy-lint.md lists them. */
export const LINT_SEVERITIES = {
  // The text
  encoding_invalid: 'error',
  json_duplicate_member: 'error',
  json_too_deep: 'error',
  // The document
  version_missing: 'warning',
  variable_is_text: 'warning',
  variable_unknown: 'warning',
  document_nearly_full: 'info',
  document_above_default: 'warning',
  sid_empty: 'info',
  statement_duplicate: 'warning',
  statement_cancelled: 'warning',
  // Actions
  service_unknown: 'error',
  action_unknown: 'error',
  action_matches_nothing: 'error',
  action_case: 'info',
  action_redundant: 'info',
  // Resources
  arn_invalid: 'error',
  resource_unsupported: 'error',
  action_not_on_resources: 'error',
  action_without_resources: 'error',
  action_mostly_without_resources: 'info',
  // Conditions
  condition_key_unknown: 'error',
  condition_key_duplicate: 'error',
  condition_key_unsupported: 'error',
  condition_key_partly_unsupported: 'warning',
  tag_key_unsupported: 'warning',
  condition_type_mismatch: 'error',
  condition_compares_text: 'warning',
  set_operator_missing: 'warning',
  set_operator_needless: 'warning',
  for_all_values_of_nothing: 'warning',
  if_exists_never_absent: 'warning',
  wildcard_in_equals: 'warning',
  source_ip_private: 'warning',
  // What is granted
  grants_everything: 'warning',
  grants_every_action: 'warning',
  grants_whole_service: 'warning',
  grants_escalation: 'warning',
  pass_role_everywhere: 'warning',
  assume_role_everywhere: 'warning',
  allow_not_action: 'warning',
  allow_not_resource: 'warning',
  limits_nothing: 'warning',
  denies_everything: 'warning',
  // Who is trusted
  principal_everyone: 'warning',
  principal_deleted: 'warning',
  service_for_anyone: 'info',
  trust_everyone: 'error',
  trust_action_invalid: 'error',
  trust_action_principal: 'error',
  external_id_missing: 'info',
  provider_audience_missing: 'warning',
  provider_subject_missing: 'error',
  provider_subject_wide: 'error',
  provider_key_foreign: 'error',
  // Organizations
  rcp_service_unsupported: 'error',
  rcp_every_action: 'warning',
} as const satisfies Readonly<Record<string, Severity>>;

export type LintCode = keyof typeof LINT_SEVERITIES;

export type FindingCode = LintCode | PolicyProblemCode;

/** Something to say about a policy document, at the place that it is about. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Member names and array indexes from the document's root. */
  readonly path: PolicyPath;
  /** Whether it is about what stands at the path or about the member's name. */
  readonly at: 'key' | 'value';
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** More than anybody reads. */
export const MAX_FINDINGS = 1_000;

export interface FindingOptions {
  readonly hint?: string | undefined;
  readonly at?: 'key' | 'value';
}

/** Collects findings; what comes after `MAX_FINDINGS` is dropped. */
export class FindingList {
  readonly findings: Finding[] = [];

  add(code: LintCode, path: PolicyPath, message: string, { hint, at = 'value' }: FindingOptions = {}): void {
    if (this.isFull) return;
    const severity = LINT_SEVERITIES[code];
    this.findings.push({ code, severity, path, at, message, ...(hint !== undefined && { hint }) });
  }

  get isFull(): boolean {
    return this.findings.length >= MAX_FINDINGS;
  }
}

/** The hint for a name that was probably meant. */
export function didYouMean(near: string | undefined): { readonly hint?: string } {
  return near === undefined ? {} : { hint: `did you mean ${near}?` };
}
