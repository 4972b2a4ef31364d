import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../cli/commands.ts';
import { programHelp } from '../../cli/help.ts';

const text = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');

describe('docs/cli.md', () => {
  test('shows the help text as it is', () => {
    expect(text).toContain(`$ daypass --help\n${programHelp(COMMANDS)}`);
  });

  test.each(COMMANDS.map((command) => command.name))('has a section on %s', (name) => {
    expect(text).toMatch(new RegExp(`^## .*\`${name}\``, 'm'));
  });

  test('uses only commands and options that exist', () => {
    const used = [...text.matchAll(/^(?:\$ )?daypass ([a-z][a-z-]+)(?: ([a-z-]+))?(.*)$/gm)];
    expect(used.length).toBeGreaterThan(10);
    for (const [line, first, second, rest = ''] of used) {
      const command =
        COMMANDS.find((candidate) => candidate.name === `${first} ${second}`) ??
        COMMANDS.find((candidate) => candidate.name === first);
      expect(command, line).toBeDefined();
      const own = rest.split(' -- ')[0] ?? '';
      for (const [, option] of own.matchAll(/--([a-z-]+)/g))
        expect(Object.keys(command?.options ?? {}), line).toContain(option);
    }
  });
});
