import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeBroker, problem } from './fake-broker.ts';
import { FakeIdp } from './fake-idp.ts';
import { type Finished, type Running, useCli } from './harness.ts';

const { cli, broker } = await useCli();
const idp = await FakeIdp.listen();

beforeEach(() => {
  idp.reset();
  broker.issuers = [idp.issuer];
  cli.env = { DAYPASS_URL: broker.url };
});

afterAll(() => idp.server.close());

/** Starts a sign-in without a browser; the address that a browser should open. */
async function begin(args: readonly string[] = []): Promise<{ running: Running; address: URL }> {
  const running = cli.start(['login', '--no-browser', ...args]);
  const match = await running.stderr(/^daypass: (http:\S+authorize\S+)$/m);
  return { running, address: new URL(match[1] ?? '') };
}

/** What a browser does: follows the provider's redirect to the loopback listener. */
async function login(args: readonly string[] = []): Promise<Finished & { page: string; status: number }> {
  const { running, address } = await begin(args);
  const response = await fetch(address);
  return { ...(await running.finished), page: await response.text(), status: response.status };
}

function signIn(): { path: string; tokens: { idToken: string; refreshToken?: string; expiresAt: number } } {
  const [path, text] = Object.entries(cli.files('sign-in'))[0] as [string, string];
  return { path, tokens: JSON.parse(text) };
}

/** Makes the stored ID token one that ends in so many seconds. */
function age(seconds: number): void {
  const { path, tokens } = signIn();
  writeFileSync(path, JSON.stringify({ ...tokens, expiresAt: Math.floor(Date.now() / 1000) + seconds }));
}

describe('signing in through the browser', () => {
  test('asks with PKCE S256, state and nonce on a 127.0.0.1 port, and ends with a page and a name', async () => {
    const { code, stdout, stderr, page, status } = await login();
    expect({ code, stdout, status }).toEqual({ code: 0, stdout: '', status: 200 });
    expect(page).toContain('You are signed in');
    expect(stderr).toMatch(/daypass: signed in as dev@example.com \(corp\)\n$/);
    const query = idp.server.seen.find(({ path }) => path === '/authorize')?.query;
    expect(query?.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(query?.get('code_challenge_method')).toBe('S256');
    expect(query?.get('scope')).toBe('openid email offline_access');
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(query?.get(name)?.length).toBeGreaterThanOrEqual(43);
  });

  test('keeps the tokens in a 0600 file and shows them to nobody', async () => {
    const { stderr, page } = await login();
    const { path, tokens } = signIn();
    expect(cli.mode(path)).toBe('600');
    for (const secret of [tokens.idToken, tokens.refreshToken as string]) expect(stderr + page).not.toContain(secret);
  });

  test('the sign-in is used for the next request', async () => {
    await login();
    expect((await cli.run(['credentials', 'prod/ReadOnly'])).code).toBe(0);
    expect(broker.server.seen.at(-1)?.authorization).toBe(`Bearer ${signIn().tokens.idToken}`);
    expect((await cli.run(['credentials', 'prod/ReadOnly'])).code).toBe(0);
    expect(broker.asked).toBe(1);
  });

  test('opens the desktop’s browser without a shell', async () => {
    const bin = join(cli.directory, 'bin');
    const opened = join(cli.directory, 'opened');
    mkdirSync(bin, { recursive: true });
    for (const name of ['xdg-open', 'open']) {
      writeFileSync(
        join(bin, name),
        `#!/bin/sh\nprintf '%s' "$#:$1" > '${opened}.tmp' && mv '${opened}.tmp' '${opened}'\n`,
      );
      chmodSync(join(bin, name), 0o755);
    }
    const running = cli.start(['login'], { PATH: `${bin}:${process.env['PATH']}` });
    const match = await running.stderr(/^daypass: (http:\S+authorize\S+)$/m);
    const { readFile } = await import('node:fs/promises');
    let text = '';
    while (text === '') text = await readFile(opened, 'utf8').catch(() => '');
    expect(text).toBe(`1:${match[1]}`);
    await fetch(match[1] ?? '');
    expect((await running.finished).code).toBe(0);
  });

  test.each([
    ['--fresh', 'login'],
    ['--consent', 'consent'],
  ])('%s sends prompt=%s', async (option, prompt) => {
    await login([option]);
    expect(idp.server.seen.find(({ path }) => path === '/authorize')?.query.get('prompt')).toBe(prompt);
  });

  test('one of several identity providers has to be named', async () => {
    broker.issuers = [{ ...idp.issuer, name: 'partner', clientId: 'other' }, idp.issuer];
    const unnamed = await cli.run(['login']);
    expect(unnamed.code).toBe(2);
    expect(unnamed.stderr).toContain(
      'several identity providers: partner, corp\nhint: `daypass login --issuer partner`',
    );
    const misspelt = await cli.run(['login', '--issuer', 'crop']);
    expect(misspelt.stderr).toContain('no identity provider named crop\nhint: did you mean corp?');
    expect((await login(['--issuer', 'corp'])).code).toBe(0);
  });
});

/** A raw request to the listener, with any Host. */
function ask(url: URL, options: { host?: string; method?: string } = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: options.method ?? 'GET', headers: { host: options.host ?? url.host } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('error', reject);
    request.end();
  });
}

