import * as client from 'openid-client';
import { Fault } from '../fault.ts';
import { judgeProviderUrl } from '../http/provider-url.ts';
import type { Issuer } from '../identity/issuer.ts';
import { isLoopback } from '../loopback.ts';
import type { Challenge, Purpose } from './attempts.ts';
import { boundedFetch } from './bounded-fetch.ts';

/** An issuer that people sign in to with a browser. */
export type PortalIssuer = Issuer & { readonly portal: NonNullable<Issuer['portal']> };

/** What a sign-in is begun with. */
export interface SignInRequest extends Challenge {
  readonly purpose: Purpose;
  readonly redirectUri: string;
  readonly prompt?: 'login' | 'select_account' | undefined;
}

/**
 * The identity provider's side of a browser's sign-in: OpenID Connect's authorization code flow with PKCE, through
 * openid-client, which checks what OIDC Core §3.1.3.7 lists (iss, aud, azp, exp, nonce) and RFC 9207's `iss` parameter.
 * The ID token's signature and all else is for the broker's own verifier.
 */
export interface IdentityProvider {
  /** Where the person's browser has to go. @throws Fault `idp_unavailable`, `jwks_invalid` */
  signInUrl(request: SignInRequest): Promise<URL>;
  /**
   * Redeems the code that came back.
   *
   * @param callback the whole address that the provider sent the browser to
   * @returns the ID token, not yet verified
   * @throws Fault `sign_in_failed`, `idp_unavailable`, `jwks_invalid`
   */
  redeem(callback: URL, challenge: Challenge): Promise<string>;
  /** Where to end the provider's own session too (RP-Initiated Logout 1.0); undefined when it cannot be. */
  signOutUrl(returnTo: string): Promise<URL | undefined>;
}

/** Milliseconds: how long a discovery document serves, and for how much longer while no new one can be had. */
const MAX_AGE = 600_000;
const MAX_STALE = 86_400_000;
/** Milliseconds between two attempts to read it anew while an old one serves. */
const PAUSE = 60_000;

/** Seconds for one request to the provider. */
const TIMEOUT_SECONDS = 5;

/**
 * @param fetch no redirect is followed, and no answer over 150 KB is read
 * @param clock epoch milliseconds
 */
export function identityProvider(
  issuer: PortalIssuer,
  fetch: typeof globalThis.fetch,
  clock: () => number,
): IdentityProvider {
  let known: { readonly configuration: client.Configuration; readonly readAt: number } | undefined;
  let reading: Promise<client.Configuration> | undefined;
  let pausedUntil = 0;

  async function configured(): Promise<client.Configuration> {
    const now = clock();
    const isFresh = known !== undefined && now - known.readAt < MAX_AGE;
    const isPausing = known !== undefined && now < pausedUntil && now - known.readAt <= MAX_STALE;
    if (known !== undefined && (isFresh || isPausing)) return known.configuration;
    reading ??= discover(issuer, fetch).finally(() => {
      reading = undefined;
    });
    try {
      known = { configuration: await reading, readAt: now };
    } catch (error) {
      if (known === undefined || now - known.readAt > MAX_STALE) throw error;
      // Not each sign-in of an outage waits for a provider that does not answer.
      pausedUntil = now + PAUSE;
    }
    return known.configuration;
  }

  return {
    async signInUrl({ state, nonce, codeVerifier, redirectUri, purpose, prompt }) {
      const configuration = await configured();
      const { maxAgeSeconds, acrValues } = purpose;
      return client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: [...new Set(['openid', ...issuer.portal.scopes])].join(' '),
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
        ...(acrValues !== undefined && { acr_values: acrValues }),
        ...(prompt !== undefined && { prompt }),
      });
    },
    async redeem(callback, { state, nonce, codeVerifier }) {
      const configuration = await configured();
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      };
      const tokens = await understood(issuer, () => client.authorizationCodeGrant(configuration, callback, checks));
      if (tokens.id_token === undefined) throw new Fault('sign_in_failed', 'the identity provider sent no ID token');
      return tokens.id_token;
    },
    async signOutUrl(returnTo) {
      const configuration = await configured();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
      requireProtected(configuration, 'end_session_endpoint', issuer);
      return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo });
    },
  };
}

async function discover(issuer: PortalIssuer, fetch: typeof globalThis.fetch): Promise<client.Configuration> {
  const url = new URL(issuer.url);
  const plain = url.protocol === 'http:' && isLoopback(url.hostname);
  const configuration = await understood(issuer, () =>
    client.discovery(url, issuer.portal.clientId, undefined, client.None(), {
      timeout: TIMEOUT_SECONDS,
      [client.customFetch]: boundedFetch(fetch),
      ...(plain && { execute: [client.allowInsecureRequests] }),
    }),
  );
  requireProtected(configuration, 'authorization_endpoint', issuer);
  requireProtected(configuration, 'token_endpoint', issuer);
  return configuration;
}

/** An address that the provider names must be as well protected as its own, and no provider out there leads here. */
function requireProtected(
  configuration: client.Configuration,
  endpoint: 'authorization_endpoint' | 'token_endpoint' | 'end_session_endpoint',
  issuer: PortalIssuer,
): void {
  const address = configuration.serverMetadata()[endpoint];
  const verdict = address === undefined ? undefined : judgeProviderUrl(address);
  if (verdict?.ok && (!verdict.loopback || isLoopback(new URL(issuer.url).hostname))) return;
  throw new Fault('jwks_invalid', `discovery of ${issuer.name} names no protected ${endpoint}`);
}

/** openid-client's errors as ours. Of an answer only `error` (RFC 6749 §4.1.2.1, §5.2) is repeated, never its text. */
async function understood<T>(issuer: PortalIssuer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    if (cause instanceof client.AuthorizationResponseError) {
      throw new Fault('sign_in_failed', `the identity provider of ${issuer.name} says ${named(cause.error)}`, {
        cause,
      });
    }
    if (cause instanceof client.ResponseBodyError) {
      const detail = `the identity provider of ${issuer.name} says ${named(cause.error)} to the code`;
      throw new Fault(cause.status >= 500 ? 'idp_unavailable' : 'sign_in_failed', detail, { cause });
    }
    if (isUnreachable(cause)) {
      throw new Fault('idp_unavailable', `the identity provider of ${issuer.name} does not answer`, { cause });
    }
    const code = cause instanceof Error && 'code' in cause ? named(String(cause.code)) : 'unknown';
    throw new Fault('sign_in_failed', `the answer of the identity provider of ${issuer.name} is refused (${code})`, {
      cause,
    });
  }
}

/** An error code as RFC 6749 spells them; anything else is not repeated. */
function named(code: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? code : '(no code)';
}

function isUnreachable(thrown: unknown): boolean {
  const inner = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  if (inner instanceof Fault) return false;
  if (inner instanceof Response) return inner.status >= 500 || inner.status === 429;
  const name = inner instanceof Error ? inner.name : '';
  if (name === 'TimeoutError' || name === 'AbortError') return true;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  // fetch() reports every failure to connect as a TypeError whose cause has a system error code.
  return /^(E[A-Z]+|UND_ERR_[A-Z_]+|OAUTH_TIMEOUT)$/.test(code) && !code.startsWith('ERR_');
}
