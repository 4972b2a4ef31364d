import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { bundleCli } from '../../dev/bundle-cli.ts';
import { FakeBroker } from './fake-broker.ts';

/** The command runs on the Node that people have, so its tests use that one, not the project's own newer one. */
export function hostNode(): string {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (directory.includes('node_modules')) continue;
    const file = join(directory, 'node');
    try {
      accessSync(file, constants.X_OK);
      const version = execFileSync(file, ['--version'], { encoding: 'utf8' });
      if (Number(/^v(\d+)/.exec(version)?.[1]) >= 20) return file;
    } catch {
      // Not here.
    }
  }
  return process.execPath;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with the match once standard error has one. */
  stderr(pattern: RegExp): Promise<RegExpExecArray>;
}

/** A built command with a home of its own. */
export class Cli {
  readonly directory: string;
  readonly program: string;
  readonly home: string;
  readonly node: string;
  env: Record<string, string> = {};
  /** Where it is run; by default where the tests are. */
  cwd: string | undefined;

  private constructor(directory: string) {
    this.directory = directory;
    this.program = join(directory, 'dist', 'daypass.cjs');
    this.home = join(directory, 'home');
    this.node = hostNode();
  }

  static async build(): Promise<Cli> {
    const cli = new Cli(mkdtempSync(join(tmpdir(), 'daypass-cli-')));
    await bundleCli(join(cli.directory, 'dist'));
    return cli;
  }

  /** Forgets all files, variables and settings of the test before. */
  reset(): void {
    rmSync(this.home, { recursive: true, force: true });
    this.env = {};
    this.cwd = undefined;
  }

  /** @param input what standard input holds; nothing by default */
  start(args: readonly string[], env: Record<string, string> = {}, input?: string): Running {
    const child = spawn(this.node, [this.program, ...args], {
      env: { PATH: process.env['PATH'] ?? '', HOME: this.directory, DAYPASS_HOME: this.home, ...this.env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(this.cwd !== undefined && { cwd: this.cwd }),
    });
    child.stdin?.end(input);
    return watch(child);
  }

  run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    return this.start(args, env).finished;
  }

  /** Path → text of every file in the command's home. */
  files(folder = ''): Record<string, string> {
    const directory = join(this.home, folder);
    try {
      return Object.fromEntries(
        readdirSync(directory).map((name) => [join(directory, name), readFileSync(join(directory, name), 'utf8')]),
      );
    } catch {
      return {};
    }
  }

  mode(path: string): string {
    return (statSync(path).mode & 0o777).toString(8);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * A built command and a broker, for the tests of one file. Before each test both are as new, and the command is
 * somebody's: `u-1`, with a ready-made token.
 */
export async function useCli(): Promise<{ readonly cli: Cli; readonly broker: FakeBroker }> {
  const [cli, broker] = await Promise.all([Cli.build(), FakeBroker.listen()]);
  beforeEach(() => {
    cli.reset();
    broker.reset();
    cli.env = { DAYPASS_URL: broker.url, DAYPASS_TOKEN: jwtFor('u-1') };
  });
  afterAll(async () => {
    await broker.server.close();
    cli.remove();
  });
  return { cli, broker };
}

export function watch(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    finished,
    stderr: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stderr);
          if (match === null) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        look();
        void finished.then(() => reject(new Error(`ended without ${pattern}:\n${stderr}`)));
      }),
  };
}

/** A compact JWS that says it is for this identity. Its signature is nothing: the command does not verify. */
export function jwtFor(
  subject: string,
  issuer = 'https://ci.example.com',
  claims: Record<string, unknown> = {},
): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ iss: issuer, sub: subject, ...claims })}.c2lnbmF0dXJl`;
}
