import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { composeSso } from '../../lib/compose.ts';
import { DEV, honest, makePortal, ORIGIN, OUTSIDER, PORTAL_POLICY, type Portal } from '../support/portal.ts';
import {
  approve,
  approvedCode,
  authorizePath,
  codeOf,
  DEVICE_CODE,
  formOf,
  getAs,
  pkce,
  postJson,
  REDIRECT,
  register,
  signedInBrowser,
  signedInTool,
  type Tokens,
  toolAnswer,
  whileOffered,
} from '../support/tool.ts';

/** How the stock AWS tools are signed in, through the functions as they are deployed. */

let portal: Portal;
beforeAll(async () => {
  portal = await makePortal();
});
afterAll(() => portal.close());
beforeEach(() => {
  honest(portal.corp);
  portal.ahead = 0;
});

const MINUTE = 60_000;
const logged = (action: string) => portal.logged().filter((record) => record.action === action);

describe('aws sso login', () => {
  test('registers, has a person approve, and gets tokens that give a role', async () => {
    const { tokens } = await signedInTool(portal);
    expect(tokens).toMatchObject({
      accessToken: expect.stringMatching(/^dpa_[\w-]{22}\.[\w-]{43}$/),
      refreshToken: expect.stringMatching(/^dpr_[\w-]{22}\.[\w-]{43}$/),
      tokenType: 'Bearer',
      expiresIn: 3600,
    });
    const accounts = await getAs(portal, tokens.accessToken, '/assignment/accounts');
    expect(accounts.body).toEqual({
      accountList: [
        { accountId: '111111111111', accountName: 'Development' },
        { accountId: '222222222222', accountName: 'Production' },
      ],
    });
    const roles = await getAs(portal, tokens.accessToken, '/assignment/roles?account_id=222222222222');
    // Not Admin, which asks for a reason; nor what only others have.
    expect(roles.body).toEqual({
      roleList: [
        { accountId: '222222222222', roleName: 'Fresh' },
        { accountId: '222222222222', roleName: 'ReadOnly' },
      ],
    });
    const target = '/federation/credentials?account_id=222222222222&role_name=ReadOnly';
    const { status, body } = await getAs(portal, tokens.accessToken, target);
    expect([status, Object.keys(body['roleCredentials'] as object)]).toEqual([
      200,
      ['accessKeyId', 'secretAccessKey', 'sessionToken', 'expiration'],
    ]);
    expect(portal.logged().at(-1)).toMatchObject({ outcome: 'issued', via: 'sso', role: 'prod/ReadOnly' });
  });

  test('is on record from the sign-in to the session', async () => {
    const { tokens } = await signedInTool(portal);
    await getAs(portal, tokens.accessToken, '/federation/credentials?account_id=222222222222&role_name=ReadOnly');
    const [signIn, authorized, token, session] = portal
      .logged()
      .slice(-5)
      .filter(({ phase }) => phase === 'outcome');
    expect(signIn).toMatchObject({ action: 'sign-in', outcome: 'allowed' });
    expect(authorized).toMatchObject({
      action: 'authorize',
      outcome: 'allowed',
      client: 'botocore-client-test',
      signIn: signIn?.sessionId,
    });
    expect(token).toMatchObject({ action: 'token', outcome: 'allowed', via: 'sso', signIn: authorized?.sessionId });
    expect(session).toMatchObject({ action: 'credentials', outcome: 'issued', signIn: authorized?.sessionId });
  });

  test('shows the person which tool, where its answer goes, and for whom; its form leads there alone', async () => {
    const tool = await register(portal, { clientName: 'a "tool" <b>' });
    const browser = await signedInBrowser(portal);
    const { body, headers } = await browser.get(authorizePath(tool, pkce()));
    expect(body).toContain('Sign in a &quot;tool&quot; &lt;b&gt;?');
    expect(body).toContain('http://127.0.0.1:53682');
    expect(body).toContain('dev@example.com');
    expect(headers['content-security-policy']).toContain("form-action 'self' http://127.0.0.1:53682;");
    expect(headers['x-frame-options']).toBe('DENY');
  });

  test('leads whoever has no session, or an old one, to the identity provider and back', async () => {
    const tool = await register(portal);
    const path = authorizePath(tool, pkce());
    const browser = portal.browser();
    const first = await browser.get(path);
    expect(first.location).toBe(`/sign-in?return=${encodeURIComponent(path)}`);
    const back = await browser.signIn(DEV, `/sign-in/corp?return=${encodeURIComponent(path)}`);
    expect(back.location).toBe(path);
    portal.ahead = 16 * MINUTE;
    const { location = '' } = await browser.get(path);
    expect(Object.fromEntries(new URL(location, ORIGIN).searchParams)).toEqual({ max_age: '300', return: path });
    const { authorize } = await browser.begin(location);
    expect(authorize.searchParams.get('max_age')).toBe('300');
  });

  test('and whoever comes too late with the page is to sign in again; nothing is approved', async () => {
    const browser = await signedInBrowser(portal);
    const { body } = await browser.get(authorizePath(await register(portal), pkce()));
    const { action, fields } = formOf(body);
    portal.ahead = 16 * MINUTE;
    const answer = await browser.post(action, { ...fields, decision: 'approve' });
    expect([answer.status, answer.location]).toEqual([401, undefined]);
    expect(logged('authorize').at(-1)).toMatchObject({ outcome: 'refused', code: 'sign_in_required' });
  });

  test('tells the tool when the person says no, and the log', async () => {
    const browser = await signedInBrowser(portal);
    const { location = '' } = await approve(browser, authorizePath(await register(portal), pkce()), {
      decision: 'deny',
    });
    expect(location).toMatch(/^http:\/\/127\.0\.0\.1:53682\/oauth\/callback\?error=access_denied&/);
    expect(new URL(location).searchParams.get('state')).toBe('the-state');
    expect(logged('authorize').at(-1)).toMatchObject({ outcome: 'refused', code: 'authorization_denied' });
  });

  test('names the broker in its answer (RFC 9207)', async () => {
    const browser = await signedInBrowser(portal);
    const { location = '' } = await approve(browser, authorizePath(await register(portal), pkce()));
    expect(new URL(location).searchParams.get('iss')).toBe(ORIGIN);
  });

  test.each([
    'http://127.0.0.1:1/oauth/callback',
    'http://127.0.0.1:65535/oauth/callback',
    'http://127.0.0.1/oauth/callback',
  ])('sends its answer to whatever port the tool listens on: %s', async (redirect_uri) => {
    const browser = await signedInBrowser(portal);
    const { location } = await approve(browser, authorizePath(await register(portal), pkce(), { redirect_uri }));
    expect(location).toMatch(`${redirect_uri}?code=`);
  });
});

