import { createHash, randomBytes } from 'node:crypto';
import { type Browser, DEV, ORIGIN, type PageAnswer, type Person, type Portal } from './portal.ts';

/** What AWS's clients see of an answer. */
export interface ToolAnswer {
  readonly status: number;
  /** `x-amzn-errortype`. */
  readonly name: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RegisteredTool {
  readonly clientId: string;
  readonly clientSecret: string;
}

export const REDIRECT = 'http://127.0.0.1:53682/oauth/callback';
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const EVERY_GRANT = ['authorization_code', 'refresh_token', DEVICE_CODE];

const REGISTRATION = {
  clientName: 'botocore-client-test',
  clientType: 'public',
  scopes: ['sso:account:access'],
  grantTypes: EVERY_GRANT,
  redirectUris: ['http://127.0.0.1/oauth/callback'],
};

/** Posts JSON as the clients of AWS do. */
export async function postJson(portal: Portal, path: string, body: unknown, headers: Record<string, string> = {}) {
  const form = typeof body === 'string' ? body : JSON.stringify(body);
  return toolAnswer(
    await portal.request('POST', path, { headers: { 'content-type': 'application/json', ...headers }, form }),
  );
}

export async function getAs(portal: Portal, accessToken: string, target: string): Promise<ToolAnswer> {
  return toolAnswer(await portal.request('GET', target, { headers: { 'x-amz-sso_bearer_token': accessToken } }));
}

export function toolAnswer({ status, headers, body }: PageAnswer): ToolAnswer {
  const isJson = headers['content-type'] === 'application/json';
  return { status, headers, name: headers['x-amzn-errortype'], body: isJson ? JSON.parse(body) : {} };
}

export async function register(portal: Portal, changes: Record<string, unknown> = {}): Promise<RegisteredTool> {
  const { status, body } = await postJson(portal, '/client/register', { ...REGISTRATION, ...changes });
  if (status !== 200) throw new Error(`not registered: ${JSON.stringify(body)}`);
  return body as unknown as RegisteredTool;
}

export function registration(changes: Record<string, unknown>): Record<string, unknown> {
  return { ...REGISTRATION, ...changes };
}

interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function pkce(): Pkce {
  const verifier = randomBytes(48).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Where `aws sso login` sends a browser. Undefined takes a parameter out. */
export function authorizePath(
  { clientId }: Pick<RegisteredTool, 'clientId'>,
  { challenge }: Pick<Pkce, 'challenge'>,
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT,
    state: 'the-state',
    code_challenge_method: 'S256',
    scopes: 'sso:account:access',
    code_challenge: challenge,
    ...changes,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return `/authorize?${query}`;
}

/** The fields of the last form on a page, and where it leads. */
export function formOf(page: string): { readonly action: string; readonly fields: Record<string, string> } {
  const form = page.slice(page.lastIndexOf('<form'));
  const inputs = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const fields = inputs.map(([, name = '', value = '']) => [
    name,
    value.replaceAll('&amp;', '&').replaceAll('&quot;', '"'),
  ]);
  return { action: /action="([^"]+)"/.exec(form)?.[1] ?? '', fields: Object.fromEntries(fields) };
}

/** A person approves what a tool sent their browser to. */
export async function approve(browser: Browser, path: string, more: Record<string, string> = {}): Promise<PageAnswer> {
  const { body } = await browser.get(path);
  const { action, fields } = formOf(body);
  return browser.post(action, { ...fields, decision: 'approve', ...more });
}

export async function signedInBrowser(portal: Portal, person: Person = DEV): Promise<Browser> {
  const browser = portal.browser();
  await browser.signIn(person);
  return browser;
}

export function codeOf({ location }: PageAnswer): string {
  return new URL(location ?? ORIGIN).searchParams.get('code') ?? '';
}

/** A code that was approved, with all that it takes to redeem it. */
export async function approvedCode(browser: Browser, tool: RegisteredTool) {
  const { verifier, challenge } = pkce();
  const code = codeOf(await approve(browser, authorizePath(tool, { challenge })));
  if (code === '') throw new Error('the approval led to no code');
  return {
    ...tool,
    grantType: 'authorization_code',
    code,
    redirectUri: REDIRECT,
    codeVerifier: verifier,
  };
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A tool that is signed in. */
export async function signedInTool(portal: Portal, person: Person = DEV, changes: Record<string, unknown> = {}) {
  const tool = await register(portal, changes);
  const browser = await signedInBrowser(portal, person);
  const answer = await postJson(portal, '/token', await approvedCode(browser, tool));
  if (answer.status !== 200) throw new Error(`not signed in: ${JSON.stringify(answer.body)}`);
  const tokens = answer.body as unknown as Tokens;
  const refresh = (refreshToken: string, more: object = {}) =>
    postJson(portal, '/token', { ...tool, grantType: 'refresh_token', refreshToken, ...more });
  return { tool, browser, tokens, refresh };
}

/** Does something while the access policy offers tools of `corp` something else, or nothing. */
export async function whileOffered(
  portal: Portal,
  offer: { readonly sessionSeconds: number; readonly deviceCode: boolean } | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const issuers = [portal.sso, portal.broker].map(
    ({ policyIndex }) => policyIndex.issuers.get('corp') as { sso?: object },
  );
  const before = issuers.map(({ sso }) => sso);
  for (const issuer of issuers) Object.assign(issuer, { sso: offer });
  try {
    await work();
  } finally {
    for (const [at, issuer] of issuers.entries()) Object.assign(issuer, { sso: before[at] });
  }
}
