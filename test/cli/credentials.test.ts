import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { credentialsName, lockPath } from '../../cli/store/home.ts';
import { FakeBroker, MISSING_MFA, problem } from './fake-broker.ts';
import { jwtFor, useCli } from './harness.ts';

const { cli, broker } = await useCli();

const ROLE = ['credentials', 'prod/ReadOnly'];

/** The one cached session's file. */
function cachedFile(): string {
  const files = Object.keys(cli.files('credentials'));
  expect(files).toHaveLength(1);
  return files[0] as string;
}

/** Makes the cached session one that ends in so many seconds. */
function ageCached(seconds: number): void {
  const [path, text] = Object.entries(cli.files('credentials'))[0] as [string, string];
  const cached = JSON.parse(text);
  cached.answer.Expiration = new Date(Date.now() + seconds * 1000).toISOString();
  writeFileSync(path, JSON.stringify(cached));
}

describe('the document', () => {
  test('is one line of credential_process JSON on standard output, with nothing on standard error', async () => {
    const { code, stdout, stderr } = await cli.run(ROLE);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toMatchObject({
      Version: 1,
      AccessKeyId: 'ASIA0000000000000001',
      AccountId: '111122223333',
    });
    for (const member of ['SecretAccessKey', 'SessionToken', 'Expiration'])
      expect(JSON.parse(stdout)[member]).toBeTypeOf('string');
  });

  test('is the same under the name credential-process', async () => {
    await cli.run(ROLE);
    const { stdout } = await cli.run(['credential-process', 'prod/ReadOnly']);
    expect(JSON.parse(stdout).AccessKeyId).toBe('ASIA0000000000000001');
    expect(broker.asked).toBe(1);
  });

  test('the request carries the token, the role and what was asked for, and nothing else', async () => {
    await cli.run([...ROLE, '--reason', 'deploy', '--ticket', 'OPS-1', '--duration', '30m']);
    const [request] = broker.server.seen.filter(({ path }) => path === '/v1/credentials');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      role: 'prod/ReadOnly',
      reason: 'deploy',
      ticket: 'OPS-1',
      durationSeconds: 1800,
    });
    expect(request?.authorization).toBe(`Bearer ${jwtFor('u-1')}`);
  });

  test('a token file is trimmed, and goes before DAYPASS_TOKEN', async () => {
    const file = join(cli.directory, 'token');
    writeFileSync(file, `${jwtFor('from-file')}\n`);
    await cli.run([...ROLE, '--token-file', file]);
    expect(broker.server.seen.at(-1)?.authorization).toBe(`Bearer ${jwtFor('from-file')}`);
  });

  test('a notice of the broker is shown on standard error', async () => {
    broker.answers['/v1/credentials'] = () => undefined;
    const original = await cli.run([...ROLE, '--no-cache']);
    const Notices = [{ code: 'duration_shortened', message: 'shortened to 1 h' }];
    broker.answers['/v1/credentials'] = () => ({
      json: { ...JSON.parse(original.stdout), DurationSeconds: 3600, Notices },
    });
    const { stdout, stderr } = await cli.run([...ROLE, '--no-cache']);
    expect(stderr).toBe('daypass: notice: shortened to 1 h\n');
    expect(JSON.parse(stdout)).not.toHaveProperty('Notices');
  });

  test.each([
    ['a secret with a line break', { SecretAccessKey: 'a\nb' }],
    ['no session token', { SessionToken: undefined }],
    ['an expiration that is no time', { Expiration: 'soon' }],
    ['another version', { Version: 2 }],
  ])('an answer with %s is refused and not kept', async (_, change) => {
    const original = await cli.run([...ROLE, '--no-cache']);
    broker.answers['/v1/credentials'] = () => ({
      json: { ...JSON.parse(original.stdout), DurationSeconds: 3600, ...change },
    });
    const { code, stdout, stderr } = await cli.run(ROLE);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('does not understand');
    expect(cli.files('credentials')).toEqual({});
  });
});

