import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { browserCommand } from '../../cli/console/browser-command.ts';
import { redirectOnce } from '../../cli/console/redirect.ts';
import type { ConsoleAnswer } from '../../lib/http/contract.ts';
import { problem } from './fake-broker.ts';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();

const TARGET = 'https://signin.aws.amazon.com/federation?Action=login&SigninToken=sign-in-token-canary-0123456789';

const ANSWER: ConsoleAnswer = {
  Url: TARGET,
  Destination: 'https://console.aws.amazon.com/ec2/home?region=eu-central-1',
  Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  AccountId: '111122223333',
  SessionId: '01J00000000000000000000001',
  RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
  SourceIdentity: 'dev@example.com',
  DurationSeconds: 3600,
  Notices: [],
};

describe('daypass console', () => {
  beforeEach(() => {
    broker.answers['/v1/console'] = () => ({ json: ANSWER });
  });

  /** A program that notes its arguments. */
  function browser(): { path: string; opened: () => Promise<string> } {
    const bin = join(cli.directory, 'bin');
    const [path, opened] = [join(bin, 'browser'), join(cli.directory, 'opened')];
    mkdirSync(bin, { recursive: true });
    rmSync(opened, { force: true });
    writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > '${opened}.tmp' && mv '${opened}.tmp' '${opened}'\n`);
    chmodSync(path, 0o755);
    return {
      path,
      async opened() {
        for (;;) {
          try {
            return readFileSync(opened, 'utf8');
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      },
    };
  }

  test('gives the browser an address on this machine that leads to the console once', async () => {
    const { path, opened } = browser();
    const running = cli.start(['console', 'prod/ReadOnly', '--destination', 'ec2', '--browser', `${path} -P work`]);
    const [first, second, address = ''] = (await opened()).trim().split('\n');
    expect([first, second]).toEqual(['-P', 'work']);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/);
    const response = await fetch(address, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, TARGET]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { code, stdout, stderr } = await running.finished;
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('the console is open as arn:aws:iam::111122223333:role/ReadOnly');
    expect(stderr).not.toContain('canary');
    const asked = broker.server.seen.find((request) => request.path === '/v1/console');
    expect(JSON.parse(asked?.body ?? '')).toEqual({ role: 'prod/ReadOnly', destination: 'ec2' });
  });

  test('DAYPASS_BROWSER names the browser too', async () => {
    const { path, opened } = browser();
    const running = cli.start(['console', 'prod/ReadOnly'], { DAYPASS_BROWSER: path });
    await fetch((await opened()).trim(), { redirect: 'manual' });
    expect((await running.finished).code).toBe(0);
  });

  test('--print prints the address, and says what it is', async () => {
    const { code, stdout, stderr } = await cli.run(['console', 'prod/ReadOnly', '--print']);
    expect([code, stdout]).toEqual([0, `${TARGET}\n`]);
    expect(stderr).toContain('whoever has this address is signed in as you, for 15 minutes');
  });

  test('sends why, for how long and where', async () => {
    const words = ['--reason', 'disk full', '--ticket', 'OPS-1', '--duration', '30m', '--destination', 's3', '--print'];
    await cli.run(['console', 'prod/Admin', ...words]);
    expect(JSON.parse(broker.server.seen.at(-1)?.body ?? '')).toEqual({
      role: 'prod/Admin',
      reason: 'disk full',
      ticket: 'OPS-1',
      durationSeconds: 1800,
      destination: 's3',
    });
  });

  test('a browser that is not there is said to be', async () => {
    const { code, stderr } = await cli.run(['console', 'prod/ReadOnly', '--browser', '/nowhere/browser']);
    expect([code, stderr]).toEqual([5, 'daypass: /nowhere/browser could not be started\n']);
  });

  test('a browser that cannot open it says so, and the person can', async () => {
    const path = join(cli.directory, 'broken');
    writeFileSync(path, '#!/bin/sh\nexit 3\n');
    chmodSync(path, 0o755);
    const running = cli.start(['console', 'prod/ReadOnly', '--browser', path]);
    const [, address = ''] = await running.stderr(/open (http:\S+) in a browser on this machine/);
    const response = await fetch(address, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe(TARGET);
    const { code, stderr } = await running.finished;
    expect(code).toBe(0);
    expect(stderr).toContain(`${path} could not open a browser (exit code 3)`);
    expect(stderr).not.toContain('canary');
  });

  test('the address goes where {url} is, for a tab container', async () => {
    const { path, opened } = browser();
    const container = 'ext+container:name=prod&url={url}';
    const running = cli.start(['console', 'prod/ReadOnly', '--browser', `"${path}" '${container}'`]);
    const [, address = ''] = /^ext\+container:name=prod&url=(http:\S+)\n$/.exec(await opened()) ?? [];
    await fetch(address, { redirect: 'manual' });
    expect((await running.finished).code).toBe(0);
  });

  test.each([
    ['--browser', ['--browser', ' ']],
    ['--browser', ['--browser', '"firefox -P']],
    ['DAYPASS_BROWSER', []],
  ] as const)('a browser that cannot be meant opens no session: %s', async (source, words) => {
    broker.server.seen.length = 0;
    const environment = words.length === 0 ? { DAYPASS_BROWSER: "firefox 'work" } : {};
    const { code, stderr } = await cli.run(['console', 'prod/ReadOnly', ...words], environment);
    expect([code, stderr.includes(source)]).toEqual([2, true]);
    expect(broker.server.seen.filter(({ path }) => path === '/v1/console')).toEqual([]);
  });

  test('a refusal is told with its code', async () => {
    broker.answers['/v1/console'] = () => problem(400, 'destination_not_allowed', 'Destination refused');
    const { code, stderr } = await cli.run(['console', 'prod/ReadOnly', '--destination', 'https://evil.example']);
    expect([code, stderr.includes('destination_not_allowed')]).toEqual([1, true]);
  });

  test.each([
    ['plain http', { Url: 'http://signin.example.com/' }],
    ['another scheme', { Url: 'javascript:alert(1)' }],
    ['control characters', { Url: 'https://signin.example.com/\u001b[2J' }],
    ['no address', { Url: undefined }],
    ['no end', { Expiration: 'soon' }],
  ])('an answer with %s is not opened', async (_, changes) => {
    broker.answers['/v1/console'] = () => ({ json: { ...ANSWER, ...changes } });
    const { code, stdout } = await cli.run(['console', 'prod/ReadOnly', '--print']);
    expect([code, stdout]).toEqual([4, '']);
  });
});

describe('The words of a browser', () => {
  test.each([
    ['firefox', ['firefox']],
    ['  firefox   -P  work ', ['firefox', '-P', 'work']],
    [
      'open -na "Google Chrome" --args --profile-directory="Profile 1"',
      ['open', '-na', 'Google Chrome', '--args', '--profile-directory=Profile 1'],
    ],
    [
      "'C:\\Program Files\\Mozilla Firefox\\firefox.exe' -P \"it's mine\"",
      ['C:\\Program Files\\Mozilla Firefox\\firefox.exe', '-P', "it's mine"],
    ],
    ['x "" y', ['x', '', 'y']],
    ['x $(id) `id` ; & | > $HOME', ['x', '$(id)', '`id`', ';', '&', '|', '>', '$HOME']],
  ])('%s', (text, words) => expect(browserCommand(text, '--browser')).toEqual(words));

  test.each(['', ' ', '""', '"firefox', "firefox 'work", 'firefox wo"rk', `"a'`])('%j are none', (text) => {
    expect(() => browserCommand(text, '--browser')).toThrow('--browser');
  });
});

