import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stsError } from '../support/aws.ts';
import { DpopKey } from '../support/dpop-key.ts';
import { type Browser, DEV, makePortal, ORIGIN, PORTAL_POLICY, type Portal } from '../support/portal.ts';
import {
  approve,
  formOf,
  pkce,
  postJson,
  REDIRECT,
  signedInBrowser,
  signedInTool,
  whileOffered,
} from '../support/tool.ts';

/** `aws login` and `aws login --remote`, through the functions as they are deployed. */

let portal: Portal;
let browser: Browser;
beforeAll(async () => {
  portal = await makePortal();
  browser = await signedInBrowser(portal);
});
afterAll(() => portal.close());
beforeEach(() => {
  portal.ahead = 0;
});

const SAME_DEVICE = 'arn:aws:signin:::devtools/same-device';
const CROSS_DEVICE = 'arn:aws:signin:::devtools/cross-device';
const CONFIRMATION = `${ORIGIN}/v1/sessions/confirmation`;

const now = () => Date.now() + portal.ahead;

function loginPath(challenge: string, changes: Record<string, string | undefined> = {}): string {
  const parameters = {
    response_type: 'code',
    client_id: SAME_DEVICE,
    state: 'the-state',
    code_challenge_method: 'SHA-256',
    scope: 'openid',
    redirect_uri: REDIRECT,
    code_challenge: challenge,
    ...changes,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return `/v1/authorize?${query}`;
}

/** A code that was approved, with all that it takes to redeem it. */
async function loginCode(role = 'prod/ReadOnly', by = browser) {
  const { verifier, challenge } = pkce();
  const { location = '' } = await approve(by, loginPath(challenge), { role });
  const code = new URL(location).searchParams.get('code') ?? '';
  return {
    clientId: SAME_DEVICE,
    grantType: 'authorization_code',
    code,
    codeVerifier: verifier,
    redirectUri: REDIRECT,
  };
}

const redeem = (request: object, key: DpopKey, proof = key.proof(now())) =>
  postJson(portal, '/v1/token', request, proof === '' ? {} : { dpop: proof });

const refreshRequest = (refreshToken: unknown) => ({ clientId: SAME_DEVICE, grantType: 'refresh_token', refreshToken });

async function loggedIn() {
  const key = new DpopKey();
  const { status, body } = await redeem(await loginCode(), key);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { key, body, refresh: (token: unknown = body['refreshToken']) => redeem(refreshRequest(token), key) };
}

const sts = () => portal.aws.calls.filter(({ service }) => service === 'sts').length;

describe('aws login', () => {
  test('has the person choose a role, and gets its credentials', async () => {
    const { body } = await loggedIn();
    expect(body).toMatchObject({
      accessToken: {
        accessKeyId: expect.any(String),
        secretAccessKey: expect.any(String),
        sessionToken: expect.any(String),
      },
      tokenType: 'aws_sigv4',
      refreshToken: expect.stringMatching(/^dpr_/),
    });
    expect(body['expiresIn']).toBeGreaterThan(1200);
    const claims = JSON.parse(Buffer.from(String(body['idToken']).split('.')[1] ?? '', 'base64url').toString());
    // The account is read out of it, and the cache is named by it.
    expect(claims.sub).toBe('arn:aws:sts::222222222222:assumed-role/ReadOnly/dev@example.com');
    const [authorized, issued] = portal
      .logged()
      .filter(({ phase }) => phase === 'outcome')
      .slice(-2);
    expect(authorized).toMatchObject({
      action: 'authorize',
      outcome: 'allowed',
      client: SAME_DEVICE,
      role: 'prod/ReadOnly',
    });
    expect(issued).toMatchObject({ action: 'credentials', outcome: 'issued', via: 'login', role: 'prod/ReadOnly' });
    expect(issued?.signIn).toBe(authorized?.sessionId);
  });

  test('is offered the roles that it can have, by account', async () => {
    const { body } = await browser.get(loginPath(pkce().challenge));
    const offered = [...body.matchAll(/<option value="([^"]+)"/g)].map(([, id]) => id);
    expect(offered).toEqual(['dev/Developer', 'prod/ReadOnly', 'prod/Fresh']);
    expect(body).toContain('<optgroup label="Production (222222222222)">');
  });

  test('refreshes with its key, and twice with one token is once', async () => {
    const { body, refresh } = await loggedIn();
    const first = await refresh();
    const again = await refresh();
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(first.body['refreshToken']).not.toBe(body['refreshToken']);
    expect(again.body['refreshToken']).toBe(first.body['refreshToken']);
    expect(first.body['idToken']).toBeUndefined();
    portal.ahead = 62_000;
    expect((await refresh()).body).toMatchObject({ __type: 'AccessDeniedException', error: 'TOKEN_EXPIRED' });
    expect((await refresh(first.body['refreshToken'])).body['error']).toBe('TOKEN_EXPIRED');
  });

  test('can try again when AWS was down: nothing was used up', async () => {
    const { refresh } = await loggedIn();
    portal.aws.intercept = ({ service }) => (service === 'sts' ? stsError('Throttling', 'Rate exceeded') : undefined);
    try {
      expect((await refresh()).body).toMatchObject({ __type: 'TooManyRequestsError' });
    } finally {
      portal.aws.intercept = () => undefined;
    }
    portal.ahead = 120_000;
    expect((await refresh()).status).toBe(200);
  });

  test('ends as soon as the access policy no longer lets tools in', async () => {
    const { refresh } = await loggedIn();
    await whileOffered(portal, undefined, async () => {
      const { body } = await refresh();
      expect(body).toMatchObject({ __type: 'AccessDeniedException', error: 'INSUFFICIENT_PERMISSIONS' });
    });
    expect((await refresh()).status).toBe(200);
  });

  test('ends with the session of the tool', async () => {
    const { refresh } = await loggedIn();
    portal.ahead = 8 * 3600_000 + 60_000;
    expect((await refresh()).body['error']).toBe('TOKEN_EXPIRED');
  });

  test('by a form without a role, or with one that is not theirs, gets none', async () => {
    const { action, fields } = formOf((await browser.get(loginPath(pkce().challenge))).body);
    const without = await browser.post(action, { ...fields, decision: 'approve' });
    expect([without.status, without.location]).toEqual([400, undefined]);
    const request = await loginCode('prod/Secret');
    const answer = await redeem(request, new DpopKey());
    expect(answer.body).toMatchObject({ __type: 'AccessDeniedException', error: 'INSUFFICIENT_PERMISSIONS' });
    expect(portal.logged().at(-1)).toMatchObject({ outcome: 'denied', denial: 'no_grant', via: 'login' });
  });

  test('hears when the person says no', async () => {
    const { location = '' } = await approve(browser, loginPath(pkce().challenge), { decision: 'deny' });
    expect(location).toMatch(/\?error=access_denied&state=the-state$/);
  });

  test('of sixteen that redeem one code at once, one at most has credentials, and the log has all', async () => {
    const request = await loginCode();
    const answers = await Promise.all(Array.from({ length: 16 }, () => redeem(request, new DpopKey())));
    const given = answers.filter(({ status }) => status === 200);
    expect(given.length).toBeLessThanOrEqual(1);
    for (const { body } of answers.filter(({ status }) => status !== 200)) expect(body['accessToken']).toBeUndefined();
    const keys = portal
      .logged()
      .filter(({ outcome, via }) => outcome === 'issued' && via === 'login')
      .map(({ accessKeyId }) => accessKeyId);
    for (const { body } of given)
      expect(keys).toContain((body['accessToken'] as Record<string, string>)['accessKeyId']);
    // Whoever was too late and had been issued something is on record as failed: nothing left.
    const failed = portal
      .logged()
      .filter(({ outcome, code, via }) => via === 'login' && outcome === 'failed' && code === 'grant_invalid');
    for (const record of failed) expect(record.accessKeyId).toEqual(expect.any(String));
  });
});

describe('aws login --remote', () => {
  const path = (challenge: string) => loginPath(challenge, { client_id: CROSS_DEVICE, redirect_uri: CONFIRMATION });

  test('shows what to paste, which works for five minutes and not in any address', async () => {
    const { verifier, challenge } = pkce();
    const page = await browser.get(path(challenge));
    expect(page.body).toContain('It runs on another computer');
    const shown = await approve(browser, path(challenge), { role: 'prod/ReadOnly' });
    expect([shown.status, shown.location]).toEqual([200, undefined]);
    const text = /<textarea[^>]*>([^<]+)</.exec(shown.body)?.[1] ?? '';
    const pasted = new URLSearchParams(Buffer.from(text, 'base64').toString());
    expect(pasted.get('state')).toBe('the-state');
    portal.ahead = 240_000;
    const request = {
      clientId: CROSS_DEVICE,
      grantType: 'authorization_code',
      code: pasted.get('code'),
      codeVerifier: verifier,
      redirectUri: CONFIRMATION,
    };
    expect((await redeem(request, new DpopKey())).status).toBe(200);
  });

  test('is off where signing in devices is', async () => {
    const closed = await makePortal(PORTAL_POLICY.replace('sso: { session: 8h }', 'sso: { deviceCode: false }'));
    try {
      const person = await signedInBrowser(closed);
      expect((await person.get(path(pkce().challenge))).status).toBe(403);
      expect((await person.get(loginPath(pkce().challenge))).status).toBe(200);
    } finally {
      await closed.close();
    }
  });

  test('denied says so, and in the log', async () => {
    const page = await approve(browser, path(pkce().challenge), { decision: 'deny' });
    expect(page.body).toContain('Nothing was signed in');
    expect(portal.logged().at(-1)).toMatchObject({
      action: 'authorize',
      code: 'authorization_denied',
      client: CROSS_DEVICE,
    });
  });
});

describe('A browser at /v1/authorize is led nowhere', () => {
  test.each<readonly [string, Record<string, string | undefined>]>([
    ['without a client', { client_id: undefined }],
    ['with a client of its own', { client_id: 'my-client' }],
    ['with the other client and this address', { client_id: CROSS_DEVICE }],
    ['with this client and the other address', { redirect_uri: CONFIRMATION }],
    ['with another path', { redirect_uri: 'http://127.0.0.1:5000/other' }],
    ['with another host', { redirect_uri: 'http://evil.example/oauth/callback' }],
    ['with localhost', { redirect_uri: 'http://localhost:5000/oauth/callback' }],
    ['with another page of ours', { client_id: CROSS_DEVICE, redirect_uri: `${ORIGIN}/v1/sessions` }],
    [
      'with a twin of our page',
      { client_id: CROSS_DEVICE, redirect_uri: `${ORIGIN}.evil.example/v1/sessions/confirmation` },
    ],
    ['with another response type', { response_type: 'token' }],
    ['without a challenge', { code_challenge: undefined }],
    ['with a plain challenge', { code_challenge_method: 'plain' }],
    ['without a method', { code_challenge_method: undefined }],
    ['without a state', { state: undefined }],
    ['with a state of two lines', { state: 'a\r\nb' }],
    ['with another scope', { scope: 'openid email' }],
  ])('%s', async (_, changes) => {
    const { status, location } = await browser.get(loginPath(pkce().challenge, changes));
    expect([400, 401]).toContain(status);
    expect(location).toBeUndefined();
  });

  test('with a parameter twice', async () => {
    const { status, location } = await browser.get(`${loginPath(pkce().challenge)}&state=other`);
    expect([status, location]).toEqual([400, undefined]);
  });
});

describe('A proof', () => {
  const key = new DpopKey();
  const other = new DpopKey();
  const flipped = (proof: string) => `${proof.slice(0, -2)}${proof.endsWith('AA') ? 'BB' : 'AA'}`;
  const withSecret = { ...key.jwk, d: 'A'.repeat(43) };

  test.each<readonly [string, () => string]>([
    ['that is none', () => ''],
    ['that is nonsense', () => 'x'],
    ['of two', () => `${key.proof(now())},${key.proof(now())}`],
    ['of another type', () => key.proof(now(), {}, { typ: 'JWT' })],
    ['without a type', () => key.proof(now(), {}, { typ: undefined })],
    ['with no algorithm', () => key.proof(now(), {}, { alg: 'none' })],
    ['with a shared secret’s algorithm', () => key.proof(now(), {}, { alg: 'HS256' })],
    ['with another algorithm', () => key.proof(now(), {}, { alg: 'ES384' })],
    ['without a key', () => key.proof(now(), {}, { jwk: undefined })],
    ['with the private key', () => key.proof(now(), {}, { jwk: withSecret })],
    ['with a key of another curve', () => new DpopKey('P-384').proof(now())],
    ['with another’s key', () => key.proof(now(), {}, { jwk: other.jwk })],
    ['with a point that is on no curve', () => key.proof(now(), {}, { jwk: { ...key.jwk, x: 'A'.repeat(43) } })],
    ['that names its key', () => key.proof(now(), {}, { kid: 'x' })],
    ['with a critical header', () => key.proof(now(), {}, { crit: ['x'] })],
    ['whose signature was altered', () => flipped(key.proof(now()))],
    ['for another method', () => key.proof(now(), { htm: 'GET' })],
    ['for a method in another case', () => key.proof(now(), { htm: 'post' })],
    ['for another path', () => key.proof(now(), { htu: `${ORIGIN}/v1/tokens` })],
    ['for another host', () => key.proof(now(), { htu: 'https://evil.example/v1/token' })],
    ['for another port', () => key.proof(now(), { htu: `${ORIGIN}:8443/v1/token` })],
    ['for plain http', () => key.proof(now(), { htu: `${ORIGIN.replace('https', 'http')}/v1/token` })],
    ['with somebody in its address', () => key.proof(now(), { htu: `${ORIGIN.replace('//', '//a@')}/v1/token` })],
    ['for no address', () => key.proof(now(), { htu: undefined })],
    ['without a time', () => key.proof(now(), { iat: undefined })],
    ['with a time that is text', () => key.proof(now(), { iat: String(Math.floor(now() / 1000)) })],
    ['with half a second', () => key.proof(now(), { iat: Math.floor(now() / 1000) + 0.5 })],
    ['of six minutes ago', () => key.proof(now() - 360_000)],
    ['of in six minutes', () => key.proof(now() + 360_000)],
    ['without an id', () => key.proof(now(), { jti: undefined })],
    ['with an empty id', () => key.proof(now(), { jti: '' })],
    ['with an id that is a number', () => key.proof(now(), { jti: 1 })],
  ])('%s is none; nothing is asked of AWS', async (_, proof) => {
    const before = sts();
    const answer = await redeem(await loginCode(), key, proof());
    expect(answer.body).toMatchObject({ __type: 'ValidationException', error: 'INVALID_REQUEST' });
    expect([answer.status, answer.name, sts()]).toEqual([400, 'ValidationException', before]);
    expect(portal.logged().at(-1)).toMatchObject({ outcome: 'refused', code: 'dpop_invalid', via: 'login' });
  });

  test('is good once', async () => {
    const { body } = await loggedInBy(key);
    const proof = key.proof(now());
    const first = await redeem(refreshRequest(body['refreshToken']), key, proof);
    expect(first.status).toBe(200);
    const again = await redeem(refreshRequest(first.body['refreshToken']), key, proof);
    expect(again.name).toBe('ValidationException');
    // What STS had issued by then did not leave, and the log says so.
    expect(portal.logged().at(-1)).toMatchObject({
      outcome: 'failed',
      code: 'dpop_invalid',
      accessKeyId: expect.any(String),
    });
    expect((await redeem(refreshRequest(first.body['refreshToken']), key)).status).toBe(200);
  });

  test('by another key gives nothing for a refresh token, and does no harm', async () => {
    const { body } = await loggedInBy(key);
    const stolen = await redeem(refreshRequest(body['refreshToken']), other);
    expect(stolen.body).toMatchObject({ __type: 'AccessDeniedException', error: 'TOKEN_EXPIRED' });
    expect((await redeem(refreshRequest(body['refreshToken']), key)).status).toBe(200);
  });

  test('cannot be left out for a bearer token', async () => {
    const { body } = await loggedInBy(key);
    const answer = await redeem(refreshRequest(body['refreshToken']), key, '');
    expect(answer.name).toBe('ValidationException');
  });

  async function loggedInBy(by: DpopKey) {
    return redeem(await loginCode(), by);
  }
});

describe('What one protocol gave is nothing to the other', () => {
  test('a refresh token of aws sso login', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    const answer = await redeem(refreshRequest(tokens.refreshToken), new DpopKey());
    expect(answer.body['error']).toBe('TOKEN_EXPIRED');
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
  });

  test('a refresh token of aws login', async () => {
    const { tool } = await signedInTool(portal, DEV);
    const { body, refresh } = await loggedIn();
    const request = { ...tool, grantType: 'refresh_token', refreshToken: body['refreshToken'] };
    expect((await postJson(portal, '/token', request)).name).toBe('InvalidGrantException');
    expect((await refresh()).status).toBe(200);
  });

  test('a code of aws login', async () => {
    const { tool } = await signedInTool(portal, DEV);
    const { code, codeVerifier, redirectUri } = await loginCode();
    const request = { ...tool, grantType: 'authorization_code', code, codeVerifier, redirectUri };
    expect((await postJson(portal, '/token', request)).name).toBe('InvalidGrantException');
  });
});