describe('the cache', () => {
  test('serves fresh credentials without asking anybody', async () => {
    const first = await cli.run(ROLE);
    const asked = broker.server.seen.length;
    const second = await cli.run(ROLE);
    expect(second).toEqual(first);
    expect(broker.server.seen).toHaveLength(asked);
  });

  test('serves them from the entry file alone, without the rest of the program', async () => {
    const first = await cli.run(ROLE);
    const alone = join(cli.directory, 'alone');
    mkdirSync(alone, { recursive: true });
    cpSync(cli.program, join(alone, 'daypass.cjs'));
    const env = { PATH: process.env['PATH'] ?? '', DAYPASS_HOME: cli.home, ...cli.env };
    expect(execFileSync(cli.node, [join(alone, 'daypass.cjs'), ...ROLE], { env, encoding: 'utf8' })).toBe(first.stdout);
  });

  test.each([
    ['an hour, 20 minutes left', 3600, 1200, 1],
    ['an hour, 14 minutes left', 3600, 840, 2],
    ['15 minutes, 5 minutes left', 900, 300, 1],
    ['15 minutes, 3 minutes left', 900, 180, 2],
    ['ended a minute ago', 3600, -60, 2],
  ])('%s', async (_, lifetime, left, requests) => {
    broker.duration = lifetime;
    await cli.run(ROLE);
    ageCached(left);
    const { code } = await cli.run(ROLE);
    expect({ code, requests: broker.asked }).toEqual({ code: 0, requests });
  });

  test('is kept apart by identity, issuer, role, duration and broker', async () => {
    const other = await FakeBroker.listen();
    await cli.run(ROLE);
    await cli.run(ROLE, { DAYPASS_TOKEN: jwtFor('u-2') });
    await cli.run(ROLE, { DAYPASS_TOKEN: jwtFor('u-1', 'https://other.example.com') });
    await cli.run(['credentials', 'prod/Admin']);
    await cli.run([...ROLE, '--duration', '15m']);
    await cli.run(ROLE, { DAYPASS_URL: other.url });
    await other.server.close();
    expect(broker.asked + other.asked).toBe(6);
    expect(Object.keys(cli.files('credentials'))).toHaveLength(6);
  });

  test('serves nobody else’s session from a renamed file', async () => {
    await cli.run(ROLE);
    const key = {
      broker: broker.url,
      role: 'prod/ReadOnly',
      durationSeconds: null,
      issuer: 'https://ci.example.com',
      subject: 'u-2',
    };
    cpSync(cachedFile(), join(cli.home, 'credentials', `${credentialsName(key)}.json`));
    const { stdout, stderr } = await cli.run(ROLE, { DAYPASS_TOKEN: jwtFor('u-2') });
    expect(JSON.parse(stdout).AccessKeyId).toBe('ASIA0000000000000002');
    expect(stderr).toContain('is damaged; asking the broker again');
  });

  test('asks anew for a new reason, serves the same reason and no reason', async () => {
    await cli.run([...ROLE, '--reason', 'deploy']);
    await cli.run([...ROLE, '--reason', 'deploy']);
    await cli.run(ROLE);
    expect(broker.asked).toBe(1);
    await cli.run([...ROLE, '--reason', 'rollback']);
    expect(broker.asked).toBe(2);
  });

  test('--no-cache asks and keeps nothing', async () => {
    await cli.run([...ROLE, '--no-cache']);
    await cli.run([...ROLE, '--no-cache']);
    expect(broker.asked).toBe(2);
    expect(cli.files('credentials')).toEqual({});
  });

  test.each([
    '',
    '{',
    '{"version":1}',
    'null',
    '[]',
    '\u0000\u0001',
    '{"version":1,"key":{},"answer":{"Expiration":"x"}}',
  ])('a damaged file (%j) is told, replaced by a new session, and touches no other file', async (text) => {
    await cli.run(['credentials', 'prod/Other']);
    const others = cli.files('credentials');
    await cli.run(ROLE);
    const path = Object.keys(cli.files('credentials')).find((name) => !(name in others)) as string;
    writeFileSync(path, text);
    const { code, stdout, stderr } = await cli.run(ROLE);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).AccessKeyId).toBe('ASIA0000000000000003');
    expect(stderr).toBe(`daypass: ${path} is damaged; asking the broker again\n`);
    expect(cli.files('credentials')).toMatchObject(others);
    expect((await cli.run(ROLE)).stderr).toBe('');
  });
});

