import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dynamoDbError } from '../support/aws.ts';
import {
  AUDITOR,
  type Browser,
  DEV,
  honest,
  makePortal,
  ORIGIN,
  PORTAL_CLIENT,
  type Portal,
  tokenOf,
} from '../support/portal.ts';

/** The way in for browsers, through the functions as they are deployed, against providers that may be hostile. */

let portal: Portal;
beforeAll(async () => {
  portal = await makePortal();
});
afterAll(() => portal.close());
beforeEach(() => {
  honest(portal.corp);
  honest(portal.partner);
  portal.ahead = 0;
});

const lastRecord = () => portal.logged().at(-1);

describe('Signing in', () => {
  it('leads a browser without a session to the identity provider and back to where it was', async () => {
    const browser = portal.browser();
    const first = await browser.get('/roles/prod/ReadOnly');
    expect([first.status, first.location]).toEqual([303, '/sign-in?return=%2Froles%2Fprod%2FReadOnly']);
    const home = await browser.signIn(DEV, '/sign-in/corp?return=%2Froles%2Fprod%2FReadOnly');
    expect([home.status, home.location]).toEqual([303, '/roles/prod/ReadOnly']);
    expect((await browser.get('/roles/prod/ReadOnly')).status).toBe(200);
  });

  it('asks the provider for a code with PKCE, state and nonce, for an address of this issuer alone', async () => {
    const { authorize } = await portal.browser().begin();
    const asked = Object.fromEntries(authorize.searchParams);
    expect(asked).toMatchObject({
      client_id: PORTAL_CLIENT,
      response_type: 'code',
      redirect_uri: `${ORIGIN}/sign-in/corp/callback`,
      code_challenge_method: 'S256',
      scope: 'openid email profile',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name]).toMatch(/^[\w-]{43}$/);
  });

  it('redeems the code with the verifier of its challenge', async () => {
    const browser = portal.browser();
    const { authorize, callback } = await browser.begin();
    await browser.get(callback());
    const [redeemed] = portal.corp.redeemed;
    const verifier = redeemed?.get('code_verifier') ?? '';
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(
      authorize.searchParams.get('code_challenge'),
    );
    expect(Object.fromEntries(redeemed ?? [])).toMatchObject({
      grant_type: 'authorization_code',
      code: 'the-code',
      redirect_uri: `${ORIGIN}/sign-in/corp/callback`,
    });
  });

  it('gives a cookie that only this origin, only over TLS and no script can use, and that ends with the token', async () => {
    const answer = await portal.browser().signIn();
    expect(answer.setCookies).toHaveLength(1);
    expect(answer.setCookies[0]).toMatch(
      /^__Host-daypass=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=3[56]\d\d$/,
    );
    expect(answer.setCookies[0]).not.toMatch(/Domain/i);
  });

  it('is on record, and what is opened in the session names it', async () => {
    const browser = portal.browser();
    await browser.signIn();
    const signIn = lastRecord();
    expect(signIn).toMatchObject({
      action: 'sign-in',
      outcome: 'allowed',
      via: 'portal',
      caller: { issuer: 'corp', username: 'dev@example.com' },
      claims: { groups: ['engineering'] },
    });
    const page = await browser.get('/roles/prod/ReadOnly');
    const path = '/roles/prod/ReadOnly/credentials';
    await browser.post(path, { csrf: tokenOf(page.body, path) });
    expect(lastRecord()).toMatchObject({ action: 'credentials', signIn: signIn?.sessionId, via: 'portal' });
  });

  it('lets several tabs of a browser sign in at once', async () => {
    const browser = portal.browser();
    const one = await browser.begin('/sign-in/corp?return=%2Fsessions');
    const two = await browser.begin();
    expect((await browser.get(two.callback())).status).toBe(303);
    portal.corp.next = { person: DEV, nonce: one.authorize.searchParams.get('nonce') ?? '' };
    expect((await browser.get(one.callback())).location).toBe('/sessions');
  });

  it('lets a person choose where there are several issuers', async () => {
    const { status, body } = await portal.browser().get('/sign-in?return=%2Fsessions');
    expect(status).toBe(200);
    expect(body).toContain('href="/sign-in/corp?return=%2Fsessions"');
    expect(body).toContain('Example Corp');
    expect(body).toContain('href="/sign-in/partner?return=%2Fsessions"');
  });

  it('keeps in the table nothing that could be used: no token, no secret, no state', async () => {
    const browser = portal.browser();
    const { authorize, callback } = await browser.begin();
    const before = JSON.stringify(portal.aws.calls.map(({ body }) => body));
    await browser.get(callback());
    const sent = JSON.stringify(portal.aws.calls.map(({ body }) => body)) + portal.lines.join('\n');
    const verifier = portal.corp.redeemed[0]?.get('code_verifier') ?? 'none';
    for (const secret of [
      browser.session,
      browser.pending,
      authorize.searchParams.get('state'),
      verifier,
      'access-token-canary-0123456789',
    ]) {
      expect(secret).toMatch(/.{16}/);
      expect(before + sent).not.toContain(secret);
    }
  });
});

