import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loopbackRedirect } from '../../lib/sso/oauth/loopback-redirect.ts';
import { AUDITOR, type Browser, DEV, makePortal, ORIGIN, type PageAnswer, type Portal } from '../support/portal.ts';
import { KEYS, makeToken } from '../support/tokens.ts';
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
  type RegisteredTool,
  register,
  registration,
  signedInBrowser,
  signedInTool,
  type Tokens,
  toolAnswer,
} from '../support/tool.ts';

/** What an authorization server has to refuse: with the right name, and without a token. RFC 9700, 8252, 8628, 7636. */

let portal: Portal;
let tool: RegisteredTool;
let browser: Browser;
beforeAll(async () => {
  portal = await makePortal();
  tool = await register(portal);
  browser = await signedInBrowser(portal);
});
afterAll(() => portal.close());

/** Sessions of tools that were begun: items with an access token. One that is ended before it began has none. */
const begun = () =>
  portal.aws.calls.filter(({ action, body }) => action === 'PutItem' && /"tool#/.test(body) && /"access":/.test(body))
    .length;

let before = 0;
beforeEach(() => {
  portal.ahead = 0;
  before = begun();
});

/** Of tests in which nothing may be begun at all. */
function nothingIsBegun(): void {
  afterEach(() => expect(begun()).toBe(before));
}

/** Addresses that are not plainly on this computer, and plain ones in clothes that a reader could take off. */
const HOSTILE_ADDRESSES: readonly string[] = [
  '',
  'x',
  'https://evil.example/oauth/callback',
  'http://evil.example/oauth/callback',
  'http://localhost/oauth/callback',
  'http://localhost:5000/oauth/callback',
  'https://127.0.0.1/oauth/callback',
  'http://127.0.0.2/oauth/callback',
  'http://127.1/oauth/callback',
  'http://127.0.1/oauth/callback',
  'http://2130706433/oauth/callback',
  'http://0x7f000001/oauth/callback',
  'http://0x7f.0.0.1/oauth/callback',
  'http://0177.0.0.1/oauth/callback',
  'http://017700000001/oauth/callback',
  'http://0/oauth/callback',
  'http://0.0.0.0/oauth/callback',
  'http://[::1]/oauth/callback',
  'http://[::1]:5000/oauth/callback',
  'http://[::]/oauth/callback',
  'http://[::ffff:127.0.0.1]/oauth/callback',
  'http://[0:0:0:0:0:0:0:1]/oauth/callback',
  'http://[::1%25lo]/oauth/callback',
  'http://::1/oauth/callback',
  'http://127.0.0.1@evil.example/oauth/callback',
  'http://evil.example@127.0.0.1/oauth/callback',
  'http://user:pass@127.0.0.1/oauth/callback',
  'http://127.0.0.1:80@evil.example/oauth/callback',
  'http://127.0.0.1.evil.example/oauth/callback',
  'http://127.0.0.1.nip.io/oauth/callback',
  'http://127.0.0.1\\@evil.example/oauth/callback',
  'http:\\\\127.0.0.1\\oauth\\callback',
  'http:/127.0.0.1/oauth/callback',
  'http:127.0.0.1/oauth/callback',
  '//127.0.0.1/oauth/callback',
  '/oauth/callback',
  'http://127.0.0.1%2eevil.example/oauth/callback',
  'http://127.0.0.1%00.evil.example/oauth/callback',
  'http://%31%32%37.0.0.1/oauth/callback',
  'http://127。0。0。1/oauth/callback',
  'http://１２７.0.0.1/oauth/callback',
  'http://127.0.0.1./oauth/callback',
  'http://127.0.0.1:/oauth/callback',
  'http://127.0.0.1:0/oauth/callback',
  'http://127.0.0.1:65536/oauth/callback',
  'http://127.0.0.1:99999/oauth/callback',
  'http://127.0.0.1:08080/oauth/callback',
  'http://127.0.0.1:+80/oauth/callback',
  'http://127.0.0.1:80:80/oauth/callback',
  'http://127.0.0.1/oauth/callback?x=1',
  'http://127.0.0.1/oauth/callback?',
  'http://127.0.0.1/oauth/callback#x',
  'http://127.0.0.1/oauth/callback#',
  'http://127.0.0.1/oauth/../callback',
  'http://127.0.0.1/oauth/./callback',
  'http://127.0.0.1/oauth/%2e%2e/callback',
  'http://127.0.0.1/oauth//callback',
  'http://127.0.0.1//oauth/callback',
  'http://127.0.0.1/oauth/callback;x',
  'http://127.0.0.1/oauth/call back',
  'http://127.0.0.1/oauth/callback\n',
  '\nhttp://127.0.0.1/oauth/callback',
  ' http://127.0.0.1/oauth/callback',
  'http://127.0.0.1/oauth/call\tback',
  'http://127.0.0.1/oauth/callback\u0000',
  'http://127.0.0.1/oauth/callback\u202e',
  'HTTP://127.0.0.1/oauth/callback',
  'javascript:alert(1)//127.0.0.1/oauth/callback',
  'data:text/html,127.0.0.1',
  'file:///oauth/callback',
  'com.example.app:/oauth/callback',
  'urn:ietf:wg:oauth:2.0:oob',
  `http://127.0.0.1/${'a'.repeat(200)}`,
  `${ORIGIN}/oauth/callback`,
];

/** Every way of putting parts together, but for the one that is plain. */
function generatedAddresses(): string[] {
  const schemes = ['http://', 'https://', 'http:\\\\', 'ftp://'];
  const users = ['', 'a@', 'a:b@', '127.0.0.1@', '%40@'];
  const hosts = [
    '127.0.0.1',
    'evil.example',
    '127.0.0.1.evil.example',
    '[::1]',
    'localhost',
    '127.0.0.1%2f.evil.example',
  ];
  const ports = ['', ':5000', ':0', ':5000x'];
  const paths = ['/oauth/callback', '/oauth/callback/../x', '/oauth/callback?next=//evil.example', '\\evil.example'];
  const all = schemes.flatMap((scheme) =>
    users.flatMap((user) =>
      hosts.flatMap((host) => ports.flatMap((port) => paths.map((path) => `${scheme}${user}${host}${port}${path}`))),
    ),
  );
  return all.filter((address) => !/^http:\/\/127\.0\.0\.1(:5000)?\/oauth\/callback$/.test(address));
}

describe('An address to answer to', () => {
  nothingIsBegun();

  test.each(HOSTILE_ADDRESSES)('%j is not registered, and no browser is sent there', async (address) => {
    const refused = await postJson(portal, '/client/register', registration({ redirectUris: [address] }));
    expect([refused.status, refused.name]).toEqual([400, 'InvalidRedirectUriException']);
    expect(refused.body).toMatchObject({ __type: 'InvalidRedirectUriException', error: 'invalid_redirect_uri' });
    const page = await browser.get(authorizePath(tool, pkce(), { redirect_uri: address }));
    expect([page.status, page.location]).toEqual([400, undefined]);
    expect(page.body).toContain('redirect_not_allowed');
  });

  test('is none of more than 1,800 that are put together from parts', async () => {
    const addresses = generatedAddresses();
    expect(addresses.length).toBeGreaterThan(1800);
    expect(addresses.filter((address) => loopbackRedirect(address) !== undefined)).toEqual([]);
    // And some two hundred of them all the way through the function.
    for (const redirect_uri of addresses.filter((_, at) => at % 9 === 0)) {
      const page = await browser.get(authorizePath(tool, pkce(), { redirect_uri }));
      expect([redirect_uri, page.status, page.location]).toEqual([redirect_uri, 400, undefined]);
    }
  });

  test.each(['http://127.0.0.1/other', 'http://127.0.0.1:5000/oauth/callback/x', 'http://127.0.0.1/'])(
    '%s is on this computer, and not the one that the client registered',
    async (redirect_uri) => {
      const page = await browser.get(authorizePath(tool, pkce(), { redirect_uri }));
      expect([page.status, page.location]).toEqual([400, undefined]);
    },
  );
});

describe('Registering', () => {
  nothingIsBegun();

  test.each<readonly [string, Record<string, unknown>, string]>([
    ['a confidential client', { clientType: 'confidential' }, 'InvalidClientMetadataException'],
    ['no client type', { clientType: undefined }, 'InvalidRequestException'],
    ['no name', { clientName: undefined }, 'InvalidRequestException'],
    ['an empty name', { clientName: '' }, 'InvalidClientMetadataException'],
    ['a name of blanks', { clientName: '   ' }, 'InvalidClientMetadataException'],
    ['a name that turns itself round', { clientName: 'a\u202eb' }, 'InvalidClientMetadataException'],
    ['a name of two lines', { clientName: 'a\nb' }, 'InvalidClientMetadataException'],
    ['a name that cannot be seen', { clientName: '\u200b\u200b' }, 'InvalidClientMetadataException'],
    ['a name of fillers', { clientName: '\u3164\u115f' }, 'InvalidClientMetadataException'],
    ['a name with variation selectors', { clientName: 'a\ufe0f\u{e0100}' }, 'InvalidClientMetadataException'],
    ['a name of private use', { clientName: 'a\ue000' }, 'InvalidClientMetadataException'],
    ['a long name', { clientName: 'a'.repeat(101) }, 'InvalidClientMetadataException'],
    ['a name that is a number', { clientName: 1 }, 'InvalidRequestException'],
    ['an unknown scope', { scopes: ['sso:account:access', 'admin'] }, 'InvalidScopeException'],
    ['a scope in another case', { scopes: ['SSO:account:access'] }, 'InvalidScopeException'],
    ['scopes in one text', { scopes: 'sso:account:access' }, 'InvalidRequestException'],
    ['the password grant', { grantTypes: ['password'] }, 'InvalidClientMetadataException'],
    ['client credentials', { grantTypes: ['client_credentials'] }, 'InvalidClientMetadataException'],
    ['the implicit grant', { grantTypes: ['implicit'] }, 'InvalidClientMetadataException'],
    [
      'more addresses than anybody has',
      { redirectUris: Array(4).fill('http://127.0.0.1/a') },
      'InvalidClientMetadataException',
    ],
  ])('%s is refused', async (_, changes, name) => {
    const answer = await postJson(portal, '/client/register', registration(changes));
    expect([answer.status, answer.name, answer.body['__type']]).toEqual([400, name, name]);
    expect(answer.body['clientId']).toBeUndefined();
    expect(answer.body['message']).toBe(answer.body['error_description']);
  });

  test.each<readonly [string, string, Record<string, string>, number]>([
    ['no JSON', '{', {}, 400],
    ['an array', '[]', {}, 400],
    ['a member twice', '{"clientName":"a","clientName":"b","clientType":"public"}', {}, 400],
    ['a form', 'clientName=a', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['more than 16 KiB', JSON.stringify(registration({ clientName: 'a'.repeat(20_000) })), {}, 400],
  ])('%s is refused', async (_, body, headers, status) => {
    const answer = await postJson(portal, '/client/register', body, headers);
    expect([answer.status, answer.name]).toEqual([status, 'InvalidRequestException']);
  });
});

describe('A browser at /authorize', () => {
  nothingIsBegun();

  const challenge = pkce().challenge;
  test.each<readonly [string, Record<string, string | undefined>, string]>([
    ['no response type', { response_type: undefined }, 'unsupported_response_type'],
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['a hybrid flow', { response_type: 'code token' }, 'unsupported_response_type'],
    ['no challenge', { code_challenge: undefined }, 'invalid_request'],
    ['no method, which means plain', { code_challenge_method: undefined }, 'invalid_request'],
    ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['the method in another case', { code_challenge_method: 's256' }, 'invalid_request'],
    ['a short challenge', { code_challenge: challenge.slice(1) }, 'invalid_request'],
    ['a long challenge', { code_challenge: `${challenge}A` }, 'invalid_request'],
    ['a padded challenge', { code_challenge: `${challenge.slice(0, 42)}=` }, 'invalid_request'],
    ['a challenge of the other alphabet', { code_challenge: `+/${challenge.slice(2)}` }, 'invalid_request'],
    ['an unknown scope', { scopes: 'sso:account:access admin' }, 'invalid_scope'],
  ])('with %s is led back to the tool with an error', async (_, changes, error) => {
    const { status, location = '' } = await browser.get(authorizePath(tool, { challenge }, changes));
    expect(status).toBe(303);
    const to = new URL(location);
    expect([to.origin + to.pathname, to.searchParams.get('error')]).toEqual([REDIRECT, error]);
    expect(to.searchParams.get('state')).toBe('the-state');
    expect(to.searchParams.get('code')).toBeNull();
  });

  test.each(['code_challenge', 'state', 'response_type', 'scopes', 'x'])(
    'with %s given twice likewise',
    async (name) => {
      const { location = '' } = await browser.get(`${authorizePath(tool, { challenge }, { x: '1' })}&${name}=other`);
      expect(new URL(location).searchParams.get('error')).toBe('invalid_request');
    },
  );

  test.each(['client_id', 'redirect_uri'])('with %s given twice is led nowhere', async (name) => {
    const { status, location } = await browser.get(`${authorizePath(tool, { challenge })}&${name}=other`);
    expect([status < 500, location]).toEqual([true, undefined]);
  });

  test.each(['a\r\nset-cookie: x=1', 'a b', 'ä', 'a'.repeat(513), '\u0000'])(
    'with the state %j loses it',
    async (state) => {
      const { location = '' } = await browser.get(authorizePath(tool, { challenge }, { state }));
      expect(new URL(location).searchParams.get('error')).toBe('invalid_request');
      expect(new URL(location).searchParams.get('state')).toBeNull();
    },
  );

  test.each<readonly [string, (clientId: string) => string]>([
    ['none', () => ''],
    ['a made-up one', () => 'my-client'],
    ['one without its signature', (id) => id.split('.')[0] ?? ''],
    ['one with another signature', (id) => `${id.slice(0, -2)}AA`],
    ['a signature alone', (id) => `.${id.split('.')[1]}`],
    [
      'one whose registration was altered',
      (id) => {
        const [payload = '', signature] = id.split('.');
        const altered = Buffer.from(payload, 'base64url').toString().replace('127.0.0.1', '[::1]');
        return `${Buffer.from(altered).toString('base64url')}.${signature}`;
      },
    ],
    ['a secret in the place of an id', () => tool.clientSecret],
    ['one in an array', (id) => JSON.stringify([id])],
  ])('with a client id that is %s is led nowhere', async (_, alter) => {
    const { status, location, body } = await browser.get(
      authorizePath(tool, { challenge }, { client_id: alter(tool.clientId) }),
    );
    expect([status, location]).toEqual([401, undefined]);
    expect(body).toContain('client_invalid');
  });

  test('with a registration that has expired is led nowhere', async () => {
    portal.ahead = 91 * 86_400_000;
    const { status, location } = await browser.get(authorizePath(tool, { challenge }));
    expect([status, location]).toEqual([401, undefined]);
  });

  test('of a client that did not register for codes has nothing to approve', async () => {
    const other = await register(portal, { grantTypes: [DEVICE_CODE] });
    const { location = '' } = await browser.get(authorizePath(other, { challenge }));
    expect(new URL(location).searchParams.get('error')).toBe('unauthorized_client');
  });

  test('of somebody whose issuer lets no tools in sees why', async () => {
    const stranger = portal.browser();
    const { callback } = await stranger.begin('/sign-in/partner', DEV, portal.partner);
    await stranger.get(callback());
    const page = await stranger.get(authorizePath(tool, { challenge }));
    expect([page.status, page.location]).toEqual([403, undefined]);
    expect(page.body).toContain('tools_not_offered');
  });
});

describe('The form of an approval', () => {
  nothingIsBegun();

  const send = async (
    change: (fields: Record<string, string>) => Record<string, string>,
    headers?: Record<string, string>,
    by: Browser = browser,
  ): Promise<PageAnswer> => {
    const { action, fields } = formOf((await browser.get(authorizePath(tool, pkce()))).body);
    return by.post(action, change({ ...fields, decision: 'approve' }), headers);
  };
  const refused = ({ status, location, body }: PageAnswer) => {
    expect([status, location]).toEqual([403, undefined]);
    expect(body).toContain('request_forged');
    expect(portal.logged().at(-1)).toMatchObject({ action: 'authorize', outcome: 'refused', code: 'request_forged' });
  };

  test.each<readonly [string, Record<string, string>]>([
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['from a neighbouring site', { 'sec-fetch-site': 'same-site' }],
    ['typed by nobody', { 'sec-fetch-site': 'none' }],
    ['from another origin, by a browser without Fetch Metadata', { origin: 'https://evil.example' }],
    ['from a twin of the origin', { origin: `${ORIGIN}.evil.example` }],
  ])('%s approves nothing', async (_, headers) => {
    refused(await send((fields) => fields, headers));
  });

  test.each<readonly [string, (fields: Record<string, string>) => Record<string, string>]>([
    ['without its token', ({ csrf: _, ...rest }) => rest],
    ['with an empty token', (fields) => ({ ...fields, csrf: '' })],
    ['with a cut token', (fields) => ({ ...fields, csrf: fields['csrf']?.slice(1) ?? '' })],
    ['for another request than was shown', (fields) => ({ ...fields, request: `${fields['request']}&x=1` })],
    [
      'for another challenge',
      (fields) => ({
        ...fields,
        request: fields['request']?.replace(/code_challenge=[^&]+/, `code_challenge=${pkce().challenge}`) ?? '',
      }),
    ],
    ['for another address', (fields) => ({ ...fields, request: fields['request']?.replace('53682', '53683') ?? '' })],
    ['for another state', (fields) => ({ ...fields, request: fields['request']?.replace('the-state', 'mine') ?? '' })],
    ['without a request', ({ request: _, ...rest }) => rest],
  ])('%s approves nothing, with or without Fetch Metadata', async (_, change) => {
    refused(await send(change));
    refused(await send(change, {}));
  });

  test('of somebody else approves nothing', async () => {
    refused(await send((fields) => fields, undefined, await signedInBrowser(portal, AUDITOR)));
  });

  test('from before a new sign-in approves nothing', async () => {
    const own = await signedInBrowser(portal);
    const { action, fields } = formOf((await own.get(authorizePath(tool, pkce()))).body);
    await own.signIn(DEV);
    refused(await own.post(action, { ...fields, decision: 'approve' }));
  });

  test('of a session that was planted approves nothing', async () => {
    const victim = portal.browser();
    victim.cookies.set('__Host-daypass', 'A'.repeat(43));
    const page = await victim.get(authorizePath(tool, pkce()));
    expect(page.location).toMatch(/^\/sign-in\?/);
    await victim.signIn(DEV);
    expect(victim.session).not.toBe('A'.repeat(43));
  });

  test.each([{ decision: 'yes' }, { decision: '' }, { decision: 'approve', extra: '1' }])(
    'with %j approves nothing',
    async (more) => {
      const { status, location } = await send(({ decision: _, ...rest }) => ({ ...rest, ...more }));
      expect([status, location]).toEqual([400, undefined]);
    },
  );

  test('with a decision twice approves nothing', async () => {
    const { action, fields } = formOf((await browser.get(authorizePath(tool, pkce()))).body);
    const form = `${new URLSearchParams({ ...fields, decision: 'deny' })}&decision=approve`;
    expect((await browser.post(action, form)).status).toBe(400);
  });

  test('without a session leads nowhere', async () => {
    const { status, location } = await send((fields) => fields, undefined, portal.browser());
    expect([status, location]).toEqual([401, undefined]);
  });
});

describe('A code', () => {
  nothingIsBegun();

  test.each<readonly [string, (request: Record<string, string>) => object]>([
    ['with another verifier', () => ({ codeVerifier: pkce().verifier })],
    ['with the challenge as its verifier', () => ({ codeVerifier: 'A'.repeat(43) })],
    ['for another port', () => ({ redirectUri: 'http://127.0.0.1:53683/oauth/callback' })],
    ['for the address without its port', () => ({ redirectUri: 'http://127.0.0.1/oauth/callback' })],
    ['for another path', () => ({ redirectUri: 'http://127.0.0.1:53682/other' })],
  ])('%s gives nothing, and is used up', async (_, change) => {
    const request = await approvedCode(browser, tool);
    const answer = await postJson(portal, '/token', { ...request, ...change(request) });
    expect([answer.status, answer.name]).toEqual([400, 'InvalidGrantException']);
    expect(answer.body).toMatchObject({ __type: 'InvalidGrantException', error: 'invalid_grant' });
    expect(portal.logged().at(-1)).toMatchObject({ action: 'token', outcome: 'refused', code: 'grant_invalid' });
    expect((await postJson(portal, '/token', request)).name).toBe('InvalidGrantException');
  });

  test.each<readonly [string, object, string, number]>([
    ['without a verifier', { codeVerifier: undefined }, 'InvalidRequestException', 400],
    ['with an empty verifier', { codeVerifier: '' }, 'InvalidRequestException', 400],
    ['with a short verifier', { codeVerifier: 'a'.repeat(42) }, 'InvalidRequestException', 400],
    ['with a long verifier', { codeVerifier: 'a'.repeat(129) }, 'InvalidRequestException', 400],
    ['with a verifier of other characters', { codeVerifier: 'ä'.repeat(43) }, 'InvalidRequestException', 400],
    ['without an address', { redirectUri: undefined }, 'InvalidRequestException', 400],
    ['without a code', { code: undefined }, 'InvalidRequestException', 400],
    ['that is not one', { code: 'A'.repeat(43) }, 'InvalidGrantException', 400],
    ['in an array', { code: ['x'] }, 'InvalidRequestException', 400],
    ['without a secret', { clientSecret: undefined }, 'InvalidRequestException', 400],
    ['with a wrong secret', { clientSecret: 'A'.repeat(43) }, 'InvalidClientException', 401],
    ['with the secret of another client', { clientSecret: 'other' }, 'InvalidClientException', 401],
    ['of a client that is none', { clientId: 'x' }, 'InvalidClientException', 401],
    ['by the password grant', { grantType: 'password' }, 'UnsupportedGrantTypeException', 400],
    ['by client credentials', { grantType: 'client_credentials' }, 'UnsupportedGrantTypeException', 400],
    ['by a grant in another case', { grantType: 'Authorization_Code' }, 'UnsupportedGrantTypeException', 400],
    ['by no grant', { grantType: undefined }, 'InvalidRequestException', 400],
    ['by a name that every object has', { grantType: 'constructor' }, 'UnsupportedGrantTypeException', 400],
    ['as a refresh token', { grantType: 'refresh_token', refreshToken: 'x' }, 'InvalidGrantException', 400],
    ['as a device code', { grantType: DEVICE_CODE, deviceCode: 'x' }, 'InvalidGrantException', 400],
  ])('%s gives nothing', async (_, change, name, status) => {
    const secretOfOther = (await register(portal, { clientName: 'other' })).clientSecret;
    const request = { ...(await approvedCode(browser, tool)), ...change };
    const sent =
      'clientSecret' in change && change.clientSecret === 'other'
        ? { ...request, clientSecret: secretOfOther }
        : request;
    const answer = await postJson(portal, '/token', sent);
    expect([answer.status, answer.name, answer.body['__type']]).toEqual([status, name, name]);
    for (const member of ['accessToken', 'refreshToken']) expect(answer.body[member]).toBeUndefined();
    // Also what cannot be read is on record.
    expect(portal.logged().at(-1)).toMatchObject({ action: 'token', outcome: 'refused', via: 'sso' });
    expect(answer.body['message']).toEqual(expect.any(String));
  });

  test('is of no use after a minute', async () => {
    const request = await approvedCode(browser, tool);
    portal.ahead = 61_000;
    expect((await postJson(portal, '/token', request)).name).toBe('InvalidGrantException');
  });

  test('is of no use to another client that heard of it', async () => {
    const request = await approvedCode(browser, tool);
    const other = await register(portal, { clientName: 'another' });
    expect((await postJson(portal, '/token', { ...request, ...other })).name).toBe('InvalidGrantException');
  });

  test('is of no use to a client whose registration has expired since', async () => {
    const request = await approvedCode(browser, tool);
    portal.ahead = 91 * 86_400_000;
    expect((await postJson(portal, '/token', request)).name).toBe('InvalidClientException');
  });

  test.each<readonly [string, readonly string[], object, string]>([
    ['codes', ['refresh_token'], { grantType: 'authorization_code' }, 'UnauthorizedClientException'],
    [
      'refreshing',
      ['authorization_code'],
      { grantType: 'refresh_token', refreshToken: 'x' },
      'UnauthorizedClientException',
    ],
    [
      'device codes',
      ['authorization_code'],
      { grantType: DEVICE_CODE, deviceCode: 'x' },
      'UnauthorizedClientException',
    ],
  ])('of a client that did not register for %s gives nothing', async (_, grantTypes, change, name) => {
    const other = await register(portal, { grantTypes });
    const request = { code: 'x', redirectUri: REDIRECT, codeVerifier: 'a'.repeat(43), ...other, ...change };
    expect((await postJson(portal, '/token', request)).name).toBe(name);
  });
});

describe('A code that is used again', () => {
  test('gives nothing, and ends what came of it', async () => {
    const request = await approvedCode(browser, tool);
    const tokens = (await postJson(portal, '/token', request)).body as unknown as Tokens;
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).status).toBe(200);
    const again = await postJson(portal, '/token', request);
    expect([again.name, again.body['accessToken']]).toEqual(['InvalidGrantException', undefined]);
    expect((await getAs(portal, tokens.accessToken, '/assignment/accounts')).name).toBe('UnauthorizedException');
    const refresh = { ...tool, grantType: 'refresh_token', refreshToken: tokens.refreshToken };
    expect((await postJson(portal, '/token', refresh)).name).toBe('InvalidGrantException');
  });
});

