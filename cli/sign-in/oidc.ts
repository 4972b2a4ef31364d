import * as client from 'openid-client';
import { isLoopback, isProtected, requireVerifiedTls } from '../address.ts';
import { Failure } from '../failure.ts';
import type { LoginIssuer } from '../store/sign-in.ts';
import { asFailure } from './oidc-failure.ts';

/**
 * The identity provider's side, through openid-client, in a file of the bundle that only signing in loads.
 * openid-client checks what OIDC Core §3.1.3.7 lists (iss, aud, azp, exp, nonce) and RFC 9207's `iss` parameter;
 * the ID token comes straight from the token endpoint over TLS, and the broker verifies its signature on use.
 */
export interface Tokens {
  readonly idToken: string;
  readonly subject: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  readonly refreshToken: string | undefined;
}

export interface CodeFlow {
  /** Where the person's browser has to go. */
  readonly url: URL;
  /** RFC 6749 §10.12. Compared by the loopback listener too, before anything else is believed. */
  readonly state: string;
  /** Redeems the code in the redirect that came back. */
  finish(redirect: URL): Promise<Tokens>;
}

export interface DeviceFlow {
  readonly userCode: string;
  readonly verificationUri: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Polls until the person has decided; obeys `interval` and `slow_down` (RFC 8628 §3.5). */
  finish(): Promise<Tokens>;
}

/** Authorization code with PKCE S256 (RFC 7636), `state` and `nonce`. */
export async function startCodeFlow(
  issuer: LoginIssuer,
  redirectUri: string,
  prompt: string | undefined,
): Promise<CodeFlow> {
  const configuration = await discover(issuer);
  requireProtected(configuration, 'authorization_endpoint', issuer);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: scopeOf(issuer),
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...(prompt === undefined ? {} : { prompt }),
  });
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  return {
    url,
    state: expectedState,
    finish: (redirect) =>
      asFailure(issuer, async () => tokensOf(await client.authorizationCodeGrant(configuration, redirect, checks))),
  };
}

/** Device authorization grant (RFC 8628). */
export async function startDeviceFlow(issuer: LoginIssuer): Promise<DeviceFlow> {
  const configuration = await discover(issuer);
  if (configuration.serverMetadata().device_authorization_endpoint === undefined) {
    throw new Failure('signIn', `the identity provider ${issuer.issuer} has no device sign-in`, {
      hint: '`daypass login` without --device signs in through the browser',
    });
  }
  requireProtected(configuration, 'device_authorization_endpoint', issuer);
  const started = await asFailure(issuer, () =>
    client.initiateDeviceAuthorization(configuration, { scope: scopeOf(issuer) }),
  );
  return {
    userCode: started.user_code,
    verificationUri: started.verification_uri,
    expiresIn: started.expires_in,
    finish: () =>
      asFailure(issuer, async () => {
        const signal = AbortSignal.timeout(started.expires_in * 1000);
        return tokensOf(await client.pollDeviceAuthorizationGrant(configuration, started, undefined, { signal }));
      }),
  };
}

/**
 * New tokens for a refresh token (RFC 6749 §6). A provider that rotates sends a new refresh token, one that
 * does not leaves the old one in force (OIDC Core §12.2: same `iss`, same `sub`).
 */
export async function refreshTokens(issuer: LoginIssuer, refreshToken: string, subject: string): Promise<Tokens> {
  const configuration = await discover(issuer);
  return asFailure(issuer, async () => {
    const tokens = tokensOf(await client.refreshTokenGrant(configuration, refreshToken));
    if (tokens.subject !== subject) {
      throw new Failure('signIn', 'the identity provider answered with somebody else’s token');
    }
    return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken };
  });
}

/** @returns false when the provider has no revocation endpoint (RFC 7009, RFC 8414) */
export async function revokeToken(issuer: LoginIssuer, refreshToken: string): Promise<boolean> {
  const configuration = await discover(issuer);
  if (configuration.serverMetadata().revocation_endpoint === undefined) return false;
  requireProtected(configuration, 'revocation_endpoint', issuer);
  await asFailure(issuer, () =>
    client.tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' }),
  );
  return true;
}

async function discover(issuer: LoginIssuer): Promise<client.Configuration> {
  const url = URL.canParse(issuer.issuer) ? new URL(issuer.issuer) : undefined;
  if (url === undefined || !isProtected(url)) {
    throw new Failure('unavailable', `the identity provider’s address ${issuer.issuer} is not https`);
  }
  requireVerifiedTls(url);
  const plain = url.protocol === 'http:' && isLoopback(url.hostname);
  const configuration = await asFailure(issuer, () =>
    client.discovery(url, issuer.clientId, undefined, client.None(), {
      timeout: 30,
      ...(plain ? { execute: [client.allowInsecureRequests] } : {}),
    }),
  );
  requireProtected(configuration, 'token_endpoint', issuer);
  return configuration;
}

type Endpoint = 'authorization_endpoint' | 'token_endpoint' | 'device_authorization_endpoint' | 'revocation_endpoint';

function requireProtected(configuration: client.Configuration, endpoint: Endpoint, issuer: LoginIssuer): void {
  const address = configuration.serverMetadata()[endpoint];
  if (address !== undefined && URL.canParse(address) && isProtected(new URL(address))) return;
  throw new Failure('unavailable', `the identity provider ${issuer.issuer} names no protected ${endpoint}`);
}

function scopeOf(issuer: LoginIssuer): string {
  return [...new Set(['openid', ...issuer.scopes])].join(' ');
}

function tokensOf(answer: Awaited<ReturnType<typeof client.authorizationCodeGrant>>): Tokens {
  const claims = answer.claims();
  if (claims === undefined || answer.id_token === undefined) {
    throw new Failure('signIn', 'the identity provider sent no ID token');
  }
  return {
    idToken: answer.id_token,
    subject: claims.sub,
    expiresAt: claims.exp,
    refreshToken: answer.refresh_token,
  };
}
