/**
 * How the command ends. The numbers are part of the interface: scripts test them, `--help` lists them, and
 * they are never renumbered.
 */
export const EXIT = {
  ok: 0,
  /** The broker understood and said no (400, 403, 404 …), or a check (`check`, `test`, `diff`, `doctor` …) found something. */
  refused: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Nobody is signed in, the sign-in failed, or the broker does not accept the token (401). */
  signIn: 3,
  /** The broker, the identity provider or the network did not answer properly. Worth trying again. */
  unavailable: 4,
  /** A file, a lock or a program on this machine. */
  local: 5,
} as const;

export type ExitKind = Exclude<keyof typeof EXIT, 'ok'>;

/** What each exit code means, one line each, for `--help`. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.refused, 'the broker said no, or a check found something'],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT.signIn, 'not signed in, or the sign-in was not accepted'],
  [EXIT.unavailable, 'the broker, the identity provider or the network is unavailable'],
  [EXIT.local, 'a problem on this machine: a file, a lock, a program'],
];

export interface FailureOptions {
  /** What to do next; shown as `hint: …`. */
  readonly hint?: string | undefined;
  /** Further facts, one line each. */
  readonly lines?: readonly string[];
  readonly cause?: unknown;
  /** Stable code of the broker's problem document, when it came from there. */
  readonly code?: string;
  /** Seconds after which the broker wants to be asked again, when it said so. */
  readonly retryAfterSeconds?: number | undefined;
}

/** The one error the command ends with. Its texts are shown to a person and hold no secret. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: ExitKind;
  readonly hint: string | undefined;
  readonly lines: readonly string[];
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ExitKind, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
    this.lines = options.lines ?? [];
    this.code = options.code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /**
   * Told by name, not by class: each lazily loaded file of the bundle carries its own copy of this class.
   */
  static is(thrown: unknown): thrown is Failure {
    return thrown instanceof Error && thrown.name === 'Failure' && 'kind' in thrown;
  }
}

/** `ENOENT` and its like, or undefined. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Why a system call failed, for the brackets of a message: its code. The error's own text would name the path again. */
export function reasonOf(thrown: unknown): string {
  return errorCode(thrown) ?? 'unknown error';
}