describe('POST /v1/token', () => {
  test.each<readonly [string, object, string]>([
    ['with another verifier', { codeVerifier: pkce().verifier }, 'AUTHCODE_EXPIRED'],
    ['with another address', { redirectUri: 'http://127.0.0.1:1/oauth/callback' }, 'AUTHCODE_EXPIRED'],
    ['with the other client', { clientId: CROSS_DEVICE }, 'AUTHCODE_EXPIRED'],
    ['with another code', { code: 'A'.repeat(43) }, 'AUTHCODE_EXPIRED'],
    ['without a code', { code: undefined }, 'INVALID_REQUEST'],
    ['with a long code', { code: 'a'.repeat(513) }, 'INVALID_REQUEST'],
    ['with a short verifier', { codeVerifier: 'a'.repeat(42) }, 'INVALID_REQUEST'],
    ['without an address', { redirectUri: undefined }, 'INVALID_REQUEST'],
    ['with a client of its own', { clientId: 'x' }, 'INVALID_REQUEST'],
    ['with another grant', { grantType: 'password' }, 'INVALID_REQUEST'],
    ['without a grant', { grantType: undefined }, 'INVALID_REQUEST'],
  ])('%s gives nothing, and asks nothing of AWS', async (_, change, error) => {
    const request = await loginCode();
    const before = sts();
    const answer = await redeem({ ...request, ...change }, new DpopKey());
    expect(portal.logged().at(-1)).toMatchObject({ outcome: 'refused', via: 'login' });
    expect([answer.status, answer.body['error'], answer.body['accessToken'], sts()]).toEqual([
      400,
      error,
      undefined,
      before,
    ]);
  });

  test('gives nothing for a code of more than a minute ago', async () => {
    const request = await loginCode();
    portal.ahead = 61_000;
    expect((await redeem(request, new DpopKey())).body['error']).toBe('AUTHCODE_EXPIRED');
  });
});
