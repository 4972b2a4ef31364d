import { createHash, createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PersonWithBrowser } from './person.ts';
import type { World } from './world.ts';

/** What a client keeps of an SSO session. */
export interface SsoToken {
  readonly accessToken: string;
  /** Undefined of one that cannot be refreshed. */
  readonly refreshToken?: string;
  readonly expiresAt: string;
}

/** A home directory in which a person has run `aws sso login` or `aws login`. */
export interface SignedInHome {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The token as the client keeps it now. */
  token(): SsoToken;
  /** Changes what is kept of it. */
  keep(change: Partial<SsoToken>): void;
}

const REDIRECT = 'http://127.0.0.1:53682/oauth/callback';
const SESSION = 'daypass-test';
const START_URL = 'https://daypass-test.awsapps.com/start';

export interface Profile {
  /** Default 222222222222. */
  readonly accountId?: string;
  readonly roleName: string;
}

let homes = 0;

/** Signs in as `aws sso login` does: it registers, a person approves in a browser, the code is redeemed. */
export async function afterSsoLogin(
  world: World,
  user: string,
  { accountId = '222222222222', roleName }: Profile,
): Promise<SignedInHome> {
  const { broker } = world.stack.local;
  const client = await post(`${broker}/client/register`, {
    clientName: `botocore-client-${SESSION}`,
    clientType: 'public',
    scopes: ['sso:account:access'],
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: ['http://127.0.0.1/oauth/callback'],
    issuerUrl: START_URL,
  });
  const { verifier, challenge } = pkce();
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client['clientId'] ?? '',
    redirect_uri: REDIRECT,
    state: randomUUID(),
    code_challenge_method: 'S256',
    scopes: 'sso:account:access',
    code_challenge: challenge,
  });
  const code = await approve(new PersonWithBrowser(broker, user), `/authorize?${query}`, {});
  const tokens = await post(`${broker}/token`, {
    clientId: client['clientId'],
    clientSecret: client['clientSecret'],
    grantType: 'authorization_code',
    code,
    redirectUri: REDIRECT,
    codeVerifier: verifier,
  });
  const home = configuredHome(world, { accountId, roleName });
  const cache = join(home, '.aws', 'sso', 'cache', `${createHash('sha1').update(SESSION).digest('hex')}.json`);
  const kept = {
    startUrl: START_URL,
    region: 'us-daypass-1',
    accessToken: tokens['accessToken'],
    refreshToken: tokens['refreshToken'],
    expiresAt: isoIn(Number(tokens['expiresIn'])),
    clientId: client['clientId'],
    clientSecret: client['clientSecret'],
    registrationExpiresAt: isoIn(86_400),
  };
  write(cache, JSON.stringify(kept));
  const token = (): SsoToken => JSON.parse(readFileSync(cache, 'utf8')) as SsoToken;
  return {
    directory: home,
    environment: homeEnvironment(home),
    token,
    keep: (change) => write(cache, JSON.stringify({ ...token(), ...change })),
  };
}

/** A home in which nobody has signed in yet, configured as `daypass configure --sso` does. */
export function configuredHome(world: World, { accountId = '222222222222', roleName }: Profile): string {
  const { broker } = world.stack.local;
  homes += 1;
  const home = join(world.directory, `home-${homes}`);
  write(
    join(home, '.aws', 'config'),
    `[default]
sso_session = ${SESSION}
sso_account_id = ${accountId}
sso_role_name = ${roleName}
region = eu-central-1
services = daypass-test
[sso-session ${SESSION}]
sso_start_url = ${START_URL}
sso_region = us-daypass-1
sso_registration_scopes = sso:account:access
[services daypass-test]
sso =
  endpoint_url = ${broker}
sso_oidc =
  endpoint_url = ${broker}
`,
  );
  return home;
}