describe('The redirect on this machine', () => {
  const target = new URL(TARGET);
  const closing: { close(): void }[] = [];
  afterAll(() => {
    for (const one of closing) one.close();
  });
  const begin = async (patience = 10_000) => {
    const redirect = await redirectOnce(target, patience);
    closing.push(redirect);
    return redirect;
  };

  test('leads there once', async () => {
    const { url, taken } = await begin();
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
    const again = await fetch(url, { redirect: 'manual' });
    expect([again.status, again.headers.get('location')]).toEqual([404, null]);
    expect(await taken).toBe(true);
  });

  test.each([
    ['another path', (url: URL) => fetch(new URL('/', url), { redirect: 'manual' })],
    ['another method', (url: URL) => fetch(url, { method: 'POST', redirect: 'manual' })],
    ['a longer path', (url: URL) => fetch(`${url.href}/`, { redirect: 'manual' })],
    ['a query', (url: URL) => fetch(`${url.href}?x`, { redirect: 'manual' })],
    [
      'another name of this machine',
      (url: URL) => fetch(url.href.replace('127.0.0.1', 'localhost'), { redirect: 'manual' }),
    ],
  ])('does not for %s, and goes on waiting', async (_, ask) => {
    const { url } = await begin();
    const response = await ask(url).catch(() => undefined);
    if (response !== undefined) expect([response.status, response.headers.get('location')]).toEqual([404, null]);
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
  });

  test('says when nobody came', async () => {
    expect(await (await begin(20)).taken).toBe(false);
  });
});
