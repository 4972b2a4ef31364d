import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import type { Issuer } from '../identity/issuer.ts';
import type { BegunSignIn, Challenge } from './attempts.ts';
import type { PortalIssuer } from './identity-provider.ts';

/**
 * A token that verifies is not yet the one that was asked for: it has to be of this issuer, for the portal's own
 * client, and carry the nonce of this very sign-in (OIDC Core §3.1.3.7).
 *
 * @throws Fault `sign_in_failed`
 */
export function requireTokenFor(caller: Caller, issuer: PortalIssuer, { nonce }: Challenge): void {
  if (caller.issuer !== issuer.name) throw new Fault('sign_in_failed', 'the token is of another issuer');
  const { aud } = caller.claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(issuer.portal.clientId)) {
    throw new Fault('sign_in_failed', 'the token is for another client than the portal');
  }
  if (caller.claims['nonce'] !== nonce) throw new Fault('sign_in_failed', 'the token has another nonce');
}

/**
 * Where a fresh sign-in was asked for, the token has to say that it is (OIDC Core §3.1.2.1: `auth_time` is then
 * required). The age is that at the time of asking: how long the person takes from there is the attempt's limit.
 *
 * @throws Fault `sign_in_too_weak`
 */
export function requireFreshness(
  caller: Caller,
  { clockSkewSeconds }: PortalIssuer,
  { maxAgeSeconds, begunAt }: BegunSignIn,
): void {
  if (maxAgeSeconds === undefined) return;
  const signedInAt = caller.authenticatedAt;
  if (signedInAt === undefined) throw new Fault('sign_in_too_weak', 'the token does not say when the person signed in');
  if (signedInAt + maxAgeSeconds + clockSkewSeconds < begunAt) {
    throw new Fault('sign_in_too_weak', `the sign-in is older than the ${maxAgeSeconds} seconds that were asked for`);
  }
}

/** Seconds: how old a sign-in may be for a tool to be signed in by it, and how new one is asked for. */
const RECENT_SECONDS = 900;
export const RECENT_MAX_AGE = 300;

/** Whether somebody signed in so lately that they, and no passer-by at their desk, may be taken to sit there. */
export function isRecent({ authenticatedAt }: Caller, now: number): boolean {
  return authenticatedAt !== undefined && Math.floor(now / 1000) - authenticatedAt <= RECENT_SECONDS;
}

/** @throws Fault `sign_in_required` */
export function requireRecentSignIn(caller: Caller, now: number): void {
  if (!isRecent(caller, now)) {
    throw new Fault('sign_in_required', `the sign-in is older than ${RECENT_SECONDS} seconds, or does not say`);
  }
}

/**
 * What the access policy offers to tools of an issuer's people.
 *
 * @throws Fault `tools_not_offered`
 */
export function toolOffer(issuer: Issuer | undefined, byDeviceCode: boolean): NonNullable<Issuer['sso']> {
  if (issuer?.sso === undefined) throw new Fault('tools_not_offered', 'the issuer has no `sso` in the access policy');
  if (byDeviceCode && !issuer.sso.deviceCode) {
    throw new Fault('tools_not_offered', 'the issuer has `sso.deviceCode: false` in the access policy');
  }
  return issuer.sso;
}
