export const SHELLS = ['sh', 'fish', 'powershell'] as const;

export type Shell = (typeof SHELLS)[number];

/** One line that sets and exports the variable, whatever the value holds (NUL cannot be in one). */
export function setLine(shell: Shell, name: string, value: string): string {
  if (shell === 'sh') return `export ${name}=${quoteSh(value)}`;
  if (shell === 'fish') return `set -gx ${name} ${quoteFish(value)};`;
  return `$Env:${name} = ${quotePowershell(value)}`;
}

/** One line that makes sure that the variable is not set. */
export function unsetLine(shell: Shell, name: string): string {
  if (shell === 'sh') return `unset ${name}`;
  if (shell === 'fish') return `set -e ${name};`;
  return `Remove-Item -ErrorAction SilentlyContinue Env:${name}`;
}

/** POSIX XCU §2.2.2: within single quotes every character stands for itself, and no single quote can. */
export function quoteSh(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** fish: within single quotes only `\\` and `\'` are escapes. */
export function quoteFish(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** PowerShell (about_Quoting_Rules): verbatim but for the quote, doubled; it takes typographic quotes for one too. */
export function quotePowershell(value: string): string {
  return `'${value.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

/** The shell this runs under, as far as the environment tells. */
export function guessShell(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Shell {
  if (/(^|\/)fish$/.test(env['SHELL'] ?? '')) return 'fish';
  return platform === 'win32' && env['SHELL'] === undefined ? 'powershell' : 'sh';
}
