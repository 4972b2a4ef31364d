import type { RoleSummary } from '../../lib/http/contract.ts';
import { BrokerClient } from '../broker/api.ts';
import { BROKER_OPTIONS, type Command } from '../command.ts';
import { type Context, contextOf } from '../context.ts';
import { spokenDuration } from '../duration.ts';
import { EXIT } from '../failure.ts';
import { hint, say, withProgress, writeOut } from '../output.ts';
import { currentToken } from '../sign-in/session.ts';
import { printableJson, table } from '../text.ts';

export const roles: Command = {
  name: 'roles',
  summary: 'list the roles that are open to you',
  usage: '[--json]',
  description: [
    'Lists the roles you may have, and those that are meant for you but closed right now, with what is missing.',
  ],
  options: { ...BROKER_OPTIONS, json: { help: 'print JSON' } },
  positionals: { names: [], required: 0 },
  async run(input) {
    const context = contextOf(input);
    const list = await withProgress('waiting for the broker', listRoles(context));
    if (input.isSet('json')) writeOut(`${printableJson({ roles: list }, 2)}\n`);
    else if (list.length > 0) writeOut(`${table([['ROLE', 'ACCOUNT', 'LONGEST', 'STATE'], ...list.flatMap(rows)])}\n`);
    else {
      say('no role is open to you');
      hint('`daypass whoami` shows who the broker takes you for');
    }
    return EXIT.ok;
  },
};

/** What `GET /v1/roles` says, for this caller. */
export async function listRoles(context: Context): Promise<readonly RoleSummary[]> {
  return (await new BrokerClient(context, await currentToken(context)).roles()).roles;
}

function rows(role: RoleSummary): string[][] {
  const longest = role.maxDurationSeconds === undefined ? '' : spokenDuration(role.maxDurationSeconds);
  const requires = role.requires?.length > 0 ? ` with --${role.requires.join(' and --')}` : '';
  const [first, ...more] = role.available ? [] : role.missing.map((missing) => missing.message);
  const state = role.available ? `open${requires}` : `closed: ${first ?? 'not available'}`;
  const head = [role.role, `${role.account.label} (${role.account.id})`, longest, state];
  return [head, ...more.map((message) => ['', '', '', `        ${message}`])];
}
