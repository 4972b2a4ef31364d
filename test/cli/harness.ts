import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { bundleCli } from '../../cli/bundle.ts';

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
  }

  start(args: readonly string[], env: Record<string, string> = {}): Running {
    const child = spawn(this.node, [this.program, ...args], {
      env: { PATH: process.env['PATH'] ?? '', HOME: this.directory, DAYPASS_HOME: this.home, ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Reply = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string; cut?: boolean };

/** An HTTP server on a free loopback port that remembers what it was asked. */
export class FakeServer {
  readonly seen: Seen[] = [];
  readonly url: string;
  readonly #server: Server;
  respond: (request: Seen) => Reply | Promise<Reply>;

  private constructor(server: Server, respond: (request: Seen) => Reply | Promise<Reply>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.respond = respond;
  }

  static async listen(respond: (request: Seen) => Reply | Promise<Reply>): Promise<FakeServer> {
    const server = createServer((request, response) => void self.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const self: FakeServer = new FakeServer(server, respond);
    return self;
  }

  /** How often `METHOD /path` was asked. */
  count(method: string, path: string): number {
    return this.seen.filter((request) => request.method === method && request.path === path).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const url = new URL(request.url ?? '/', this.url);
    const seen: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization,
      headers: request.headers,
      body,
    };
    this.seen.push(seen);
    const reply = await this.respond(seen);
    if (reply.cut === true) return void request.socket.destroy();
    const type = reply.json === undefined ? 'text/plain' : 'application/json';
    response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
    response.end(reply.json === undefined ? (reply.text ?? '') : JSON.stringify(reply.json));
  }
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
