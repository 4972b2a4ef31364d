import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../lib/audit/record.ts';
import { csrfToken } from '../lib/sso/forms.ts';
import { newToolSessionId } from '../lib/sso/tool-sessions.ts';
import { DpopKey } from './support/dpop-key.ts';
import { DEV, makePortal, type Person, PORTAL_CLIENT, type Portal } from './support/portal.ts';
import { KEYS, makeToken } from './support/tokens.ts';

/**
 * Every way in is asked for the same things and has to come to the same end: the same decision, the same kind of record.
 * A new way in is one entry of `WAYS`.
 */

let portal: Portal;
beforeAll(async () => {
  portal = await makePortal();
});
afterAll(() => portal.close());

interface Wish {
  readonly person: Person;
  readonly role: string;
  readonly reason?: string;
  readonly ticket?: string;
}

type Way = (wish: Wish) => Promise<{ readonly status: number; readonly body: string }>;

const STS = 'POST / as AWS STS';
const SSO = 'GET /federation/credentials as IAM Identity Center';
const LOGIN = 'POST /v1/token as AWS Sign-In';

/** All wishes are for roles of one account. */
const arnOf = (role: string) => `arn:aws:iam::222222222222:role/${role.slice(role.indexOf('/') + 1)}`;

const WAYS: Readonly<Record<string, Way>> = {
  'POST /v1/credentials': (wish) => callApi('/v1/credentials', wish),
  'POST /v1/console': (wish) => callApi('/v1/console', wish),
  'GET /v1/container': (wish) => askContainer(wish),
  [STS]: (wish) => assumeRole(wish),
  [SSO]: (wish) => askIdentityCenter(wish),
  [LOGIN]: (wish) => refreshLogin(wish),
  'the portal’s credentials': (wish) => fillIn('credentials', wish),
  'the portal’s console': (wish) => fillIn('console', wish),
};

async function callApi(path: string, { person, ...request }: Wish) {
  return portal.request('POST', path, {
    headers: { authorization: `Bearer ${tokenOf(person)}`, 'content-type': 'application/json' },
    form: JSON.stringify(request),
  });
}

async function askContainer({ person, role, ...rest }: Wish) {
  const query = new URLSearchParams(rest);
  return portal.request('GET', `/v1/container/${role}${query.size > 0 ? `?${query}` : ''}`, {
    headers: { authorization: tokenOf(person) },
  });
}

async function assumeRole({ person, role }: Wish) {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: arnOf(role),
    RoleSessionName: 'session-of-a-tool',
    WebIdentityToken: tokenOf(person),
  });
  return portal.request('POST', '/', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    form: form.toString(),
  });
}

/** Signed in by somebody who has just signed in: what a role asks of the sign-in itself is the person's own. */
async function askIdentityCenter({ person, role }: Wish) {
  const { sso } = portal;
  const caller = await sso.verifier.verify(tokenOf(person), Date.now());
  const grant = { caller, clientId: 'a-client', refreshes: true, expiresAt: caller.expiresAt };
  const { accessToken } = await sso.toolSessions.create(newToolSessionId(), grant, Date.now());
  const query = new URLSearchParams({ account_id: '222222222222', role_name: role.slice(role.indexOf('/') + 1) });
  return portal.request('GET', `/federation/credentials?${query}`, {
    headers: { 'x-amz-sso_bearer_token': accessToken },
  });
}

async function refreshLogin({ person, role }: Wish) {
  const { sso } = portal;
  const caller = await sso.verifier.verify(tokenOf(person), Date.now());
  const key = new DpopKey();
  const clientId = 'arn:aws:signin:::devtools/same-device';
  const { keyThumbprint } = key;
  const grant = { caller, clientId, refreshes: true, expiresAt: caller.expiresAt, role, keyThumbprint };
  const { refreshToken } = await sso.toolSessions.create(newToolSessionId(), grant, Date.now());
  const answer = await portal.request('POST', '/v1/token', {
    headers: { 'content-type': 'application/json', dpop: key.proof(Date.now()) },
    form: JSON.stringify({ clientId, grantType: 'refresh_token', refreshToken }),
  });
  // This protocol says so with 400.
  return answer.body.includes('INSUFFICIENT_PERMISSIONS') ? { ...answer, status: 403 } : answer;
}

