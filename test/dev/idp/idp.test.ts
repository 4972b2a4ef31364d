import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWTPayload } from 'jose';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpSession } from '../../../dev/http-session.ts';
import type { IdentityProvider } from '../../../dev/idp/server.ts';
import { CLI_CLIENT_ID, startIdp } from '../../../dev/idp/server.ts';
import { PortTakenError } from '../../../dev/listen.ts';
import { idTokenFor } from '../../../dev/token.ts';

const REDIRECT = 'http://127.0.0.1:53682/callback';
const ES256_CLIENT = {
  client_id: 'es256',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/callback'],
  id_token_signed_response_alg: 'ES256',
};

let idp: IdentityProvider;
let provider: client.Configuration;

beforeAll(async () => {
  idp = await startIdp({ port: 0, clients: [ES256_CLIENT] });
  provider = await discover(CLI_CLIENT_ID);
});
afterAll(() => idp.close());

function discover(clientId: string): Promise<client.Configuration> {
  return client.discovery(new URL(idp.issuer), clientId, undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  });
}

async function verified(token: string | undefined): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${idp.issuer}/jwks`));
  return (await jwtVerify(token ?? '', keys, { issuer: idp.issuer, audience: CLI_CLIENT_ID })).payload;
}

interface Flow {
  readonly parameters?: Record<string, string | undefined>;
  readonly choose?: string;
  readonly session?: HttpSession;
}

/** Walks the code flow; `choose` posts the sign-in page's form as a browser would. */
async function codeFlow({
  parameters = {},
  choose,
  session = new HttpSession(),
}: Flow): Promise<{ callback: URL; verifier: string }> {
  const verifier = client.randomPKCECodeVerifier();
  const all = {
    redirect_uri: REDIRECT,
    scope: 'openid',
    state: 'state',
    nonce: 'nonce',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  const stop = (url: URL): boolean => url.pathname === '/callback';
  let end = await session.follow(client.buildAuthorizationUrl(provider, given), stop);
  if (!('stoppedAt' in end) && choose !== undefined) {
    expect(await end.response.text()).toContain('Choose an account');
    end = await session.follow(end.url, stop, { account: choose });
  }
  if ('stoppedAt' in end) return { callback: end.stoppedAt, verifier };
  throw new Error(`${end.response.status}: ${await end.response.text()}`);
}

async function tokens(flow: Flow): Promise<client.TokenEndpointResponse> {
  const { callback, verifier } = await codeFlow(flow);
  return client.authorizationCodeGrant(provider, callback, {
    pkceCodeVerifier: verifier,
    expectedState: 'state',
    expectedNonce: 'nonce',
    idTokenExpected: true,
  });
}

describe('the code flow', () => {
  it.each([
    ['dev', ['engineering'], 'payments', ['pwd']],
    ['sre', ['sre'], 'platform', ['pwd', 'mfa']],
    ['auditor', ['security'], 'assurance', ['pwd']],
    ['outsider', ['sales'], 'emea', ['pwd']],
  ])('gives %s an ID token that says who it is', async (user, groups, team, amr) => {
    const { id_token } = await tokens({ choose: user });
    const claims = await verified(id_token);
    expect(claims).toMatchObject({
      sub: user,
      email: `${user}@example.com`,
      email_verified: true,
      groups,
      team,
      amr,
      employment: 'employee',
      nonce: 'nonce',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
    expect(claims['auth_time']).toBeTypeOf('number');
  });

  it('skips the page for a login hint, by name or address', async () => {
    for (const login_hint of ['dev', 'dev@example.com']) {
      const { id_token } = await tokens({ parameters: { login_hint } });
      expect((await verified(id_token)).sub).toBe('dev');
    }
  });

  it('shows the page for a hint it does not know, and refuses an account it does not know', async () => {
    await expect(codeFlow({ parameters: { login_hint: 'nobody' } })).rejects.toThrow('Choose an account');
    await expect(codeFlow({ choose: 'nobody' })).rejects.toThrow('There is no such account');
  });

  it('asks who it is each time, so that one browser can be several people', async () => {
    const session = new HttpSession();
    await codeFlow({ choose: 'dev', session });
    const { id_token } = await tokens({ choose: 'dev', session });
    expect((await verified(id_token)).sub).toBe('dev');
  });

  it('signs one person out before it signs in another in the same browser', async () => {
    const session = new HttpSession();
    await codeFlow({ choose: 'dev', session });
    const switching = codeFlow({ choose: 'sre', session });
    // The provider's own page, whose form a browser submits by itself.
    const page = String(
      await switching.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    const [, action = ''] = /action="([^"]+)"/.exec(page) ?? [];
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    const end = await session.follow(new URL(action), (url) => url.pathname === '/callback', { xsrf, logout: 'yes' });
    if (!('stoppedAt' in end)) throw new Error('not signed in');
    expect(end.stoppedAt.searchParams.get('code')).not.toBeNull();
  });

  it('takes any loopback port, and nothing else', async () => {
    await codeFlow({ choose: 'dev', parameters: { redirect_uri: 'http://127.0.0.1:1/callback' } });
    await codeFlow({ choose: 'dev', parameters: { redirect_uri: 'http://[::1]:5000/callback' } });
    for (const redirect_uri of [
      'http://127.0.0.1:1/other',
      'http://localhost:1/callback',
      'https://evil.example/callback',
    ]) {
      await expect(codeFlow({ parameters: { redirect_uri } })).rejects.toThrow(/^400: .*redirect_uri/s);
    }
  });

  it('demands PKCE by S256', async () => {
    const without = await codeFlow({
      choose: 'dev',
      parameters: { code_challenge: undefined, code_challenge_method: undefined },
    });
    expect(without.callback.searchParams.get('error')).toBe('invalid_request');
    const plain = await codeFlow({ choose: 'dev', parameters: { code_challenge_method: 'plain' } });
    expect(plain.callback.searchParams.get('error')).toBe('invalid_request');
  });

  it('gives a code once, and only for its verifier', async () => {
    const { callback, verifier } = await codeFlow({ choose: 'dev' });
    const exchange = (pkceCodeVerifier: string): Promise<unknown> =>
      client.authorizationCodeGrant(provider, callback, {
        pkceCodeVerifier,
        expectedState: 'state',
        expectedNonce: 'nonce',
      });
    await exchange(verifier);
    await expect(exchange(verifier)).rejects.toMatchObject({ error: 'invalid_grant' });
    const another = await codeFlow({ choose: 'dev' });
    await expect(
      client.authorizationCodeGrant(provider, another.callback, {
        pkceCodeVerifier: client.randomPKCECodeVerifier(),
        expectedState: 'state',
        expectedNonce: 'nonce',
      }),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('signs with RS256, or ES256 for a client that says so', async () => {
    const rs256 = await idTokenFor({ issuer: idp.issuer, clientId: CLI_CLIENT_ID, user: 'dev' });
    const es256 = await idTokenFor({ issuer: idp.issuer, clientId: 'es256', user: 'dev' });
    expect(decodeProtectedHeader(rs256).alg).toBe('RS256');
    expect(decodeProtectedHeader(es256).alg).toBe('ES256');
  });

  it('has pages without scripts that no other page may frame', async () => {
    const session = new HttpSession();
    const end = await session.follow(
      client.buildAuthorizationUrl(provider, {
        redirect_uri: REDIRECT,
        scope: 'openid',
        code_challenge: 'a'.repeat(43),
        code_challenge_method: 'S256',
      }),
      () => false,
    );
    if ('stoppedAt' in end) throw new Error('no page');
    const policy = end.response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    const page = await end.response.text();
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/https?:\/\//);
  });
});

describe('refresh', () => {
  it("gives a new ID token with the first sign-in's time and methods, and takes each refresh token once", async () => {
    const first = await tokens({ choose: 'sre', parameters: { scope: 'openid offline_access' } });
    const before = await verified(first.id_token);
    const second = await client.refreshTokenGrant(provider, first.refresh_token ?? '');
    const after = await verified(second.id_token);
    expect(after).toMatchObject({ sub: 'sre', amr: ['pwd', 'mfa'], groups: ['sre'], auth_time: before['auth_time'] });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    await expect(client.refreshTokenGrant(provider, first.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('ends when the refresh token is revoked', async () => {
    const { refresh_token = '' } = await tokens({ choose: 'dev' });
    await client.tokenRevocation(provider, refresh_token);
    await expect(client.refreshTokenGrant(provider, refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

describe('the device flow', () => {
  const formOf = (page: string): Record<string, string> =>
    Object.fromEntries(
      [...page.matchAll(/name="(xsrf|user_code|confirm)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );

  async function begin(): Promise<{
    session: HttpSession;
    device: client.DeviceAuthorizationResponse;
    verification: URL;
    confirm: string;
  }> {
    const device = await client.initiateDeviceAuthorization(provider, { scope: 'openid offline_access' });
    const session = new HttpSession();
    const verification = new URL(device.verification_uri);
    const input = await (await session.request(verification)).text();
    const page = await session.request(verification, { ...formOf(input), user_code: device.user_code });
    return { session, device, verification, confirm: await page.text() };
  }

  it('signs a device in once the code is confirmed and an account chosen', async () => {
    const { session, device, verification, confirm } = await begin();
    expect(confirm).toContain(device.user_code);
    const chooser = await session.follow(verification, () => false, formOf(confirm));
    if ('stoppedAt' in chooser) throw new Error('no page');
    expect(await chooser.response.text()).toContain('Choose an account');
    const done = await session.follow(chooser.url, () => false, { account: 'dev' });
    if ('stoppedAt' in done) throw new Error('no page');
    expect(await done.response.text()).toContain('The device is signed in');
    const tokens = await client.pollDeviceAuthorizationGrant(provider, { ...device, interval: 0.01 });
    expect(await verified(tokens.id_token)).toMatchObject({ sub: 'dev', groups: ['engineering'], amr: ['pwd'] });
    expect((await client.refreshTokenGrant(provider, tokens.refresh_token ?? '')).id_token).toBeDefined();
  });

  it('says that it is pending until then, and that it was refused when it was', async () => {
    const { session, device, verification, confirm } = await begin();
    const poll = async (): Promise<string> => {
      const body = new URLSearchParams({
        client_id: CLI_CLIENT_ID,
        device_code: device.device_code,
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      });
      return ((await (await fetch(`${idp.issuer}/token`, { method: 'POST', body })).json()) as { error: string }).error;
    };
    expect(await poll()).toBe('authorization_pending');
    await session.request(verification, { ...formOf(confirm), abort: 'yes' });
    expect(await poll()).toBe('access_denied');
  });

  it('refuses a code nobody was given', async () => {
    const session = new HttpSession();
    const verification = new URL(`${idp.issuer}/device`);
    const input = await (await session.request(verification)).text();
    const page = await session.request(verification, { ...formOf(input), user_code: 'BBBB-BBBB' });
    expect(await page.text()).toContain('This code is wrong');
  });
});

describe('the provider', () => {
  it('keeps its keys in its directory, for its owner only, so that tokens outlive a restart', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'daypass-idp-'));
    try {
      const keysOf = async (): Promise<unknown> => {
        const started = await startIdp({ port: 0, directory });
        const keys = (await (await fetch(`${started.issuer}/jwks`)).json()) as { keys: { alg: string; d?: string }[] };
        await started.close();
        expect(keys.keys.map(({ alg }) => alg)).toEqual(['RS256', 'ES256']);
        expect(keys.keys.every(({ d }) => d === undefined)).toBe(true);
        return keys;
      };
      expect(await keysOf()).toEqual(await keysOf());
      const file = join(directory, 'idp-keys.json');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readFile(file, 'utf8')).toContain('"d"');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('says which port is taken and which variable moves it', async () => {
    const attempt = startIdp({ port: idp.port });
    await expect(attempt).rejects.toBeInstanceOf(PortTakenError);
    await expect(attempt).rejects.toThrow(new RegExp(`${idp.port}.*DAYPASS_PORT`));
  });

  it('answers a sign-in that it does not know with a page, not with a crash', async () => {
    const response = await fetch(`${idp.issuer}/interaction/unknown`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('expired');
  });
});

describe('idTokenFor', () => {
  it('names the accounts there are when the user is none of them', async () => {
    await expect(idTokenFor({ issuer: idp.issuer, clientId: CLI_CLIENT_ID, user: 'nobody' })).rejects.toThrow(
      'did not sign in "nobody": is it one of dev, sre, auditor, outsider?',
    );
  });

  it('fails for a client that the provider does not know', async () => {
    await expect(idTokenFor({ issuer: idp.issuer, clientId: 'unknown', user: 'dev' })).rejects.toThrow();
  });
});
