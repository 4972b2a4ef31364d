import type { Command } from './command.ts';
import { EXIT_MEANINGS } from './failure.ts';

/** `daypass --help`. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    'daypass: short-lived AWS credentials for a corporate sign-in',
    '',
    'Usage: daypass COMMAND [options]',
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    '`daypass COMMAND --help` explains a command.',
    '',
    'Environment:',
    '  DAYPASS_URL    the broker, such as https://daypass.example.com',
    '  DAYPASS_TOKEN  a JWT to use instead of a sign-in, as in CI',
    '  DAYPASS_HOME   where tokens and cached credentials are kept',
    '                 (default: $XDG_STATE_HOME/daypass or ~/.local/state/daypass)',
    '',
    ...exitCodes(),
    '',
  ].join('\n');
}

/** `daypass COMMAND --help`. */
export function commandHelp(command: Command): string {
  const rows = Object.entries(command.options).map(([name, spec]): [string, string] => [
    `${spec.short === undefined ? '' : `-${spec.short}, `}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`,
    spec.help + (spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`),
  ]);
  rows.push(['-h, --help', 'show this']);
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `Usage: daypass ${command.name}${command.usage === '' ? '' : ` ${command.usage}`}`,
    ...(command.aliases === undefined ? [] : [`Also: daypass ${command.aliases.join(', daypass ')}`]),
    '',
    ...command.description,
    '',
    'Options:',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    ...exitCodes(),
    '',
  ].join('\n');
}

function exitCodes(): string[] {
  return ['Exit codes:', ...EXIT_MEANINGS.map(([code, meaning]) => `  ${code}  ${meaning}`)];
}