describe('the loopback listener', () => {
  test('refuses everything but its own redirect, and keeps waiting', async () => {
    const { running, address } = await begin();
    const callback = new URL(address.searchParams.get('redirect_uri') ?? '');
    const state = address.searchParams.get('state') ?? '';
    const at = (path: string): URL => new URL(path, callback);
    expect(await ask(at('/'))).toBe(404);
    expect(await ask(at(`/callback/../x?state=${state}`))).toBe(404);
    expect(await ask(at(`/callbackx?state=${state}`))).toBe(404);
    expect(await ask(at('/callback'))).toBe(400);
    expect(await ask(at('/callback?code=x&state=wrong'))).toBe(400);
    expect(await ask(at(`/callback?code=x&state=${state}&state=${state}`))).toBe(400);
    expect(await ask(at(`/callback?code=x&state=${state}x`))).toBe(400);
    expect(await ask(at(`/callback?code=x&state=${state}`), { host: `attacker.example:${callback.port}` })).toBe(421);
    expect(await ask(at(`/callback?code=x&state=${state}`), { host: `localhost:${callback.port}` })).toBe(421);
    expect(await ask(at(`/callback?code=x&state=${state}`), { method: 'POST' })).toBe(405);
    await fetch(address);
    expect((await running.finished).code).toBe(0);
  });

  test('the page may load and run nothing and is not kept', async () => {
    const { running, address } = await begin();
    const response = await fetch(address);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    await running.finished;
  });

  test('a person who declines ends the wait with exit code 3', async () => {
    const { running, address } = await begin();
    const back = new URL(address.searchParams.get('redirect_uri') ?? '');
    const answer = {
      error: 'access_denied',
      error_description: 'no \u001b[31mthanks',
      state: address.searchParams.get('state') ?? '',
      iss: idp.server.url,
    };
    for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
    const response = await fetch(back);
    expect(response.status).toBe(400);
    const { code, stderr } = await running.finished;
    expect(code).toBe(3);
    expect(stderr).toContain('daypass: the identity provider says access_denied: no \\u{1b}[31mthanks');
    expect(cli.files('sign-in')).toEqual({});
  });

  test('the redirect of another issuer is refused (RFC 9207)', async () => {
    const { running, address } = await begin();
    const located = await fetch(address, { redirect: 'manual' });
    const back = new URL(located.headers.get('location') ?? '');
    back.searchParams.set('iss', 'https://attacker.example');
    await fetch(back);
    expect((await running.finished).code).toBe(3);
    expect(cli.files('sign-in')).toEqual({});
  });
});

