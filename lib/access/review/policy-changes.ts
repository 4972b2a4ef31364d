import { MAX_CHAINED_SESSION_SECONDS } from '../../iam/limits.ts';
import { canonicalJson } from '../../json.ts';
import type { AccessPolicy, Grant } from '../policy.ts';
import { catalogueChanges } from './catalogue-changes.ts';
import { type Change, type Direction, shown } from './change.ts';
import { grantChanges, type Part } from './grant-changes.ts';
import { issuerChanges } from './issuer-changes.ts';
import { orderChanges, type Survivor } from './order-changes.ts';
import { paired } from './paired.ts';
import { Succession } from './succession.ts';
import { whoInWords } from './words.ts';

/**
 * What changed between two access policies, statement by statement, and whether it can give anybody more. Certain in
 * one direction: where nothing `widens` or `changes`, nobody can get what they could not get before.
 */
export function policyChanges(before: AccessPolicy, after: AccessPolicy): Change[] {
  return [...issuersOf(before, after), ...catalogueChanges(before, after), ...grantsOf(before, after)];
}

function issuersOf(before: AccessPolicy, after: AccessPolicy): Change[] {
  const targets: readonly string[] = [];
  return paired(before.issuers, after.issuers, ({ name }) => name).flatMap(({ key, old, now }): Change[] => {
    const subject = `issuer ${key}`;
    if (old === undefined) {
      return [{ subject, direction: 'widens', message: `is trusted now (${now?.url})`, targets }];
    }
    if (now === undefined) {
      return [{ subject, direction: 'narrows', message: `is no longer trusted (${old.url})`, targets }];
    }
    return issuerChanges(old, now).map((part) => ({ subject, targets, ...part }));
  });
}

function grantsOf(before: AccessPolicy, after: AccessPolicy): Change[] {
  const renamed = renames(before.grants, after.grants);
  const roles = new Map(after.roles.map(({ id, maxDurationSeconds }) => [id, maxDurationSeconds]));
  for (const { id, maxDurationSeconds } of before.roles) {
    const now = roles.get(id);
    if (now !== undefined) roles.set(id, Math.max(now, maxDurationSeconds));
  }
  const known = before.grants.map((grant) =>
    withoutGone({ ...grant, name: renamed.get(grant.name) ?? grant.name }, roles),
  );
  const survivors = survivorsOf(known, after.grants);
  const succession = new Succession(
    before,
    survivors.map(({ old }) => old),
  );
  const places = placesOf(known, survivors);
  const changes: Change[] = [...renamed].map(([from, to]) => {
    return { subject: `grant ${to}`, direction: 'neutral', message: `was named ${from}`, targets: [] };
  });
  for (const { old, now } of paired(known, after.grants, ({ name }) => name)) {
    const grant = (now ?? old) as Grant;
    const common = { subject: `${grant.effect === 'deny' ? 'deny' : 'grant'} ${grant.name}`, who: whoInWords(grant) };
    for (const part of partsOf(old, now, roles)) {
      const change = { ...common, targets: sharedBy(old, now), ...part };
      const place = old === undefined ? undefined : places.get(old.name);
      changes.push(old === undefined || place === undefined ? change : handedOn(change, old, place, succession));
    }
  }
  const inNewOrder = survivors.toSorted((one, other) => one.newPlace - other.newPlace);
  return [...changes, ...orderChanges(inNewOrder, succession)];
}

/** What happened to one statement; of a deny, seen from whom it denies. */
function partsOf(old: Grant | undefined, now: Grant | undefined, roles: ReadonlyMap<string, number>): Part[] {
  if (old === undefined || now === undefined || old.effect !== now.effect) {
    const targets = [...new Set([...targetsOf(old), ...targetsOf(now)])];
    return [{ ...cameOrWent(old, now), targets }];
  }
  const longest = Math.min(MAX_CHAINED_SESSION_SECONDS, Math.max(0, ...now.roles.map((id) => roles.get(id) ?? 0)));
  const parts = grantChanges(old, now).map((part): Part => {
    const isMoot = part.member === 'duration' && secondsOf(old, longest) === secondsOf(now, longest);
    return isMoot ? { ...part, direction: 'neutral' } : part;
  });
  if (now.effect === 'allow') return parts;
  return parts.map((part) => ({ ...part, direction: opposite(part.direction) }));
}