/** AWS CLI before 2.13 knows no endpoint settings, but takes its rules for endpoints from the home directory. */
export function redirectByRules(home: string, broker: string): void {
  const builtIns = {
    Region: 'AWS::Region',
    UseDualStack: 'AWS::UseDualStack',
    UseFIPS: 'AWS::UseFIPS',
    Endpoint: 'SDK::Endpoint',
  };
  const parameters = Object.entries(builtIns).map(([name, builtIn]) => {
    const type = name.startsWith('Use')
      ? { required: true, default: false, type: 'Boolean' }
      : { required: false, type: 'String' };
    return [name, { builtIn, documentation: name, ...type }];
  });
  const rules = [{ conditions: [], endpoint: { url: broker, properties: {}, headers: {} }, type: 'endpoint' }];
  const text = JSON.stringify({ version: '1.0', parameters: Object.fromEntries(parameters), rules });
  for (const service of ['sso', 'sso-oidc']) {
    write(join(home, '.aws', 'models', service, '2019-06-10', 'endpoint-rule-set-1.json'), text);
  }
}

/** Signs in as `aws login` does: a person chooses the role in a browser. */
export async function afterAwsLogin(world: World, user: string, role: string): Promise<SignedInHome> {
  const { broker } = world.stack.local;
  const clientId = 'arn:aws:signin:::devtools/same-device';
  const { verifier, challenge } = pkce();
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    state: randomUUID(),
    code_challenge_method: 'SHA-256',
    scope: 'openid',
    redirect_uri: REDIRECT,
    code_challenge: challenge,
  });
  const code = await approve(new PersonWithBrowser(broker, user), `/v1/authorize?${query}`, { role });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const url = `${broker}/v1/token`;
  const request = { clientId, grantType: 'authorization_code', code, codeVerifier: verifier, redirectUri: REDIRECT };
  const { accessToken, refreshToken, idToken } = (await post(url, request, {
    DPoP: proofBy(privateKey, url),
  })) as unknown as {
    readonly accessToken: object;
    readonly refreshToken: string;
    readonly idToken: string;
  };
  const { sub } = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  homes += 1;
  const home = join(world.directory, `home-${homes}`);
  const cache = join(home, '.aws', 'login', 'cache', `${createHash('sha256').update(sub).digest('hex')}.json`);
  write(join(home, '.aws', 'config'), `[default]\nlogin_session = ${sub}\nregion = eu-central-1\n`);
  // It is about to expire, so that the client refreshes it.
  const credentials = { ...accessToken, accountId: sub.split(':')[4], expiresAt: isoIn(60) };
  const dpopKey = privateKey.export({ type: 'sec1', format: 'pem' });
  write(
    cache,
    JSON.stringify({ accessToken: credentials, tokenType: 'aws_sigv4', refreshToken, idToken, clientId, dpopKey }),
  );
  const kept = () =>
    JSON.parse(readFileSync(cache, 'utf8')) as { accessToken: { expiresAt: string }; refreshToken: string };
  return {
    directory: home,
    environment: { ...homeEnvironment(home), AWS_ENDPOINT_URL_SIGNIN: broker },
    token: () => ({ accessToken: '', refreshToken: kept().refreshToken, expiresAt: kept().accessToken.expiresAt }),
    keep({ refreshToken: other, expiresAt }) {
      const now = kept();
      const changed = { ...now.accessToken, ...(expiresAt !== undefined && { expiresAt }) };
      write(
        cache,
        JSON.stringify({ ...now, accessToken: changed, ...(other !== undefined && { refreshToken: other }) }),
      );
    },
  };
}

/** Seconds from now, as clients write times. */
export function isoIn(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

async function approve(
  person: PersonWithBrowser,
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const to = await person.send(await person.open(path), { ...fields, decision: 'approve' });
  const code = to instanceof URL ? to.searchParams.get('code') : null;
  if (code === null) throw new Error(`the approval led to no code: ${to}`);
  return code;
}

function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(48).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

function proofBy(
  privateKey: Parameters<typeof createPublicKey>[0] & import('node:crypto').KeyObject,
  url: string,
): string {
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC', crv: 'P-256', x, y } })}.${part({
    htm: 'POST',
    htu: url,
    iat: Math.floor(Date.now() / 1000),
    jti: randomUUID(),
  })}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Nothing of the developer's own: files are where a home directory has them. */
export function homeEnvironment(home: string): Record<string, string> {
  return {
    HOME: home,
    AWS_CONFIG_FILE: join(home, '.aws', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws', 'credentials'),
    AWS_PROFILE: 'default',
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600 });
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, string>;
}
