import { nearest } from '../lib/nearest.ts';
import { VERSION } from '../lib/version.ts';
import { parseInput } from './arguments.ts';
import { type Command, namesOf } from './command.ts';
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
  const [name] = words;
  if (name === '--version' || name === '-V') {
    writeOut(`daypass ${VERSION}\n`);
    return EXIT.ok;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return help(words.slice(1));
  const { command, rest } = find(words);
  const input = parseInput(command, rest);
  if (input.isSet('help')) {
    writeOut(commandHelp(command));
    return EXIT.ok;
  }
  return command.run(input);
}

function help(words: readonly string[]): number {
  writeOut(words.length === 0 ? programHelp(COMMANDS) : commandHelp(find(words).command));
  return EXIT.ok;
}

/** The command of the first word or, where its name has two (`policy lint`), of the first two. */
function find(words: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ');
    const command = COMMANDS.find((candidate) => namesOf(candidate).includes(name));
    if (command !== undefined) return { command, rest: words.slice(count) };
  }
  throw unknownCommand(words);
}

function unknownCommand([first = '', second]: readonly string[]): Failure {
  const names = COMMANDS.flatMap(namesOf);
  const pairs = names.filter((name) => name.includes(' '));
  const group = pairs.filter((name) => name.startsWith(`${first} `));
  const both = second === undefined || second.startsWith('-') ? first : `${first} ${second}`;
  const name = group.length > 0 ? both : first;
  // `lint` alone is `policy lint`.
  const ending = pairs.find((pair) => pair.endsWith(` ${first}`));
  const close = group.length === 1 ? group[0] : (ending ?? nearest(both, pairs) ?? nearest(name, names));
  const kind = first.startsWith('-') ? 'option' : 'command';
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