describe('A refresh token', () => {
  const cases: readonly (readonly [string, (tokens: Tokens) => unknown, string])[] = [
    ['that is an access token', ({ accessToken }) => accessToken, 'InvalidGrantException'],
    [
      'with the kind of an access token',
      ({ refreshToken }) => refreshToken.replace('dpr_', 'dpa_'),
      'InvalidGrantException',
    ],
    ['without its kind', ({ refreshToken }) => refreshToken.slice(4), 'InvalidGrantException'],
    ['without its secret', ({ refreshToken }) => refreshToken.split('.')[0], 'InvalidGrantException'],
    [
      'of a session that is not there',
      ({ refreshToken }) => `dpr_${'A'.repeat(22)}.${refreshToken.split('.')[1]}`,
      'InvalidGrantException',
    ],
    ['with a blank behind it', ({ refreshToken }) => `${refreshToken} `, 'InvalidGrantException'],
    ['that is empty', () => '', 'InvalidRequestException'],
    ['that is none', () => undefined, 'InvalidRequestException'],
    ['that is a number', () => 1, 'InvalidRequestException'],
    ['of 5,000 characters', () => 'a'.repeat(5000), 'InvalidRequestException'],
  ];
  test.each(cases)('%s gives nothing, and ends nothing', async (_, alter, name) => {
    const { tokens, refresh } = await signedInTool(portal);
    const answer = await refresh(alter(tokens) as string);
    expect([answer.name, answer.body['accessToken']]).toEqual([name, undefined]);
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
  });

  test('with a wrong secret of a session that is there ends it: only who had one of its tokens knows of it', async () => {
    const { tokens, refresh } = await signedInTool(portal);
    expect(
      (await refresh(`${tokens.refreshToken.slice(0, -1)}${tokens.refreshToken.endsWith('A') ? 'E' : 'A'}`)).name,
    ).toBe('InvalidGrantException');
    expect((await refresh(tokens.refreshToken)).name).toBe('InvalidGrantException');
  });
});

