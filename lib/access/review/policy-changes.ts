import { canonicalJson } from '../../json.ts';
import type { AccessPolicy, Grant, Role } from '../policy.ts';
import type { Change, Direction } from './change.ts';
import { grantChanges, shown } from './grant-changes.ts';
import { issuerChanges } from './issuer-changes.ts';

/**
 * What changed between two access policies, statement by statement, and whether it can give anybody more. Certain in
 * one direction: where nothing `widens` or `changes`, nobody gets more than before.
 *
 * Among grants that allow, the first in file order that fully holds decides. So what takes callers from one grant may
 * hand them to a later one on the same role, with a longer session perhaps: that is said as `changes`.
 */
export function policyChanges(before: AccessPolicy, after: AccessPolicy): Change[] {
  return [
    ...issuersOf(before, after),
    ...rolesOf(before, after),
    ...grantsOf(before, after),
    ...orderOf(before, after),
  ];
}

function issuersOf(before: AccessPolicy, after: AccessPolicy): Change[] {
  const change = (name: string, direction: Direction, message: string): Change => {
    return { subject: `issuer ${name}`, direction, message, targets: [] };
  };
  return paired(before.issuers, after.issuers, ({ name }) => name).flatMap(({ key, old, now }): Change[] => {
    if (old === undefined) return [change(key, 'widens', `is trusted now (${now?.url})`)];
    if (now === undefined) return [change(key, 'narrows', `is no longer trusted (${old.url})`)];
    return issuerChanges(old, now).map((part) => ({ subject: `issuer ${key}`, targets: [], ...part }));
  });
}

function rolesOf(before: AccessPolicy, after: AccessPolicy): Change[] {
  return paired(before.roles, after.roles, ({ id }) => id).flatMap(({ key, old, now }): Change[] => {
    const change = (direction: Direction, message: string, member?: string): Change => {
      return { subject: `role ${key}`, ...(member !== undefined && { member }), direction, message, targets: [key] };
    };
    // Who may have it is told by the grants, whose lists of roles change with the catalogue.
    if (old === undefined) return [change('neutral', `is new (${now?.arn})`)];
    if (now === undefined) return [change('narrows', `is gone (${old.arn})`)];
    return roleChanges(old, now).map(([member, direction, message]) => change(direction, message, member));
  });
}

function roleChanges(before: Role, after: Role): [string, Direction, string][] {
  const changes: [string, Direction, string][] = [];
  if (before.arn !== after.arn) changes.push(['arn', 'changes', `is ${after.arn}, was ${before.arn}`]);
  const longer = after.maxDurationSeconds - before.maxDurationSeconds;
  if (longer !== 0) {
    const message = `lasts at most ${after.maxDurationSeconds} s, was ${before.maxDurationSeconds} s`;
    changes.push(['maxDuration', longer > 0 ? 'widens' : 'narrows', message]);
  }
  // Which of the two its trust policy asks for is not known here: with the other one nobody gets the role.
  if (before.externalId !== after.externalId) changes.push(['externalId', 'changes', 'has another external id']);
  if (before.region !== after.region)
    changes.push(['region', 'neutral', `is asked for in ${after.region ?? 'the broker’s region'}`]);
  return changes;
}

function grantsOf(before: AccessPolicy, after: AccessPolicy): Change[] {
  const renamed = renames(before.grants, after.grants);
  const oldGrants = before.grants.map((grant) => ({ ...grant, name: renamed.get(grant.name) ?? grant.name }));
  const changes: Change[] = [...renamed].map(([from, to]) => ({
    subject: `grant ${to}`,
    direction: 'neutral',
    message: `was named ${from}`,
    targets: [],
  }));
  const laterOn = successors(oldGrants, after.grants);
  for (const { key, old, now } of paired(oldGrants, after.grants, ({ name }) => name)) {
    const subject = `${(now ?? old)?.effect === 'deny' ? 'deny' : 'grant'} ${key}`;
    const targets = [...new Set([...targetsOf(old), ...targetsOf(now)])];
    const start = changes.length;
    if (old === undefined || now === undefined || old.effect !== now.effect) {
      changes.push({ subject, targets, ...cameOrWent(old, now) });
    } else {
      for (const part of grantChanges(old, now)) {
        const direction = now.effect === 'deny' ? opposite(part.direction) : part.direction;
        changes.push({ subject, targets, ...part, direction });
      }
    }
    if (changes.length > start && old?.effect === 'allow') handOver(changes, start, laterOn(old));
  }
  return changes;
}

