import type { ConsoleAnswer, ConsoleRequest } from '../../lib/http/contract.ts';
import { durationArgument, roleArgument } from '../arguments.ts';
import { BrokerClient } from '../broker/api.ts';
import { BROKER_OPTIONS, type Command, type Input, REQUEST_OPTIONS } from '../command.ts';
import { browserCommand } from '../console/browser-command.ts';
import { redirectOnce } from '../console/redirect.ts';
import { contextOf } from '../context.ts';
import { spokenDuration } from '../duration.ts';
import { EXIT, Failure } from '../failure.ts';
import { say, withProgress, writeOut } from '../output.ts';
import { openBrowser } from '../sign-in/browser.ts';
import { currentToken } from '../sign-in/session.ts';

/** Milliseconds that a browser may take to start. */
const PATIENCE = 60_000;

const { reason, ticket, duration } = REQUEST_OPTIONS;

export const consoleCommand: Command = {
  name: 'console',
  summary: 'open the AWS console as a role, in the browser',
  usage: 'ROLE [--destination SERVICE|URL] [--print] [--browser PROGRAM]',
  description: [
    'Asks the broker for a sign-in to the AWS console and opens it in the browser. The browser gets it by a redirect from',
    'an address on this machine that works once, so that it stands neither in the list of processes nor in the history.',
    '',
    'A browser shows one AWS sign-in at a time unless the console’s multi-session support is on: choose another browser or',
    'profile for another account, such as --browser "firefox -P work". Blanks within quotes belong to a word, and {url} is',
    'where the address goes when it is not the last word.',
  ],
  options: {
    ...BROKER_OPTIONS,
    destination: { value: 'WHERE', help: 'a service, such as ec2, or an https address of the AWS console' },
    print: { help: 'print the address instead: whoever has it is signed in, for 15 minutes' },
    browser: {
      value: 'PROGRAM',
      help: 'the browser, with its arguments (default: DAYPASS_BROWSER, else the desktop’s)',
    },
    reason,
    ticket,
    duration,
  },
  positionals: { names: ['ROLE'], required: 1 },
  async run(input) {
    const browser = input.isSet('print') ? undefined : browserOf(input);
    const answer = await askFor(input);
    const left = spokenDuration((Date.parse(answer.Expiration) - Date.now()) / 1000);
    if (input.isSet('print')) {
      writeOut(`${answer.Url}\n`);
      say('whoever has this address is signed in as you, for 15 minutes');
      return EXIT.ok;
    }
    await show(new URL(answer.Url), browser);
    say(`the console is open as ${answer.RoleArn}, for ${left} (session ${answer.SessionId})`);
    return EXIT.ok;
  },
};

/** Read before the broker is asked: a session that nobody can open is not begun. */
function browserOf(input: Input): [string, ...string[]] | undefined {
  const named = input.text('browser');
  if (named !== undefined) return browserCommand(named, '--browser');
  const usual = process.env['DAYPASS_BROWSER'];
  return usual ? browserCommand(usual, 'DAYPASS_BROWSER') : undefined;
}

async function askFor(input: Input): Promise<ConsoleAnswer> {
  const context = contextOf(input);
  const request: ConsoleRequest = { role: roleArgument(input) };
  const durationSeconds = durationArgument(input);
  if (durationSeconds !== undefined) request.durationSeconds = durationSeconds;
  for (const name of ['reason', 'ticket', 'destination'] as const) {
    const value = input.text(name);
    if (value !== undefined) request[name] = value;
  }
  const broker = new BrokerClient(context, await currentToken(context));
  const answer = await withProgress('waiting for the broker', broker.console(request));
  for (const notice of answer.Notices) say(`notice: ${String(notice.message)}`);
  return answer;
}

/** @throws Failure `local` when no browser comes to fetch it */
async function show(target: URL, browser: readonly [string, ...string[]] | undefined): Promise<void> {
  const redirect = await redirectOnce(target, PATIENCE);
  try {
    // Whoever sits here can open it by hand; nobody else has any use for it.
    const byHand = () => say(`open ${redirect.url.href} in a browser on this machine`);
    const asked = await openBrowser(redirect.url, browser, (exitCode) => {
      say(`${browser?.[0] ?? 'the desktop'} could not open a browser (exit code ${exitCode})`);
      byHand();
    });
    if (!asked && browser !== undefined) throw new Failure('local', `${browser[0]} could not be started`);
    if (!asked) byHand();
    if (await withProgress('waiting for the browser', redirect.taken)) return;
    throw new Failure('local', 'no browser came to open the console', { hint: '`--print` prints its address instead' });
  } finally {
    redirect.close();
  }
}
