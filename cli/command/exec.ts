import { misuse } from '../arguments.ts';
import { awsVariables, COMPETING_VARIABLES } from '../aws/environment.ts';
import { BROKER_OPTIONS, type Command, REQUEST_OPTIONS } from '../command.ts';
import { runProgram } from '../run-program.ts';
import { requestedCredentials } from './credentials.ts';

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
