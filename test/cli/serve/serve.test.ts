import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MISSING_MFA, problem } from '../fake-broker.ts';
import { jwtFor, type Running, useCli } from '../harness.ts';

const { cli, broker } = await useCli();

interface Served {
  readonly running: Running;
  readonly port: number;
  /** What the printed lines set. */
  readonly variables: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

const started: Running[] = [];

async function serve(...args: readonly string[]): Promise<Served> {
  const running = cli.start(['serve', ...args]);
  started.push(running);
  let stdout = '';
  running.child.stdout?.on('data', (text: string) => (stdout += text));
  const [, port = ''] = await running.stderr(/serving .* on 127\.0\.0\.1:(\d+)/);
  const lines = stdout.trim().split('\n');
  const variables = Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^export (\w+)='([^']*)'$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? '']];
    }),
  );
  return { running, port: Number(port), variables, lines };
}

async function stop({ running }: Served): Promise<number | null> {
  running.child.kill('SIGTERM');
  return (await running.finished).code;
}

/** One raw request: headers as they are, also twice. */
function raw(port: number, lines: readonly string[]): Promise<{ status: number; headers: string; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('error', reject);
    socket.on('close', () => {
      const [headers = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
      resolve({ status: Number(headers.split(' ')[1]), headers, body });
    });
  });
}

