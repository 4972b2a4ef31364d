import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A client of AWS that is on this machine. */
export interface Client {
  readonly name: string;
  /** What asks AWS who it is, by the default chain of credentials, and prints the answer. */
  readonly program: readonly string[];
  /** Whether it goes on asking for each line of standard input. */
  readonly asksAgain: boolean;
  /** Of AWS CLI 2, which alone signs in: the command itself, and its version. */
  readonly command?: readonly string[];
  readonly version?: string;
  /** The same, for `aws login`; absent where it does not know that. */
  readonly loginProgram?: readonly string[];
}

/** A client by name, or undefined where it is not on this machine. */
export type Finding = readonly [name: string, client: Client | undefined];

const PROGRAMS = join(import.meta.dirname, '..', 'programs');

/** The clients that are not part of the project: looked for, never installed. */
export function installedClients(): readonly Finding[] {
  return [commandLine(1), commandLine(2), boto3()];
}

function commandLine(major: number): Finding {
  const name = `aws-cli ${major}`;
  // Both have the same name: where 1 is `aws`, the variable says where 2 is.
  const command = (major === 2 && process.env['AWS_CLI_V2']) || 'aws';
  const version = /^aws-cli\/(\S+)/.exec(said(command, ['--version']) ?? '')?.[1];
  if (version === undefined || !version.startsWith(`${major}.`)) return [name, undefined];
  // A launcher may look for its files in the home directory, which the tests take away; the package can be run as it is.
  const python = said('python3', ['-c', 'import sys, awscli; print(sys.executable)']);
  const program = major === 1 && python !== undefined ? [python, '-m', 'awscli'] : [command];
  const ask = ['sts', 'get-caller-identity', '--output', 'json', '--endpoint-url'];
  return [
    name,
    {
      name: `aws-cli ${version}`,
      program: ['sh', '-c', `exec "$@" "$STAND_IN"`, 'sh', ...program, ...ask],
      asksAgain: false,
      ...(major === 2 && { command: program, version }),
    },
  ];
}

function boto3(): Finding {
  const found = said('python3', ['-c', 'import sys, boto3; print(sys.executable, boto3.__version__)']);
  const [, python, version] = /^(.+) (\S+)$/.exec(found ?? '') ?? [];
  if (python === undefined) return ['boto3', undefined];
  const program = [python, join(PROGRAMS, 'caller.py')];
  const knowsLogin = said(python, ['-c', 'import awscrt, botocore.credentials as c; c.LoginProvider']) !== undefined;
  const login = knowsLogin ? { loginProgram: program } : {};
  return ['boto3', { name: `boto3 ${version}`, program, asksAgain: true, ...login }];
}

/** The AWS SDK for JavaScript, which the project has. */
export function javaScript(provider: string): readonly string[] {
  return [process.execPath, join(PROGRAMS, 'caller.ts'), provider];
}

function said(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
