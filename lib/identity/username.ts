import { claimAt } from '../claim-path.ts';
import { Fault } from '../fault.ts';
import { sessionNameProblem } from '../iam/limits.ts';
import type { JsonObject } from '../json.ts';
import type { Issuer } from './issuer.ts';
import { quoted } from './quoted.ts';

/**
 * The caller's username: the issuer's prefix and the claim the access policy names, both as they stand. One that STS
 * cannot hold is refused and never cut or rewritten, because that makes two people one; so is one that starts as
 * another issuer's usernames do.
 *
 * @throws Fault `claim_missing`, `claim_type_invalid`, `identity_not_representable`
 */
export function readUsername(claims: JsonObject, issuer: Issuer): string {
  const value = claimAt(claims, issuer.username);
  if (value === undefined) throw new Fault('claim_missing', `the token has no ${issuer.username} for the username`);
  if (typeof value !== 'string') {
    throw new Fault('claim_type_invalid', `${issuer.username} is ${quoted(value)}, a string is expected`);
  }
  const username = issuer.usernamePrefix + value;
  // A prefix alone is long enough for STS, but is nobody.
  if (value === '' || sessionNameProblem(username) !== undefined) {
    const place = issuer.usernamePrefix === '' ? '' : ` behind ${quoted(issuer.usernamePrefix)}`;
    throw notRepresentable(`${issuer.username} is ${quoted(value)}${place}, not 2–64 of A–Z a–z 0–9 _ + = , . @ -`);
  }
  const reserved = issuer.reservedPrefixes.find((prefix) => username.startsWith(prefix));
  if (reserved !== undefined) {
    throw notRepresentable(`${issuer.username} is ${quoted(value)}; ${quoted(reserved)} starts another issuer's names`);
  }
  // Readers differ on where such an address ends.
  if (value.indexOf('@') !== value.lastIndexOf('@')) throw notRepresentable(`${issuer.username} has more than one @`);
  if (issuer.username === 'email' && issuer.requireVerifiedEmail && !isEmailVerified(claims)) {
    throw notRepresentable('email_verified is not true');
  }
  return username;
}

/** Only the boolean counts (OpenID Connect Core 1.0 §5.1). */
function isEmailVerified(claims: JsonObject): boolean {
  return Object.hasOwn(claims, 'email_verified') && claims.email_verified === true;
}

function notRepresentable(detail: string): Fault {
  return new Fault('identity_not_representable', detail);
}
