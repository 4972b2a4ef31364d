import { spawn } from 'node:child_process';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs until it is told to stop. */
export interface Running {
  readonly finished: Promise<Finished>;
  /** Resolves with the match once standard output has one. */
  stdout(pattern: RegExp): Promise<RegExpExecArray>;
  /** One line to its standard input. */
  say(line: string): void;
  /** Nothing more comes to its standard input. */
  end(): void;
  stop(): Promise<Finished>;
}

export function run(program: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> {
  const running = start(program, env);
  running.end();
  return running.finished;
}

export function start([file = '', ...args]: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const looks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of looks) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    finished,
    stdout: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stdout);
          if (match === null) return;
          looks.delete(look);
          resolve(match);
        };
        looks.add(look);
        look();
        void finished.then(() => reject(new Error(`ended without ${pattern}:\n${stdout}\n${stderr}`)));
      }),
    say: (line) => void child.stdin.write(`${line}\n`),
    end: () => void child.stdin.end(),
    stop() {
      child.kill('SIGTERM');
      return finished;
    },
  };
}
