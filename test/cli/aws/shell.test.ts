import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guessShell, quoteFish, quotePowershell, quoteSh, setLine, unsetLine } from '../../../cli/aws/shell.ts';

const HOSTILE = [
  '',
  "'",
  "''",
  "it's",
  '$(touch /tmp/x)',
  '`id`',
  '"',
  '\\',
  "\\'",
  "'\\''",
  '${HOME}',
  '!!',
  'a\nb',
  'a\n',
  '\n',
  '-n',
  '*',
  '; exit 1',
  '&& false',
  '\t \t',
  'ä€😀',
  '\u2018; Remove-Item x; \u2019',
  '%PATH%',
  '#',
  '~',
];

/** What a shell makes of the quoted values, one by one. */
function through(shell: string, lines: readonly string[]): string[] {
  const script = `${lines.map((line) => `printf '%s\\0' ${line}`).join('\n')}\n`;
  return execFileSync(shell, { input: script, encoding: 'utf8' }).split('\0').slice(0, -1);
}

const value = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', 'a', '(', ')', ';', '\u2019') }),
    fc.constantFrom(...HOSTILE),
  )
  .map((text) => text.replaceAll('\0', '').toWellFormed());

describe('sh', () => {
  test('reads every value back as it was', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 50, maxLength: 200 }), (values) => {
        expect(through('sh', values.map(quoteSh))).toEqual(values);
      }),
      { numRuns: 20 },
    );
  });

  test('a line exports exactly the value, and nothing else happens', () => {
    for (const text of HOSTILE) {
      const script = `${setLine('sh', 'AWS_SESSION_TOKEN', text)}\n${unsetLine('sh', 'AWS_PROFILE')}\nexec "$NODE" -e 'console.log(JSON.stringify([process.env.AWS_SESSION_TOKEN, process.env.AWS_PROFILE]))'`;
      const env = { PATH: process.env['PATH'] ?? '', NODE: process.execPath, AWS_PROFILE: 'mine' };
      const { stdout, stderr } = spawnSync('sh', { input: script, env, encoding: 'utf8' });
      expect({ stderr, values: JSON.parse(stdout) }).toEqual({ stderr: '', values: [text, null] });
    }
  });
});

/** fish's rule for single quotes, read from its manual: `\'` and `\\` are escapes, any other `\` is itself. */
function readFish(quoted: string): string {
  let text = '';
  let index = 1;
  for (; quoted[index] !== "'"; index++) {
    const next = quoted[index + 1];
    if (index >= quoted.length) throw new Error('not closed');
    if (quoted[index] === '\\' && (next === '\\' || next === "'")) index++;
    text += quoted[index];
  }
  if (index !== quoted.length - 1) throw new Error('something after the closing quote');
  return text;
}

/** PowerShell's rule: within single quotes, two quotes are one; typographic ones count as quotes. */
function readPowershell(quoted: string): string {
  const quotes = "'\u2018\u2019\u201a\u201b";
  let text = '';
  let index = 1;
  for (; index < quoted.length; index++) {
    const character = quoted[index] as string;
    if (quotes.includes(character)) {
      if (!quotes.includes(quoted[index + 1] ?? ' ')) break;
      index++;
    }
    text += character;
  }
  if (index !== quoted.length - 1) throw new Error('something after the closing quote');
  return text;
}

describe.each([
  ['fish', quoteFish, readFish],
  ['powershell', quotePowershell, readPowershell],
] as const)('%s', (_, quote, read) => {
  test('reads every value back as it was', () => {
    const property = fc.property(value, (text) => {
      expect(read(quote(text))).toBe(text);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

test.each([
  [{ SHELL: '/usr/bin/fish' }, 'linux', 'fish'],
  [{ SHELL: '/bin/zsh' }, 'darwin', 'sh'],
  [{}, 'win32', 'powershell'],
  [{ SHELL: '/usr/bin/bash' }, 'win32', 'sh'],
  [{}, 'linux', 'sh'],
] as const)('with %j on %s the shell is taken for %s', (env, platform, shell) => {
  expect(guessShell(env, platform)).toBe(shell);
});
