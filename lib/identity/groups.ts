import { claimAt } from '../claim-path.ts';
import { Fault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import type { Issuer } from './issuer.ts';
import { quoted } from './quoted.ts';

export const MAX_GROUPS = 10_000;

/**
 * Refuses a token whose groups cannot be relied on. No groups at all is fine: it grants nothing.
 *
 * - Left out: a member of more groups than fit has a pointer in their place. A denial of one of those groups
 *   would be missed, so the token is refused. The pointer is `_claim_names` (OpenID Connect Core 1.0 §5.6.2,
 *   which may leave out any claim), `hasgroups`, or `groups:src1`.
 * - Misshapen: anything but an array of strings. One string may be a list in somebody's notation.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
 * @throws Fault `groups_unavailable`, `claim_type_invalid`
 */
export function checkGroups(claims: JsonObject, issuer: Issuer): void {
  const pointer = overagePointer(claims);
  if (pointer !== undefined) {
    throw new Fault('groups_unavailable', `${pointer}: the issuer left claims out that are too long for the token`);
  }
  const groups = claimAt(claims, issuer.groups);
  if (groups === undefined) return;
  if (!Array.isArray(groups)) throw invalid(`${issuer.groups} is ${quoted(groups)}, not an array`);
  if (groups.length > MAX_GROUPS) throw invalid(`${issuer.groups} has more than ${MAX_GROUPS} entries`);
  for (const group of groups) {
    if (typeof group !== 'string') throw invalid(`${issuer.groups} holds ${quoted(group)}, strings are expected`);
  }
}

function overagePointer(claims: JsonObject): string | undefined {
  const names = Object.hasOwn(claims, '_claim_names') ? claims._claim_names : undefined;
  const isEmpty = typeof names === 'object' && names !== null && Object.keys(names).length === 0;
  if (names !== undefined && !isEmpty) return '_claim_names';
  if (Object.hasOwn(claims, 'hasgroups') && claims.hasgroups !== false) return 'hasgroups';
  return Object.hasOwn(claims, 'groups:src1') ? 'groups:src1' : undefined;
}

function invalid(detail: string): Fault {
  return new Fault('claim_type_invalid', detail);
}