describe('A session', () => {
  it('ends when the token would have', async () => {
    const browser = portal.browser();
    await browser.signIn();
    portal.ahead = 3_590_000;
    expect((await browser.get('/')).status).toBe(200);
    portal.ahead = 3_601_000;
    expect((await browser.get('/')).location).toBe('/sign-in');
    expect((await browser.get('/sessions')).location).toBe('/sign-in?return=%2Fsessions');
  });

  it('lasts twelve hours at most, whatever the token says', async () => {
    portal.corp.claims = { exp: Math.floor(Date.now() / 1000) + 86_000 };
    const browser = portal.browser();
    await browser.signIn();
    portal.ahead = 11.9 * 3_600_000;
    expect((await browser.get('/')).status).toBe(200);
    portal.ahead = 12.1 * 3_600_000;
    expect((await browser.get('/')).status).toBe(303);
  });

  it('has a new secret after each sign-in; the one before is worth nothing', async () => {
    const browser = portal.browser();
    await browser.signIn();
    const old = browser.session ?? '';
    await browser.signIn(AUDITOR);
    expect(browser.session).not.toBe(old);
    const answer = await portal.request('GET', '/', { cookies: [`__Host-daypass=${old}`] });
    expect(answer.location).toBe('/sign-in');
  });

  it('cannot be fixed: a secret that somebody planted is not taken over', async () => {
    const browser = portal.browser();
    browser.cookies.set('__Host-daypass', 'A'.repeat(43));
    await browser.signIn();
    expect(browser.session).not.toBe('A'.repeat(43));
    const planted = await portal.request('GET', '/', { cookies: [`__Host-daypass=${'A'.repeat(43)}`] });
    expect(planted.location).toBe('/sign-in');
  });

  it.each([
    ['absent', []],
    ['empty', ['__Host-daypass=']],
    ['too short', [`__Host-daypass=${'a'.repeat(42)}`]],
    ['too long', [`__Host-daypass=${'a'.repeat(44)}`]],
    ['of other characters', [`__Host-daypass=${'+'.repeat(43)}`]],
    ['unknown', [`__Host-daypass=${'a'.repeat(43)}`]],
    ['of another name', [`daypass=${'a'.repeat(43)}`]],
    ['of another case', [`__host-daypass=${'a'.repeat(43)}`]],
  ])('that is %s is none', async (_, cookies) => {
    expect((await portal.request('GET', '/', { cookies })).location).toBe('/sign-in');
  });

  it('that is altered in one character, or comes twice, is none', async () => {
    const browser = portal.browser();
    await browser.signIn();
    const secret = browser.session ?? '';
    const altered = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'Q' : 'A'}`;
    for (const cookies of [
      [`__Host-daypass=${altered}`],
      [`__Host-daypass=${secret}`, `__Host-daypass=${secret}`],
      [`__Host-daypass=${secret}`, `__Host-daypass=${altered}`],
    ]) {
      expect((await portal.request('GET', '/', { cookies })).location).toBe('/sign-in');
    }
  });

  it('is no bearer token, and a bearer token is no session', async () => {
    const browser = portal.browser();
    await browser.signIn();
    const answer = await portal.request('POST', '/v1/credentials', {
      headers: { authorization: `Bearer ${browser.session}`, 'content-type': 'application/json' },
      form: '{"role":"prod/ReadOnly"}',
    });
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'token_malformed']);
  });
});

describe('What comes back from the provider is refused when', () => {
  const CODE_CASES: readonly (readonly [string, Record<string, string | undefined>])[] = [
    ['the state is missing', { state: undefined }],
    ['the state is another', { state: 'x'.repeat(43) }],
    ['the state is empty', { state: '' }],
    ['the code is missing', { code: undefined }],
    ['the provider says no', { code: undefined, error: 'access_denied' }],
    ['the provider says no in its own words', { code: undefined, error: '<script>alert(1)</script>' }],
    ['it says both yes and no', { error: 'access_denied' }],
    ['the issuer is missing though it is always named', { iss: undefined }],
    ['the issuer is another', { iss: 'https://partner.example.net' }],
    ['the issuer has a slash more', { iss: 'https://idp.example.com/' }],
  ];
  it.each(CODE_CASES)('%s', async (_, changes) => {
    const browser = portal.browser();
    const { callback } = await browser.begin();
    const answer = await browser.get(callback(changes));
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('sign_in_failed');
    expect(answer.body).not.toContain('alert(1)');
    expect(answer.setCookies).toEqual([]);
    expect(browser.session).toBeUndefined();
    expect(lastRecord()).toMatchObject({ action: 'sign-in', outcome: 'refused', code: 'sign_in_failed' });
  });

  it('a parameter comes twice', async () => {
    for (const twice of ['&state=x', '&code=other', '&iss=https%3A%2F%2Fidp.example.com']) {
      const browser = portal.browser();
      const { callback } = await browser.begin();
      expect((await browser.get(callback() + twice)).status).toBe(403);
      expect(browser.session).toBeUndefined();
    }
  });

  it('the state was used before', async () => {
    const browser = portal.browser();
    const { callback } = await browser.begin();
    expect((await browser.get(callback())).status).toBe(303);
    const again = await browser.get(callback());
    expect([again.status, again.setCookies]).toEqual([403, []]);
    expect(portal.corp.redeemed).toHaveLength(1);
  });

  it('the sign-in was begun in another browser (login CSRF)', async () => {
    const attacker = portal.browser();
    const { callback } = await attacker.begin();
    const victim = portal.browser();
    expect((await victim.get(callback())).status).toBe(403);
    await victim.begin();
    const { callback: stolen } = await attacker.begin();
    expect((await victim.get(stolen())).status).toBe(403);
    expect(victim.session).toBeUndefined();
    expect(portal.corp.redeemed).toHaveLength(0);
    // And whose sign-in it is can still finish it.
    expect((await attacker.get(stolen())).status).toBe(303);
  });

  it('more than ten minutes have passed', async () => {
    const browser = portal.browser();
    const { callback } = await browser.begin();
    portal.ahead = 601_000;
    expect((await browser.get(callback())).status).toBe(403);
  });

  it('the code of one issuer comes to the address of the other (mix-up)', async () => {
    const browser = portal.browser();
    const { callback } = await browser.begin();
    const answer = await browser.get(callback().replace('/corp/', '/partner/'));
    expect(answer.status).toBe(403);
    expect([portal.corp.redeemed.length, portal.partner.redeemed.length]).toEqual([0, 0]);
  });

  it('the issuer is none that the portal offers', async () => {
    for (const path of ['/sign-in/nobody', '/sign-in/nobody/callback?state=x', '/sign-in/__proto__']) {
      expect((await portal.browser().get(path)).status).toBe(404);
    }
  });

  const seconds = Math.floor(Date.now() / 1000);
  const CLAIM_CASES: readonly (readonly [string, Record<string, unknown>])[] = [
    ['another nonce', { nonce: 'n'.repeat(43) }],
    ['no nonce', { nonce: undefined }],
    ['the audience of another client', { aud: 'daypass-cli' }],
    ['a foreign audience', { aud: 'somebody-else' }],
    ['several audiences, one foreign', { aud: [PORTAL_CLIENT, 'somebody-else'] }],
    ['no audience', { aud: [] }],
    ['a foreign authorized party', { azp: 'somebody-else' }],
    ['another issuer', { iss: 'https://partner.example.net' }],
    ['no subject', { sub: undefined }],
    ['an expiry in the past', { exp: seconds - 3600 }],
    ['no expiry', { exp: undefined }],
    ['an issue time in the future', { iat: seconds + 3600 }],
    ['a lifetime of a week', { exp: seconds + 7 * 86_400 }],
    ['an e-mail that is not verified', { email_verified: false }],
    ['a username that STS cannot hold', { email: 'dév@example.com' }],
    ['a username of the other issuer', { email: 'partner-dev@example.com' }],
    ['groups left out for their number', { groups: undefined, hasgroups: true }],
  ];
  it.each(CLAIM_CASES)('the token has %s', async (_, claims) => {
    portal.corp.claims = claims;
    const browser = portal.browser();
    const answer = await browser.signIn();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.setCookies).toEqual([]);
    expect(browser.session).toBeUndefined();
    expect(lastRecord()).toMatchObject({ action: 'sign-in', outcome: 'refused' });
  });

  it('the token is signed by somebody else', async () => {
    portal.corp.signsWrongly = true;
    const browser = portal.browser();
    expect((await browser.signIn()).status).toBe(401);
    expect(lastRecord()).toMatchObject({ action: 'sign-in', outcome: 'refused', code: 'signature_invalid' });
  });

  const json =
    (body: unknown, status = 200) =>
    () =>
      Response.json(body, { status });
  const TOKEN_CASES: readonly (readonly [string, () => Response, number])[] = [
    ['refuses the code', json({ error: 'invalid_grant', error_description: 'canary <b>' }, 400), 403],
    ['gives no ID token', json({ access_token: 'a'.repeat(20), token_type: 'Bearer' }), 403],
    ['gives an ID token that is none', json({ access_token: 'a', token_type: 'Bearer', id_token: 'no' }), 403],
    ['answers HTML', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), 403],
    ['answers nothing', () => new Response(null, { status: 204 }), 403],
    ['is down', json({ error: 'server_error' }, 503), 503],
    ['redirects', () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }), 403],
    ['answers without end', () => new Response('x'.repeat(200_000)), 403],
  ];
  it.each(TOKEN_CASES)('the token endpoint %s', async (_, answer, status) => {
    portal.corp.tokenAnswer = answer;
    const browser = portal.browser();
    const page = await browser.signIn();
    expect(page.status).toBe(status);
    expect(page.body).not.toContain('canary');
    expect(browser.session).toBeUndefined();
    expect(lastRecord()?.outcome).not.toBe('allowed');
  });
});

describe('A provider that', () => {
  const fresh = async () => {
    const other = await makePortal();
    return other;
  };
  it.each<readonly [string, Record<string, unknown>]>([
    ['names another issuer', { issuer: 'https://evil.example' }],
    ['has its sign-in page without TLS', { authorization_endpoint: 'http://idp.example.com/auth' }],
    ['has its token endpoint without TLS', { token_endpoint: 'http://idp.example.com/token' }],
    ['leads to this machine', { token_endpoint: 'https://127.0.0.1/token' }],
    ['has credentials in an address', { authorization_endpoint: 'https://a:b@idp.example.com/auth' }],
  ])('%s is not used', async (_, discovery) => {
    const other = await fresh();
    try {
      other.corp.discovery = discovery;
      const answer = await other.browser().get('/sign-in/corp');
      expect([403, 503]).toContain(answer.status);
      expect(answer.location).toBeUndefined();
    } finally {
      await other.close();
    }
  });

  it('is down is said to be, and its last good configuration serves on', async () => {
    const other = await fresh();
    try {
      other.corp.fails = () => {
        throw Object.assign(new TypeError('fetch failed'), {
          cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
        });
      };
      const down = await other.browser().get('/sign-in/corp');
      expect([down.status, /<code>(\w+)<\/code>/.exec(down.body)?.[1]]).toEqual([503, 'idp_unavailable']);
      other.corp.fails = undefined;
      expect((await other.browser().get('/sign-in/corp')).status).toBe(303);
      other.ahead = 700_000;
      let asked = 0;
      other.corp.fails = () => {
        asked += 1;
        return new Response('no', { status: 500 });
      };
      for (let attempt = 0; attempt < 5; attempt += 1) {
        expect((await other.browser().get('/sign-in/corp')).status).toBe(303);
      }
      expect(asked).toBe(1);
      // A day later what it said is too old to go by.
      other.ahead = 86_400_000 + 600_000;
      expect((await other.browser().get('/sign-in/corp')).status).toBe(503);
    } finally {
      await other.close();
    }
  });
});

describe('A fresh sign-in', () => {
  it('is asked of the provider and held against what it says', async () => {
    const browser = portal.browser();
    const { authorize } = await browser.begin('/sign-in/corp?max_age=300&acr_values=urn%3Aexample%3Amfa&prompt=login');
    expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
      max_age: '300',
      acr_values: 'urn:example:mfa',
      prompt: 'login',
    });
    expect((await browser.signIn(DEV, '/sign-in/corp?max_age=300')).status).toBe(303);
  });

  it.each<readonly [string, unknown]>([
    ['older than asked for', Math.floor(Date.now() / 1000) - 4000],
    ['of no known time', undefined],
  ])('that is %s is refused', async (_, authTime) => {
    portal.corp.claims = { auth_time: authTime };
    const browser = portal.browser();
    const answer = await browser.signIn(DEV, '/sign-in/corp?max_age=300');
    expect(answer.status).toBe(403);
    expect(lastRecord()).toMatchObject({ outcome: 'refused', code: 'sign_in_too_weak' });
    expect(browser.session).toBeUndefined();
  });

  it.each(['max_age=-1', 'max_age=1e9', 'max_age=', 'max_age=5&max_age=6', 'prompt=none', 'acr_values=%0a', 'x=1'])(
    'with %s is not begun',
    async (query) => {
      const answer = await portal.browser().get(`/sign-in/corp?${query}`);
      expect([answer.status, answer.location]).toEqual([400, undefined]);
    },
  );
});

describe('Signing out', () => {
  const signedIn = async (): Promise<{ browser: Browser; csrf: string }> => {
    const browser = portal.browser();
    await browser.signIn();
    const { body } = await browser.get('/');
    return { browser, csrf: tokenOf(body, '/sign-out') };
  };

  it('ends the session here and leads to the provider’s own sign-out', async () => {
    const { browser, csrf } = await signedIn();
    const secret = browser.session;
    const answer = await browser.post('/sign-out', { csrf });
    expect(answer.status).toBe(200);
    expect(answer.headers['refresh']).toMatch(/^0;url=https:\/\/idp\.example\.com\/logout\?/);
    expect(answer.headers['refresh']).toContain(encodeURIComponent(`${ORIGIN}/signed-out`));
    expect(browser.session).toBeUndefined();
    expect(lastRecord()).toMatchObject({
      action: 'sign-out',
      outcome: 'allowed',
      caller: { username: 'dev@example.com' },
    });
    expect((await portal.request('GET', '/', { cookies: [`__Host-daypass=${secret}`] })).location).toBe('/sign-in');
  });

  it('is possible for somebody who has used up their requests', async () => {
    const { browser, csrf } = await signedIn();
    portal.aws.intercept = ({ action }) =>
      action === 'UpdateItem' ? dynamoDbError('ConditionalCheckFailedException', 'no room') : undefined;
    portal.ahead = 120_000;
    expect((await browser.get('/')).status).toBe(429);
    expect((await browser.post('/sign-out', { csrf })).status).toBe(200);
    portal.aws.intercept = () => undefined;
  });

  it('without a session says so', async () => {
    const answer = await portal.browser().post('/sign-out', { csrf: 'x' });
    expect([answer.status, answer.body.includes('sign_in_required')]).toEqual([401, true]);
  });

  it.each<readonly [string, Record<string, string>]>([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['same-site', { 'sec-fetch-site': 'same-site' }],
    ['from a bookmark', { 'sec-fetch-site': 'none' }],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from another port', { origin: `${ORIGIN}:8443` }],
    ['from plain http', { origin: ORIGIN.replace('https', 'http') }],
  ])('is refused %s, even with the right token', async (_, headers) => {
    const { browser, csrf } = await signedIn();
    const answer = await browser.post('/sign-out', { csrf }, headers);
    expect([answer.status, answer.body.includes('request_forged')]).toEqual([403, true]);
    expect(browser.session).toBeDefined();
    expect((await browser.get('/')).status).toBe(200);
  });

  it('is refused without a token, with a wrong, another session’s or another form’s one', async () => {
    const other = await signedIn();
    const { browser, csrf } = await signedIn();
    const page = await browser.get('/roles/prod/ReadOnly');
    const wrong = [
      {},
      { csrf: '' },
      { csrf: 'x'.repeat(43) },
      { csrf: csrf.slice(0, -1) },
      { csrf: other.csrf },
      { csrf: tokenOf(page.body, '/preferences') },
    ];
    for (const form of wrong) {
      // Without Fetch Metadata and Origin the token alone decides.
      for (const headers of [{}, { 'sec-fetch-site': 'same-origin' }]) {
        expect((await browser.post('/sign-out', form as Record<string, string>, headers)).status).toBe(403);
      }
    }
    expect((await browser.post('/sign-out', { csrf }, {})).status).toBe(200);
  });

  it('is a POST: nothing that is only looked at signs anybody out', async () => {
    const { browser } = await signedIn();
    expect((await browser.get('/sign-out')).status).toBe(404);
    expect((await browser.get('/')).status).toBe(200);
  });

  it('leads nowhere when the provider has no sign-out, or is down', async () => {
    const other = await makePortal();
    try {
      other.corp.discovery = { end_session_endpoint: undefined };
      const browser = other.browser();
      await browser.signIn();
      const { body } = await browser.get('/');
      const answer = await browser.post('/sign-out', { csrf: tokenOf(body, '/sign-out') });
      expect([answer.status, answer.headers['refresh']]).toEqual([200, undefined]);
      expect(answer.body).toContain('You are signed out');
    } finally {
      await other.close();
    }
  });
});

describe('When the store is down', () => {
  it('nobody signs in, and nobody is let in', async () => {
    const other = await makePortal();
    try {
      const browser = other.browser();
      await browser.signIn();
      other.aws.intercept = ({ service }) => {
        if (service === 'dynamodb')
          throw Object.assign(new Error('down'), { name: 'ECONNREFUSED', code: 'ECONNREFUSED' });
        return undefined;
      };
      expect((await browser.get('/')).status).toBe(503);
      const late = await other.browser().get('/sign-in/corp');
      expect([late.status, late.location]).toEqual([503, undefined]);
    } finally {
      await other.close();
    }
  });

  it('a sign-in that cannot be recorded gives no cookie', async () => {
    const other = await makePortal();
    try {
      const browser = other.browser();
      const { callback } = await browser.begin();
      other.aws.intercept = ({ action, body }) => {
        if (action === 'PutItem' && body.includes('audit#')) throw new Error('down');
        return undefined;
      };
      const answer = await browser.get(callback());
      expect([answer.status, answer.setCookies]).toEqual([503, []]);
      expect(browser.session).toBeUndefined();
    } finally {
      await other.close();
    }
  });
});
