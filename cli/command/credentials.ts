import type { CredentialsAnswer } from '../../lib/http/contract.ts';
import { durationArgument, roleArgument } from '../arguments.ts';
import { BROKER_OPTIONS, type Command, type Input, REQUEST_OPTIONS } from '../command.ts';
import { contextOf } from '../context.ts';
import { EXIT } from '../failure.ts';
import { obtainCredentials } from '../obtain.ts';
import { writeOut } from '../output.ts';
import { credentialProcessDocument } from '../store/credentials.ts';

export const credentials: Command = {
  name: 'credentials',
  aliases: ['credential-process'],
  summary: 'print credentials for a role, as AWS SDKs read them (credential_process)',
  usage: 'ROLE [--reason TEXT] [--ticket ID] [--duration TIME]',
  description: [
    'Prints one line of JSON for `credential_process` in the AWS config file. Credentials are kept and served',
    'again while more than 15 minutes (or a quarter of a shorter session) remain; processes that run at the same',
    'time make one request together. Given a reason or ticket, it asks anew unless the kept ones have the same.',
  ],
  options: { ...BROKER_OPTIONS, ...REQUEST_OPTIONS },
  positionals: { names: ['ROLE'], required: 1 },
  async run(input) {
    writeOut(credentialProcessDocument(await requestedCredentials(input)));
    return EXIT.ok;
  },
};

/** The credentials that the command line of `credentials`, `env` and `exec` asks for. */
export function requestedCredentials(input: Input): Promise<CredentialsAnswer> {
  const wanted = {
    role: roleArgument(input),
    durationSeconds: durationArgument(input),
    reason: input.text('reason'),
    ticket: input.text('ticket'),
    cache: !input.isSet('no-cache'),
  };
  const context = contextOf(input);
  return obtainCredentials(context, wanted);
}