function tokenOf({ name, groups, ...more }: Person): string {
  const seconds = Math.floor(Date.now() / 1000);
  return makeToken({
    key: KEYS.rsa,
    payload: {
      iss: 'https://idp.example.com',
      sub: `subject-of-${name}`,
      aud: PORTAL_CLIENT,
      iat: seconds,
      exp: seconds + 3600,
      auth_time: seconds - 5,
      email: `${name}@example.com`,
      email_verified: true,
      groups,
      ...more,
    },
  });
}

async function fillIn(what: string, { person, role, ...fields }: Wish) {
  const browser = portal.browser();
  await browser.signIn(person);
  const path = `/roles/${role}/${what}`;
  // Made here: no page has the form of a role that the person may not see.
  return browser.post(path, { csrf: csrfToken(browser.session ?? '', path), ...fields });
}

const old = Math.floor(Date.now() / 1000) - 4000;

const WISHES: readonly (readonly [string, Wish, Partial<AuditRecord>, number])[] = [
  ['a role they have', { person: DEV, role: 'prod/ReadOnly' }, { outcome: 'issued', grant: 'engineering' }, 200],
  ['a role of others', { person: DEV, role: 'prod/Secret' }, { outcome: 'denied', denial: 'no_grant' }, 403],
  [
    'a role that is not there',
    { person: DEV, role: 'prod/Nothing' },
    { outcome: 'denied', denial: 'role_unknown' },
    403,
  ],
  [
    'a role without the reason it asks for',
    { person: DEV, role: 'prod/Admin' },
    { outcome: 'denied', denial: 'requirement_unmet' },
    403,
  ],
  [
    'a role with reason and ticket',
    { person: DEV, role: 'prod/Admin', reason: 'disk full', ticket: 'OPS-1' },
    { outcome: 'issued', reason: 'disk full', ticket: 'OPS-1' },
    200,
  ],
  [
    'a role whose sign-in is too old',
    { person: { ...DEV, auth_time: old }, role: 'prod/Fresh' },
    { outcome: 'denied', denial: 'condition_unmet' },
    403,
  ],
  [
    'a role as somebody without any',
    { person: { name: 'outsider', groups: ['sales'] }, role: 'prod/ReadOnly' },
    { outcome: 'denied', denial: 'no_grant' },
    403,
  ],
];

describe.each(WISHES)('Asked for %s', (_, wish, expected, status) => {
  // AWS's own protocols have no place for a reason.
  const ways = Object.entries(WAYS).filter(([way]) => ![STS, SSO, LOGIN].includes(way) || wish.reason === undefined);

  test.each(ways)('%s decides and records alike', async (way, ask) => {
    const answer = await ask(wish);
    expect(answer.status === 303 ? 200 : answer.status).toBe(status);
    const record = portal.logged().at(-1);
    const { name } = wish.person;
    // An ARN that the catalogue does not have leads to no role of it.
    const asked = way === STS && expected.denial === 'role_unknown' ? arnOf(wish.role) : wish.role;
    expect(record).toMatchObject({
      phase: 'outcome',
      ...expected,
      role: asked,
      caller: { issuer: 'corp', subject: `subject-of-${name}`, username: `${name}@example.com` },
      policyDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      trace: { target: asked },
      sourceIp: '203.0.113.7',
    });
    expect(['credentials', 'console']).toContain(record?.action);
    if (status === 403) expect(answer.body).toMatch(/access_?denied|ForbiddenException/i);
    expect(record?.accessKeyId !== undefined).toBe(status === 200);
  });
});