describe('A client of old, which registers without scopes,', () => {
  test('gets one token that lasts as long as its session', async () => {
    const { tokens } = await signedInTool(portal, DEV, { scopes: undefined });
    expect(tokens.refreshToken).toBeUndefined();
    expect(tokens).toMatchObject({ expiresIn: 8 * 3600 });
    portal.ahead = 7 * 3600_000;
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).status).toBe(200);
    portal.ahead = 8 * 3600_000 + MINUTE;
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).name).toBe('UnauthorizedException');
  });
});

describe('A refresh token', () => {
  test('is good once, and for a minute gives the same again', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    const first = await refresh(tokens.refreshToken);
    expect(first.status).toBe(200);
    expect(first.body['refreshToken']).not.toBe(tokens.refreshToken);
    portal.ahead = 59_000;
    const again = await refresh(tokens.refreshToken);
    for (const member of ['accessToken', 'refreshToken']) expect(again.body[member]).toBe(first.body[member]);
    expect(again.body['expiresIn']).toBeLessThanOrEqual(3542);
  });

  test('used later ends the session with all its tokens', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    const next = (await refresh(tokens.refreshToken)).body as unknown as Tokens;
    portal.ahead = 62_000;
    expect((await refresh(tokens.refreshToken)).name).toBe('InvalidGrantException');
    expect(logged('token').at(-1)).toMatchObject({ outcome: 'refused', code: 'grant_invalid' });
    expect((await refresh(next.refreshToken)).name).toBe('InvalidGrantException');
    for (const { accessToken } of [tokens, next]) {
      expect((await getAs(portal, accessToken, '/assignment/accounts')).name).toBe('UnauthorizedException');
    }
  });

  test('of two refreshes before ends it too', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    const second = (await refresh(tokens.refreshToken)).body as unknown as Tokens;
    const third = (await refresh(second.refreshToken)).body as unknown as Tokens;
    expect((await refresh(tokens.refreshToken)).name).toBe('InvalidGrantException');
    expect((await refresh(third.refreshToken)).name).toBe('InvalidGrantException');
  });

  test('leaves the access token from before it good until it expires, and the one before that not', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    const second = (await refresh(tokens.refreshToken)).body as unknown as Tokens;
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).status).toBe(200);
    const third = (await refresh(second.refreshToken)).body as unknown as Tokens;
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).status).toBe(401);
    expect((await getAs(portal, second.accessToken, '/assignment/accounts')).status).toBe(200);
    portal.ahead = 61 * MINUTE;
    expect((await getAs(portal, second.accessToken, '/assignment/accounts')).status).toBe(401);
    expect((await refresh(third.refreshToken)).status).toBe(200);
  });

  test('works until the session ends, whatever is refreshed', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    portal.ahead = 8 * 3600_000 - 10 * MINUTE;
    const last = await refresh(tokens.refreshToken);
    expect(last.status).toBe(200);
    expect(last.body['expiresIn']).toBeLessThanOrEqual(600);
    portal.ahead = 8 * 3600_000 + 5000;
    expect((await refresh((last.body as unknown as Tokens).refreshToken)).name).toBe('InvalidGrantException');
  });

  test('is worth nothing to another client, and does no harm there', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    const other = await register(portal, { clientName: 'another' });
    expect((await refresh(tokens.refreshToken, other)).name).toBe('InvalidGrantException');
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
  });

  test('is refused as soon as the access policy no longer lets tools in, and so is all else', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    await whileOffered(portal, undefined, async () => {
      expect((await refresh(tokens.refreshToken)).name).toBe('AccessDeniedException');
      for (const target of [
        '/assignment/accounts',
        '/federation/credentials?account_id=222222222222&role_name=ReadOnly',
      ]) {
        expect((await getAs(portal, tokens.accessToken, target)).name).toBe('ForbiddenException');
      }
      const refused = { outcome: 'refused', code: 'tools_not_offered', caller: { issuer: 'corp' } };
      expect(portal.logged().at(-1)).toMatchObject(refused);
    });
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
  });
});

