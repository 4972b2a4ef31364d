import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  AUDITOR,
  type Browser,
  DEV,
  honest,
  makePortal,
  ORIGIN,
  OUTSIDER,
  type Person,
  type Portal,
  tokenOf,
} from '../support/portal.ts';

/** The portal as plain HTTP, whole without script: what people see and do. The same flows run in a browser (test/e2e). */

let portal: Portal;
beforeAll(async () => {
  portal = await makePortal();
});
afterAll(() => portal.close());
beforeEach(() => {
  honest(portal.corp);
  portal.federation.asked.length = 0;
  portal.federation.answer = undefined;
  portal.ahead = 0;
});

async function signedIn(person: Person = DEV): Promise<Browser> {
  const browser = portal.browser();
  await browser.signIn(person);
  return browser;
}

const lastRecord = () => portal.logged().at(-1);

/** Fills in a form of a role's page and sends it. */
async function submit(
  browser: Browser,
  role: string,
  what: 'console' | 'credentials',
  form: Record<string, string> = {},
) {
  const path = `/roles/${role}`;
  const page = await browser.get(path);
  return browser.post(`${path}/${what}`, { csrf: tokenOf(page.body, `${path}/${what}`), ...form });
}

describe('The home page', () => {
  it('lists the person’s roles by account, with label, id and colour, and nobody else’s', async () => {
    const { status, body } = await (await signedIn()).get('/');
    expect(status).toBe(200);
    expect(body).toMatch(/<section class="account c-green"><h2>Development <small>111111111111<\/small>/);
    expect(body).toMatch(/<section class="account c-red"><h2>Production <small>222222222222<\/small>/);
    expect(body).toContain('href="/roles/prod/ReadOnly"');
    expect(body).not.toContain('Secret');
  });

  it('says of roles that are close what is missing', async () => {
    const { body } = await (await signedIn({ ...DEV, auth_time: Math.floor(Date.now() / 1000) - 4000 })).get('/');
    expect(body).toContain('sign in again: your sign-in must be at most 300 seconds old');
    expect(body).toContain('needs a reason, needs a ticket');
  });

  it('is searched by every word, over roles and accounts', async () => {
    const browser = await signedIn();
    const roles = async (search: string) =>
      [...(await browser.get(`/?q=${encodeURIComponent(search)}`)).body.matchAll(/href="\/roles\/([^"]+)"/g)].map(
        ([, id]) => id,
      );
    expect(await roles('production look')).toEqual(['prod/ReadOnly']);
    expect(await roles('111111111111')).toEqual(['dev/Developer']);
    expect(await roles('nothing like this')).toEqual([]);
    expect(await roles('READONLY')).toEqual(['prod/ReadOnly']);
  });

  it('of somebody without roles says whom to ask', async () => {
    const { body } = await (await signedIn(OUTSIDER)).get('/');
    expect(body).toContain('No grant of the access policy is for you');
    expect(body).not.toContain('/roles/');
  });

  it('offers the audit log to those who may read it', async () => {
    expect((await (await signedIn(AUDITOR)).get('/')).body).toContain('href="/audit"');
    expect((await (await signedIn()).get('/')).body).not.toContain('href="/audit"');
  });
});

describe('Favourites and recents', () => {
  it('are kept for the person, whatever browser they use', async () => {
    const person = { name: 'fan', groups: ['engineering'] };
    const browser = await signedIn(person);
    const page = await browser.get('/roles/prod/ReadOnly');
    const csrf = tokenOf(page.body, '/preferences');
    const liked = await browser.post('/preferences', { csrf, role: 'prod/ReadOnly', favourite: 'yes' });
    expect([liked.status, liked.location]).toEqual([303, '/roles/prod/ReadOnly']);
    await submit(browser, 'dev/Developer', 'credentials');
    const home = (await (await signedIn(person)).get('/')).body;
    expect(home).toMatch(/<h2>Favourites<\/h2><ul class="chips"><li><a class="c-red" href="\/roles\/prod\/ReadOnly">/);
    expect(home).toMatch(/<h2>Recent<\/h2><ul class="chips"><li><a class="c-green" href="\/roles\/dev\/Developer">/);
    await browser.post('/preferences', { csrf, role: 'prod/ReadOnly', favourite: 'no' });
    expect((await browser.get('/')).body).not.toContain('Favourites');
  });

  it('are of roles that the person has', async () => {
    const browser = await signedIn();
    const csrf = tokenOf((await browser.get('/roles/prod/ReadOnly')).body, '/preferences');
    expect((await browser.post('/preferences', { csrf, role: 'prod/Secret', favourite: 'yes' })).status).toBe(404);
    expect((await browser.post('/preferences', { csrf, role: '../x', favourite: 'yes' })).status).toBe(400);
  });

  it('are not worth a failure: a page comes up and a session opens without them', async () => {
    const other = await makePortal();
    try {
      const browser = other.browser();
      await browser.signIn();
      other.aws.intercept = ({ body }) => {
        if (body.includes('preferences#')) throw new Error('down');
        return undefined;
      };
      expect((await browser.get('/')).status).toBe(200);
      expect((await submit(browser, 'prod/ReadOnly', 'credentials')).status).toBe(200);
    } finally {
      await other.close();
    }
  });
});