describe('files', () => {
  test('are 0600 in directories that are 0700', async () => {
    await cli.run(ROLE);
    expect(cli.mode(cli.home)).toBe('700');
    for (const folder of ['credentials', 'configuration', 'lock']) expect(cli.mode(join(cli.home, folder))).toBe('700');
    for (const folder of ['credentials', 'configuration']) {
      for (const path of Object.keys(cli.files(folder))) expect(cli.mode(path)).toBe('600');
    }
    expect(cli.files('lock')).toEqual({});
  });

  test('one that others may read is not used', async () => {
    await cli.run(ROLE);
    chmodSync(cachedFile(), 0o644);
    const { code, stdout, stderr } = await cli.run(ROLE);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('may be read or changed by others (mode 644)');
    expect(stderr).toContain('hint: ');
    expect(broker.asked).toBe(1);
  });

  test('a symbolic link is not followed', async () => {
    await cli.run(ROLE);
    const path = cachedFile();
    const elsewhere = join(cli.directory, 'elsewhere.json');
    cpSync(path, elsewhere);
    rmSync(path);
    symlinkSync(elsewhere, path);
    const { code, stderr } = await cli.run(ROLE);
    expect(code).toBe(5);
    expect(stderr).toContain('is a symbolic link');
  });

  test('a home that others may write to is refused', async () => {
    mkdirSync(cli.home);
    chmodSync(cli.home, 0o777);
    const { code, stderr } = await cli.run(ROLE);
    expect({ code, asked: broker.asked }).toEqual({ code: 5, asked: 0 });
    expect(stderr).toContain(`hint: chmod 700 ${cli.home}`);
  });

  test('are under XDG_STATE_HOME, or ~/.local/state', async () => {
    const state = join(cli.directory, 'state');
    await cli.run(ROLE, { DAYPASS_HOME: '', XDG_STATE_HOME: state });
    expect(cli.mode(join(state, 'daypass', 'credentials'))).toBe('700');
    await cli.run(ROLE, { DAYPASS_HOME: '' });
    expect(cli.mode(join(cli.directory, '.local/state/daypass/credentials'))).toBe('700');
  });

  test('no file holds the token', async () => {
    await cli.run(ROLE);
    const everything = ['credentials', 'configuration'].flatMap((folder) => Object.values(cli.files(folder)));
    expect(everything).toHaveLength(2);
    expect(everything.join()).not.toContain(jwtFor('u-1').split('.')[2]);
  });
});