describe('A device', () => {
  nothingIsBegun();

  test.each<readonly [string, object, string, number]>([
    ['without a secret', { clientSecret: undefined }, 'InvalidRequestException', 400],
    ['with a wrong secret', { clientSecret: 'x' }, 'InvalidClientException', 401],
    ['of a client that is none', { clientId: 'x' }, 'InvalidClientException', 401],
  ])('%s gets no code', async (_, change, name, status) => {
    const answer = await postJson(portal, '/device_authorization', { ...tool, startUrl: 'x', ...change });
    expect([answer.status, answer.name, answer.body['deviceCode']]).toEqual([status, name, undefined]);
  });

  test('of a client that did not register for it gets no code', async () => {
    const other = await register(portal, { grantTypes: ['authorization_code'] });
    const answer = await postJson(portal, '/device_authorization', { ...other, startUrl: 'x' });
    expect(answer.name).toBe('UnauthorizedClientException');
  });

  test('asks in vain with a code that is none, and that is on record', async () => {
    const request = { ...tool, grantType: DEVICE_CODE, deviceCode: 'A'.repeat(43) };
    expect((await postJson(portal, '/token', request)).name).toBe('InvalidGrantException');
    expect(portal.logged().at(-1)).toMatchObject({ action: 'token', outcome: 'refused', code: 'grant_invalid' });
  });

  const typed = async (person: Browser) => {
    const device = (await postJson(portal, '/device_authorization', { ...tool, startUrl: 'x' })).body;
    const { fields } = formOf((await person.get('/device')).body);
    const page = await person.post('/device', { ...fields, code: String(device['userCode']) });
    return { device, fields, decision: formOf(page.body).fields };
  };
  let people = 0;
  const someone = () => signedInBrowser(portal, { ...DEV, name: `phished-${++people}` });

  test.each<readonly [string, Record<string, string>]>([
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['from a neighbouring site', { 'sec-fetch-site': 'same-site' }],
    ['from another origin, by a browser without Fetch Metadata', { origin: 'https://evil.example' }],
  ])('is not approved by a form %s', async (_, headers) => {
    const person = await someone();
    const { fields, decision, device } = await typed(person);
    const first = await person.post('/device', { ...fields, code: String(device['userCode']) }, headers);
    const second = await person.post('/device/decision', { ...decision, decision: 'approve' }, headers);
    expect([first.status, second.status]).toEqual([403, 403]);
    const request = { ...tool, grantType: DEVICE_CODE, deviceCode: device['deviceCode'] };
    expect((await postJson(portal, '/token', request)).name).toBe('AuthorizationPendingException');
  });

  test('is not approved by who did not see its page: the token is for its code', async () => {
    const person = await someone();
    const mine = await typed(person);
    const other = await typed(await someone());
    const { code = '' } = other.decision;
    const answer = await person.post('/device/decision', { ...mine.decision, code, decision: 'approve' });
    expect(answer.status).toBe(403);
    const without = await person.post('/device/decision', { code, decision: 'approve' });
    expect(without.status).toBe(403);
  });

  test('is not approved by a link: the page takes no code from its address', async () => {
    const person = await someone();
    expect((await person.get('/device?user_code=BCDF-GHJK')).status).toBe(400);
  });

  test('is not approved by a sign-in of long ago', async () => {
    const person = await someone();
    const { decision } = await typed(person);
    portal.ahead = 16 * 60_000;
    const answer = await person.post('/device/decision', { ...decision, decision: 'approve' });
    expect([401, 404]).toContain(answer.status);
    const { location = '' } = await person.get('/device');
    expect(location).toContain('max_age=300');
  });

  test.each(['', 'BCDF', 'BCDFGHJ', 'BCDFGHJKL', 'AEIO-UAEI', '１２３４-５６７８', '<script>', "' OR 1=1"])(
    'is not found by the code %j',
    async (code) => {
      const person = await someone();
      const { fields } = formOf((await person.get('/device')).body);
      expect([400, 404]).toContain((await person.post('/device', { ...fields, code })).status);
    },
  );
});