describe('aws sso login on a device without a browser', () => {
  /** Each with guesses of their own. */
  let people = 0;
  const someone = () => ({ ...DEV, name: `someone-${++people}` });
  const begin = async (changes: Record<string, unknown> = {}) => {
    const tool = await register(portal, changes);
    const { body } = await postJson(portal, '/device_authorization', {
      ...tool,
      startUrl: 'https://x.awsapps.com/start',
    });
    const { deviceCode, userCode } = body as unknown as { deviceCode: string; userCode: string };
    const ask = (more: object = {}) =>
      postJson(portal, '/token', { ...tool, grantType: DEVICE_CODE, deviceCode, ...more });
    return { tool, body, deviceCode, userCode, ask };
  };
  const type = async (browser: Awaited<ReturnType<typeof signedInBrowser>>, code: string) => {
    const { fields } = formOf((await browser.get('/device')).body);
    return browser.post('/device', { ...fields, code });
  };
  const decide = async (browser: Awaited<ReturnType<typeof signedInBrowser>>, code: string, decision: string) => {
    const { fields } = formOf((await type(browser, code)).body);
    return browser.post('/device/decision', { ...fields, decision });
  };

  test('shows a code, waits, and is signed in when somebody typed it', async () => {
    const { body, userCode, ask } = await begin();
    expect(body).toMatchObject({
      userCode: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verificationUri: `${ORIGIN}/device`,
      // A code in a link is typed by nobody.
      verificationUriComplete: `${ORIGIN}/device`,
      expiresIn: 600,
      interval: 5,
    });
    expect((await ask()).body).toMatchObject({
      __type: 'AuthorizationPendingException',
      error: 'authorization_pending',
    });
    const before = portal.logged().length;
    const browser = await signedInBrowser(portal, someone());
    const page = await type(browser, ` ${userCode.toLowerCase().replace('-', ' ')}`);
    expect(page.body).toContain('botocore-client-test');
    expect(page.body).toContain('203.0.113.7');
    const { fields } = formOf(page.body);
    expect((await browser.post('/device/decision', { ...fields, decision: 'approve' })).status).toBe(200);
    portal.ahead = 6000;
    const answer = await ask();
    expect(answer.body).toMatchObject({ tokenType: 'Bearer', refreshToken: expect.stringMatching(/^dpr_/) });
    const records = portal.logged().slice(before);
    expect(records.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'sign-in allowed',
      'authorize allowed',
      'token allowed',
    ]);
    expect(records[1]).toMatchObject({ client: 'botocore-client-test', deviceIp: '203.0.113.7' });
  });

  test('asks no faster than it may: twice within its interval, which grows by five seconds when it is told', async () => {
    const { ask } = await begin();
    const asked: [number, unknown][] = [];
    for (const at of [0, 0, 1, 11, 21, 22, 23, 38, 52, 60]) {
      portal.ahead = at * 1000;
      asked.push([at, (await ask()).body['error']]);
    }
    const [pending, slow] = ['authorization_pending', 'slow_down'];
    expect(asked).toEqual([
      [0, pending],
      [0, pending],
      [1, slow],
      [11, pending],
      [21, pending],
      [22, pending],
      [23, slow],
      [38, pending],
      [52, pending],
      [60, pending],
    ]);
  });

  test('hears that it was denied, and the log has who asked from where', async () => {
    const { userCode, ask } = await begin();
    const done = await decide(await signedInBrowser(portal, someone()), userCode, 'deny');
    expect(done.body).toContain('Nothing was signed in');
    expect((await ask()).body).toMatchObject({ __type: 'AccessDeniedException', error: 'access_denied' });
    expect(logged('authorize').at(-1)).toMatchObject({
      outcome: 'refused',
      code: 'authorization_denied',
      deviceIp: '203.0.113.7',
    });
  });

  test('hears that nobody approved in time', async () => {
    const { userCode, ask } = await begin();
    portal.ahead = 601_000;
    expect((await ask()).body).toMatchObject({ __type: 'ExpiredTokenException', error: 'expired_token' });
    portal.ahead = 601_000;
    const browser = await signedInBrowser(portal, someone());
    expect((await type(browser, userCode)).status).toBe(404);
  });

  test('is signed in once: a second use of its code ends the first', async () => {
    const { userCode, ask } = await begin();
    await decide(await signedInBrowser(portal, someone()), userCode, 'approve');
    const first = (await ask()).body as unknown as Tokens;
    expect((await ask()).name).toBe('InvalidGrantException');
    expect((await getAs(portal, first.accessToken, '/assignment/accounts')).name).toBe('UnauthorizedException');
  });

  test('is decided on once', async () => {
    const { userCode, ask } = await begin();
    const browser = await signedInBrowser(portal, someone());
    const { fields } = formOf((await type(browser, userCode)).body);
    await browser.post('/device/decision', { ...fields, decision: 'deny' });
    expect((await browser.post('/device/decision', { ...fields, decision: 'approve' })).status).toBe(404);
    expect((await ask()).name).toBe('AccessDeniedException');
  });

  test('is of no use to another client', async () => {
    const { userCode, ask } = await begin();
    await decide(await signedInBrowser(portal, someone()), userCode, 'approve');
    expect((await ask(await register(portal, { clientName: 'another' }))).name).toBe('InvalidGrantException');
    expect((await ask()).status).toBe(200);
  });

  test('lets one person try five codes in ten minutes, right or wrong, and says so in the log', async () => {
    const browser = await signedInBrowser(portal, { ...DEV, name: 'guesser' });
    const window = 600_000;
    // The start of a window of the counter.
    portal.ahead = window - (Date.now() % window) + 1000;
    await browser.signIn({ ...DEV, name: 'guesser' });
    const statuses = [];
    for (let tries = 0; tries < 6; tries += 1) statuses.push((await type(browser, 'BCDF-GHJK')).status);
    expect(statuses).toEqual([404, 404, 404, 404, 404, 429]);
    const { userCode } = await begin();
    expect((await type(browser, userCode)).status).toBe(429);
    expect(
      logged('authorize')
        .slice(-7)
        .map(({ code }) => code),
    ).toEqual([...Array.from({ length: 5 }, () => 'user_code_unknown'), 'rate_limited', 'rate_limited']);
  });

  test('is shown with a warning when it asked from another address than the person’s', async () => {
    const { clientId } = await register(portal);
    const request = {
      clientId,
      clientName: 'a server',
      refreshes: true,
      sourceIp: '198.51.100.9',
      userAgent: undefined,
    };
    const elsewhere = await portal.sso.devices.begin(request, Date.now());
    const browser = await signedInBrowser(portal, someone());
    expect((await type(browser, elsewhere.userCode)).body).toContain('another address than yours');
    expect((await type(browser, (await begin()).userCode)).body).not.toContain('another address than yours');
  });

  test('approved is of no use when the access policy has since turned it off', async () => {
    const { userCode, ask } = await begin();
    await decide(await signedInBrowser(portal, someone()), userCode, 'approve');
    await whileOffered(portal, { sessionSeconds: 3600, deviceCode: false }, async () => {
      expect((await ask()).name).toBe('AccessDeniedException');
    });
  });

  test('cannot be begun, and not be approved, where the access policy says so', async () => {
    const closed = await makePortal(
      PORTAL_POLICY.replace('sso: { session: 8h }', 'sso: { session: 1h, deviceCode: false }'),
    );
    try {
      const tool = await register(closed);
      const refused = await postJson(closed, '/device_authorization', { ...tool, startUrl: 'x' });
      expect(refused.name).toBe('AccessDeniedException');
      const browser = await signedInBrowser(closed);
      expect((await browser.get('/device')).status).toBe(403);
      // The other way is open.
      expect(codeOf(await approve(browser, authorizePath(tool, pkce())))).not.toBe('');
    } finally {
      await closed.close();
    }
  });

  test('is begun so many times a minute from one address', async () => {
    // One minute of the counter.
    const now = Date.now() + 7_200_000;
    const limited = composeSso(
      { ...process.env, DAYPASS_RATE_LIMIT_PER_MINUTE: '3' },
      { fetch, write: () => undefined, clock: () => now, requestHandler: portal.aws.requestHandler },
    );
    const { oauthApi } = await import('../../functions/sso.ts');
    const { httpEvent, lambdaContext } = await import('../support/events.ts');
    const api = oauthApi(limited);
    const tool = await register(portal);
    const event = () =>
      httpEvent('POST', '/device_authorization', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...tool, startUrl: 'x' }),
      });
    const statuses = [];
    for (let asks = 0; asks < 4; asks += 1) {
      const answer = (await api(event(), lambdaContext(), undefined as never)) as { statusCode: number };
      statuses.push(answer.statusCode);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe('Signing out', () => {
  const logout = (accessToken: string) =>
    portal.request('POST', '/logout', { headers: { 'x-amz-sso_bearer_token': accessToken } });

  test('ends everything that came of the sign-in', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    const next = (await refresh(tokens.refreshToken)).body as unknown as Tokens;
    const answer = await logout(next.accessToken);
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).status).toBe(401);
    expect((await refresh(next.refreshToken)).name).toBe('InvalidGrantException');
    expect(logged('sign-out').at(-1)).toMatchObject({ outcome: 'allowed', via: 'sso' });
  });

  test('also by a token that has expired', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    portal.ahead = 2 * 3600_000;
    expect((await logout(tokens.accessToken)).status).toBe(200);
    expect((await refresh(tokens.refreshToken)).name).toBe('InvalidGrantException');
  });

  test('of one tool leaves another of the same person signed in', async () => {
    const one = await signedInTool(portal);
    const other = await signedInTool(portal);
    await logout(one.tokens.accessToken);
    expect((await getAs(portal, other.tokens.accessToken, '/assignment/accounts')).status).toBe(200);
  });
});