describe('an ID token that is not for this sign-in', () => {
  test.each([
    ['another nonce', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['another issuer', { iss: 'https://attacker.example' }],
    ['another audience', { aud: 'somebody-else' }],
    ['several audiences and another azp', { aud: ['daypass-cli', 'x'], azp: 'x' }],
    ['an end in the past', { exp: 1 }],
    ['no subject', { sub: undefined }],
  ])('%s: exit code 3, nothing kept', async (_, claims) => {
    idp.claims = claims;
    const { code, page } = await login();
    expect(code).toBe(3);
    expect(page).toContain('did not work');
    expect(cli.files('sign-in')).toEqual({});
  });

  test('a token that the broker does not accept is told at once and not kept', async () => {
    broker.answers['/v1/whoami'] = () => problem(401, 'audience_mismatch', 'The token is for somebody else');
    const { code, stderr } = await login();
    expect(code).toBe(3);
    expect(stderr).toContain('daypass: The token is for somebody else (audience_mismatch)');
    expect(cli.files('sign-in')).toEqual({});
  });

  test('a broker that is down does not undo the sign-in', async () => {
    broker.answers['/v1/whoami'] = () => ({ cut: true });
    const { code, stderr } = await login();
    expect(code).toBe(0);
    expect(stderr).toContain('signed in, but the broker could not be asked as whom');
  });
});

describe('an identity provider that is not protected', () => {
  test.each(['http://idp.example.com', 'ftp://127.0.0.1', 'nonsense'])('%s is not asked', async (issuer) => {
    broker.issuers = [{ ...idp.issuer, issuer }];
    const { code, stderr } = await cli.run(['login', '--no-browser']);
    expect(code).toBe(4);
    expect(stderr).toContain('is not https');
  });

  test('an identity provider is not asked without verified TLS', async () => {
    broker.issuers = [{ ...idp.issuer, issuer: 'https://idp.example.invalid' }];
    const { code, stderr } = await cli.run(['login', '--no-browser'], { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(code).toBe(2);
    expect(stderr).toContain('does not work without verified TLS');
    expect(stderr).toContain('hint: unset it; for a private certificate authority, set NODE_EXTRA_CA_CERTS');
  });

  test('an endpoint over plain http elsewhere is not used', async () => {
    idp.answers['/.well-known/openid-configuration'] = () => ({
      json: {
        issuer: idp.server.url,
        authorization_endpoint: `${idp.server.url}/authorize`,
        token_endpoint: 'http://idp.example.com/token',
        jwks_uri: `${idp.server.url}/jwks`,
      },
    });
    const { code, stderr } = await cli.run(['login', '--no-browser']);
    expect(code).toBe(4);
    expect(stderr).toContain('names no protected token_endpoint');
  });
});

describe('signing in with another device', () => {
  test('shows address and code, polls on, obeys slow_down', async () => {
    idp.devicePolls = ['authorization_pending', 'authorization_pending'];
    const { code, stderr } = await cli.run(['login', '--device']);
    expect(code).toBe(0);
    expect(stderr).toContain(
      `daypass: open ${idp.server.url}/activate\ndaypass: and enter the code BCDF-GHJK within 1 min\nhint: never enter`,
    );
    expect(idp.server.count('POST', '/token')).toBe(3);
    expect(signIn().tokens.refreshToken).toMatch(/^refresh-/);
  });

  test('slow_down is obeyed, at a provider that denies whoever polls on too early', async () => {
    let slowedAt = 0;
    idp.answers['/token'] = () => {
      // RFC 8628 §3.5: five seconds more than before.
      if (slowedAt > 0)
        return Date.now() - slowedAt < 5_000 ? { status: 400, json: { error: 'access_denied' } } : undefined;
      slowedAt = Date.now();
      return { status: 400, json: { error: 'slow_down' } };
    };
    expect((await cli.run(['login', '--device'])).code).toBe(0);
  });

  test.each(['access_denied', 'expired_token'])('%s: exit code 3', async (error) => {
    idp.devicePolls = [error];
    const { code, stderr } = await cli.run(['login', '--device']);
    expect(code).toBe(3);
    expect(stderr).toContain(`the identity provider says ${error}`);
  });
});

describe('renewing the sign-in', () => {
  test('is not done while the token lasts', async () => {
    await login();
    age(180);
    await cli.run(['whoami']);
    expect(idp.refreshed).toBe(0);
  });

  test('happens by itself within two minutes of its end, and keeps the new refresh token', async () => {
    await login();
    const before = signIn().tokens;
    age(100);
    expect((await cli.run(['whoami'])).code).toBe(0);
    const after = signIn().tokens;
    expect(idp.refreshed).toBe(1);
    expect(after.refreshToken).not.toBe(before.refreshToken);
    expect(broker.server.seen.at(-1)?.authorization).toBe(`Bearer ${after.idToken}`);
  });

  test('a provider that does not rotate: the old refresh token stays', async () => {
    idp.rotates = false;
    await login();
    const before = signIn().tokens;
    age(-10);
    expect((await cli.run(['whoami'])).code).toBe(0);
    expect(signIn().tokens.refreshToken).toBe(before.refreshToken);
  });

  test('six processes for six roles use the refresh token once', async () => {
    await login();
    age(-10);
    const results = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((number) => cli.run(['credentials', `prod/Role${number}`])),
    );
    expect(results.map(({ code }) => code)).toEqual(Array(6).fill(0));
    expect(idp.refreshed).toBe(1);
  });

  test('somebody else’s token in answer is refused', async () => {
    await login();
    age(-10);
    idp.subject = 'u-2';
    const { code, stderr } = await cli.run(['whoami']);
    expect(code).toBe(3);
    expect(stderr).toContain('somebody else’s token');
  });

  test('a refresh token that is no longer good: exit code 3 and what to do', async () => {
    await login();
    age(-10);
    const { path, tokens } = signIn();
    writeFileSync(path, JSON.stringify({ ...tokens, refreshToken: 'stolen-and-used' }));
    const { code, stderr } = await cli.run(['whoami']);
    expect(code).toBe(3);
    expect(stderr).toBe(
      'daypass: the sign-in has ended: the identity provider says invalid_grant: because invalid_grant\nhint: `daypass login` signs in again\n',
    );
    expect(stderr).not.toContain('stolen-and-used');
  });

  test('a provider that is down does not matter while the token still lasts', async () => {
    await login();
    age(100);
    idp.answers['/token'] = () => ({ cut: true });
    const { code, stderr } = await cli.run(['whoami']);
    expect(code).toBe(0);
    expect(stderr).toContain('the sign-in could not be renewed');
    age(-1);
    expect((await cli.run(['whoami'])).code).toBe(4);
  });

  test('without a refresh token the sign-in simply ends', async () => {
    await login();
    const { path, tokens } = signIn();
    const { refreshToken: _, ...rest } = tokens;
    writeFileSync(path, JSON.stringify({ ...rest, expiresAt: 1 }));
    const { code, stderr } = await cli.run(['whoami']);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'daypass: the sign-in has ended\nhint: `daypass login` signs in again\n',
    });
  });
});

