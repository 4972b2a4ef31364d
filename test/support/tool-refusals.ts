import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Browser, Person, Portal } from './portal.ts';
import {
  authorizePath,
  DEVICE_CODE,
  postJson,
  REDIRECT,
  type RegisteredTool,
  register,
  type ToolAnswer,
  toolAnswer,
} from './tool.ts';

/** Requests of tools that are wrong in one respect, and how they have to be refused. */

export const VERIFIER = 'a-code-verifier-of-64-characters-as-the-aws-cli-makes-them-000000';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

let people = 0;

/** Somebody who has not typed a code yet. */
export function somebody(): Person {
  people += 1;
  return { name: `dev${people}`, groups: ['engineering'] };
}

/** A call of SSO's portal. @param token undefined: none is sent */
export async function callPortal(
  portal: Portal,
  target: string,
  token: string | undefined,
  method: 'GET' | 'POST' = 'GET',
): Promise<ToolAnswer> {
  const headers: Record<string, string> = token === undefined ? {} : { 'x-amz-sso_bearer_token': token };
  return toolAnswer(await portal.request(method, target, { headers }));
}

/** The query of `/authorize` with the one challenge of this file; undefined takes a parameter out. */
export function authorizeQuery(
  client: Pick<RegisteredTool, 'clientId'>,
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  return authorizePath(client, { challenge: CHALLENGE }, changes).slice('/authorize?'.length);
}

/** The hidden fields of the form that leads to an address. */
export function hiddenFields(page: string, action: string): Record<string, string> {
  const form = page.split('<form').find((part) => part.includes(`action="${action}"`)) ?? '';
  const inputs = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g);
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, unescaped(value)]));
}

function unescaped(text: string): string {
  const characters: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => characters[name] ?? '');
}

/** A person looks at the page and decides. @returns where the browser is sent */
export async function decideOnTool(browser: Browser, query: string, decision = 'approve'): Promise<URL> {
  const page = await browser.get(`/authorize?${query}`);
  expect([page.status, page.location]).toEqual([200, undefined]);
  const answer = await browser.post('/authorize', { ...hiddenFields(page.body, '/authorize'), decision });
  expect(answer.status).toBe(303);
  return new URL(answer.location ?? '');
}

export function codeRequest(client: RegisteredTool, code: string, changes: object = {}): object {
  const { clientId, clientSecret } = client;
  const grant = { grantType: 'authorization_code', code, redirectUri: REDIRECT, codeVerifier: VERIFIER };
  return { clientId, clientSecret, ...grant, ...changes };
}

export function refreshRequest({ clientId, clientSecret }: RegisteredTool, refreshToken: string, changes: object = {}) {
  return { clientId, clientSecret, grantType: 'refresh_token', refreshToken, ...changes };
}

export function deviceRequest({ clientId, clientSecret }: RegisteredTool, deviceCode: string, changes: object = {}) {
  return { clientId, clientSecret, grantType: DEVICE_CODE, deviceCode, ...changes };
}

/** A device that waits. */
export async function waitingDevice(portal: Portal) {
  const client = await register(portal);
  const answer = await postJson(portal, '/device_authorization', {
    ...client,
    startUrl: 'https://x.awsapps.com/start',
  });
  expect(answer.status).toBe(200);
  const { deviceCode, userCode } = answer.body as { deviceCode: string; userCode: string };
  return { client, deviceCode, userCode, answer };
}

/** Types a device's code. @returns the page that asks about it */
export async function typeCode(browser: Browser, userCode: string) {
  const page = await browser.get('/device');
  return browser.post('/device', { ...hiddenFields(page.body, '/device'), code: userCode });
}

/** Types the code, and decides. */
export async function decideOnDevice(browser: Browser, userCode: string, decision = 'approve') {
  const page = await typeCode(browser, userCode);
  expect(page.status).toBe(200);
  return browser.post('/device/decision', { ...hiddenFields(page.body, '/device/decision'), decision });
}

/** How a refusal of AWS's protocols looks. */
interface Refusal {
  readonly status: number;
  readonly name: string;
  /** OAuth's name, where the protocol is OAuth. */
  readonly error?: string;
}

const oauth = (name: string, error: string, status = 400): Refusal => ({ status, name: `${name}Exception`, error });

export const REFUSED = {
  grant: oauth('InvalidGrant', 'invalid_grant'),
  pending: oauth('AuthorizationPending', 'authorization_pending'),
  server: oauth('InternalServer', 'server_error', 503),
} as const satisfies Record<string, Refusal>;

export const PORTAL_REFUSED = {
  server: { status: 503, name: 'InternalServerException' },
} as const satisfies Record<string, Refusal>;

/** A refusal that every client can read, with nothing in it that could be used. */
export function expectRefused(answer: ToolAnswer, { status, name, error }: Refusal): void {
  const { body, headers } = answer;
  expect([answer.status, headers['x-amzn-errortype'], body['__type'], body['error']]).toEqual([
    status,
    name,
    name,
    error,
  ]);
  expect(body['message']).toMatch(/^\S.*\(session [0-9A-HJKMNP-TV-Z]{26}\)$/);
  expect(body['error_description']).toBe(error === undefined ? undefined : body['message']);
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
  expect(JSON.stringify(body)).not.toMatch(TOKENS);
}

/** Anything that would let somebody in. */
const TOKENS = /accessToken|refreshToken|roleCredentials|dp[ar]_|ASIA/;

/** How many sessions of tools were begun or went on, by what was sent to the table. */
export function sessionsWritten({ aws }: Portal): number {
  return aws.calls.filter(
    ({ action, body }) => action === 'PutItem' && body.includes('"S":"tool#') && body.includes('"access"'),
  ).length;
}