describe('An access token', () => {
  nothingIsBegun();

  let tokens: Tokens;
  beforeAll(async () => {
    tokens = (await signedInTool(portal)).tokens;
    before = begun();
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const idToken = () =>
    makeToken({
      key: KEYS.rsa,
      payload: {
        iss: 'https://idp.example.com',
        sub: 'subject-of-dev',
        aud: 'daypass-portal',
        iat: seconds(),
        exp: seconds() + 3600,
        email: 'dev@example.com',
        email_verified: true,
        groups: ['engineering'],
      },
    });

  test.each<readonly [string, () => string | undefined]>([
    ['that is none', () => undefined],
    ['that is empty', () => ''],
    ['that is the identity provider’s ID token', idToken],
    ['that is a browser’s session', () => browser.session],
    ['that is a refresh token', () => tokens.refreshToken],
    ['that is a refresh token in disguise', () => tokens.refreshToken.replace('dpr_', 'dpa_')],
    ['without its kind', () => tokens.accessToken.slice(4)],
    ['cut by one', () => tokens.accessToken.slice(0, -1)],
    ['of another session with this secret', () => `dpa_${'A'.repeat(22)}.${tokens.accessToken.split('.')[1]}`],
    ['twice', () => `${tokens.accessToken},${tokens.accessToken}`],
    ['with Bearer before it', () => `Bearer ${tokens.accessToken}`],
    ['of 9,000 characters', () => 'a'.repeat(9000)],
  ])('%s is told to sign in again, everywhere', async (_, tokenOf) => {
    const token = tokenOf();
    const headers = token === undefined ? {} : { 'x-amz-sso_bearer_token': token };
    for (const [method, target] of [
      ['GET', '/assignment/accounts'],
      ['GET', '/assignment/roles?account_id=222222222222'],
      ['GET', '/federation/credentials?account_id=222222222222&role_name=ReadOnly'],
      ['POST', '/logout'],
    ] as const) {
      const answer = toolAnswer(await portal.request(method, target, { headers }));
      expect([target, answer.status, answer.name]).toEqual([target, 401, 'UnauthorizedException']);
      expect(answer.body['__type']).toBe('UnauthorizedException');
    }
  });

  test('opens nothing of the API, nor of the portal', async () => {
    const api = await portal.request('POST', '/v1/credentials', {
      headers: { authorization: `Bearer ${tokens.accessToken}`, 'content-type': 'application/json' },
      form: JSON.stringify({ role: 'prod/ReadOnly' }),
    });
    expect(api.status).toBe(401);
    const container = await portal.request('GET', '/v1/container/prod/ReadOnly', {
      headers: { authorization: tokens.accessToken },
    });
    expect(container.status).toBe(401);
    const page = await portal.request('GET', '/', { cookies: [`__Host-daypass=${tokens.accessToken}`] });
    expect(page.location).toBe('/sign-in');
  });

  test.each([
    '/assignment/accounts?max_result=0',
    '/assignment/accounts?max_result=1001',
    '/assignment/accounts?max_result=x',
    '/assignment/accounts?max_result=1&max_result=2',
    '/assignment/accounts?next_token=%21%21',
    '/assignment/accounts?maxResults=1',
    '/assignment/roles',
    '/assignment/roles?account_id=1',
    '/assignment/roles?account_id=222222222222&x=1',
    '/federation/credentials?account_id=222222222222',
    '/federation/credentials?role_name=ReadOnly',
    '/federation/credentials?account_id=222222222222&role_name=',
    '/federation/credentials?account_id=222222222222&role_name=a%2Fb',
    '/federation/credentials?account_id=222222222222&role_name=ReadOnly&role_name=Admin',
    `/federation/credentials?account_id=222222222222&role_name=${'a'.repeat(65)}`,
  ])('does not make sense of %s', async (target) => {
    const answer = await getAs(portal, tokens.accessToken, target);
    expect([answer.status, answer.name]).toEqual([400, 'InvalidRequestException']);
  });
});

test('An approval that led nowhere leaves nothing behind that could be redeemed', async () => {
  const page = await approve(browser, authorizePath(tool, pkce()), { decision: 'deny' });
  expect(codeOf(page)).toBe('');
});