describe('processes at the same time', () => {
  test('ten make one request and print the same session', async () => {
    broker.delay = 400;
    const results = await Promise.all(Array.from({ length: 10 }, () => cli.run(ROLE)));
    expect(results.map(({ code }) => code)).toEqual(Array(10).fill(0));
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    expect(broker.asked).toBe(1);
    expect(broker.server.count('GET', '/.well-known/daypass')).toBe(1);
    expect(cli.files('lock')).toEqual({});
  });

  test('a holder that was killed in the middle does not stop the others', async () => {
    broker.delay = 20_000;
    const killed = cli.start(ROLE);
    while (broker.asked === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    killed.child.kill('SIGKILL');
    await killed.finished;
    expect(Object.keys(cli.files('lock'))).toHaveLength(1);
    broker.delay = 100;
    const results = await Promise.all(Array.from({ length: 5 }, () => cli.run(ROLE)));
    expect(results.map(({ code }) => code)).toEqual(Array(5).fill(0));
    expect(broker.asked).toBe(2);
    expect(cli.files('lock')).toEqual({});
  });

  test.each([
    ['of a process id that somebody else has now', JSON.stringify({ pid: 1, host: hostname(), since: 0, nonce: 'x' })],
    ['of another machine', JSON.stringify({ pid: 1, host: 'elsewhere', since: 0, nonce: 'x' })],
    ['that was never written to', ''],
  ])('a lock %s is broken once it has been silent for long', async (_, text) => {
    const key = {
      broker: broker.url,
      role: 'prod/ReadOnly',
      durationSeconds: null,
      issuer: 'https://ci.example.com',
      subject: 'u-1',
    };
    const path = lockPath(cli.home, credentialsName(key));
    mkdirSync(join(cli.home, 'lock'), { recursive: true, mode: 0o700 });
    chmodSync(cli.home, 0o700);
    writeFileSync(path, text);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(path, longAgo, longAgo);
    expect((await cli.run(ROLE)).code).toBe(0);
    expect(cli.files('lock')).toEqual({});
  });
});

describe('when the broker does not help', () => {
  test('a refusal is shown whole: title, detail, what is missing, ids, hint', async () => {
    broker.answers['/v1/credentials'] = () =>
      problem(403, 'access_denied', 'Not allowed', {
        detail: 'the access policy does not give you prod/ReadOnly',
        missing: [MISSING_MFA],
        sessionId: '01JABC',
        hint: 'ask in #access',
      });
    const { code, stdout, stderr } = await cli.run(ROLE);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      [
        'daypass: Not allowed: the access policy does not give you prod/ReadOnly (access_denied)',
        `  missing: ${MISSING_MFA.message}`,
        '  request: req-1',
        '  session: 01JABC',
        'hint: ask in #access',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [401, 'token_expired', 3],
    [403, 'access_denied', 1],
  ])('%i is final even while cached credentials are good for minutes', async (status, code, exit) => {
    await cli.run(ROLE);
    ageCached(600);
    broker.answers['/v1/credentials'] = () => problem(status, code, 'No');
    const result = await cli.run(ROLE);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: exit, stdout: '' });
  });

  test.each([
    ['a connection that breaks', () => ({ cut: true })],
    ['503', () => problem(503, 'audit_unavailable', 'Try again')],
    ['502 in HTML', () => ({ status: 502, text: '<html>' })],
    ['429', () => problem(429, 'rate_limited', 'Slow down')],
  ])('%s: ageing credentials are served with a warning', async (_, reply) => {
    const first = await cli.run(ROLE);
    ageCached(300);
    broker.answers['/v1/credentials'] = reply;
    const { code, stdout, stderr } = await cli.run(ROLE);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).AccessKeyId).toBe(JSON.parse(first.stdout).AccessKeyId);
    expect(stderr).toMatch(/^daypass: using cached credentials that last \d+ (min|s)/);
  });

  test('credentials with less than a minute left are not served', async () => {
    await cli.run(ROLE);
    ageCached(50);
    broker.answers['/v1/credentials'] = () => ({ cut: true });
    const { code, stdout, stderr } = await cli.run(ROLE);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^daypass: no connection to http:/);
  });

  test('nobody listening: exit code 4 with a hint', async () => {
    const gone = await FakeBroker.listen();
    await gone.server.close();
    const { code, stderr } = await cli.run(ROLE, { DAYPASS_URL: gone.url });
    expect(code).toBe(4);
    expect(stderr).toBe(
      `daypass: no connection to ${gone.url} (ECONNREFUSED)\nhint: is the local stack running? \`npm start\` brings it up\n`,
    );
  });

  test.each([
    ['reason', 'say why with --reason TEXT'],
    ['ticket', 'name the ticket with --ticket ID'],
    ['sign_in', '`daypass login --fresh` signs in anew'],
  ] as const)('a missing %s is answered with the option that gives it', async (kind, hint) => {
    const message = `a ${kind} is required`;
    broker.answers['/v1/credentials'] = () =>
      problem(403, 'access_denied', 'Not allowed', { detail: message, missing: [{ kind, message }], hint: 'general' });
    expect((await cli.run(ROLE)).stderr).toBe(
      `daypass: Not allowed: ${message} (access_denied)\n  request: req-1\nhint: ${hint}\n`,
    );
  });

  test('Retry-After is told', async () => {
    broker.answers['/v1/credentials'] = () => ({
      ...problem(429, 'rate_limited', 'Slow down'),
      headers: { 'retry-after': '17' },
    });
    expect((await cli.run(ROLE)).stderr).toContain('hint: try again in 17 s');
  });

  test('a redirect is not followed: the token stays', async () => {
    const thief = await FakeBroker.listen();
    broker.answers['/v1/credentials'] = () => ({ status: 307, headers: { location: `${thief.url}/v1/credentials` } });
    const { code, stderr } = await cli.run(ROLE);
    await thief.server.close();
    expect({ code, stolen: thief.server.seen.length }).toEqual({ code: 4, stolen: 0 });
    expect(stderr).toContain('a redirect, which daypass does not follow');
  });

  test('an endpoint at another origin is refused: the token stays', async () => {
    const thief = await FakeBroker.listen();
    broker.answers['/.well-known/daypass'] = () => ({
      json: { version: '1', issuers: [], endpoints: { credentials: `${thief.url}/x` } },
    });
    const { code } = await cli.run(ROLE);
    await thief.server.close();
    expect({ code, stolen: thief.server.seen.length }).toEqual({ code: 4, stolen: 0 });
  });

  test('control characters from the broker do not reach the terminal', async () => {
    broker.answers['/v1/credentials'] = () =>
      problem(403, 'access_denied', '\u001b]0;gotcha\u0007\u202e\r\nx', { hint: '\u009b31m' });
    const { stderr } = await cli.run(ROLE);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(stderr).toContain('\\u{1b}]0;gotcha\\u{7}');
  });
});

