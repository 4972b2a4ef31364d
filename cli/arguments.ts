import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearest } from '../lib/nearest.ts';
import type { Command, Input } from './command.ts';
import { parseDuration } from './duration.ts';
import { Failure } from './failure.ts';

type ParsedOption = NonNullable<ParseArgsConfig['options']>[string];

/**
 * Checks the words after the command's name against what it takes.
 *
 * @throws Failure `usage` that names the wrong word and, where one is close, the right one
 */
export function parseInput(command: Command, words: readonly string[]): Input {
  const separator = command.takesProgram === true ? words.indexOf('--') : -1;
  const own = separator < 0 ? words : words.slice(0, separator);
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, spec]): [string, ParsedOption] => [
      name,
      {
        type: spec.value === undefined ? 'boolean' : 'string',
        ...(spec.short !== undefined && { short: spec.short }),
      },
    ]),
  );
  options['help'] = { type: 'boolean', short: 'h' };
  // Lenient parsing with tokens: the messages are ours, and better.
  const { tokens } = parseArgs({ args: [...own], options, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string | true>();
  const repeated = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    if (options[token.name] === undefined) throw unknownOption(command, token.rawName, Object.keys(options));
    const spec = command.options[token.name];
    if (spec?.value === undefined && token.value !== undefined)
      throw misuse(command, `${token.rawName} takes no value`);
    if (spec?.value !== undefined && (token.value === undefined || token.value === '')) {
      throw misuse(command, `${token.rawName} needs a value: ${token.rawName} ${spec.value}`);
    }
    // `--reason --ticket X` is a forgotten value far more often than a reason that starts with dashes.
    // A dash alone is standard input.
    if (spec?.value !== undefined && token.inlineValue === false && /^-./.test(token.value ?? '')) {
      throw misuse(command, `${token.rawName} needs a value; for one that starts with “-”: ${token.rawName}=VALUE`);
    }
    if (spec?.choices !== undefined && !spec.choices.includes(token.value ?? '')) {
      throw misuse(command, `${token.rawName} is one of ${spec.choices.join(', ')}`);
    }
    if (values.has(token.name) && spec?.value !== undefined && spec.repeats !== true) {
      throw misuse(command, `${token.rawName} is given twice`);
    }
    values.set(token.name, token.value ?? true);
    if (token.value !== undefined) repeated.set(token.name, [...(repeated.get(token.name) ?? []), token.value]);
  }
  if (!values.has('help')) checkPositionals(command, positionals);
  return {
    positionals,
    rest: separator < 0 ? undefined : words.slice(separator + 1),
    text: (name) => {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    texts: (name) => repeated.get(name) ?? [],
    isSet: (name) => values.has(name),
  };
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const { names, required, repeats } = command.positionals;
  if (given.length < required) throw misuse(command, `${names[given.length] ?? 'an argument'} is missing`);
  const extra = given[names.length];
  if (extra !== undefined && repeats !== true) throw misuse(command, `unexpected argument “${extra}”`);
}

function unknownOption(command: Command, rawName: string, known: readonly string[]): Failure {
  const close = nearest(rawName.replace(/^-+/, ''), known);
  const message = `unknown option ${rawName} for \`daypass ${command.name}\``;
  return close === undefined
    ? misuse(command, message)
    : new Failure('usage', message, { hint: `did you mean --${close}?` });
}

/** A wrong command line. */
export function misuse(command: Command, message: string): Failure {
  return new Failure('usage', message, { hint: `\`daypass ${command.name} --help\` shows how it is used` });
}

/** As in `lib/http/contract.ts`, which would bring the schema library with it; a test holds them equal. */
export const ROLE_ID = /^[a-z0-9][a-z0-9-]{0,62}\/[A-Za-z0-9_+=,.@-]{1,64}$/;

/** The role on the command line, in the spelling of the access policy. */
export function roleArgument(input: Input): string {
  const role = input.positionals[0] ?? '';
  if (ROLE_ID.test(role)) return role;
  throw new Failure('usage', `“${role}” is not the name of a role`, {
    hint: 'a role is named account/name; `daypass roles` lists yours',
  });
}

/** Seconds of `--duration`. The broker knows the limits; this only refuses what is no duration. */
export function durationArgument(input: Input): number | undefined {
  const text = input.text('duration');
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= 900 && seconds <= 43_200) return seconds;
  throw new Failure('usage', `--duration ${text} is not between 15m and 12h`, { hint: 'such as 30m, 1h or 3600' });
}