describe('Credentials', () => {
  it('are shown in the forms that shells and files take, with when they end', async () => {
    const browser = await signedIn();
    const { status, body, headers } = await submit(browser, 'prod/ReadOnly', 'credentials');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    const key = /export AWS_ACCESS_KEY_ID=&#39;(ASIA\w+)&#39;/.exec(body)?.[1];
    expect(body).toContain(`$Env:AWS_ACCESS_KEY_ID = &#39;${key}&#39;`);
    expect(body).toContain(`aws_access_key_id = ${key}`);
    expect(body).toMatch(/<time datetime="[^"]+">[\d-]+ \d\d:\d\d UTC<\/time>/);
    expect(body).toContain('1 hour from now');
    expect(lastRecord()).toMatchObject({ action: 'credentials', outcome: 'issued', accessKeyId: key, via: 'portal' });
    expect(body).toContain(lastRecord()?.sessionId);
  });

  it('need the reason and ticket that the grant asks for', async () => {
    const browser = await signedIn();
    const page = await browser.get('/roles/prod/Admin');
    expect(page.body).toMatch(
      /<label for="credentials-reason">Reason<\/label><input id="credentials-reason" name="reason" required/,
    );
    const without = await submit(browser, 'prod/Admin', 'credentials', { reason: '', ticket: '' });
    expect([without.status, without.body.includes('a reason is required')]).toEqual([403, true]);
    expect(lastRecord()).toMatchObject({ outcome: 'denied', code: 'access_denied' });
    const given = await submit(browser, 'prod/Admin', 'credentials', { reason: 'disk full', ticket: 'OPS-1' });
    expect(given.status).toBe(200);
    expect(lastRecord()).toMatchObject({ outcome: 'issued', reason: 'disk full', ticket: 'OPS-1' });
  });

  it('are never kept: neither table nor log nor a later page holds their secret parts', async () => {
    const browser = await signedIn();
    const { body } = await submit(browser, 'prod/ReadOnly', 'credentials');
    const secrets = [/SECRET_ACCESS_KEY=&#39;(.+?)&#39;/, /SESSION_TOKEN=&#39;(.+?)&#39;/].map(
      (pattern) => pattern.exec(body)?.[1] ?? '',
    );
    const dynamoDb = portal.aws.calls.filter(({ service }) => service === 'dynamodb').map((call) => call.body);
    const later = (await browser.get('/sessions')).body + (await browser.get('/')).body;
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(15);
      expect(dynamoDb.join('\n') + portal.lines.join('\n') + later).not.toContain(secret);
    }
  });

  it('are withheld when the outcome cannot be recorded', async () => {
    const other = await makePortal();
    try {
      const browser = other.browser();
      await browser.signIn();
      other.aws.intercept = ({ action, body }) => {
        if (action === 'PutItem' && body.includes('#outcome')) throw new Error('down');
        return undefined;
      };
      for (const what of ['credentials', 'console'] as const) {
        const answer = await submit(browser, 'prod/ReadOnly', what);
        expect([answer.status, answer.location]).toEqual([503, undefined]);
        expect(answer.body).toContain('audit_unavailable');
        expect(answer.body).not.toContain('ASIA');
      }
    } finally {
      await other.close();
    }
  });
});

