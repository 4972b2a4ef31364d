import { BrokerClient } from '../broker/api.ts';
import { BROKER_OPTIONS, type Command } from '../command.ts';
import { contextOf } from '../context.ts';
import { EXIT } from '../failure.ts';
import { withProgress, writeOut } from '../output.ts';
import { currentToken } from '../sign-in/session.ts';
import { printableJson, table } from '../text.ts';

export const whoami: Command = {
  name: 'whoami',
  summary: 'show who the broker takes you for',
  usage: '[--json]',
  description: ['Asks the broker who the token belongs to, until when it is good, and what else it permits.'],
  options: { ...BROKER_OPTIONS, json: { help: 'print JSON' } },
  positionals: { names: [], required: 0 },
  async run(input) {
    const context = contextOf(input);
    const caller = await withProgress('waiting for the broker', ask());
    if (input.isSet('json')) writeOut(`${printableJson(caller, 2)}\n`);
    else {
      const rows = [
        ['username', caller.username],
        ['issuer', caller.issuer],
        ['subject', caller.subject],
        ['signed in', caller.authenticatedAt ?? 'the issuer does not say'],
        ['token ends', caller.expiresAt],
        ['permissions', caller.permissions?.join(', ') || 'none besides roles'],
      ];
      writeOut(`${table(rows.map((row) => row.map(String)))}\n`);
    }
    return EXIT.ok;

    async function ask() {
      return new BrokerClient(context, await currentToken(context)).whoami();
    }
  },
};