describe('The lists', () => {
  test('come in pages, after which nothing is missing', async () => {
    const { tokens } = await signedInTool(portal);
    const found: unknown[] = [];
    let next = '';
    for (let pages = 0; pages < 5; pages += 1) {
      const target = `/assignment/accounts?max_result=1${next && `&next_token=${next}`}`;
      const { body } = await getAs(portal, tokens.accessToken, target);
      found.push(...(body['accountList'] as unknown[]));
      next = String(body['nextToken'] ?? '');
      if (next === '') break;
    }
    expect(found).toMatchObject([{ accountId: '111111111111' }, { accountId: '222222222222' }]);
  });

  test('are empty for who has no role, and of an account that is not there', async () => {
    const { tokens } = await signedInTool(portal, OUTSIDER);
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).body).toEqual({ accountList: [] });
    const roles = await getAs(portal, tokens.accessToken, '/assignment/roles?account_id=999999999999');
    expect([roles.status, roles.body]).toEqual([200, { roleList: [] }]);
  });
});

describe('GET /federation/credentials', () => {
  const ask = (accessToken: string, account: string, role: string) =>
    getAs(portal, accessToken, `/federation/credentials?account_id=${account}&role_name=${role}`);

  test('never says 401 to who is signed in: that would only send them round in a circle', async () => {
    const { tokens } = await signedInTool(portal);
    for (const [account, role] of [
      ['222222222222', 'Secret'],
      ['222222222222', 'Nothing'],
      ['999999999999', 'Admin'],
      ['222222222222', 'Admin'],
      ['222222222222', 'Strong'],
    ] as const) {
      const { status, name, body } = await ask(tokens.accessToken, account, role);
      expect([status, name]).toEqual([403, 'ForbiddenException']);
      expect(body['message']).toMatch(/session 01/);
    }
  });

  test('reads the same for a role of others, one that is not there, and an account that is not there', async () => {
    const { tokens } = await signedInTool(portal);
    const words = [];
    for (const [account, role] of [
      ['222222222222', 'Secret'],
      ['222222222222', 'Nothing'],
      ['999999999999', 'Admin'],
    ] as const) {
      const { body } = await ask(tokens.accessToken, account, role);
      words.push(
        String(body['message'])
          .replace(/"[^"]+"/, 'ROLE')
          .replace(/\(session \w+\)/, ''),
      );
    }
    expect(new Set(words).size).toBe(1);
  });

  test('gives no session that is too short for its clients, and does not list the role', async () => {
    const short = await makePortal(
      PORTAL_POLICY.replace(
        '- name: engineering\n',
        '- { name: short, roles: [prod/Strong], callers: { groups: [engineering] }, duration: 15m }\n  - name: engineering\n',
      ),
    );
    try {
      const { tokens } = await signedInTool(short);
      const listed = await getAs(short, tokens.accessToken, '/assignment/roles?account_id=222222222222');
      expect(JSON.stringify(listed.body)).not.toContain('Strong');
      const target = '/federation/credentials?account_id=222222222222&role_name=Strong';
      const { status, name, body } = await getAs(short, tokens.accessToken, target);
      expect([status, name]).toEqual([403, 'ForbiddenException']);
      expect(body['message']).toMatch(/shorter than the 20 minutes/);
      expect(short.logged().at(-1)).toMatchObject({ outcome: 'refused', code: 'session_too_short' });
      expect(short.aws.calls.filter(({ service }) => service === 'sts')).toEqual([]);
    } finally {
      await short.close();
    }
  });
});

