/** One option, as it is parsed, explained and completed. */
export interface OptionSpec {
  /** The word for its value in the help text; absent for a switch. */
  readonly value?: string;
  readonly help: string;
  /** The only accepted values; also what completion offers. */
  readonly choices?: readonly string[];
  /** True when it may be given any number of times, each time with a value. */
  readonly repeats?: boolean;
  /** One letter that means the same: `f` for `-f`. */
  readonly short?: string;
}

/** What was on the command line, checked against the command's options. */
export interface Input {
  readonly positionals: readonly string[];
  /** Everything after `--`, for the command that takes it. */
  readonly rest: readonly string[] | undefined;
  /** The value of an option, or undefined. */
  readonly text: (name: string) => string | undefined;
  /** Every value of an option that repeats, in order. */
  readonly texts: (name: string) => readonly string[];
  readonly isSet: (name: string) => boolean;
}

/** One command of the program. */
export interface Command {
  /** One word, or two for one of a group: `policy lint`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows `daypass NAME` in the usage line. */
  readonly usage: string;
  /** Paragraphs for `--help`. */
  readonly description: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** How many words it takes; their names are for messages. */
  readonly positionals: {
    readonly names: readonly string[];
    readonly required: number;
    /** True when the last of them may be given any number of times. */
    readonly repeats?: boolean;
  };
  /** True when a program and its arguments follow `--`. */
  readonly takesProgram?: boolean;
  /** @returns the exit code */
  run(input: Input): Promise<number>;
}

/** The command's name and its other names. */
export function namesOf({ name, aliases = [] }: Command): readonly string[] {
  return [name, ...aliases];
}

/** Options of every command that talks to a broker. */
export const BROKER_OPTIONS = {
  url: { value: 'URL', help: 'the broker (default: DAYPASS_URL)' },
  'token-file': { value: 'FILE', help: 'use the JWT in this file instead of the sign-in (or set DAYPASS_TOKEN)' },
} as const satisfies Record<string, OptionSpec>;

/** Options of every command that reads an access policy from a file. */
export const POLICY_OPTIONS = {
  policy: { value: 'FILE', help: 'the access policy (default: access.yml)' },
} as const satisfies Record<string, OptionSpec>;

/** The role of the broker's function that calls STS, which other accounts trust. */
export const BROKER_ROLE_OPTIONS = {
  'broker-role': { value: 'ARN', help: 'the broker’s role (default: DAYPASS_BROKER_ROLE)' },
} as const satisfies Record<string, OptionSpec>;

/** Options of every command that uses the operator's own AWS credentials. */
export const OPERATOR_OPTIONS = {
  'read-role': { value: 'NAME', help: 'a role to read other accounts with' },
  'read-role-external-id': { value: 'ID', help: 'the external id that the read role asks for' },
} as const satisfies Record<string, OptionSpec>;

/** Options of every command that asks for credentials. */
export const REQUEST_OPTIONS = {
  reason: { value: 'TEXT', help: 'why you need the role; goes into the audit log' },
  ticket: { value: 'ID', help: 'the ticket this is for; goes into the audit log' },
  duration: { value: 'TIME', help: 'how long, such as 30m or 1h (default: as long as allowed)' },
  'no-cache': { help: 'ask the broker even if there are fresh credentials, and keep none' },
} as const satisfies Record<string, OptionSpec>;
