import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Command } from '../../cli/command.ts';
import { completionScript } from '../../cli/completion.ts';

const command = (name: string, option: string): Command => ({
  name,
  summary: 'a command',
  usage: '',
  description: [],
  options: { [option]: { help: 'a switch' } },
  positionals: { names: [], required: 0 },
  run: () => Promise.resolve(0),
});
const COMMANDS = [command('roles', 'plain'), command('roles import', 'fetch'), command('policy lint', 'strict')];

describe('Commands of two words', () => {
  test.each([
    [['pol'], ['policy']],
    [['ro'], ['roles']],
    [['policy', ''], ['lint']],
    [
      ['roles', ''],
      ['--plain', '--help', 'import'],
    ],
    [
      ['roles', 'import', '--'],
      ['--fetch', '--help'],
    ],
    [['policy', 'lint', '--s'], ['--strict']],
    [
      ['roles', 'x', '--'],
      ['--plain', '--help'],
    ],
  ])('bash completes %j with %j', (words, expected) => {
    const script = `${completionScript('bash', COMMANDS)}
COMP_WORDS=(daypass ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _daypass; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n')).toEqual(expected);
  });

  const FILE = join(mkdtempSync(join(tmpdir(), 'daypass-completion-')), 'script');
  afterAll(() => rmSync(dirname(FILE), { recursive: true }));

  const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).error === undefined;

  test.skipIf(!has('zsh'))('zsh reads its script', () => {
    writeFileSync(FILE, completionScript('zsh', COMMANDS));
    expect(spawnSync('zsh', ['-n', FILE], { encoding: 'utf8' }).stderr).toBe('');
  });

  test.skipIf(!has('fish')).each([
    ['daypass pol', ['policy']],
    ['daypass policy ', ['lint']],
    ['daypass policy lint --s', ['--strict']],
    ['daypass roles i', ['import']],
    ['daypass roles import --f', ['--fetch']],
  ])('fish completes “%s” with %j', (line, expected) => {
    writeFileSync(FILE, completionScript('fish', COMMANDS));
    const script = `source ${FILE}; complete --do-complete '${line}'`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((answer) => answer.split('\t')[0]),
    ).toEqual(expected);
  });
});
