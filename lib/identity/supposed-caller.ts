import { claimAt } from '../claim-path.ts';
import { Fault } from '../fault.ts';
import { parseTemplate } from '../iam/variables.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Caller } from './caller.ts';
import { checkGroups } from './groups.ts';
import type { Issuer } from './issuer.ts';
import { quoted } from './quoted.ts';
import { readUsername } from './username.ts';

export interface Supposition {
  /** What the token would hold. `iss` says which issuer's it is; without one it is `issuer`'s, or the only issuer's. */
  readonly claims: JsonObject;
  /** Name of the issuer in the access policy. */
  readonly issuer?: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The username of somebody whose claims do not tell it. */
const SOMEBODY = 'somebody';

const LIFETIME_SECONDS = 3600;

/**
 * The caller that a valid token with these claims would make, for what-if questions. Nothing is verified, so the
 * result must never reach the broker. Claims that every token has and these leave out are filled in: `sub`, the
 * username, a verified e-mail address, `iat` now, an `exp` in an hour (also for one that has passed: a saved token is
 * asked about as if it were new). `auth_time` is not: a token without it does not say when its owner signed in.
 *
 * @throws Fault `issuer_not_trusted`, and what the verifier refuses for the sake of username and groups
 */
export function supposedCaller(issuers: readonly Issuer[], { claims, issuer: named, now }: Supposition): Caller {
  const issuer = findIssuer(issuers, claims, named);
  const seconds = Math.floor(now / 1000);
  const email = Object.hasOwn(claims, 'email_verified') ? {} : { email_verified: true };
  const given: JsonObject = { ...claims, ...email };
  checkGroups(given, issuer);
  const hasUsername = namingClaims(issuer).every((claim) => claimAt(given, claim) !== undefined);
  const expiresAt = time(claims, 'exp');
  return {
    issuer: issuer.name,
    issuerUrl: issuer.url,
    subject: typeof claims['sub'] === 'string' ? claims['sub'] : SOMEBODY,
    username: hasUsername ? readUsername(given, issuer) : issuer.usernamePrefix + SOMEBODY,
    claims,
    authenticatedAt: time(claims, 'auth_time'),
    issuedAt: time(claims, 'iat') ?? seconds,
    expiresAt: expiresAt !== undefined && expiresAt > seconds ? expiresAt : seconds + LIFETIME_SECONDS,
    tokenSha256: '',
  };
}

/** The claims that a username is made of. */
function namingClaims({ username, subject }: Issuer): readonly string[] {
  if (subject === undefined) return username === undefined ? [] : [username];
  const template = parseTemplate(subject);
  return 'message' in template ? [] : template.claims;
}

function findIssuer(issuers: readonly Issuer[], claims: JsonObject, named: string | undefined): Issuer {
  const url = Object.hasOwn(claims, 'iss') ? claims['iss'] : undefined;
  if (url !== undefined) {
    const found = issuers.find((issuer) => issuer.url === url && (named === undefined || issuer.name === named));
    if (found !== undefined) return found;
    throw new Fault('issuer_not_trusted', `iss is ${quoted(url)}`);
  }
  if (named !== undefined) {
    const found = issuers.find(({ name }) => name === named);
    if (found !== undefined) return found;
    throw new Fault('issuer_not_trusted', `no issuer is named ${quoted(named)}`);
  }
  const [only, other] = issuers;
  if (only !== undefined && other === undefined) return only;
  throw new Fault('issuer_not_trusted', 'the policy has several issuers: the claims need an iss that says which');
}

function time(claims: JsonObject, name: string): number | undefined {
  const value: Json | undefined = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Fault('time_claim_invalid', `${name} is ${quoted(value)}, not whole seconds since 1970`);
}
