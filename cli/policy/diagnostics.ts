import { type Diagnostic, formatDiagnostic } from '../../lib/access/diagnostic.ts';
import { writeOut } from '../output.ts';
import { counted, printable } from '../text.ts';

/** `file:line:column: severity: message [code]`, one per line, hints below. */
export function writeDiagnostics(diagnostics: readonly Diagnostic[]): void {
  writeOut(diagnostics.map((diagnostic) => `${formatDiagnostic(printableDiagnostic(diagnostic))}\n`).join(''));
}

/** `1 error, 2 warnings`. */
export function tally(diagnostics: readonly Diagnostic[]): string {
  const infos = countOf(diagnostics, 'info');
  const shown = [counted(countOf(diagnostics, 'error'), 'error'), counted(countOf(diagnostics, 'warning'), 'warning')];
  return (infos === 0 ? shown : [...shown, counted(infos, 'info')]).join(', ');
}

export function countOf(diagnostics: readonly Diagnostic[], severity: Diagnostic['severity']): number {
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
}

/** The texts hold words of the file, which may be anything. */
function printableDiagnostic({ hint, ...rest }: Diagnostic): Diagnostic {
  const shown = { ...rest, file: printable(rest.file), message: printable(rest.message) };
  return hint === undefined ? shown : { ...shown, hint: printable(hint) };
}
