import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { compilePolicy } from '../../../lib/access/compile.ts';
import { VERSION } from '../../../lib/version.ts';
import { FakeIdp } from '../fake-idp.ts';
import type { Reply } from '../fake-server.ts';
import { jwtFor, useCli } from '../harness.ts';
import { SELF_SIGNED } from '../self-signed.ts';

const { cli, broker } = await useCli();
const idp = await FakeIdp.listen();
afterAll(() => idp.server.close());

interface Found {
  readonly check: string;
  readonly subject?: string;
  readonly status: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: readonly string[];
}

const file = join(cli.directory, 'access.yml');
const config = join(cli.directory, 'aws-config');
const credentials = join(cli.directory, 'aws-credentials');
const policySource = (algorithms = 'RS256') => `version: 1
issuers:
  corp:
    issuer: ${idp.server.url}
    audience: [daypass]
    algorithms: [${algorithms}]
    username: email
accounts:
  prod: { id: "222222222222" }
roles:
  prod/Admin: { arn: "arn:aws:iam::222222222222:role/Admin" }
grants: []
`;

/** What the broker says of itself when all is well. */
function healthy(change: object = {}): Reply {
  const { policy } = compilePolicy(policySource(), 'access.yml');
  return { json: { status: 'ok', version: VERSION, policyDigest: policy?.digest, ...change } };
}

