import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();

const EXEC = ['exec', 'prod/ReadOnly'];

describe('exec', () => {
  test('gives the program the credentials and takes away what competes with them', async () => {
    const show =
      'console.log(JSON.stringify(Object.fromEntries(Object.entries(process.env).filter(([n]) => n.startsWith("AWS_")))))';
    const { code, stdout, stderr } = await cli.run([...EXEC, '--region', 'eu-central-1', '--', cli.node, '-e', show], {
      AWS_PROFILE: 'mine',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/x',
      AWS_PAGER: 'cat',
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { stdout: document } = await cli.run(['credentials', 'prod/ReadOnly']);
    const issued = JSON.parse(document);
    expect(JSON.parse(stdout)).toEqual({
      AWS_PAGER: 'cat',
      AWS_ACCESS_KEY_ID: issued.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: issued.SecretAccessKey,
      AWS_SESSION_TOKEN: issued.SessionToken,
      AWS_CREDENTIAL_EXPIRATION: issued.Expiration,
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
    });
  });

  test('does not give the program the token, with which it could ask for any other role', async () => {
    const show = 'console.log("DAYPASS_TOKEN" in process.env)';
    const { stdout } = await cli.run([...EXEC, '--', cli.node, '-e', show]);
    expect(stdout.trim()).toBe('false');
  });

  test.each([0, 1, 3, 42, 255])('passes exit code %i on', async (expected) => {
    const { code } = await cli.run([...EXEC, '--', cli.node, '-e', `process.exit(${expected})`]);
    expect(code).toBe(expected);
  });

  test('gives arguments as they are, to no shell', async () => {
    const args = ['$HOME', '*', '; false', '--', '--reason', "it's", ''];
    const { stdout } = await cli.run([
      ...EXEC,
      '--',
      cli.node,
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...args,
    ]);
    expect(JSON.parse(stdout)).toEqual(args);
  });

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR2'] as const)('passes %s on to the program', async (signal) => {
    const wait = `process.on('${signal}', () => process.exit(17)); setInterval(() => {}, 1e6); console.error('ready')`;
    const running = cli.start([...EXEC, '--', cli.node, '-e', wait]);
    await running.stderr(/ready/);
    running.child.kill(signal);
    expect(await running.finished).toMatchObject({ code: 17, signal: null });
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('ends by %s when the program did', async (signal) => {
    const { code, signal: by } = await cli.run([
      ...EXEC,
      '--',
      cli.node,
      '-e',
      `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1e6)`,
    ]);
    expect({ code, by }).toEqual({ code: null, by: signal });
  });

  test('a program that is not there is 127, one that may not run is 126', async () => {
    const missing = await cli.run([...EXEC, '--', 'no-such-program-here']);
    expect(missing).toMatchObject({ code: 127, stderr: 'daypass: there is no program no-such-program-here\n' });
    const file = join(cli.directory, 'not-executable');
    writeFileSync(file, 'x');
    chmodSync(file, 0o644);
    expect((await cli.run([...EXEC, '--', file])).code).toBe(126);
  });

  test('the program does not run when there are no credentials', async () => {
    broker.answers['/v1/credentials'] = () => ({ cut: true });
    const { code, stdout } = await cli.run([...EXEC, '--', cli.node, '-e', 'console.log("ran")']);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  });

  test('without a program it says how', async () => {
    for (const args of [EXEC, [...EXEC, '--']]) {
      const { code, stderr } = await cli.run(args);
      expect(code).toBe(2);
      expect(stderr).toContain('which program? `daypass exec ROLE -- PROGRAM`');
    }
  });

  test('shares the cache with credentials', async () => {
    await cli.run([...EXEC, '--', cli.node, '-e', '0']);
    await cli.run(['credentials', 'prod/ReadOnly']);
    expect(broker.asked).toBe(1);
  });
});

describe('env', () => {
  test('sh: eval sets the variables, whatever the secret holds', async () => {
    const secret = `'; echo gotcha >&2; "$(id)\` \\`;
    const plain = JSON.parse((await cli.run(['credentials', 'prod/ReadOnly', '--no-cache'])).stdout);
    broker.answers['/v1/credentials'] = () => ({ json: { ...plain, SecretAccessKey: secret, DurationSeconds: 3600 } });
    const { stdout } = await cli.run(['env', 'prod/ReadOnly', '--shell', 'sh']);
    const script = 'eval "$LINES_TO_EVAL"; printf %s "$AWS_SECRET_ACCESS_KEY"; [ -z "${AWS_PROFILE+x}" ]';
    const env = { PATH: process.env['PATH'] ?? '', AWS_PROFILE: 'mine', LINES_TO_EVAL: stdout };
    expect(execFileSync('sh', ['-c', script], { env, encoding: 'utf8' })).toBe(secret);
  });

  test.each([
    ['sh', /^export AWS_ACCESS_KEY_ID='ASIA0000000000000001'$/m],
    ['fish', /^set -gx AWS_ACCESS_KEY_ID 'ASIA0000000000000001';$/m],
    ['powershell', /^\$Env:AWS_ACCESS_KEY_ID = 'ASIA0000000000000001'$/m],
  ])('%s', async (shell, line) => {
    const { code, stdout, stderr } = await cli.run(['env', 'prod/ReadOnly', '--shell', shell, '--region', 'us-east-1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(line);
    expect(stdout.trimEnd().split('\n')).toHaveLength(11);
  });

  test('another shell is refused', async () => {
    const { code, stderr } = await cli.run(['env', 'prod/ReadOnly', '--shell', 'csh']);
    expect(code).toBe(2);
    expect(stderr).toContain('--shell is one of sh, fish, powershell');
  });
});
