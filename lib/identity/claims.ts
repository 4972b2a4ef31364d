import { Fault } from '../fault.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Issuer } from './issuer.ts';
import { quoted } from './quoted.ts';

/** The registered claims of an accepted token; times in epoch seconds. */
export interface RegisteredClaims {
  readonly subject: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly authenticatedAt: number | undefined;
}

/**
 * Holds verified claims against what their issuer may send, in the order of RFC 7519 §4.1 and OpenID Connect
 * Core 1.0 §3.1.3.7. The `iss` was compared before, when the key was chosen.
 *
 * @param now epoch milliseconds
 * @throws Fault `token_type_wrong`, `identity_not_representable`, `audience_mismatch`, `azp_mismatch`,
 *   `time_claim_invalid`, `token_expired`, `hosted_domain_mismatch`
 */
export function checkClaims(claims: JsonObject, issuer: Issuer, now: number): RegisteredClaims {
  // Logout and security event tokens come from the same issuer for the same audience, often untyped (RFC 8417 §2.2).
  if (Object.hasOwn(claims, 'events')) throw new Fault('token_type_wrong', 'the token is an event, not a sign-in');
  const subject = requireSubject(own(claims, 'sub'));
  requireAudience(own(claims, 'aud'), issuer);
  requireAuthorizedParty(own(claims, 'azp'), own(claims, 'aud'), issuer);
  const times = requireTimes(claims, issuer, Math.floor(now / 1_000));
  requireHostedDomain(own(claims, 'hd'), issuer);
  return { subject, ...times };
}

/** OpenID Connect Core 1.0 §2: at most 255 ASCII characters; here printable ones only. */
const SUBJECT = /^[ -~]{1,255}$/;

function requireSubject(subject: Json | undefined): string {
  if (typeof subject === 'string' && SUBJECT.test(subject)) return subject;
  throw new Fault('identity_not_representable', `sub is ${quoted(subject)}, not 1–255 printable ASCII characters`);
}

/**
 * Every audience must be one of ours: a token that is also meant for somebody else is also held by somebody else.
 */
function requireAudience(audience: Json | undefined, issuer: Issuer): void {
  const values: readonly (Json | undefined)[] = Array.isArray(audience) ? audience : [audience];
  if (values.length === 0) throw new Fault('audience_mismatch', 'aud is an empty array');
  for (const value of values) {
    if (typeof value !== 'string' || !issuer.audience.includes(value)) {
      throw new Fault('audience_mismatch', `aud holds ${quoted(value)}, not an audience of issuer ${issuer.name}`);
    }
  }
}

/**
 * OpenID Connect Core 1.0 §3.1.3.7 (3)–(5). Required with several audiences, and where the access policy names
 * authorized parties that are not simply the audiences.
 */
function requireAuthorizedParty(party: Json | undefined, audience: Json | undefined, issuer: Issuer): void {
  if (party === undefined) {
    const named = issuer.authorizedParties.some((value) => !issuer.audience.includes(value));
    if (!named && !(Array.isArray(audience) && audience.length > 1)) return;
  } else if (typeof party === 'string' && issuer.authorizedParties.includes(party)) return;
  throw new Fault('azp_mismatch', `azp is ${quoted(party)}, not an authorized party of issuer ${issuer.name}`);
}

/**
 * `exp` and `iat` are required, `nbf` and `auth_time` are checked where they are. All whole seconds: a fraction,
 * a string or milliseconds mean that somebody's clock arithmetic is wrong.
 */
function requireTimes(claims: JsonObject, issuer: Issuer, now: number): Omit<RegisteredClaims, 'subject'> {
  const skew = issuer.clockSkewSeconds;
  const issuedAt = readTime(claims, 'iat');
  const expiresAt = readTime(claims, 'exp');
  const notBefore = readTime(claims, 'nbf');
  const authenticatedAt = readTime(claims, 'auth_time');
  if (issuedAt === undefined) throw invalidTime('iat is missing');
  if (expiresAt === undefined) throw invalidTime('exp is missing');
  if (expiresAt <= issuedAt) throw invalidTime('exp is not after iat');
  if (expiresAt - issuedAt > issuer.maxTokenLifetimeSeconds) {
    throw invalidTime(`the token lives ${expiresAt - issuedAt} s, more than ${issuer.maxTokenLifetimeSeconds} s`);
  }
  if (issuedAt > now + skew) throw invalidTime(`iat is ${issuedAt - now} s in the future`);
  if (notBefore !== undefined && notBefore > now + skew) {
    throw invalidTime(`nbf is ${notBefore - now} s in the future`);
  }
  if (authenticatedAt !== undefined && authenticatedAt > now + skew) {
    throw invalidTime(`auth_time is ${authenticatedAt - now} s in the future`);
  }
  if (expiresAt <= now - skew) throw new Fault('token_expired', `the token expired ${now - expiresAt} s ago`);
  return { issuedAt, expiresAt, authenticatedAt };
}

function readTime(claims: JsonObject, name: string): number | undefined {
  const value = own(claims, name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidTime(`${name} is ${typeof value === 'number' ? value : quoted(value)}, not whole seconds since 1970`);
}

/** Google Workspace: `hd` tells an organisation's accounts from everybody else's. */
function requireHostedDomain(domain: Json | undefined, issuer: Issuer): void {
  if (issuer.hostedDomains === undefined) return;
  if (typeof domain === 'string' && issuer.hostedDomains.includes(domain)) return;
  throw new Fault('hosted_domain_mismatch', `hd is ${quoted(domain)}`);
}

function own(claims: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function invalidTime(detail: string): Fault {
  return new Fault('time_claim_invalid', detail);
}
