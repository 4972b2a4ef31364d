import { nearest } from '../lib/nearest.ts';
import { VERSION } from '../lib/version.ts';
import { parseInput } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, Failure } from './failure.ts';
import { commandHelp, programHelp } from './help.ts';
import { detail, hint, say, writeOut } from './output.ts';

/**
 * The whole program but the cached path: finds the command, runs it, turns a failure into words and an exit code.
 *
 * @param words the command line without `node` and the program
 */
export async function run(words: readonly string[]): Promise<void> {
  let code: number;
  try {
    code = await dispatch(words);
  } catch (thrown) {
    code = report(thrown);
  }
  // Everything written is out already (`output.ts`); an idle connection must not keep the process.
  process.exit(code);
}

async function dispatch(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === '--version' || name === '-V') {
    writeOut(`daypass ${VERSION}\n`);
    return EXIT.ok;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return help(rest[0]);
  const command = find(name);
  if (command === undefined) throw unknownCommand(name);
  const input = parseInput(command, rest);
  if (input.isSet('help')) {
    writeOut(commandHelp(command));
    return EXIT.ok;
  }
  return command.run(input);
}

function help(name: string | undefined): number {
  const command = name === undefined ? undefined : find(name);
  if (name !== undefined && command === undefined) throw unknownCommand(name);
  writeOut(command === undefined ? programHelp(COMMANDS) : commandHelp(command));
  return EXIT.ok;
}

function find(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name || command.aliases?.includes(name) === true);
}

function unknownCommand(name: string): Failure {
  const names = COMMANDS.flatMap((command) => [command.name, ...(command.aliases ?? [])]);
  const close = nearest(name, names);
  const kind = name.startsWith('-') ? 'option' : 'command';
  return new Failure('usage', `unknown ${kind} ${name}`, {
    hint: close === undefined ? '`daypass --help` lists the commands' : `did you mean \`daypass ${close}\`?`,
  });
}

function report(thrown: unknown): number {
  if (!Failure.is(thrown)) {
    // A mistake of ours. The message of an unknown error could hold anything, so only its name is shown.
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    say(`something went wrong that should not (${name})`);
    hint('please report it, with the command that you ran and `daypass --version`');
    if (process.env['DAYPASS_DEBUG'] === '1' && thrown instanceof Error) detail(thrown.stack ?? thrown.message);
    return EXIT.local;
  }
  say(thrown.message);
  for (const line of thrown.lines) detail(line);
  if (thrown.hint !== undefined) hint(thrown.hint);
  return EXIT[thrown.kind];
}