describe('The console', () => {
  it('is opened by a redirect and nothing else', async () => {
    const browser = await signedIn();
    const answer = await submit(browser, 'prod/ReadOnly', 'console', { service: 'ec2', destination: '' });
    expect([answer.status, answer.body]).toEqual([303, '']);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    const url = new URL(answer.location ?? '');
    expect(url.origin + url.pathname).toBe('https://signin.aws.amazon.com/federation');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'login',
      Issuer: ORIGIN,
      Destination: 'https://console.aws.amazon.com/ec2/home?region=eu-central-1',
      SigninToken: 'sign-in-token-canary-0123456789',
    });
    expect(lastRecord()).toMatchObject({
      action: 'console',
      outcome: 'issued',
      role: 'prod/ReadOnly',
      destination: 'https://console.aws.amazon.com/ec2/home',
    });
  });

  it('gets its token by a POST that holds the session and asks for no duration', async () => {
    await submit(await signedIn(), 'prod/ReadOnly', 'console');
    const [asked] = portal.federation.asked;
    expect([...(asked?.keys() ?? [])].sort()).toEqual(['Action', 'Session']);
    expect(Object.keys(JSON.parse(asked?.get('Session') ?? '{}'))).toEqual(['sessionId', 'sessionKey', 'sessionToken']);
  });

  it('leaves neither address nor token nor credentials in table, log or page', async () => {
    const browser = await signedIn();
    await submit(browser, 'prod/ReadOnly', 'console');
    const session = JSON.parse(portal.federation.asked[0]?.get('Session') ?? '{}') as Record<string, string>;
    const dynamoDb = portal.aws.calls.filter(({ service }) => service === 'dynamodb').map((call) => call.body);
    const pages = (await browser.get('/sessions')).body + (await (await signedIn(AUDITOR)).get('/audit')).body;
    const everything = dynamoDb.join('\n') + portal.lines.join('\n') + pages;
    for (const secret of ['sign-in-token-canary', session['sessionKey'], session['sessionToken'], 'SigninToken']) {
      expect(everything).not.toContain(secret);
    }
  });

  it.each([
    'https://evil.example/',
    '//console.aws.amazon.com/',
    'https://console.aws.amazon.com@evil.example/',
    'https://console.amazonaws.cn/',
    'javascript:alert(1)',
  ])('goes nowhere else: %s', async (destination) => {
    const answer = await submit(await signedIn(), 'prod/ReadOnly', 'console', { destination });
    expect([answer.status, answer.location]).toEqual([400, undefined]);
    expect(answer.body).toContain('destination_not_allowed');
    expect(lastRecord()).toMatchObject({ outcome: 'refused', code: 'destination_not_allowed' });
    expect(portal.federation.asked).toHaveLength(0);
  });

  const FAILURES: readonly (readonly [string, () => Response, number, string])[] = [
    ['refuses', () => new Response('no', { status: 400 }), 502, 'console_refused'],
    ['is down', () => new Response('no', { status: 503 }), 504, 'console_unavailable'],
    [
      'redirects',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
      502,
      'console_refused',
    ],
    ['answers nonsense', () => new Response('<html>'), 502, 'console_answer_invalid'],
    ['answers another token', () => Response.json({ SigninToken: 'a b' }), 502, 'console_answer_invalid'],
    ['answers without end', () => new Response('x'.repeat(100_000)), 502, 'console_answer_invalid'],
    [
      'cannot be reached',
      () => {
        throw new TypeError('fetch failed');
      },
      504,
      'console_unavailable',
    ],
  ];
  it.each(FAILURES)(
    'when AWS %s nothing leaves, and the record says that a session was there',
    async (_, answer, status, code) => {
      portal.federation.answer = answer;
      const page = await submit(await signedIn(), 'prod/ReadOnly', 'console');
      expect([page.status, page.location]).toEqual([status, undefined]);
      expect(page.body).toContain(code);
      expect(lastRecord()).toMatchObject({
        action: 'console',
        outcome: 'failed',
        code,
        accessKeyId: expect.stringMatching(/^ASIA/),
      });
    },
  );
});

