import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSETS, PAGE_SCRIPT } from '../../lib/portal/assets.ts';
import { signInOrigins } from '../../lib/sts/console.ts';
import {
  AUDITOR,
  type Browser,
  DEV,
  makePortal,
  ORIGIN,
  type PageAnswer,
  PORTAL_POLICY,
  type Portal,
  tokenOf,
} from '../support/portal.ts';

/** What a page must refuse, and what every page says to the browser about itself. */

let portal: Portal;
let browser: Browser;
beforeAll(async () => {
  portal = await makePortal();
  browser = portal.browser();
  await browser.signIn(DEV);
});
afterAll(() => portal.close());

const FORMS: readonly (readonly [string, string, Record<string, string>])[] = [
  ['/roles/prod/ReadOnly/console', '/roles/prod/ReadOnly', {}],
  ['/roles/prod/ReadOnly/credentials', '/roles/prod/ReadOnly', {}],
  ['/preferences', '/roles/prod/ReadOnly', { role: 'prod/ReadOnly', favourite: 'yes' }],
];

describe.each(FORMS)('The form %s', (action, page, fields) => {
  const send = async (form: Record<string, string> | string, headers?: Record<string, string>): Promise<PageAnswer> =>
    browser.post(action, form, headers);
  const token = async () => tokenOf((await browser.get(page)).body, action);
  const issued = () => portal.aws.calls.filter(({ service }) => service === 'sts').length;

  it.each<readonly [string, Record<string, string>]>([
    ['cross-site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['same-site', { 'sec-fetch-site': 'same-site' }],
    ['none', { 'sec-fetch-site': 'none' }],
    ['of nonsense', { 'sec-fetch-site': 'Same-Origin' }],
    ['from another origin without Fetch Metadata', { origin: 'https://evil.example' }],
    ['from a twin of the origin', { origin: `${ORIGIN}.evil.example` }],
  ])('is refused %s, even with the right token', async (_, headers) => {
    const before = issued();
    const answer = await send({ csrf: await token(), ...fields }, headers);
    expect([answer.status, answer.body.includes('request_forged'), issued()]).toEqual([403, true, before]);
  });

  it('is refused without its token, with or without Fetch Metadata', async () => {
    const right = await token();
    const other = FORMS.find(([one]) => one !== action)?.[0] ?? '';
    const wrong = ['', 'x', right.slice(1), `${right}=`, tokenOf((await browser.get(page)).body, other)];
    const before = issued();
    for (const csrf of [undefined, ...wrong]) {
      for (const headers of [{}, { 'sec-fetch-site': 'same-origin', origin: ORIGIN }]) {
        const form: Record<string, string> = csrf === undefined ? fields : { csrf, ...fields };
        expect((await send(form, headers)).status).toBe(403);
      }
    }
    expect(issued()).toBe(before);
  });

  it('is accepted from a browser that names no origin and no Fetch Metadata, or `null`, with its token', async () => {
    for (const headers of [{}, { origin: 'null' }, { origin: 'null', 'sec-fetch-site': 'same-origin' }]) {
      expect((await send({ csrf: await token(), ...fields }, headers)).status).toBeLessThan(400);
    }
  });

  it('takes no field twice, no field more, no other content type, no query and no large body', async () => {
    const right = new URLSearchParams({ csrf: await token(), ...fields }).toString();
    expect((await send(`${right}&csrf=x`)).status).toBe(400);
    expect((await send(`${right}&admin=true`)).status).toBe(400);
    expect((await send(`${right}&${'a'.repeat(20_000)}=`)).status).toBe(413);
    const json = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
    expect((await send(JSON.stringify({ csrf: await token() }), json)).status).toBe(415);
    const text = { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' };
    expect((await send(right, text)).status).toBe(415);
    expect((await browser.post(`${action}?${right}`, right)).status).toBe(400);
  });

  it('sends somebody whose session has ended to sign in, and does nothing', async () => {
    const before = issued();
    const stranger = portal.browser();
    const answer = await stranger.post(action, { csrf: 'x', ...fields });
    expect([answer.status, answer.body.includes('sign_in_required'), issued()]).toEqual([401, true, before]);
    expect(answer.body).toContain('href="/sign-in"');
  });
});

describe('Every page', () => {
  const pages = async (): Promise<[string, PageAnswer][]> => {
    const auditor = portal.browser();
    await auditor.signIn(AUDITOR);
    const path = '/roles/prod/ReadOnly/credentials';
    const csrf = tokenOf((await browser.get('/roles/prod/ReadOnly')).body, path);
    return [
      ['home', await browser.get('/')],
      ['search', await browser.get('/?q=prod')],
      ['role', await browser.get('/roles/prod/ReadOnly')],
      ['credentials', await browser.post(path, { csrf })],
      ['sessions', await browser.get('/sessions')],
      ['audit', await auditor.get('/audit')],
      ['denied', await browser.get('/audit')],
      ['not found', await browser.get('/nothing')],
      ['choose issuer', await portal.browser().get('/sign-in')],
      ['failed sign-in', await portal.browser().get('/sign-in/corp/callback?state=x&code=y')],
      ['signed out', await portal.browser().get('/signed-out')],
    ];
  };

  it('can be framed by nobody, sent nowhere, kept by nobody, and loads nothing from elsewhere', async () => {
    for (const [name, { headers, body }] of await pages()) {
      const policy = headers['content-security-policy'] ?? '';
      expect([name, headers['content-type']]).toEqual([name, 'text/html; charset=utf-8']);
      for (const directive of [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
      ]) {
        expect(policy).toContain(directive);
      }
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': expect.stringContaining('max-age=31536000'),
      });
      const loaded = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
      for (const url of loaded) expect([name, url]).toEqual([name, expect.stringMatching(/^[/#](?!\/)/)]);
    }
  });

  it('runs the one script whose hash its policy names, and no other', async () => {
    const hash = `sha256-${createHash('sha256').update(PAGE_SCRIPT.text).digest('base64')}`;
    for (const [name, { headers, body }] of await pages()) {
      const scripts = [...body.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text);
      const policy = headers['content-security-policy'] ?? '';
      expect([name, scripts]).toEqual([name, scripts.length === 0 ? [] : [PAGE_SCRIPT.text]]);
      expect([name, policy.includes(`script-src '${hash}'`)]).toEqual([name, scripts.length === 1]);
      expect(body).not.toMatch(/\son\w+=|javascript:|style="/i);
    }
  });

  it('lets a form lead to AWS from a role’s page only', async () => {
    for (const [name, { headers }] of await pages()) {
      const target = /form-action ([^;]+)/.exec(headers['content-security-policy'] ?? '')?.[1];
      const isRole = name === 'role';
      const places = isRole ? ["'self'", ...signInOrigins('aws', undefined)] : ["'self'"];
      expect([name, target]).toEqual([name, places.join(' ')]);
    }
  });
});

describe('A call to STS by GET', () => {
  it('is refused, and its token goes nowhere: neither to the sign-in and back nor into a page', async () => {
    for (const from of [browser, portal.browser()]) {
      const { status, location, body } = await from.get(
        '/?Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken=token-canary',
      );
      expect([status, location]).toEqual([400, undefined]);
      expect(body).toContain('operation_unknown');
      expect(body).not.toContain('token-canary');
    }
  });
});

describe('Static files', () => {
  it('are kept for ever under a name that holds their hash, and checked by the pages', async () => {
    const { body } = await browser.get('/');
    for (const { path, text, integrity } of ASSETS) {
      const answer = await portal.request('GET', path);
      expect([answer.status, answer.body]).toEqual([200, text]);
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(body).toContain(path);
      expect(integrity).toBe(`sha256-${createHash('sha256').update(text).digest('base64')}`);
    }
    expect(body).toMatch(/<link rel="stylesheet" href="\/assets\/portal-[0-9a-f]{16}\.css" integrity="sha256-/);
  });

  it.each(['/assets/portal.css', '/assets/..%2fpackage.json', '/assets/__proto__', '/assets/'])(
    '%s is none',
    async (path) => {
      expect((await portal.request('GET', path)).status).toBe(404);
    },
  );
});

describe('Text that is meant to break out of a page', () => {
  const BREAKOUTS = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    '</textarea><script>alert(1)</script>',
    '</title><svg onload=alert(1)>',
    '&lt;b&gt;{{7*7}}`',
    '<!-- --><p>',
    '\u202e<b>',
  ];

  /** What a page is made of: its tags with their attributes' names, in order. */
  const skeleton = (page: string) =>
    [...page.matchAll(/<\/?([a-zA-Z!][^\s>]*)([^>]*)>/g)].map(([, tag, rest = '']) => [
      tag,
      ...[...rest.matchAll(/([\w-]+)="[^"]*"/g)].map(([, name]) => name),
    ]);

  it.each(BREAKOUTS)('stands in every page as text: %s', async (text) => {
    const make = async (words: string) => {
      const quoted = JSON.stringify(words);
      const yaml = PORTAL_POLICY.replace('label: Example Corp', `label: ${quoted}`)
        .replace('label: Production', `label: ${quoted}`)
        .replace('description: Look at production', `description: ${quoted}`)
        .replace('claim:acr: [urn:example:mfa]', `claim:acr: [${quoted}]`);
      const hostile = await makePortal(yaml);
      const person = hostile.browser();
      await person.signIn({
        name: 'dev',
        groups: ['engineering', 'security', words],
        acr: words.slice(0, 1),
        note: words,
      });
      const role = await person.get('/roles/prod/ReadOnly');
      const admin = await person.get('/roles/prod/Admin');
      const adminForm = '/roles/prod/Admin/credentials';
      const path = '/roles/prod/ReadOnly/credentials';
      await person.post(
        adminForm,
        { csrf: tokenOf(admin.body, adminForm), reason: words.replace('\u202e', ''), ticket: 'OPS-1' },
        { 'sec-fetch-site': 'same-origin', 'user-agent': words },
      );
      const pages = [
        await person.get('/'),
        await person.get(`/?q=${encodeURIComponent(words)}`),
        role,
        await person.get('/roles/prod/Strong'),
        await person.post(path, { csrf: tokenOf(role.body, path) }),
        await person.get('/sessions'),
        await person.get(`/audit?caller=${encodeURIComponent(words)}`),
        await hostile.browser().get('/sign-in'),
        await person.get(`/audit?since=${encodeURIComponent(words)}`),
      ].map(({ body }) => body);
      const log = (await person.get('/audit')).body;
      await hostile.close();
      return { pages, log };
    };
    const [harmless, hostile] = [await make('words'), await make(text)];
    for (const [at, page] of hostile.pages.entries()) {
      // A search for other words finds other roles; all else has to be the same.
      if (at !== 1) expect([at, skeleton(page)]).toEqual([at, skeleton(harmless.pages[at] ?? '')]);
      expect(page).not.toMatch(/<(img src=x|svg)[\s>]|<script>alert/);
    }
    expect(hostile.log).not.toMatch(/<(img src=x|svg)[\s>]|<script>alert/);
    expect(hostile.log).toContain('<details>');
  });
});
