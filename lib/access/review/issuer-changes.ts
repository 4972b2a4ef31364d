import type { Issuer } from '../../identity/issuer.ts';
import { canonicalJson } from '../../json.ts';
import { type Direction, gainsAndLosses, shown } from './change.ts';
import type { Part } from './grant-changes.ts';

/** Lists of accepted values: more of them let more tokens in. */
const ACCEPTED = ['audience', 'algorithms', 'tokenTypes', 'authorizedParties'] as const;
/** What is stricter when it is true, and looser when it is false. */
const STRICT = ['requireVerifiedEmail', 'singleUse', 'sessionsEndWithToken'] as const;
/** Seconds: more are looser. */
const TOLERATED = ['clockSkewSeconds', 'maxTokenLifetimeSeconds'] as const;
/** Whose keys are believed: whoever holds them may be anybody. */
const BELIEVED = ['url', 'jwksUri'] as const;
/** Who somebody is: nothing about it can be told from the policy alone. */
const IDENTITY = ['username', 'subject', 'usernamePrefix', 'groups'] as const;

/** A member that an issuer gets and that nothing here looks at is an error of the compiler, not a silent neutral. */
type Compared =
  | (typeof ACCEPTED | typeof STRICT | typeof TOLERATED | typeof BELIEVED | typeof IDENTITY)[number]
  | 'name'
  | 'hostedDomains'
  | 'reservedPrefixes'
  | 'login'
  | 'portal'
  | 'sso';
type None<T extends never> = T;
export type NotCompared = None<Exclude<keyof Issuer, Compared>>;

/** What changed about a trusted issuer: which tokens are taken, and who their owners are. */
export function issuerChanges(before: Issuer, after: Issuer): Part[] {
  const parts: Part[] = [];
  const add = (member: string, direction: Direction, message: string): void => {
    parts.push({ member, direction, message });
  };
  for (const member of ACCEPTED) {
    const { gained, lost } = gainsAndLosses(before[member], after[member]);
    if (gained.length > 0) add(member, 'widens', `${member} also ${shown(gained)}`);
    if (lost.length > 0) add(member, 'narrows', `${member} no longer ${shown(lost)}`);
  }
  if (requiresParty(before) && !requiresParty(after)) {
    add('authorizedParties', 'widens', 'tokens that name no authorized party are taken');
  }
  hostedDomains(before.hostedDomains, after.hostedDomains, add);
  for (const member of STRICT) {
    if (before[member] !== after[member])
      add(member, after[member] ? 'narrows' : 'widens', `${member} is ${after[member]}`);
  }
  for (const member of TOLERATED) {
    const difference = after[member] - before[member];
    if (difference !== 0)
      add(member, difference > 0 ? 'widens' : 'narrows', `${member} is ${after[member]}, was ${before[member]}`);
  }
  for (const member of [...BELIEVED, ...IDENTITY]) {
    if (before[member] !== after[member]) {
      const direction = IDENTITY.some((one) => one === member) ? 'changes' : 'widens';
      add(member, direction, `${member} is ${after[member] ?? 'not set'}, was ${before[member] ?? 'not set'}`);
    }
  }
  toolSessions(before.sso, after.sso, add);
  const reserved = gainsAndLosses(before.reservedPrefixes, after.reservedPrefixes);
  if (reserved.lost.length > 0) add('reservedPrefixes', 'widens', `usernames may start with ${shown(reserved.lost)}`);
  if (reserved.gained.length > 0)
    add('reservedPrefixes', 'narrows', `usernames may not start with ${shown(reserved.gained)}`);
  if (canonicalJson(before.login ?? null) !== canonicalJson(after.login ?? null))
    add('login', 'neutral', 'how people sign in');
  if (canonicalJson(before.portal ?? null) !== canonicalJson(after.portal ?? null))
    add('portal', 'neutral', 'how people sign in to the portal');
  return parts;
}

/** What is good for longer, or can be had in one way more, is looser. */
function toolSessions(
  before: Issuer['sso'],
  after: Issuer['sso'],
  add: (member: string, direction: Direction, message: string) => void,
): void {
  const member = 'sso';
  if (before === undefined && after !== undefined) add(member, 'widens', 'AWS tools can be signed in');
  if (before !== undefined && after === undefined) add(member, 'narrows', 'AWS tools can no longer be signed in');
  if (before === undefined || after === undefined) return;
  const longer = after.sessionSeconds - before.sessionSeconds;
  if (longer !== 0) {
    const message = `tools stay signed in for ${after.sessionSeconds} s, were for ${before.sessionSeconds}`;
    add(member, longer > 0 ? 'widens' : 'narrows', message);
  }
  if (after.deviceCode !== before.deviceCode) {
    add(member, after.deviceCode ? 'widens' : 'narrows', `deviceCode is ${after.deviceCode}`);
  }
}

/** As `requireAuthorizedParty` (lib/identity/claims.ts) has it: fewer parties may let more tokens in. */
function requiresParty({ authorizedParties, audience }: Issuer): boolean {
  return authorizedParties.some((party) => !audience.includes(party));
}

function hostedDomains(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
  add: (member: string, direction: Direction, message: string) => void,
): void {
  const member = 'hostedDomains';
  if (before === undefined && after !== undefined) add(member, 'narrows', `only the domains ${shown(after)}`);
  if (before !== undefined && after === undefined) add(member, 'widens', 'accounts of any domain');
  if (before === undefined || after === undefined) return;
  const { gained, lost } = gainsAndLosses(before, after);
  if (gained.length > 0) add(member, 'widens', `also the domains ${shown(gained)}`);
  if (lost.length > 0) add(member, 'narrows', `no longer the domains ${shown(lost)}`);
}
