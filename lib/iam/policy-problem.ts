/** One thing that is wrong with a policy document. */
export interface PolicyProblem {
  readonly code: PolicyProblemCode;
  /** Member names and array indexes from the document's root. */
  readonly path: PolicyPath;
  readonly message: string;
  readonly hint?: string;
  /**
   * True when the document has no meaning because of it. False when AWS refuses to store such a document, but
   * what it would mean is plain, so that it can still be evaluated.
   */
  readonly fatal: boolean;
}

export type PolicyPath = readonly (string | number)[];

export const POLICY_PROBLEM_CODES = [
  'json_invalid',
  'document_too_large',
  'document_invalid',
  'element_unknown',
  'element_missing',
  'element_conflict',
  'element_not_allowed',
  'element_type',
  'element_empty',
  'version_invalid',
  'effect_invalid',
  'sid_invalid',
  'sid_duplicate',
  'action_invalid',
  'resource_invalid',
  'principal_invalid',
  'variable_invalid',
  'condition_operator_unknown',
  'condition_value_invalid',
  'condition_empty',
] as const;

export type PolicyProblemCode = (typeof POLICY_PROBLEM_CODES)[number];

const ABOUT_NAMES: ReadonlySet<string> = new Set<PolicyProblemCode>([
  'element_unknown',
  'element_not_allowed',
  'element_conflict',
  'condition_operator_unknown',
]);

/** Whether a problem is about the name of the member at its path, not about what the member holds. */
export function isAboutName({ code }: PolicyProblem): boolean {
  return ABOUT_NAMES.has(code);
}

/** `$.Statement[0].Condition["aws:SourceIp"]`: a JSON path (RFC 9535). */
export function formatPath(path: PolicyPath): string {
  return path.reduce<string>((text, step) => text + formatStep(step), '$');
}

function formatStep(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

const MAX_PROBLEMS = 1_000;

/** Collects problems while a document is read. */
export class ProblemList {
  readonly problems: PolicyProblem[] = [];

  /** Nothing can be evaluated with this. */
  fatal(code: PolicyProblemCode, path: PolicyPath, message: string, hint?: string): void {
    this.problems.push({ code, path, message, ...(hint !== undefined && { hint }), fatal: true });
  }

  /** AWS refuses this, and it still means something. */
  refused(code: PolicyProblemCode, path: PolicyPath, message: string, hint?: string): void {
    this.problems.push({ code, path, message, ...(hint !== undefined && { hint }), fatal: false });
  }

  /** More than anybody reads: what follows need not be looked at. */
  get isFull(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  get isFatal(): boolean {
    return this.problems.some((problem) => problem.fatal);
  }
}