function secondsOf({ durationSeconds }: Grant, longest: number): number {
  return Math.min(durationSeconds ?? longest, longest);
}

function cameOrWent(old: Grant | undefined, now: Grant | undefined): Pick<Change, 'direction' | 'message'> {
  if (old !== undefined && now !== undefined) {
    return now.effect === 'deny'
      ? { direction: 'narrows', message: 'denies what it allowed' }
      : { direction: 'widens', message: 'allows what it denied' };
  }
  if (now !== undefined) {
    const isDeny = now.effect === 'deny';
    const message = `is new: ${isDeny ? 'takes' : 'gives'} ${shown(targetsOf(now))}`;
    return { direction: isDeny ? 'narrows' : 'widens', message };
  }
  const isDeny = old?.effect === 'deny';
  const targets = targetsOf(old);
  if (targets.length === 0) {
    return { direction: isDeny ? 'neutral' : 'narrows', message: 'is gone, as are its roles' };
  }
  const message = `is gone: it ${isDeny ? 'took' : 'gave'} ${shown(targets)}`;
  return { direction: isDeny ? 'widens' : 'narrows', message };
}

/** What narrows a grant may hand its callers on, and then nobody can say that they get no more. */
function handedOn(change: Change, old: Grant, place: number, succession: Succession): Change {
  // A grant that gives shorter sessions still decides where it did.
  if (old.effect !== 'allow' || change.direction !== 'narrows' || change.member === 'duration') return change;
  const heirs = new Set<string>();
  for (const target of change.targets) {
    const heir = succession.heir(old, place, target);
    if (heir !== undefined) heirs.add(heir);
  }
  if (heirs.size === 0) return change;
  const message = `${change.message}; ${shown([...heirs])} may decide instead, and gives more`;
  return { ...change, direction: 'changes', message };
}

/** A role that is gone is told once, as such: that a deny names it no more gives it to nobody. */
function withoutGone(grant: Grant, roles: ReadonlyMap<string, number>): Grant {
  if (grant.roles.every((id) => roles.has(id))) return grant;
  return { ...grant, roles: grant.roles.filter((id) => roles.has(id)) };
}

function survivorsOf(known: readonly Grant[], after: readonly Grant[]): (Survivor & { readonly newPlace: number })[] {
  const now = new Map(after.map((grant, newPlace) => [grant.name, { grant, newPlace }]));
  return known
    .flatMap((old) => {
      const found = now.get(old.name);
      if (found === undefined || old.effect !== 'allow' || found.grant.effect !== 'allow') return [];
      return [{ old, now: found.grant, newPlace: found.newPlace }];
    })
    .map((survivor, place) => ({ ...survivor, place }));
}

/** Of each allowing grant of before, the place of the last survivor that is not behind it. */
function placesOf(known: readonly Grant[], survivors: readonly Survivor[]): Map<string, number> {
  const own = new Map(survivors.map(({ old, place }) => [old.name, place]));
  const places = new Map<string, number>();
  let last = -1;
  for (const { name, effect } of known) {
    last = own.get(name) ?? last;
    if (effect === 'allow') places.set(name, last);
  }
  return places;
}

function targetsOf(grant: Grant | undefined): readonly string[] {
  return grant === undefined ? [] : [...grant.roles, ...grant.permissions];
}

/** What both versions of a statement are about: a change of its callers is one for these. */
function sharedBy(old: Grant | undefined, now: Grant | undefined): readonly string[] {
  const targets = targetsOf(now);
  if (old === undefined || now === undefined) return targetsOf(old ?? now);
  const had = new Set(targetsOf(old));
  return targets.every((target) => had.has(target)) ? targets : targets.filter((target) => had.has(target));
}

/** Old name → new name, of grants that are the same but for it. */
export function renames(before: readonly Grant[], after: readonly Grant[]): Map<string, string> {
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