describe('the stored sign-in', () => {
  test('damaged: told, left where it is, replaced by the next login', async () => {
    await login();
    const { path } = signIn();
    writeFileSync(path, '{"version":1,');
    const { code, stderr } = await cli.run(['whoami']);
    expect(code).toBe(5);
    expect(stderr).toBe(`daypass: the stored sign-in is damaged: ${path}\nhint: \`daypass login\` replaces it\n`);
    expect(cli.files('sign-in')[path]).toBe('{"version":1,');
    expect((await login()).code).toBe(0);
    expect((await cli.run(['whoami'])).code).toBe(0);
  });

  test('readable by others: not used', async () => {
    await login();
    chmodSync(signIn().path, 0o640);
    const { code, stderr } = await cli.run(['credentials', 'prod/ReadOnly']);
    expect(code).toBe(5);
    expect(stderr).toContain('mode 640');
  });

  test('of somebody else: no cached session of the person before is served', async () => {
    await login();
    await cli.run(['credentials', 'prod/ReadOnly']);
    idp.subject = 'u-2';
    await login();
    await cli.run(['credentials', 'prod/ReadOnly']);
    expect(broker.asked).toBe(2);
  });
});

describe('logging out', () => {
  test('forgets tokens and cached sessions of this broker only, and revokes the refresh token', async () => {
    const other = await FakeBroker.listen();
    other.issuers = [idp.issuer];
    await login();
    const { refreshToken } = signIn().tokens;
    await cli.run(['credentials', 'prod/ReadOnly']);
    cli.env = { DAYPASS_URL: other.url };
    await login();
    await cli.run(['credentials', 'prod/ReadOnly']);
    const { code, stdout, stderr } = await cli.run(['logout', '--url', broker.url]);
    await other.server.close();
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe(
      `daypass: signed out at ${broker.url}; 1 cached session removed\ndaypass: the identity provider has revoked the refresh token\n`,
    );
    expect(idp.revoked).toEqual([refreshToken]);
    expect(Object.keys(cli.files('sign-in'))).toHaveLength(1);
    expect(Object.keys(cli.files('credentials'))).toHaveLength(1);
    expect((await cli.run(['credentials', 'prod/ReadOnly'], { DAYPASS_URL: broker.url })).code).toBe(3);
  });

  test('works when the provider is down, offers no revocation, or nobody was signed in', async () => {
    await login();
    idp.answers['/revoke'] = () => ({ cut: true });
    const down = await cli.run(['logout']);
    expect(down.code).toBe(0);
    expect(down.stderr).toContain('could not be revoked');
    expect(cli.files('sign-in')).toEqual({});
    idp.answers = {};
    idp.offersRevocation = false;
    await login();
    expect((await cli.run(['logout'])).stderr).toContain('offers no revocation');
    expect(await cli.run(['logout'])).toMatchObject({
      code: 0,
      stderr: `daypass: nobody was signed in at ${broker.url}; 0 cached sessions removed\n`,
    });
  });

  test('gets rid of damaged files too', async () => {
    await login();
    writeFileSync(signIn().path, 'x');
    mkdirSync(join(cli.home, 'credentials'));
    writeFileSync(join(cli.home, 'credentials', 'x.json'), 'x');
    expect((await cli.run(['logout'])).code).toBe(0);
    expect([cli.files('sign-in'), cli.files('credentials')]).toEqual([{}, {}]);
  });
});