describe('Where sessions end with the sign-in', () => {
  test('whoever has too little left of it is told to sign in again', async () => {
    const ending = await makePortal(
      PORTAL_POLICY.replace('    sso: { session: 8h }', '    sessionsEndWithToken: true\n    sso: { session: 30m }'),
    );
    try {
      const { tokens } = await signedInTool(ending);
      const target = '/federation/credentials?account_id=222222222222&role_name=ReadOnly';
      expect((await getAs(ending, tokens.accessToken, target)).status).toBe(200);
      // Less than the clients need, and then less than STS takes.
      for (const minutes of [12, 20]) {
        ending.ahead = minutes * MINUTE;
        expect((await getAs(ending, tokens.accessToken, target)).name).toBe('UnauthorizedException');
      }
    } finally {
      await ending.close();
    }
  });
});

describe('The start page', () => {
  test('leads a browser to the portal, and tells aws what it wants to hear', async () => {
    expect((await portal.request('GET', '/start')).location).toBe('/');
    const { status, location } = await portal.request('HEAD', '/start');
    expect([status, location]).toEqual([302, 'https://d-0000000000.awsapps.com/start']);
  });
});

test('Nothing that could be used is kept: no token, code or secret is in the table or the log', async () => {
  const { tool, tokens, refresh, browser } = await signedInTool(portal);
  const request = await approvedCode(browser, tool);
  const next = (await refresh(tokens.refreshToken)).body as unknown as Tokens;
  const device = (await postJson(portal, '/device_authorization', { ...tool, startUrl: 'x' })).body;
  const written = JSON.stringify(portal.aws.calls.map(({ body }) => body)) + portal.lines.join('\n');
  const secretOf = (token: string) => token.slice(token.indexOf('.') + 1);
  for (const secret of [
    secretOf(tokens.accessToken),
    secretOf(tokens.refreshToken),
    secretOf(next.accessToken),
    secretOf(next.refreshToken),
    request.code,
    request.codeVerifier,
    tool.clientSecret,
    String(device['deviceCode']),
    String(device['userCode']),
    String(device['userCode']).replace('-', ''),
  ]) {
    expect(secret).toMatch(/^[\w-]{8,}$/);
    expect(written).not.toContain(secret);
  }
});

test('An answer with tokens is for nobody’s cache', async () => {
  const tool = await register(portal);
  const answer = await postJson(portal, '/token', await approvedCode(await signedInBrowser(portal), tool));
  expect(answer.headers['cache-control']).toBe('no-store');
  const page = toolAnswer(await portal.request('GET', '/assignment/accounts'));
  expect([page.status, page.name, page.body['__type']]).toEqual([
    401,
    'UnauthorizedException',
    'UnauthorizedException',
  ]);
  expect(REDIRECT).toContain('127.0.0.1');
});
