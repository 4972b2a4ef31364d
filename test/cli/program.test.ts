import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROLE_ID } from '../../cli/arguments.ts';
import { COMMANDS } from '../../cli/commands.ts';
import { ROLE_ID as CONTRACT_ROLE_ID } from '../../lib/http/contract.ts';
import { VERSION } from '../../lib/version.ts';
import { ROLES } from './fake-broker.ts';
import { useCli } from './harness.ts';
import { SELF_SIGNED } from './self-signed.ts';

const { cli, broker } = await useCli();

const names = COMMANDS.map((command) => command.name);

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']], [[]]])('%j lists commands, variables and exit codes', async (args) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}  `, 'm'));
    for (const text of [
      'DAYPASS_URL',
      'DAYPASS_TOKEN',
      'DAYPASS_HOME',
      '  0  done',
      '  5  a problem on this machine',
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test.each(names)('%s explains itself, with every option and the exit codes', async (name) => {
    const { code, stdout, stderr } = await cli.run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: daypass ${name}`));
    const command = COMMANDS.find((candidate) => candidate.name === name);
    for (const option of Object.keys(command?.options ?? {})) expect(stdout).toContain(`--${option}`);
    expect(stdout).toContain('Exit codes:');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  test('--version', async () => {
    expect(await cli.run(['--version'])).toMatchObject({ code: 0, stdout: `daypass ${VERSION}\n` });
  });
});

describe('a wrong command line is exit code 2 with a hint', () => {
  test.each([
    [['rolse'], 'unknown command rolse', 'did you mean `daypass roles`?'],
    [['lint', 'x.json'], 'unknown command lint', 'did you mean `daypass policy lint`?'],
    [['polcy', 'lint'], 'unknown command polcy', 'did you mean `daypass policy lint`?'],
    [['rolse', 'import'], 'unknown command rolse', 'did you mean `daypass roles import`?'],
    [['creds'], 'unknown command creds', '`daypass --help` lists the commands'],
    [['--verison'], 'unknown option --verison', '`daypass --help` lists the commands'],
    [['roles', '--jsno'], 'unknown option --jsno for `daypass roles`', 'did you mean --json?'],
    [
      ['credentials', 'prod/A', '--reson', 'x'],
      'unknown option --reson for `daypass credentials`',
      'did you mean --reason?',
    ],
    [
      ['roles', '--frobnicate'],
      'unknown option --frobnicate for `daypass roles`',
      '`daypass roles --help` shows how it is used',
    ],
    [['roles', '-j'], 'unknown option -j for `daypass roles`', '`daypass roles --help` shows how it is used'],
    [['roles', 'extra'], 'unexpected argument “extra”', '`daypass roles --help` shows how it is used'],
    [['credentials'], 'ROLE is missing', '`daypass credentials --help` shows how it is used'],
    [
      ['credentials', 'Admin'],
      '“Admin” is not the name of a role',
      'a role is named account/name; `daypass roles` lists yours',
    ],
    [
      ['credentials', '../../etc/passwd'],
      '“../../etc/passwd” is not the name of a role',
      'a role is named account/name',
    ],
    [['credentials', 'prod/A', '--reason'], '--reason needs a value: --reason TEXT', 'shows how it is used'],
    [
      ['credentials', 'prod/A', '--reason', '--ticket', 'x'],
      '--reason needs a value; for one that starts with “-”',
      'shows how',
    ],
    [['credentials', 'prod/A', '--reason='], '--reason needs a value', 'shows how it is used'],
    [['credentials', 'prod/A', '--no-cache=yes'], '--no-cache takes no value', 'shows how it is used'],
    [['credentials', 'prod/A', '--ticket', 'a', '--ticket', 'b'], '--ticket is given twice', 'shows how it is used'],
    [
      ['credentials', 'prod/A', '--duration', 'soon'],
      '--duration soon is not between 15m and 12h',
      'such as 30m, 1h or 3600',
    ],
    [
      ['credentials', 'prod/A', '--duration', '5m'],
      '--duration 5m is not between 15m and 12h',
      'such as 30m, 1h or 3600',
    ],
    [['audit', '--since', 'yesterday'], '--since yesterday is no time', 'such as 2026-01-31T12:00:00Z, 12h or 7d'],
    [['audit', '--limit', '0'], '--limit 0 is not a number from 1 on', ''],
    [
      ['audit', '--outcome', 'won'],
      '--outcome is one of issued, allowed, denied, refused, failed, unresolved',
      'shows how',
    ],
    [['completion', 'csh'], 'there is a script for bash, zsh, fish', 'shows how it is used'],
    [['help', 'lgoin'], 'unknown command lgoin', 'did you mean `daypass login`?'],
  ])('%j', async (args, message, hint) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`daypass: ${message}`);
    expect(stderr).toContain(hint === '' ? '' : 'hint: ');
    expect(stderr).toContain(hint);
    expect(broker.server.seen).toEqual([]);
  });

  test('no broker named', async () => {
    const { code, stderr } = await cli.run(['roles'], { DAYPASS_URL: '' });
    expect(code).toBe(2);
    expect(stderr).toContain('daypass: which broker? DAYPASS_URL is not set\nhint: export DAYPASS_URL=');
  });

  test('roles are spelt as the API spells them', () => {
    expect(String(ROLE_ID)).toBe(String(CONTRACT_ROLE_ID));
  });
});

describe('roles', () => {
  test('are a table, closed ones with what is missing', async () => {
    const { code, stdout, stderr } = await cli.run(['roles']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'ROLE           ACCOUNT                    LONGEST  STATE',
        'prod/ReadOnly  Production (111122223333)  1 h      open',
        'prod/Admin     Production (111122223333)           closed: sign in with MFA: amr must include mfa',
        '',
      ].join('\n'),
    );
  });

  test('--json is what the broker said', async () => {
    expect(JSON.parse((await cli.run(['roles', '--json'])).stdout)).toEqual(ROLES);
  });

  test('none', async () => {
    broker.answers['/v1/roles'] = () => ({ json: { roles: [] } });
    expect(await cli.run(['roles'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'daypass: no role is open to you\nhint: `daypass whoami` shows who the broker takes you for\n',
    });
  });
});

test('whoami', async () => {
  expect((await cli.run(['whoami'])).stdout).toBe(
    [
      'username     dev@example.com',
      'issuer       corp',
      'subject      u-1',
      'signed in    2026-01-31T09:00:00Z',
      'token ends   2026-01-31T10:00:00Z',
      'permissions  none besides roles',
      '',
    ].join('\n'),
  );
  expect(JSON.parse((await cli.run(['whoami', '--json'])).stdout)).toMatchObject({ username: 'dev@example.com' });
});

test('the broker’s description is asked for once a day', async () => {
  await cli.run(['whoami']);
  await cli.run(['roles']);
  expect(broker.server.count('GET', '/.well-known/daypass')).toBe(1);
  const [path, text] = Object.entries(cli.files('configuration'))[0] as [string, string];
  writeFileSync(path, JSON.stringify({ ...JSON.parse(text), at: Date.now() - 86_400_001 }));
  await cli.run(['roles']);
  expect(broker.server.count('GET', '/.well-known/daypass')).toBe(2);
  writeFileSync(path, 'damaged');
  expect((await cli.run(['roles'])).code).toBe(0);
  expect(broker.server.count('GET', '/.well-known/daypass')).toBe(3);
});

describe('check', () => {
  const file = (): string => join(cli.directory, 'access.yml');

  test('an access policy without mistakes is 0', async () => {
    writeFileSync(file(), GOOD_POLICY);
    const { code, stdout, stderr } = await cli.run(['check', file()], { DAYPASS_URL: '', DAYPASS_TOKEN: '' });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: `daypass: ${file()}: 0 errors, 0 warnings\n`,
    });
  });

  test('a mistake is 1, at its line and column', async () => {
    writeFileSync(file(), GOOD_POLICY.replace('roles: [prod/ReadOnly]', 'roles: [prod/ReadOnlx]'));
    const { code, stdout, stderr } = await cli.run(['check', file()]);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^${file()}:14:13: error: .*prod/ReadOnlx`));
    expect(stderr).toContain(': 1 error, ');
    const { diagnostics } = JSON.parse((await cli.run(['check', file(), '--json'])).stdout);
    expect(diagnostics[0]).toMatchObject({ line: 14, column: 13, severity: 'error' });
  });

  test('what the file holds cannot draw on the terminal or add a line', async () => {
    writeFileSync(file(), GOOD_POLICY.replace('roles: [prod/ReadOnly]', String.raw`roles: ["prod/x\e[2J\ny"]`));
    const { code, stdout } = await cli.run(['check', file()]);
    expect(code).toBe(1);
    expect(stdout).toContain(String.raw`\u{1b}[2J\u{a}y`);
    expect(stdout).not.toContain('\u001b');
    const starts = stdout.trimEnd().split('\n');
    expect(starts.filter((line) => !line.startsWith(`${file()}:`) && !line.startsWith('  hint: '))).toEqual([]);
  });

  test('no such file is 5', async () => {
    expect(await cli.run(['check', '/no/such/file'])).toMatchObject({
      code: 5,
      stdout: '',
      stderr: 'daypass: /no/such/file cannot be read (ENOENT)\n',
    });
  });
});