describe('A role’s page', () => {
  it('of a role that the person does not have tells no more than that of one that is not there', async () => {
    const browser = await signedIn();
    const [secret, absent] = [await browser.get('/roles/prod/Secret'), await browser.get('/roles/prod/Nothing')];
    const without = (page: string) => page.replace(/<code>01[0-9A-Z]{24}<\/code>/, '');
    expect([secret.status, absent.status]).toEqual([404, 404]);
    expect(without(secret.body)).toBe(without(absent.body));
  });

  it('of a forbidden role opens nothing, by the same decision and record as the API', async () => {
    const browser = await signedIn();
    const path = '/roles/prod/Secret/credentials';
    // The token of this form can be made by nobody but a page, and no page has it: it is made here for the test.
    const { csrfToken } = await import('../../lib/sso/forms.ts');
    for (const what of ['credentials', 'console'] as const) {
      const answer = await browser.post(path.replace('credentials', what), {
        csrf: csrfToken(browser.session ?? '', path.replace('credentials', what)),
      });
      expect(answer.status).toBe(403);
      expect(lastRecord()).toMatchObject({
        action: what,
        outcome: 'denied',
        code: 'access_denied',
        role: 'prod/Secret',
        denial: 'no_grant',
      });
    }
  });

  it('offers a stronger sign-in where one would help, and comes back', async () => {
    const browser = await signedIn();
    const { body } = await browser.get('/roles/prod/Strong');
    expect(body).toContain('acr must be urn:example:mfa');
    const path = /href="(\/sign-in\/corp\?[^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(Object.fromEntries(new URLSearchParams(path.split('?')[1]))).toEqual({
      acr_values: 'urn:example:mfa',
      return: '/roles/prod/Strong',
    });
    const back = await browser.signIn({ ...DEV, acr: 'urn:example:mfa' }, path);
    expect(back.location).toBe('/roles/prod/Strong');
    expect((await browser.get('/roles/prod/Strong')).body).toContain('Open console');
  });

  it('offers a fresher sign-in where one would help, which the provider is held to', async () => {
    const stale = { ...DEV, auth_time: Math.floor(Date.now() / 1000) - 4000 };
    const browser = await signedIn(stale);
    const { body } = await browser.get('/roles/prod/Fresh');
    const path = /href="(\/sign-in\/corp\?[^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(path).toContain('max_age=0');
    expect((await browser.signIn(stale, path)).status).toBe(403);
    expect((await browser.signIn(DEV, path)).location).toBe('/roles/prod/Fresh');
    expect((await browser.get('/roles/prod/Fresh')).body).toContain('Open console');
  });

  it.each([
    '/roles/prod/%E0%A4%A',
    '/roles/prod/%00',
    '/roles/__proto__/constructor',
    '/roles/prod/..%2f..',
    '/nothing',
  ])('of %s is not there', async (path) => {
    expect((await (await signedIn()).get(path)).status).toBe(404);
  });
});

describe('My sessions', () => {
  it('are the person’s own, with what became of them', async () => {
    const me = { name: 'me', groups: ['engineering'] };
    const browser = await signedIn(me);
    await submit(browser, 'prod/ReadOnly', 'credentials');
    await submit(await signedIn({ name: 'you', groups: ['engineering'] }), 'dev/Developer', 'credentials');
    await submit(browser, 'prod/Admin', 'console', { reason: '', ticket: '' });
    const { body } = await browser.get('/sessions');
    expect(body).toContain('active until');
    expect(body).toContain('denied (access_denied)');
    expect(body).not.toContain('dev/Developer');
    portal.ahead = 3_500_000;
    expect((await browser.get('/sessions')).body).toContain('active until');
  });

  it('are found behind any number of other records', async () => {
    const busy = { name: 'busy', groups: ['engineering'] };
    const browser = await signedIn(busy);
    await submit(browser, 'prod/ReadOnly', 'credentials');
    for (let reading = 0; reading < 120; reading += 1) await browser.get('/audit');
    expect((await browser.get('/sessions')).body).toContain('prod/ReadOnly');
  });
});

describe('The audit log', () => {
  it('is for holders of audit:read; looking is recorded', async () => {
    const browser = await signedIn(AUDITOR);
    const { status, body } = await browser.get('/audit');
    expect([status, body.includes('<details>')]).toEqual([200, true]);
    expect(lastRecord()).toMatchObject({
      action: 'audit',
      outcome: 'allowed',
      via: 'portal',
      permission: 'audit:read',
    });
    const denied = await (await signedIn()).get('/audit');
    expect([denied.status, denied.body.includes('<details>')]).toEqual([403, false]);
    expect(lastRecord()).toMatchObject({ action: 'audit', outcome: 'denied' });
  });

  it('is filtered by what its form sends, empty fields included, and paged', async () => {
    const browser = await signedIn(AUDITOR);
    const query =
      'since=&until=&caller=dev%40example.com&role=&account=&accessKeyId=&session=&sourceIp=&code=&outcome=issued&action=';
    const { status, body } = await browser.get(`/audit?${query}`);
    expect(status).toBe(200);
    expect(body).toContain('value="dev@example.com"');
    expect(body).toContain('<option selected>issued</option>');
    expect(body).not.toContain('state-denied');
    const next = /href="(\/audit\?[^"]+)"[^>]*>Older/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    if (next !== undefined) expect((await browser.get(next)).status).toBe(200);
  });

  it('says what is wrong with a filter', async () => {
    const browser = await signedIn(AUDITOR);
    const { status, body } = await browser.get('/audit?since=yesterday');
    expect([status, body.includes('must be an RFC 3339 time')]).toEqual([400, true]);
    expect((await browser.get('/audit?nonsense=1')).status).toBe(400);
  });
});
