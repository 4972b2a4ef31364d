import { POLICY_KINDS, type PolicyKind } from '../../lib/iam/document.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { say, writeOut } from '../output.ts';
import { countOf, tally, writeDiagnostics } from '../policy/diagnostics.ts';
import { documentFiles } from '../policy/document-files.ts';
import { type LintedFile, lintFile } from '../policy/lint-files.ts';
import { printableJson } from '../text.ts';

export const policyLint: Command = {
  name: 'policy lint',
  summary: 'find mistakes in IAM policy documents',
  usage: 'FILE… [--kind KIND] [--strict] [--json]',
  description: [
    'Reads IAM policy documents (JSON, or YAML in a .yml or .yaml file) and prints every mistake and doubt as',
    'file:line:column: what is no JSON or no policy, actions, condition keys and resources that do not exist or do not',
    'belong together, what grants more than it seems to. - is standard input, a directory every *.json below it.',
    'Needs no broker, no network and no AWS account. Exit code 1 when there is an error, with --strict also when there',
    'is a warning.',
  ],
  options: {
    kind: { value: 'KIND', help: 'what the documents are (default: as they look)', choices: POLICY_KINDS },
    strict: { help: 'let warnings count as errors' },
    json: { help: 'print the diagnostics as JSON' },
  },
  positionals: { names: ['FILE'], required: 1, repeats: true },
  async run(input) {
    const kind = input.text('kind') as PolicyKind | undefined;
    const files = documentFiles(input.positionals);
    const { loadServiceData } = await import('../service-data.ts');
    const data = await loadServiceData();
    const linted: LintedFile[] = [];
    for (const file of files) {
      const found = await lintFile(file, kind, data);
      linted.push(found);
      if (input.isSet('json')) continue;
      writeDiagnostics(found.diagnostics);
      say(`${nameOf(file)}${readAs(found, kind)}: ${tally(found.diagnostics)}`);
    }
    const all = linted.flatMap(({ diagnostics }) => diagnostics);
    if (input.isSet('json')) writeOut(`${printableJson({ serviceData: data.day, files: linted }, 2)}\n`);
    else if (files.length > 1) say(`${files.length} files: ${tally(all)}`);
    const fails = countOf(all, 'error') > 0 || (input.isSet('strict') && countOf(all, 'warning') > 0);
    return fails ? EXIT.refused : EXIT.ok;
  },
};

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** Which kind it was taken for, when nobody said. */
function readAs({ kind: taken }: LintedFile, given: PolicyKind | undefined): string {
  if (taken === undefined || given !== undefined) return '';
  return ` (read as ${taken === 'identity' ? 'an' : 'a'} ${taken} policy; --kind says otherwise)`;
}
