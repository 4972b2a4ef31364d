/** Something to say about an access policy, at the place in the file that it is about. */
export interface Diagnostic {
  readonly file: string;
  /** 1-based, as editors count. */
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning' | 'info';
  /** Stable; tools switch on it. */
  readonly code: string;
  /** Such as `grants[2].callers.groups`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

export type Path = readonly (string | number)[];

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** `value` points at what stands at the path, `key` at its name. */
export type Locate = (path: Path, what?: 'key' | 'value') => Position;

/** A diagnostic that does not know its place in the file yet. */
export interface ReportedFinding {
  readonly severity: Diagnostic['severity'];
  readonly code: string;
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint?: string;
}

/** Collects diagnostics while a policy is compiled. */
export class Reporter {
  readonly diagnostics: Diagnostic[] = [];
  readonly #file: string;
  readonly #locate: Locate;

  constructor(file: string, locate: Locate) {
    this.#file = file;
    this.#locate = locate;
  }

  error(code: string, path: Path, message: string, hint?: string): void {
    this.#add('error', code, path, 'value', message, hint);
  }

  /** An error about a member's name rather than its value. */
  keyError(code: string, path: Path, message: string, hint?: string): void {
    this.#add('error', code, path, 'key', message, hint);
  }

  warn(code: string, path: Path, message: string, hint?: string): void {
    this.#add('warning', code, path, 'value', message, hint);
  }

  /** For what was found by somebody who knows how bad it is. */
  add(finding: ReportedFinding): void {
    const { severity, code, path, at, message, hint } = finding;
    this.#add(severity, code, path, at, message, hint);
  }

  get failed(): boolean {
    return this.diagnostics.some(({ severity }) => severity === 'error');
  }

  #add(
    severity: Diagnostic['severity'],
    code: string,
    path: Path,
    what: 'key' | 'value',
    message: string,
    hint: string | undefined,
  ): void {
    const position = this.#locate(path, what);
    const at = { file: this.#file, ...position, severity, code, path: formatPath(path), message };
    this.diagnostics.push(hint === undefined ? at : { ...at, hint });
  }
}

/** One line per diagnostic, `file:line:column: severity: message [code]`, hints indented below. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, code, message, hint } = diagnostic;
  const first = `${file}:${line}:${column}: ${severity}: ${message} [${code}]`;
  return hint === undefined ? first : `${first}\n  hint: ${hint}`;
}

const RANKS = { error: 0, warning: 1, info: 2 } as const;

/** In file order; errors first, then warnings, at the same place. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted(
    (one, other) => one.line - other.line || one.column - other.column || RANKS[one.severity] - RANKS[other.severity],
  );
}

export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const plain = /^[A-Za-z0-9_-]+$/.test(step) ? step : JSON.stringify(step);
    if (plain !== step) return `${text}[${plain}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
