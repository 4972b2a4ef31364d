import { Fault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import type { Caller } from './caller.ts';
import { checkClaims } from './claims.ts';
import { hashToken, readCompactJws } from './compact-jws.ts';
import { checkGroups } from './groups.ts';
import { readHeader, requireHeaderOf } from './header.ts';
import { type Issuer, SIGNING_ALGORITHMS } from './issuer.ts';
import type { KeySet } from './key-set.ts';
import { quoted } from './quoted.ts';
import { type ReplayGuard, requireTokenId } from './replay.ts';
import { verifySignature } from './signature.ts';
import { readUsername } from './username.ts';

/** Turns a token into a caller, or throws a `Fault` with a token or key code. */
export interface Verifier {
  /**
   * @param token the compact JWS as it came in, without `Bearer `
   * @param now epoch milliseconds
   */
  verify(token: string, now: number): Promise<Caller>;
}

export interface VerifierOptions {
  readonly issuers: readonly Issuer[];
  /** Asked once per issuer, when the verifier is made. */
  readonly keySets: (issuer: Issuer) => KeySet;
  /** Needed as soon as one issuer is `singleUse`. */
  readonly replayGuard?: ReplayGuard;
}

/**
 * Makes the verifier of the one path. It keeps nothing of any token: every token is verified anew, because a
 * cache of verified tokens is one more thing that can be confused.
 *
 * The order is fixed: shape and header, issuer by exact `iss`, key by `kid` from that issuer's set alone,
 * signature, and only then the claims; the one use of a single-use token is taken last, when all else holds.
 *
 * `verify` throws nothing but `Fault`; besides the token and key codes that is `store_unavailable` from the
 * replay guard.
 *
 * @throws Error for issuers that no token could be held against safely: a mistake in the access policy
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuers, replayGuard } = options;
  const trusted = new Map<string, TrustedIssuer>();
  for (const issuer of issuers) {
    requireSound(issuer, replayGuard);
    if (trusted.has(issuer.url)) throw new Error(`issuer ${issuer.name}: another issuer has the same URL`);
    trusted.set(issuer.url, { issuer, keySet: options.keySets(issuer) });
  }
  const types: ReadonlySet<string> = new Set(issuers.flatMap((issuer) => issuer.tokenTypes));

  async function verify(token: string, now: number): Promise<Caller> {
    // No comparison with a time that is not a number would ever refuse.
    if (!Number.isFinite(now)) throw new Fault('internal_error', 'the clock is not a number');
    const jws = readCompactJws(token);
    const header = readHeader(jws.header, types);
    const claims = jws.payload;
    const { issuer, keySet } = findIssuer(trusted, claims);
    requireHeaderOf(issuer, header);
    if (header.keyId === undefined) throw new Fault('key_unknown', 'the header names no key (kid)');
    const key = await keySet.key(header.keyId, now);
    verifySignature(header.algorithm, key, jws.signingInput, jws.signature);

    const registered = checkClaims(claims, issuer, now);
    checkGroups(claims, issuer);
    const username = readUsername(claims, issuer);
    if (issuer.singleUse) {
      const tokenId = requireTokenId(claims);
      await replayGuard?.consume(issuer.name, tokenId, registered.expiresAt + issuer.clockSkewSeconds);
    }
    return { issuer: issuer.name, issuerUrl: issuer.url, username, claims, tokenSha256: hashToken(jws), ...registered };
  }

  return {
    async verify(token, now) {
      try {
        return await verify(token, now);
      } catch (error) {
        throw Fault.from(error);
      }
    },
  };
}

interface TrustedIssuer {
  readonly issuer: Issuer;
  readonly keySet: KeySet;
}

/** Byte for byte: no two spellings of a URL are the same issuer (OpenID Connect Discovery 1.0 §4.3). */
function findIssuer(trusted: ReadonlyMap<string, TrustedIssuer>, claims: JsonObject): TrustedIssuer {
  const url = Object.hasOwn(claims, 'iss') ? claims.iss : undefined;
  const found = typeof url === 'string' ? trusted.get(url) : undefined;
  if (found === undefined) throw new Fault('issuer_not_trusted', `iss is ${quoted(url)}`);
  return found;
}

/** What an empty list or a missing guard would quietly allow is refused before the first token. */
function requireSound(issuer: Issuer, replayGuard: ReplayGuard | undefined): void {
  const problem = (text: string) => new Error(`issuer ${issuer.name}: ${text}`);
  if (issuer.audience.length === 0) throw problem('it has no audience');
  if (issuer.algorithms.length === 0) throw problem('it has no algorithms');
  if (!issuer.username === !issuer.subject) throw problem('it has neither or both of username and subject');
  const foreign = issuer.algorithms.find((name) => !SIGNING_ALGORITHMS.includes(name));
  if (foreign !== undefined) throw problem(`${quoted(foreign)} is not an algorithm that is accepted here`);
  if (!isSeconds(issuer.clockSkewSeconds)) throw problem('its clock skew is not whole seconds');
  if (!isSeconds(issuer.maxTokenLifetimeSeconds)) throw problem('its longest token lifetime is not whole seconds');
  if (issuer.singleUse && replayGuard === undefined) throw problem('it is single-use, but there is no replay guard');
}

function isSeconds(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