beforeEach(() => {
  idp.reset();
  writeFileSync(file, policySource());
  for (const path of [config, credentials]) rmSync(path, { force: true });
  broker.issuers = [idp.issuer];
  broker.answers = { '/v1/health': () => healthy() };
  // No AWS CLI: starting the one of this machine takes as long as all the rest.
  const PATH = '/nowhere';
  cli.env = { ...cli.env, PATH, AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
});

async function doctor(words: readonly string[] = ['--policy', file]) {
  const { code, stdout, stderr } = await cli.run(['doctor', '--offline', '--json', ...words]);
  const { findings, ok } = JSON.parse(stdout) as { findings: Found[]; ok: boolean };
  const find = (check: string) => findings.find((finding) => finding.check === check);
  const failed = findings.filter(({ status }) => status === 'failed').map(({ check }) => check);
  return { code, stdout, stderr, findings, find, failed, ok };
}

describe('all is well', () => {
  test('exit code 0, and each thing is named', async () => {
    const { code, ok, failed, find } = await doctor();
    expect({ code, ok, failed }).toEqual({ code: 0, ok: true, failed: [] });
    expect(find('policy')?.message).toBe(`${file}: 1 issuer, 1 role, 0 grants`);
    expect(find('broker.policy')?.message).toBe(`its access policy is that of ${file}`);
    expect(find('configuration')?.message).toContain('names 1 issuer to sign in at: corp');
    expect(find('issuer')).toMatchObject({ subject: 'corp', message: `${idp.server.url}: 1 usable key (RS256)` });
    expect(find('sign-in')?.message).toContain('the broker takes DAYPASS_TOKEN for dev@example.com');
    expect(find('clock')?.status).toBe('ok');
  });

  test('in lines: one for each thing, then how many of each', async () => {
    const { code, stdout } = await cli.run(['doctor', '--offline', '--policy', file]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `ok       broker: ${broker.url} answers, plain http on this machine; version ${VERSION}; its`,
    );
    expect(stdout).toMatch(/\n\n\d+ ok, \d+ warning, 0 failed, \d+ skipped\n$/);
  });

  test('no token and no key is printed, and none is sent but to the broker', async () => {
    const token = jwtFor('u-secret');
    cli.env['DAYPASS_TOKEN'] = token;
    const { stdout, stderr } = await doctor();
    expect(stdout + stderr).not.toContain(token.split('.')[1]);
    expect(idp.server.seen.map(({ authorization }) => authorization).filter(Boolean)).toEqual([]);
    const withToken = broker.server.seen.filter(({ authorization }) => authorization !== undefined);
    expect(withToken.map(({ path }) => path)).toEqual(['/v1/whoami']);
  });
});

describe('the broker', () => {
  test('that nobody named is left out', async () => {
    delete cli.env['DAYPASS_URL'];
    const { code, find } = await doctor();
    expect(code).toBe(0);
    expect(find('broker')).toMatchObject({ status: 'skipped', hint: expect.stringContaining('export DAYPASS_URL') });
  });

  test.each<[string, Reply, string, RegExp]>([
    [
      'a page',
      { text: '<html>sign in</html>', headers: { 'content-type': 'text/html' } },
      'failed',
      /no JSON \(text\/html\)/,
    ],
    ['a redirect', { status: 302, headers: { location: 'https://example.com' } }, 'failed', /answered 302: a redirect/],
    ['an outage', { status: 503, text: 'no' }, 'failed', /answered 503/],
    ['JSON of something else', { json: { hello: 'world' } }, 'failed', /not as a Daypass broker/],
    ['a list', { json: [] }, 'failed', /JSON that is no object/],
    ['a cut connection', { cut: true }, 'failed', /no connection to/],
    ['far too much', { text: 'x'.repeat(1_100_000) }, 'failed', /larger than 1 MiB/],
  ])('that answers with %s', async (_, reply, status, message) => {
    broker.answers = { '/v1/health': () => reply };
    const { code, find } = await doctor();
    expect(code).toBe(1);
    expect(find('broker')).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  test('of another version, or with another access policy: a warning', async () => {
    broker.answers = { '/v1/health': () => healthy({ version: '9.9.9', policyDigest: 'f'.repeat(64) }) };
    const { code, find } = await doctor();
    expect(code).toBe(0);
    expect(find('broker.version')).toMatchObject({ status: 'warning', message: expect.stringContaining('9.9.9') });
    expect(find('broker.policy')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('ffffffffffff…'),
    });
  });

  test.each([
    ['what is no URL', 'daypass', /is not a URL/],
    ['plain http elsewhere', 'http://daypass.example.com', /must be https/],
    ['a port where nobody listens', 'http://127.0.0.1:9', /no connection to http:\/\/127.0.0.1:9/],
  ])('named by %s', async (_, url, message) => {
    const { code, find } = await doctor(['--policy', file, '--url', url]);
    expect(code).toBe(1);
    expect(find('broker')).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
  });

  test('with a certificate that does not verify', async () => {
    const server = createServer(SELF_SIGNED, (_, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { find } = await doctor(['--policy', file, '--url', `https://127.0.0.1:${port}`]);
    server.close();
    expect(find('broker')).toMatchObject({ status: 'failed', hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
  });

  test('that says its endpoints are elsewhere', async () => {
    const endpoints = {
      credentials: 'https://evil.example/v1',
      roles: '/v1/roles',
      whoami: '/v1/whoami',
      audit: '/v1/audit',
    };
    broker.answers['/.well-known/daypass'] = () => ({ json: { version: VERSION, issuers: [], endpoints } });
    const { find } = await doctor();
    expect(find('configuration')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('“credentials” endpoint'),
    });
  });
});

describe('an issuer', () => {
  const discovery = (change: object): Reply => ({
    json: { issuer: idp.server.url, jwks_uri: `${idp.server.url}/jwks`, ...change },
  });

  test.each<[string, () => Reply, RegExp]>([
    ['whose discovery names another', () => discovery({ issuer: `${idp.server.url}/` }), /names the issuer/],
    ['that answers with a page', () => ({ text: '<html>' }), /not acceptable JSON/],
    ['that redirects', () => ({ status: 301, headers: { location: '/x' } }), /redirects are refused/],
    ['whose keys are not protected', () => discovery({ jwks_uri: 'http://idp.example.com/jwks' }), /jwks_uri/],
    ['that cuts the connection', () => ({ cut: true }), /cannot be reached \(UND_ERR_SOCKET|cannot be reached/],
  ])('%s', async (_, answer, message) => {
    idp.answers['/.well-known/openid-configuration'] = answer;
    const { code, find } = await doctor();
    expect(code).toBe(1);
    expect(find('issuer')).toMatchObject({
      subject: 'corp',
      status: 'failed',
      message: expect.stringMatching(message),
    });
  });

  test('without a key for the algorithms of the access policy', async () => {
    writeFileSync(file, policySource('ES256'));
    const { find } = await doctor();
    expect(find('issuer')).toMatchObject({ status: 'failed', details: ['key k1: a RS256 key, not for ES256'] });
  });

  test('is known from the broker where there is no access policy', async () => {
    mkdirSync(join(cli.directory, 'empty'), { recursive: true });
    cli.cwd = join(cli.directory, 'empty');
    const { find } = await doctor([]);
    expect(find('policy')).toMatchObject({ status: 'skipped' });
    expect(find('issuer')).toMatchObject({ subject: 'corp', status: 'ok' });
  });
});

describe('the clock', () => {
  const dated = (seconds: number): Record<string, string> => ({
    date: new Date(Date.now() + seconds * 1000).toUTCString(),
  });

  const configuration = (): Reply => ({
    json: {
      version: VERSION,
      issuers: [idp.issuer],
      endpoints: { credentials: '/c', roles: '/r', whoami: '/v1/whoami', audit: '/a' },
    },
  });

  test.each([
    [90, 'warning', 0, 'ahead of'],
    [-3600, 'failed', 1, 'behind'],
  ])('that is %i seconds off from the broker’s', async (seconds, status, exit, how) => {
    broker.answers['/v1/health'] = () => ({ ...healthy(), headers: dated(seconds) });
    broker.answers['/.well-known/daypass'] = () => ({ ...configuration(), headers: dated(seconds) });
    const { code, find } = await doctor();
    expect(code).toBe(exit);
    expect(find('clock')).toMatchObject({
      status,
      message: expect.stringMatching(new RegExp(`^the broker’s clock is \\d+ seconds ${how} this machine’s$`)),
      hint: 'the clock of the broker may be the wrong one',
    });
  });

  test('is this machine’s fault when every server says so', async () => {
    broker.answers['/v1/health'] = () => ({ ...healthy(), headers: dated(600) });
    broker.answers['/.well-known/daypass'] = () => ({ ...configuration(), headers: dated(600) });
    const discovery = { issuer: idp.server.url, jwks_uri: `${idp.server.url}/jwks` };
    idp.answers['/.well-known/openid-configuration'] = () => ({ json: discovery, headers: dated(600) });
    idp.answers['/jwks'] = () => ({ status: 503, text: '', headers: dated(600) });
    expect((await doctor()).find('clock')).toMatchObject({ status: 'failed', hint: 'set this machine’s clock (NTP)' });
  });

  test('is taken from the freshest answer, not from one that a cache kept', async () => {
    broker.answers['/.well-known/daypass'] = () => ({ ...configuration(), headers: dated(-1800) });
    expect((await doctor()).find('clock')).toMatchObject({ status: 'ok' });
  });
});

describe('the sign-in', () => {
  test('of nobody: a warning', async () => {
    delete cli.env['DAYPASS_TOKEN'];
    const { code, find } = await doctor();
    expect(code).toBe(0);
    expect(find('sign-in')).toMatchObject({ status: 'warning', hint: '`daypass login` signs in' });
  });

  test('that the broker does not accept', async () => {
    broker.answers['/v1/whoami'] = () => ({
      status: 401,
      json: { type: 'x', title: 'Token expired', status: 401, detail: '', code: 'token_expired', requestId: 'r' },
    });
    const { code, find } = await doctor();
    expect(code).toBe(1);
    expect(find('sign-in')?.message).toContain('the broker does not accept DAYPASS_TOKEN: Token expired');
  });

  test('that is stored is neither renewed nor shown', async () => {
    delete cli.env['DAYPASS_TOKEN'];
    const login = cli.start(['login', '--no-browser']);
    const [, url = ''] = await login.stderr(/(http:\/\/127\.0\.0\.1:\d+\/authorize\S+)/);
    await fetch(await fetch(url, { redirect: 'manual' }).then((answer) => answer.headers.get('location') ?? ''));
    expect((await login.finished).code).toBe(0);
    const before = cli.files('sign-in');
    const { find } = await doctor();
    expect(find('sign-in')?.message).toMatch(/the sign-in of u-1 at corp, which lasts \d+ min/);
    expect(cli.files('sign-in')).toEqual(before);
    expect(idp.refreshed).toBe(0);
  });
});

describe('files', () => {
  test('that others may read fail, with what to do', async () => {
    mkdirSync(join(cli.home, 'sign-in'), { recursive: true, mode: 0o700 });
    chmodSync(cli.home, 0o700);
    const path = join(cli.home, 'sign-in', 'a.json');
    writeFileSync(path, '{}', { mode: 0o600 });
    chmodSync(path, 0o640);
    const { code, find } = await doctor();
    expect(code).toBe(1);
    expect(find('files')).toMatchObject({ status: 'failed', details: [`${path} has mode 640`] });
  });

  test('a home whose names others can see is a warning', async () => {
    mkdirSync(cli.home, { recursive: true });
    chmodSync(cli.home, 0o755);
    expect((await doctor()).find('files')).toMatchObject({ status: 'warning', hint: `chmod 700 ${cli.home}` });
  });
});

describe('the AWS config', () => {
  const profile = (words: string, more = 'region = eu-central-1'): void =>
    writeFileSync(config, `[profile a]\ncredential_process = ${words}\n${more}\n[profile other]\nregion = x\n`);
  const good = () => `${cli.node} ${cli.program} credentials prod/Admin --url ${broker.url}`;

  test('that uses daypass as it should', async () => {
    profile(good());
    expect((await doctor()).find('aws-config')).toMatchObject({
      status: 'ok',
      message: `${config}: 1 profile that use daypass`,
    });
  });

  test.each<[string, () => string, RegExp]>([
    [
      'a program that is gone',
      () => good().replace(cli.node, '/nowhere/node'),
      /names \/nowhere\/node, which is not there/,
    ],
    [
      'a script that is gone',
      () => good().replace(cli.program, '/nowhere/daypass.cjs'),
      /names \/nowhere\/daypass.cjs/,
    ],
    [
      'a role that is not in the access policy',
      () => good().replace('prod/Admin', 'prod/Boss'),
      /prod\/Boss is not in the access policy/,
    ],
    ['no role', () => `${cli.node} ${cli.program} credentials`, /names no role/],
  ])('that names %s', async (_, words, message) => {
    profile(words());
    const { code, find } = await doctor();
    expect(code).toBe(1);
    expect(find('aws-config')).toMatchObject({
      subject: 'a',
      status: 'failed',
      message: expect.stringMatching(message),
    });
  });

  test('whose profile has keys in the credentials file', async () => {
    profile(good());
    writeFileSync(credentials, '[a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n');
    const { find, stdout } = await doctor();
    expect(find('aws-config')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('credentials file'),
    });
    expect(stdout).not.toContain('AKIAIOSFODNN7EXAMPLE');
  });

  test('without a region: a warning', async () => {
    profile(good(), '');
    expect((await doctor()).find('aws-config')).toMatchObject({ status: 'warning' });
  });

  test('an `aws` on PATH is asked for its version', async () => {
    const directory = join(cli.directory, 'bin');
    mkdirSync(directory, { recursive: true });
    const answers = (text: string): void =>
      writeFileSync(join(directory, 'aws'), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
    cli.env['PATH'] = `${directory}:/usr/bin:/bin`;
    answers('aws-cli/2.15.30 Python/3.11.8');
    expect((await doctor()).find('aws-program')).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('2.15.30'),
    });
    answers('aws-cli/1.11.2 Python/2.7');
    expect((await doctor()).find('aws-program')).toMatchObject({ status: 'failed' });
    answers('hello');
    expect((await doctor()).find('aws-program')).toMatchObject({ status: 'warning' });
  });

  test('variables that go before every profile: a warning without their values', async () => {
    cli.env['AWS_SECRET_ACCESS_KEY'] = 'a-secret';
    const { find, stdout } = await doctor();
    expect(find('aws-environment')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
    });
    expect(stdout).not.toContain('a-secret');
  });
});

test('an access policy with errors fails, and the rest is looked at', async () => {
  writeFileSync(file, policySource().replace('username', 'usrname'));
  const { code, find } = await doctor();
  expect(code).toBe(1);
  expect(find('policy')).toMatchObject({
    status: 'failed',
    details: [expect.stringContaining('access.yml:7:5'), expect.stringContaining('did you mean username?')],
  });
  expect(find('broker.reachable')).toMatchObject({ status: 'ok' });
});