function cameOrWent(old: Grant | undefined, now: Grant | undefined): Pick<Change, 'direction' | 'message'> {
  if (old !== undefined && now !== undefined) {
    return now.effect === 'deny'
      ? { direction: 'narrows', message: 'denies what it allowed' }
      : { direction: 'widens', message: 'allows what it denied' };
  }
  const { effect } = (now ?? old) as Grant;
  const gives = `${effect === 'deny' ? 'takes' : 'gives'} ${shown(targetsOf(now ?? old))}`;
  if (now !== undefined) return { direction: effect === 'deny' ? 'narrows' : 'widens', message: `is new: ${gives}` };
  return {
    direction: effect === 'deny' ? 'widens' : 'narrows',
    message: `is gone: it ${effect === 'deny' ? 'took' : 'gave'} ${shown(targetsOf(old))}`,
  };
}

/** Of a grant, those that allow, come behind it and share a target with it: its callers may now be theirs. */
function successors(before: readonly Grant[], after: readonly Grant[]): (grant: Grant) => string[] {
  const surviving = new Set(after.filter(({ effect }) => effect === 'allow').map(({ name }) => name));
  const places = new Map(before.map(({ name }, place) => [name, place]));
  const placesOn = new Map<string, number[]>();
  for (const [place, grant] of before.entries()) {
    if (grant.effect !== 'allow' || !surviving.has(grant.name)) continue;
    for (const target of targetsOf(grant)) {
      const known = placesOn.get(target);
      if (known === undefined) placesOn.set(target, [place]);
      else known.push(place);
    }
  }
  return (grant) => {
    const own = places.get(grant.name) ?? 0;
    const later = targetsOf(grant).flatMap((target) => placesOn.get(target)?.filter((place) => place > own) ?? []);
    return [...new Set(later)].sort((one, other) => one - other).flatMap((place) => before[place]?.name ?? []);
  };
}

/** What narrows a grant may hand its callers to another one. @param start where the grant's changes start */
function handOver(changes: Change[], start: number, later: readonly string[]): void {
  if (later.length === 0) return;
  for (const change of changes.splice(start)) {
    const stays = change.direction !== 'narrows' || change.member === 'duration';
    const message = `${change.message}; ${shown(later)} may decide instead`;
    changes.push(stays ? change : { ...change, direction: 'changes', message });
  }
}

/** Grants that allow the same thing, in another order: another one may decide now. */
function orderOf(before: AccessPolicy, after: AccessPolicy): Change[] {
  const renamed = renames(before.grants, after.grants);
  const places = new Map(
    before.grants
      .filter(({ effect }) => effect === 'allow')
      .map((grant, place) => [renamed.get(grant.name) ?? grant.name, place]),
  );
  const now = after.grants.filter((grant) => grant.effect === 'allow' && places.has(grant.name));
  // The furthest that any grant on a target stood before, as the new file is read: whoever stood nearer was overtaken.
  const furthest = new Map<string, { readonly place: number; readonly name: string }>();
  const changes: Change[] = [];
  for (const grant of now) {
    const place = places.get(grant.name) ?? 0;
    for (const target of targetsOf(grant)) {
      const ahead = furthest.get(target);
      if (ahead !== undefined && ahead.place > place) {
        const message = `comes before ${grant.name} now`;
        changes.push({
          subject: `grant ${ahead.name}`,
          member: 'order',
          direction: 'changes',
          message,
          targets: [target],
        });
        break;
      }
      if (ahead === undefined || ahead.place < place) furthest.set(target, { place, name: grant.name });
    }
  }
  return changes;
}

function targetsOf(grant: Grant | undefined): readonly string[] {
  return grant === undefined ? [] : [...grant.roles, ...grant.permissions];
}

/** Old name → new name, of grants that are the same but for it. */
function renames(before: readonly Grant[], after: readonly Grant[]): Map<string, string> {
  const had = new Set(before.map(({ name }) => name));
  const has = new Set(after.map(({ name }) => name));
  const content = ({ name: _, ...rest }: Grant): string => canonicalJson(rest);
  const fresh = new Map<string, string>();
  for (const grant of after) if (!had.has(grant.name)) fresh.set(content(grant), grant.name);
  const renamed = new Map<string, string>();
  if (fresh.size === 0) return renamed;
  for (const grant of before) {
    if (has.has(grant.name)) continue;
    const text = content(grant);
    const name = fresh.get(text);
    if (name === undefined) continue;
    renamed.set(grant.name, name);
    fresh.delete(text);
  }
  return renamed;
}

function opposite(direction: Direction): Direction {
  return direction === 'widens' ? 'narrows' : direction === 'narrows' ? 'widens' : direction;
}

function paired<T>(before: readonly T[], after: readonly T[], keyOf: (item: T) => string) {
  const old = new Map(before.map((item) => [keyOf(item), item]));
  const now = new Map(after.map((item) => [keyOf(item), item]));
  return [...new Set([...old.keys(), ...now.keys()])].map((key) => ({ key, old: old.get(key), now: now.get(key) }));
}
