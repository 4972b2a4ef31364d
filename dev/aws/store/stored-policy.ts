import type { PolicyDocument, PolicyKind, Statement } from '../../../lib/iam/document.ts';
import { countedCharacters } from '../../../lib/iam/document-limits.ts';
import { parseDocument } from '../../../lib/iam/parse-document.ts';
import { formatPath, type PolicyProblem, type PolicyProblemCode } from '../../../lib/iam/policy-problem.ts';
import { AwsError } from '../error.ts';

/** A policy as it was written, and as it was read. */
export interface StoredPolicy {
  readonly text: string;
  readonly document: PolicyDocument;
}

/**
 * Reads a document that is to be kept; AWS refuses whatever `lib/iam` finds wrong, fatal or not. How large it may be
 * depends on where it is kept: see `checkPolicySize`.
 *
 * @throws AwsError MalformedPolicyDocument
 */
export function storedPolicy(text: string, kind: PolicyKind): StoredPolicy {
  const { document, problems } = parseDocument(text, kind);
  const [problem] = problems.filter(({ code, fatal }) => fatal || code !== 'document_too_large');
  if (problem !== undefined) throw malformed(problem);
  if (document === undefined) throw new AwsError('MalformedPolicyDocument', 400, 'Syntax errors in policy.');
  if (kind === 'trust' && !document.statements.every(isAboutSts)) {
    throw new AwsError('MalformedPolicyDocument', 400, 'AssumeRole policy may only specify STS AssumeRole actions.');
  }
  return { text, document };
}

/**
 * White space is not counted.
 *
 * @param quota AWS's message, such as `Cannot exceed quota for PolicySize: 6144`
 * @throws AwsError LimitExceeded
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
 */
export function checkPolicySize(texts: readonly string[], maximum: number, quota: string): void {
  const size = texts.reduce((sum, text) => sum + countedCharacters(text), 0);
  if (size > maximum) throw new AwsError('LimitExceeded', 409, quota);
}

function isAboutSts({ actions }: Statement): boolean {
  return actions.patterns.every((pattern) => pattern.toLowerCase().startsWith('sts:'));
}

/** AWS's own sentences, from memory, and the place, which AWS does not tell. */
function malformed({ code, path, message }: PolicyProblem): AwsError {
  return new AwsError(
    'MalformedPolicyDocument',
    400,
    `${SENTENCES[code] ?? 'Syntax errors in policy.'} (${formatPath(path)}: ${message.slice(0, 200)})`,
  );
}

const SENTENCES: Partial<Readonly<Record<PolicyProblemCode, string>>> = {
  json_invalid: 'This policy contains invalid Json',
  version_invalid: 'The policy must contain a valid version string',
  action_invalid: 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  resource_invalid: 'Resource must be in ARN format or "*".',
  principal_invalid: 'Invalid principal in policy.',
  sid_duplicate: 'Statement IDs (SID) in a single policy must be unique.',
  sid_invalid: 'Statement IDs (SID) must be alpha-numeric.',
};
