import { awsVariables, COMPETING_VARIABLES } from '../aws/environment.ts';
import { guessShell, SHELLS, setLine, unsetLine } from '../aws/shell.ts';
import { BROKER_OPTIONS, type Command, REQUEST_OPTIONS } from '../command.ts';
import { EXIT } from '../failure.ts';
import { writeOut } from '../output.ts';
import { requestedCredentials } from './credentials.ts';

export const env: Command = {
  name: 'env',
  summary: 'print shell lines that set the AWS variables for a role',
  usage: 'ROLE [--shell sh|fish|powershell]',
  description: [
    'sh:          eval "$(daypass env ROLE)"',
    'fish:        daypass env ROLE --shell fish | source',
    'PowerShell:  daypass env ROLE --shell powershell | Out-String | Invoke-Expression',
    '',
    'Also unsets variables that an SDK would prefer, such as AWS_PROFILE.',
  ],
  options: {
    ...BROKER_OPTIONS,
    ...REQUEST_OPTIONS,
    shell: { value: 'SHELL', help: 'whose syntax (default: that of $SHELL)', choices: SHELLS },
    region: { value: 'REGION', help: 'also set AWS_REGION and AWS_DEFAULT_REGION' },
  },
  positionals: { names: ['ROLE'], required: 1 },
  async run(input) {
    const shell = SHELLS.find((name) => name === input.text('shell')) ?? guessShell(process.env, process.platform);
    const variables = awsVariables(await requestedCredentials(input), input.text('region'));
    const lines = [
      ...COMPETING_VARIABLES.map((name) => unsetLine(shell, name)),
      ...Object.entries(variables).map(([name, value]) => setLine(shell, name, value)),
    ];
    writeOut(`${lines.join('\n')}\n`);
    return EXIT.ok;
  },
};
