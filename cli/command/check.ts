import type { CompileOptions } from '../../lib/access/compile.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { say, writeOut } from '../output.ts';
import { countOf, tally, writeDiagnostics } from '../policy/diagnostics.ts';
import { documentFiles } from '../policy/document-files.ts';
import { type LintedFile, lintFile } from '../policy/lint-files.ts';
import { requireAccessPolicy } from '../policy/policy-file.ts';
import { readText } from '../read-text.ts';
import { printableJson } from '../text.ts';

export const check: Command = {
  name: 'check',
  summary: 'find mistakes in an access policy',
  usage: 'FILE [--trust FILE] [--json]',
  description: [
    'Reads the access policy as the broker’s build does and prints every mistake and doubt as file:line:column. Session',
    'policies in it are looked at as `daypass policy lint` does, and so are the trust policies of --trust.',
    'Needs no broker and no network. Exit code 1 when there is an error; warnings alone are 0.',
  ],
  options: {
    trust: { value: 'FILE', help: 'also look at this trust policy of a role, or at every *.json below a directory' },
    json: { help: 'print the diagnostics as JSON' },
  },
  positionals: { names: ['FILE'], required: 1 },
  async run(input) {
    const file = input.positionals[0] ?? '';
    const source = readText(file);
    requireAccessPolicy(source, file);
    const { compilePolicy } = await import('../access-policy.ts');
    const { diagnostics } = compilePolicy(source, file, { now: Date.now(), ...(await sessionLint(source)) });
    const trust = await lintTrust(input.text('trust'));
    if (input.isSet('json')) {
      writeOut(`${printableJson({ file, diagnostics, ...(trust.length > 0 && { trust }) }, 2)}\n`);
    } else {
      for (const found of [{ file, diagnostics }, ...trust]) {
        writeDiagnostics(found.diagnostics);
        say(`${found.file}: ${tally(found.diagnostics)}`);
      }
    }
    const all = [...diagnostics, ...trust.flatMap((linted) => linted.diagnostics)];
    return countOf(all, 'error') > 0 ? EXIT.refused : EXIT.ok;
  },
};

/** The lint of session policies, for a source that may hold one: the service data takes a moment to load. */
async function sessionLint(source: string): Promise<CompileOptions> {
  // A key may also be written with escapes.
  if (!source.includes('Statement') && !source.includes('\\')) return {};
  const { lintDocument } = await import('../iam.ts');
  const { loadServiceData } = await import('../service-data.ts');
  const data = await loadServiceData();
  return { lintSessionPolicy: (policy) => lintDocument(policy, 'session', data) };
}

async function lintTrust(path: string | undefined): Promise<readonly LintedFile[]> {
  if (path === undefined) return [];
  const files = documentFiles([path]);
  const { loadServiceData } = await import('../service-data.ts');
  const data = await loadServiceData();
  const linted: LintedFile[] = [];
  for (const file of files) linted.push(await lintFile(file, 'trust', data));
  return linted;
}
