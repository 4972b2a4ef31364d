import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { misuse } from '../arguments.ts';
import { awsVariables, COMPETING_VARIABLES } from '../aws/environment.ts';
import { BROKER_OPTIONS, type Command, REQUEST_OPTIONS } from '../command.ts';
import { EXIT, errorCode, reasonOf } from '../failure.ts';
import { hint, say } from '../output.ts';
import { requestedCredentials } from './credentials.ts';

/** Signals that somebody may send to us and mean for the program. */
const PASSED_ON = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'] as const;

/** Signals that a terminal sends to every process in front of it, so that the program has them already. */
const FROM_TERMINAL: readonly string[] = ['SIGINT', 'SIGQUIT'];

/** What shells answer for a program that cannot be run, and for one that is not there. */
const CANNOT_RUN = 126;
const NOT_FOUND = 127;

export const exec: Command = {
  name: 'exec',
  summary: 'run a program with credentials for a role in its environment',
  usage: 'ROLE [options] -- PROGRAM [ARGUMENT...]',
  description: [
    'Runs the program directly, without a shell, with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,',
    'AWS_SESSION_TOKEN and AWS_CREDENTIAL_EXPIRATION set. Its exit code is passed on; so are signals, both ways.',
    '126 and 127 mean that it could not be run or was not found.',
    'For a program that outlives the session, use a profile (`daypass configure`) instead.',
  ],
  options: {
    ...BROKER_OPTIONS,
    ...REQUEST_OPTIONS,
    region: { value: 'REGION', help: 'also set AWS_REGION and AWS_DEFAULT_REGION' },
  },
  positionals: { names: ['ROLE'], required: 1 },
  takesProgram: true,
  async run(input) {
    const [program, ...args] = input.rest ?? [];
    if (program === undefined || program === '') throw misuse(exec, 'which program? `daypass exec ROLE -- PROGRAM`');
    const variables = awsVariables(await requestedCredentials(input), input.text('region'));
    const environment: NodeJS.ProcessEnv = { ...process.env, ...variables };
    for (const name of COMPETING_VARIABLES) delete environment[name];
    // The program is given one role; with the token it could ask the broker for any other.
    delete environment['DAYPASS_TOKEN'];
    return runProgram(program, args, environment);
  },
};

function runProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
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