const GOOD_POLICY = `version: 1
issuers:
  corp:
    issuer: https://idp.example.com
    audience: [daypass]
    algorithms: [RS256]
    username: email
accounts:
  prod: { id: "111122223333", label: Production }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly" }
grants:
  - name: everyone-reads
    roles: [prod/ReadOnly]
    callers: { groups: [engineering] }
`;

describe('completion', () => {
  test('bash: the script loads, and completes commands, options and choices', async () => {
    const { stdout } = await cli.run(['completion', 'bash']);
    const complete = (...words: string[]): string[] => {
      const script = `${stdout}\nCOMP_WORDS=(daypass ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _daypass; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    };
    expect(complete('cr')).toEqual(['credentials', 'credential-process']);
    expect(complete('logi', '--d')).toEqual(['']);
    expect(complete('login', '--d')).toEqual(['--device']);
    expect(complete('env', '--shell', 'f')).toEqual(['fish']);
  });

  test.each(['zsh', 'fish'])('%s: names every command and option, and loads where that shell is', async (shell) => {
    const { code, stdout } = await cli.run(['completion', shell]);
    expect(code).toBe(0);
    for (const command of COMMANDS) {
      // fish completes the words of a name one by one.
      for (const word of shell === 'fish' ? command.name.split(' ') : [command.name]) expect(stdout).toContain(word);
      for (const option of Object.keys(command.options))
        expect(stdout).toContain(shell === 'fish' ? `-l ${option}` : `--${option}[`);
    }
    const file = join(cli.directory, `completion.${shell}`);
    writeFileSync(file, stdout);
    const checked = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (checked.error === undefined) expect(checked.stderr).toBe('');
  });
});

test('a broker whose certificate does not verify gets no token', async () => {
  let asked = 0;
  const server = createServer(SELF_SIGNED, (_, response) => {
    asked++;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const refused = await cli.run(['whoami'], { DAYPASS_URL: url });
  server.close();
  expect({ code: refused.code, asked }).toEqual({ code: 4, asked: 0 });
  expect(refused.stderr).toMatch(
    /no connection to https:\S+ \(DEPTH_ZERO_SELF_SIGNED_CERT\)\nhint: the certificate does not verify/,
  );
});

test('a reader that goes away early is no error', async () => {
  broker.answers['/v1/roles'] = () => ({ json: { roles: Array.from({ length: 5_000 }, () => ROLES.roles[0]) } });
  const script = `"$NODE" "$PROGRAM" roles | head -1`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE: cli.node,
    PROGRAM: cli.program,
    DAYPASS_HOME: cli.home,
    ...cli.env,
  };
  const { execFile } = await import('node:child_process');
  const result = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile('sh', ['-c', script], { env }, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
  expect(result).toEqual({ stdout: 'ROLE           ACCOUNT                    LONGEST  STATE\n', stderr: '' });
});
