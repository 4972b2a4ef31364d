import { type Diagnostic, sortDiagnostics } from '../../lib/access/diagnostic.ts';
import type { PolicyKind } from '../../lib/iam/document.ts';
import type { Finding } from '../../lib/iam/lint/finding.ts';
import { formatPath } from '../../lib/iam/policy-problem.ts';
import type { ServiceData } from '../../lib/iam/service-data.ts';
import { type DocumentText, MAX_DOCUMENT_BYTES, readDocument } from './document-files.ts';
import { otherFile } from './other-file.ts';

/** What was found in one file. */
export interface LintedFile {
  /** As named on the command line; standard input is `-`. */
  readonly file: string;
  /** Undefined when it holds no policy document. */
  readonly kind: PolicyKind | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param kind guessed from the content when undefined
 * @throws Failure `local` when the file cannot be read
 */
export async function lintFile(file: string, kind: PolicyKind | undefined, data: ServiceData): Promise<LintedFile> {
  const content = await readDocument(file);
  if (!('text' in content)) return { file, kind, diagnostics: [unreadable(content, file)] };
  const other = otherFile(content.text, file, 'policy document');
  if (other !== undefined) {
    const message = `this is ${other.what}, no policy document of IAM`;
    const place = { file, line: 1, column: 1, path: '$' };
    return {
      file,
      kind,
      diagnostics: [{ ...place, severity: 'error', code: 'document_other', message, hint: other.hint }],
    };
  }
  if (/\.ya?ml$/.test(file)) return lintYaml(content.text, file, kind, data);
  const { lintText } = await import('../iam.ts');
  const { kind: taken, findings } = lintText(content.text, kind, data);
  const diagnostics = findings.map((finding) => diagnosticOf(finding, file, finding));
  return { file, kind: taken, diagnostics };
}

/** A document that is written as YAML, as in infrastructure templates. */
async function lintYaml(
  text: string,
  file: string,
  kind: PolicyKind | undefined,
  data: ServiceData,
): Promise<LintedFile> {
  const { parsePolicyText } = await import('../access-policy.ts');
  const { document, diagnostics } = parsePolicyText(text, file, 'a policy document');
  if (document === undefined) return { file, kind, diagnostics };
  const { lintJson } = await import('../iam.ts');
  const { kind: taken, findings } = lintJson(document.value, JSON.stringify(document.value), kind, data);
  const placed = findings.map((finding) => diagnosticOf(finding, file, document.locate(finding.path, finding.at)));
  return { file, kind: taken, diagnostics: sortDiagnostics(placed) };
}

function diagnosticOf(
  { severity, code, path, message, hint }: Finding,
  file: string,
  { line, column }: { readonly line: number; readonly column: number },
): Diagnostic {
  const found = { file, line, column, severity, code, path: formatPath(path), message };
  return hint === undefined ? found : { ...found, hint };
}

function unreadable(content: Exclude<DocumentText, { text: string }>, file: string): Diagnostic {
  const found = { file, line: 1, column: 1, severity: 'error', path: '$' } as const;
  if ('tooLarge' in content) {
    const message = `more than ${MAX_DOCUMENT_BYTES} bytes, which is more than is read of a policy document`;
    return { ...found, code: 'document_too_large', message };
  }
  const lines = content.readable.split(/\r\n?|\n/);
  const column = (lines.at(-1)?.length ?? 0) + 1;
  const message = 'the byte here is no UTF-8, so this is no JSON';
  return { ...found, line: lines.length, column, code: 'encoding_invalid', message, hint: 'save it as UTF-8' };
}
