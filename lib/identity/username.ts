import { claimAt } from '../claim-path.ts';
import { Fault } from '../fault.ts';
import { sessionNameProblem } from '../iam/limits.ts';
import type { JsonObject } from '../json.ts';
import type { Issuer } from './issuer.ts';
import { quoted } from './quoted.ts';
import { fillSubject } from './subject.ts';

/**
 * The caller's username: of a person the issuer's prefix and the claim the access policy names, of a workload the
 * subject that its claims make, all as they stand. One that STS cannot hold is refused and never cut or rewritten,
 * because that makes two people one; so is one that starts as another issuer's usernames do.
 *
 * @throws Fault `claim_missing`, `claim_type_invalid`, `identity_not_representable`
 */
export function readUsername(claims: JsonObject, issuer: Issuer): string {
  if (issuer.subject !== undefined) {
    const subject = fillSubject(claims, issuer.subject);
    return fitting(subject, { name: 'the subject', shown: quoted(subject) }, issuer);
  }
  const { username: claim = '', usernamePrefix } = issuer;
  const value = claimAt(claims, claim);
  if (value === undefined) throw new Fault('claim_missing', `the token has no ${claim} for the username`);
  if (typeof value !== 'string') {
    throw new Fault('claim_type_invalid', `${claim} is ${quoted(value)}, a string is expected`);
  }
  const place = usernamePrefix === '' ? '' : ` behind ${quoted(usernamePrefix)}`;
  // A prefix alone is long enough for STS, but is nobody.
  const username = value === '' ? '' : usernamePrefix + value;
  fitting(username, { name: claim, shown: quoted(value) + place }, issuer);
  if (claim === 'email' && issuer.requireVerifiedEmail && !isEmailVerified(claims)) {
    throw notRepresentable('email_verified is not true');
  }
  return username;
}

/** The username, if it can be one. @param source what it was made of, for words */
function fitting(
  username: string,
  { name, shown }: { readonly name: string; readonly shown: string },
  { reservedPrefixes }: Issuer,
): string {
  if (sessionNameProblem(username) !== undefined) {
    throw notRepresentable(`${name} is ${shown}, not 2–64 of A–Z a–z 0–9 _ + = , . @ -`);
  }
  const reserved = reservedPrefixes.find((prefix) => username.startsWith(prefix));
  if (reserved !== undefined) {
    throw notRepresentable(`${name} is ${shown}; ${quoted(reserved)} starts another issuer's names`);
  }
  // Readers differ on where such an address ends.
  if (username.indexOf('@') !== username.lastIndexOf('@')) throw notRepresentable(`${name} has more than one @`);
  return username;
}

/** Only the boolean counts (OpenID Connect Core 1.0 §5.1). */
function isEmailVerified(claims: JsonObject): boolean {
  return Object.hasOwn(claims, 'email_verified') && claims.email_verified === true;
}

function notRepresentable(detail: string): Fault {
  return new Fault('identity_not_representable', detail);
}