const get = (port: number, path: string, ...headers: readonly string[]) =>
  raw(port, [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close', ...headers]);

const PATH = '/v1/container/prod/ReadOnly';
const authorization = ({ variables }: Served) => `Authorization: ${variables['AWS_CONTAINER_AUTHORIZATION_TOKEN']}`;

describe('daypass serve', () => {
  test('prints what a tool needs, serves credentials by the container protocol, and stops cleanly', async () => {
    const served = await serve('prod/ReadOnly');
    expect(served.variables['AWS_CONTAINER_CREDENTIALS_FULL_URI']).toBe(`http://127.0.0.1:${served.port}${PATH}`);
    expect(served.variables['AWS_CONTAINER_AUTHORIZATION_TOKEN']).toMatch(/^[A-Za-z0-9_-]{43}$/);
    for (const name of [
      'AWS_PROFILE',
      'AWS_ACCESS_KEY_ID',
      'AWS_SESSION_TOKEN',
      'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    ]) {
      expect(served.lines).toContain(`unset ${name}`);
    }
    const { status, headers, body } = await get(served.port, PATH, authorization(served));
    expect(status).toBe(200);
    expect(headers).toMatch(/cache-control: no-store/i);
    const answer = JSON.parse(body) as Record<string, string>;
    expect(answer).toMatchObject({
      AccessKeyId: 'ASIA0000000000000001',
      AccountId: '111122223333',
      RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
    });
    for (const name of ['SecretAccessKey', 'Token', 'Expiration']) expect(answer[name]).toBeTypeOf('string');
    expect(await stop(served)).toBe(0);
    await expect(get(served.port, PATH)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('shares sign-in and cache with the other commands', async () => {
    await cli.run(['credentials', 'prod/ReadOnly']);
    const served = await serve('prod/ReadOnly');
    expect(JSON.parse((await get(served.port, PATH, authorization(served))).body).AccessKeyId).toBe(
      'ASIA0000000000000001',
    );
    expect(broker.asked).toBe(1);
    await stop(served);
  });

  test('gives many at once the same session, asked for once', async () => {
    broker.delay = 300;
    const served = await serve();
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(served.port, PATH, authorization(served))));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(broker.asked).toBe(1);
    await stop(served);
  });

  test('asks anew when what it has is about to end', async () => {
    const served = await serve('prod/ReadOnly');
    const [file, text] = Object.entries(cli.files('credentials'))[0] as [string, string];
    const cached = JSON.parse(text);
    cached.answer.Expiration = new Date(Date.now() + 300_000).toISOString();
    writeFileSync(file, JSON.stringify(cached));
    expect(JSON.parse((await get(served.port, PATH, authorization(served))).body).AccessKeyId).toBe(
      'ASIA0000000000000002',
    );
    expect(broker.asked).toBe(2);
    await stop(served);
  });

  test('reads the token file anew each time', async () => {
    const file = join(cli.directory, 'token');
    writeFileSync(file, jwtFor('first'));
    const served = await serve('prod/ReadOnly', '--token-file', file);
    writeFileSync(file, `${jwtFor('second')}\n`);
    await get(served.port, PATH, authorization(served));
    const asked = broker.server.seen.filter(({ path }) => path === '/v1/credentials');
    expect(asked.map((request) => request.authorization)).toEqual([
      `Bearer ${jwtFor('first')}`,
      `Bearer ${jwtFor('second')}`,
    ]);
    await stop(served);
  });

  test('without a role serves each of the caller’s, by its path', async () => {
    const served = await serve();
    expect(served.variables).not.toHaveProperty('AWS_CONTAINER_CREDENTIALS_FULL_URI');
    const arns = await Promise.all(
      ['ReadOnly', 'Admin'].map(async (name) => {
        const { body } = await get(served.port, `/v1/container/prod/${name}`, authorization(served));
        return JSON.parse(body).RoleArn;
      }),
    );
    expect(arns).toEqual(['arn:aws:iam::111122223333:role/ReadOnly', 'arn:aws:iam::111122223333:role/Admin']);
    for (const path of ['/v1/container/', '/v1/container/prod', '/v1/container/prod/a/b', '/v1/container/PROD/x']) {
      expect((await get(served.port, path, authorization(served))).status).toBe(404);
    }
    await stop(served);
  });

  test('tells a tool why the broker refused, and the person who runs it', async () => {
    const served = await serve();
    broker.answers['/v1/credentials'] = () =>
      problem(403, 'access_denied', 'Access denied', { detail: 'no', missing: [MISSING_MFA] });
    const { status, body } = await get(served.port, PATH, authorization(served));
    expect([status, JSON.parse(body).Code]).toEqual([403, 'access_denied']);
    expect(JSON.parse(body).Message).toContain('amr must include mfa');
    await get(served.port, PATH, authorization(served));
    await stop(served);
    const { stderr } = await served.running.finished;
    expect(stderr.match(/refused: Access denied: no/g)).toHaveLength(1);
  });

  test('is unavailable when the broker is, which SDKs ask again about', async () => {
    const served = await serve();
    broker.answers['/v1/credentials'] = () => problem(503, 'audit_unavailable', 'Audit log unavailable');
    expect((await get(served.port, PATH, authorization(served))).status).toBe(503);
    await stop(served);
  });
});

describe('It refuses', () => {
  test('every request without its token, whatever else is sent', async () => {
    const served = await serve('prod/ReadOnly');
    const token = served.variables['AWS_CONTAINER_AUTHORIZATION_TOKEN'] ?? '';
    const asked = broker.asked;
    for (const headers of [
      [],
      ['Authorization:'],
      ['Authorization: x'],
      [`Authorization: Bearer ${token}`],
      [`Authorization: ${token}x`],
      [`Authorization: ${token.slice(1)}`],
      [`Authorization: ${token}`, `Authorization: ${token}`],
      [`X-Authorization: ${token}`],
    ]) {
      const { status, body } = await get(served.port, PATH, ...headers);
      expect([status, JSON.parse(body).code]).toEqual([401, 'TokenNotAccepted']);
      expect(body).not.toContain(token);
    }
    expect((await get(served.port, `${PATH}?token=${token}`)).status).toBe(401);
    expect(broker.asked).toBe(asked);
    await stop(served);
  });

  test('browsers, other hosts, proxies, bodies and methods, with the right token too', async () => {
    const served = await serve('prod/ReadOnly');
    const { port } = served;
    const right = authorization(served);
    const asked = broker.asked;
    const outcomes: [number, readonly string[]][] = [
      [403, [`GET ${PATH} HTTP/1.1`, `Host: evil.example:${port}`, right]],
      [403, [`GET ${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Host: evil.example', right]],
      [403, [`GET ${PATH} HTTP/1.1`, 'Host: 127.0.0.1', right]],
      [403, [`GET ${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Origin: null', right]],
      [403, [`GET ${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Referer: https://evil.example/', right]],
      [403, [`GET ${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'X-Forwarded-For: 10.0.0.1', right]],
      [400, [`GET http://127.0.0.1:${port}${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, right]],
      [405, [`POST ${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Content-Length: 0', right]],
      [405, [`PUT ${PATH} HTTP/1.1`, `Host: 127.0.0.1:${port}`, right]],
      [404, ['GET /v1/container/prod/Admin HTTP/1.1', `Host: 127.0.0.1:${port}`, right]],
      [404, ['GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, right]],
      [404, ['GET /latest/meta-data/ HTTP/1.1', `Host: 127.0.0.1:${port}`, right]],
    ];
    for (const [status, lines] of outcomes) {
      const answer = await raw(port, [...lines, 'Connection: close']);
      expect([answer.status, lines]).toEqual([status, lines]);
      expect(answer.body).not.toContain('SecretAccessKey');
    }
    // A request without a host is none.
    expect((await raw(port, [`GET ${PATH} HTTP/1.1`, right, 'Connection: close'])).status).toBe(400);
    expect(broker.asked).toBe(asked);
    await stop(served);
  });
});

describe('daypass serve --imds', () => {
  const token = async (port: number) =>
    raw(port, [
      'PUT /latest/api/token HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'X-aws-ec2-metadata-token-ttl-seconds: 60',
      'Connection: close',
    ]);

  test('serves the role as an instance would, to whoever got a token first', async () => {
    const served = await serve('prod/ReadOnly', '--imds');
    expect(served.variables['AWS_EC2_METADATA_SERVICE_ENDPOINT']).toBe(`http://127.0.0.1:${served.port}/`);
    expect(served.lines).toContain('unset AWS_EC2_METADATA_DISABLED');
    const path = '/latest/meta-data/iam/security-credentials/';
    expect((await get(served.port, path)).status).toBe(401);
    const { body } = await token(served.port);
    const header = `X-aws-ec2-metadata-token: ${body}`;
    expect((await get(served.port, path, header)).body).toBe('ReadOnly');
    expect(JSON.parse((await get(served.port, `${path}ReadOnly`, header)).body)).toMatchObject({
      Code: 'Success',
      AccessKeyId: 'ASIA0000000000000001',
    });
    expect((await get(served.port, path, header, 'X-Forwarded-For: 10.0.0.1')).status).toBe(403);
    await stop(served);
  });

  const asSomebodyElse = process.platform === 'linux' && process.getuid?.() === 0;
  test.runIf(asSomebodyElse)('is refused to programs of another user', async () => {
    const served = await serve('prod/ReadOnly', '--imds');
    const script = `fetch('http://127.0.0.1:${served.port}/latest/api/token', { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' } }).then(async (answer) => console.log(answer.status, await answer.text()))`;
    const said = (options: object) =>
      new Promise<string>((resolve) => {
        execFile('/proc/self/exe', ['-e', script], { ...options, cwd: '/' }, (_, stdout) => resolve(stdout));
      });
    expect(await said({})).toMatch(/^200 /);
    expect(await said({ uid: 65_534, gid: 65_534 })).toMatch(/^403 .*OtherUser/);
    await stop(served);
  });
});

describe('With a program', () => {
  const script = (text: string) => ['--', cli.node, '-e', text];

  test('sets the variables for it alone, and ends with it and its exit code', async () => {
    const text = `fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI, { headers: { authorization: process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN } })
      .then((answer) => answer.json()).then(({ AccessKeyId }) => { console.log(AccessKeyId, process.env.DAYPASS_TOKEN, process.env.AWS_PROFILE); process.exit(7); })`;
    const { code, stdout } = await cli.start(['serve', 'prod/ReadOnly', ...script(text)], { AWS_PROFILE: 'x' })
      .finished;
    expect([code, stdout]).toEqual([7, 'ASIA0000000000000001 undefined undefined\n']);
  });

  test('passes a signal on', async () => {
    const running = cli.start([
      'serve',
      'prod/ReadOnly',
      ...script('console.error("up"); setTimeout(() => {}, 60000)'),
    ]);
    await running.stderr(/up/);
    running.child.kill('SIGTERM');
    expect(await running.finished).toMatchObject({ signal: 'SIGTERM' });
  });
});

describe('It does not start', () => {
  test.each<[string, readonly string[], number, RegExp]>([
    ['with a port that is none', ['prod/ReadOnly', '--port', '0'], 2, /not between 1 and 65535/],
    ['with a port that is no number', ['prod/ReadOnly', '--port', 'http'], 2, /not between/],
    ['with a role that is none', ['ReadOnly'], 2, /not the name of a role/],
    ['as an instance without a role', ['--imds'], 2, /--imds serves one role/],
    ['with a program without a role', ['--', 'true'], 2, /a program is given one role/],
    ['with a program without a name', ['prod/ReadOnly', '--', ''], 2, /which program/],
  ])('%s', async (_, args, code, message) => {
    const finished = await cli.run(['serve', ...args]);
    expect([finished.code, finished.stdout]).toEqual([code, '']);
    expect(finished.stderr).toMatch(message);
  });

  test('when nobody is signed in', async () => {
    cli.env = { DAYPASS_URL: broker.url };
    for (const args of [['serve'], ['serve', 'prod/ReadOnly']]) {
      expect(await cli.run(args)).toMatchObject({ code: 3, stdout: '' });
    }
  });

  test('when the broker refuses the role', async () => {
    broker.answers['/v1/credentials'] = () => problem(403, 'access_denied', 'Access denied');
    expect(await cli.run(['serve', 'prod/Admin'])).toMatchObject({ code: 1, stdout: '' });
  });

  test('on a port that is taken', async () => {
    const served = await serve('prod/ReadOnly');
    const { code, stderr } = await cli.run(['serve', 'prod/ReadOnly', '--port', String(served.port)]);
    expect([code, stderr]).toEqual([5, expect.stringContaining(`port ${served.port} is taken`)]);
    await stop(served);
  });
});

test('nothing secret is on its output but the token it is for', async () => {
  const served = await serve('prod/ReadOnly');
  await get(served.port, PATH, authorization(served));
  await get(served.port, PATH, 'Authorization: wrong-token-canary');
  await stop(served);
  const { stdout, stderr } = await served.running.finished;
  const cached = Object.values(cli.files('credentials')).join('');
  const { SecretAccessKey, SessionToken } = (JSON.parse(cached) as { answer: Record<string, string> }).answer;
  for (const secret of [SecretAccessKey ?? 'none', SessionToken ?? 'none', jwtFor('u-1'), 'wrong-token-canary']) {
    expect(stdout + stderr).not.toContain(secret);
  }
  expect(stderr).not.toContain(served.variables['AWS_CONTAINER_AUTHORIZATION_TOKEN'] ?? 'none');
});
