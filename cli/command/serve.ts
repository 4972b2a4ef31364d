import { randomBytes } from 'node:crypto';
import { durationArgument, misuse, ROLE_ID, roleArgument } from '../arguments.ts';
import { COMPETING_VARIABLES } from '../aws/environment.ts';
import { guessShell, SHELLS, setLine, unsetLine } from '../aws/shell.ts';
import { BROKER_OPTIONS, type Command, type Input, REQUEST_OPTIONS } from '../command.ts';
import { contextOf } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { obtainCredentials } from '../obtain.ts';
import { hint, say, writeOut } from '../output.ts';
import { runProgram } from '../run-program.ts';
import type { Answer } from '../serve/answer.ts';
import { CONTAINER_PATH } from '../serve/container.ts';
import { Metadata } from '../serve/metadata.ts';
import { listen } from '../serve/server.ts';
import { shared } from '../serve/supply.ts';
import { currentIdentity } from '../sign-in/session.ts';

const { reason, ticket, duration } = REQUEST_OPTIONS;

/** What would go before what is served here, by every SDK's own order. */
const GOES_BEFORE = [
  ...COMPETING_VARIABLES,
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
] as const;

export const serve: Command = {
  name: 'serve',
  summary: 'serve credentials on this machine, to tools that fetch them by HTTP',
  usage: '[ROLE] [--port NUMBER] [--imds] [-- PROGRAM [ARGUMENT...]]',
  description: [
    'Listens on 127.0.0.1 until it is stopped, and answers as a container’s credentials endpoint does, with credentials',
    'that are kept and renewed as for `daypass credentials`. Prints shell lines with its address and a random token, both',
    'of which a tool needs: AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN. Given a program, it',
    'sets them for that program alone and ends with it.',
    '',
    'Without a role it serves all of yours, at /v1/container/ACCOUNT/NAME.',
    '',
    '--imds also answers as EC2’s instance metadata (version 2), for tools that know nothing else. That protocol has no',
    'password: on Linux only programs of the same user are answered, elsewhere every program of this machine is.',
  ],
  options: {
    ...BROKER_OPTIONS,
    port: { value: 'NUMBER', help: 'the port (default: any that is free)' },
    imds: { help: 'also serve the role as EC2 instance metadata (IMDSv2)' },
    shell: { value: 'SHELL', help: 'whose syntax the lines have (default: that of $SHELL)', choices: SHELLS },
    reason,
    ticket,
    duration,
  },
  positionals: { names: ['ROLE'], required: 0 },
  takesProgram: true,
  async run(input) {
    const role = input.positionals.length === 0 ? undefined : roleArgument(input);
    const port = portArgument(input);
    if (role === undefined && input.isSet('imds')) throw misuse(serve, '--imds serves one role: name it');
    if (role === undefined && input.rest !== undefined) throw misuse(serve, 'a program is given one role: name it');
    if (input.rest?.[0] === '') throw misuse(serve, 'which program? `daypass serve ROLE -- PROGRAM`');
    const supply = supplyOf(input);
    // What is wrong now is told now, and not to a tool that shows half of it.
    if (role === undefined) currentIdentity(contextOf(input));
    else await supply(role);

    const token = randomBytes(32).toString('base64url');
    const server = await listen(port, {
      container: { token, role, supply, isRole: (text) => ROLE_ID.test(text) },
      metadata: role !== undefined && input.isSet('imds') ? new Metadata(role, supply, Date.now) : undefined,
      refused: tellOnce(),
    });
    try {
      const variables = variablesFor(`http://127.0.0.1:${server.port}`, token, role, input.isSet('imds'));
      const [program, ...args] = input.rest ?? [];
      if (program !== undefined) return await runProgram(program, args, environmentWith(input, variables));
      printLines(input, variables);
      say(`serving ${role ?? 'your roles'} on 127.0.0.1:${server.port}; Ctrl-C stops it`);
      if (role === undefined)
        hint(`AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:${server.port}${CONTAINER_PATH}ROLE`);
      await stopped();
      return EXIT.ok;
    } finally {
      await server.close();
    }
  },
};

function portArgument(input: Input): number {
  const text = input.text('port');
  if (text === undefined) return 0;
  if (/^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw new Failure('usage', `--port ${text} is not between 1 and 65535`);
}

/** The token file is read anew each time: whoever wrote it renews it. */
function supplyOf(input: Input) {
  const durationSeconds = durationArgument(input);
  return shared((role) =>
    obtainCredentials(contextOf(input), {
      role,
      durationSeconds,
      reason: input.text('reason'),
      ticket: input.text('ticket'),
      cache: true,
    }),
  );
}

function variablesFor(
  origin: string,
  token: string,
  role: string | undefined,
  imds: boolean,
): Readonly<Record<string, string>> {
  return {
    ...(role !== undefined && { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}${CONTAINER_PATH}${role}` }),
    AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    ...(imds && { AWS_EC2_METADATA_SERVICE_ENDPOINT: `${origin}/` }),
  };
}

function goesBefore(input: Input): readonly string[] {
  return input.isSet('imds') ? [...GOES_BEFORE, 'AWS_EC2_METADATA_DISABLED'] : GOES_BEFORE;
}

function printLines(input: Input, variables: Readonly<Record<string, string>>): void {
  const shell = SHELLS.find((name) => name === input.text('shell')) ?? guessShell(process.env, process.platform);
  const lines = [
    ...goesBefore(input).map((name) => unsetLine(shell, name)),
    ...Object.entries(variables).map(([name, value]) => setLine(shell, name, value)),
  ];
  writeOut(`${lines.join('\n')}\n`);
}

function environmentWith(input: Input, variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...variables };
  // The program is given one role; with the token it could ask the broker for any other.
  for (const name of [...goesBefore(input), 'DAYPASS_TOKEN']) delete environment[name];
  return environment;
}

/** Says why a request was refused, once for each reason: a tool may repeat itself for hours. */
function tellOnce(): (answer: Answer, thrown?: unknown) => void {
  const told = new Set<string>();
  return (answer, thrown) => {
    const { message = '' } = JSON.parse(answer.body) as { message?: string };
    const text = Failure.is(thrown) ? thrown.message : message;
    if (told.has(text) || told.size > 100) return;
    told.add(text);
    say(`refused: ${text}`);
    if (Failure.is(thrown) && thrown.hint !== undefined) hint(thrown.hint);
  };
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