describe('the broker’s address', () => {
  test.each([
    ['http://broker.example.com', 'must be https'],
    ['http://127.0.0.1.example.com', 'must be https'],
    ['ftp://127.0.0.1', 'must be https'],
    ['https://user:pw@broker.example.com', 'must not hold a user name or password'],
    ['https://broker.example.com/?x=1', 'must not hold a query or fragment'],
    ['broker', 'is not a URL'],
  ])('%s is refused', async (url, why) => {
    const { code, stderr } = await cli.run(ROLE, { DAYPASS_URL: url });
    expect(code).toBe(2);
    expect(stderr).toContain(`daypass: DAYPASS_URL ${why}`);
    expect(stderr).not.toContain('pw');
  });

  test('a trailing slash is the same broker', async () => {
    await cli.run(ROLE);
    await cli.run(ROLE, { DAYPASS_URL: `${broker.url}/` });
    expect(broker.asked).toBe(1);
  });

  test('TLS verification cannot be switched off', async () => {
    const { code, stderr } = await cli.run(ROLE, {
      DAYPASS_URL: 'https://127.0.0.1:9',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('does not work without verified TLS');
  });
});

describe('the token', () => {
  test.each(['not-a-jwt', 'a.b', 'a.b.c', 'a.e30.c', 'a b.c.d'])('%j is refused and not repeated', async (token) => {
    const { code, stdout, stderr } = await cli.run(ROLE, { DAYPASS_TOKEN: token });
    expect({ code, stdout, asked: broker.asked }).toEqual({ code: 3, stdout: '', asked: 0 });
    expect(stderr).toMatch(/^daypass: DAYPASS_TOKEN does not hold a JWT\n/);
  });

  test('without one and without a sign-in: exit code 3', async () => {
    const { code, stderr } = await cli.run(ROLE, { DAYPASS_TOKEN: '' });
    expect(code).toBe(3);
    expect(stderr).toBe(
      `daypass: nobody is signed in at ${broker.url}\nhint: \`daypass login\` signs in; in CI, set DAYPASS_TOKEN or use --token-file\n`,
    );
  });
});
