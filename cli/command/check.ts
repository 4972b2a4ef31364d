import type { Diagnostic } from '../../lib/access/diagnostic.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { say, writeOut } from '../output.ts';
import { readText } from '../read-text.ts';
import { counted, printable, printableJson } from '../text.ts';

export const check: Command = {
  name: 'check',
  summary: 'find mistakes in an access policy',
  usage: 'FILE [--json]',
  description: [
    'Reads the access policy as the broker’s build does and prints every mistake and doubt as file:line:column.',
    'Needs no broker and no network. Exit code 1 when there is an error; warnings alone are 0.',
  ],
  options: { json: { help: 'print the diagnostics as JSON' } },
  positionals: { names: ['FILE'], required: 1 },
  async run(input) {
    const file = input.positionals[0] ?? '';
    const source = readText(file);
    const { compilePolicy, formatDiagnostic } = await import('../access-policy.ts');
    const { diagnostics } = compilePolicy(source, file, { now: Date.now() });
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
    if (input.isSet('json')) writeOut(`${printableJson({ file, diagnostics }, 2)}\n`);
    else {
      for (const diagnostic of diagnostics) writeOut(`${formatDiagnostic(printableDiagnostic(diagnostic))}\n`);
      const warnings = diagnostics.length - errors;
      say(`${file}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`);
    }
    return errors > 0 ? EXIT.refused : EXIT.ok;
  },
};

/** The texts hold words of the file, which may be anything. */
function printableDiagnostic({ hint, ...rest }: Diagnostic): Diagnostic {
  const shown = { ...rest, file: printable(rest.file), message: printable(rest.message) };
  return hint === undefined ? shown : { ...shown, hint: printable(hint) };
}
