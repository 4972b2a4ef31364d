import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { EXIT, errorCode, reasonOf } from './failure.ts';
import { hint, say } from './output.ts';

/** Signals that somebody may send to us and mean for the program. */
const PASSED_ON = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'] as const;

/** Signals that a terminal sends to every process in front of it, so that the program has them already. */
const FROM_TERMINAL: readonly string[] = ['SIGINT', 'SIGQUIT'];

/** What shells answer for a program that cannot be run, and for one that is not there. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;

/** Runs a program directly, without a shell, with signals passed on both ways. @returns its exit code */
export function runProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    for (const signal of PASSED_ON) {
      process.on(signal, () => {
        if (process.stdin.isTTY && FROM_TERMINAL.includes(signal)) return;
        child.kill(signal);
      });
    }
    child.once('error', (thrown) => {
      const missing = errorCode(thrown) === 'ENOENT';
      say(missing ? `there is no program ${program}` : `${program} cannot be run (${reasonOf(thrown)})`);
      if (/\s/.test(program)) hint('give the program and each argument as words of their own, after --');
      resolve(missing ? NOT_FOUND : CANNOT_RUN);
    });
    child.once('exit', (code, signal) => {
      if (signal !== null) dieOf(signal, resolve);
      else resolve(code ?? EXIT.local);
    });
  });
}

/**
 * Ends this process by the same signal, so that whoever started it sees what happened to the program; by the
 * shells' number for it where Node ignores the signal (SIGPIPE).
 */
function dieOf(signal: NodeJS.Signals, otherwise: (code: number) => void): void {
  for (const name of PASSED_ON) process.removeAllListeners(name);
  process.kill(process.pid, signal);
  setTimeout(() => otherwise(128 + constants.signals[signal]), 100);
}
