import { hasWildcard } from '../../iam/glob.ts';
import { coveredBy } from '../coverage.ts';
import type { Grant } from '../policy.ts';
import { type Change, gainsAndLosses, shown } from './change.ts';
import { conditionChanges } from './condition-changes.ts';
import { sessionChanges } from './session-changes.ts';

/** One change of a statement; `targets` only where it is about some of them. */
export type Part = Omit<Change, 'subject' | 'targets' | 'who'> & { readonly targets?: readonly string[] };

/**
 * What changed between two versions of an allowing grant, seen alone: a narrower grant may leave its callers to
 * another one, which `policyChanges` looks at. For a deny every direction is the other way round.
 */
export function grantChanges(before: Grant, after: Grant): Part[] {
  return [
    ...targets('roles', before.roles, after.roles),
    ...targets('permissions', before.permissions, after.permissions),
    ...issuers(before, after),
    ...callers(before, after),
    ...conditionChanges(before, after),
    ...duration(before, after),
    ...requirements(before, after),
    ...sessionChanges(before, after),
  ];
}

function targets(member: string, before: readonly string[], after: readonly string[]): Part[] {
  const { gained, lost } = gainsAndLosses(before, after);
  const parts: Part[] = [];
  if (gained.length > 0) {
    parts.push({ member, direction: 'widens', message: `${member} gain ${shown(gained)}`, targets: gained });
  }
  if (lost.length > 0) {
    parts.push({ member, direction: 'narrows', message: `${member} lose ${shown(lost)}`, targets: lost });
  }
  return parts;
}

/** An empty list means any issuer. */
function issuers({ issuers: before }: Grant, { issuers: after }: Grant): Part[] {
  const member = 'issuers';
  if (before.length === 0 && after.length > 0) {
    return [{ member, direction: 'narrows', message: `only callers of ${shown(after)}` }];
  }
  if (before.length > 0 && after.length === 0)
    return [{ member, direction: 'widens', message: 'callers of any issuer' }];
  const { gained, lost } = gainsAndLosses(before, after);
  const parts: Part[] = [];
  if (gained.length > 0) parts.push({ member, direction: 'widens', message: `issuers gain ${shown(gained)}` });
  if (lost.length > 0) parts.push({ member, direction: 'narrows', message: `issuers lose ${shown(lost)}` });
  return parts;
}

function callers(before: Grant, after: Grant): Part[] {
  const claims = [...new Set([...Object.keys(before.callers), ...Object.keys(after.callers)])];
  return claims.flatMap((claim): Part[] => {
    const member = `callers.${claim}`;
    const had = patterns(before, claim);
    const has = patterns(after, claim);
    if (had === undefined) {
      return [{ member, direction: 'narrows', message: `${claim} must now be ${shown(has ?? [])}` }];
    }
    if (has === undefined) {
      return [{ member, direction: 'widens', message: `${claim} is not looked at any more (was ${shown(had)})` }];
    }
    const { gained, lost } = gainsAndLosses(had, has);
    // A pattern within one that was there brings nobody new; one that is still covered loses nobody.
    const wider = uncovered(gained, had);
    const narrower = uncovered(lost, has);
    const parts: Part[] = [];
    if (wider.length > 0) parts.push({ member, direction: 'widens', message: `${claim} may also be ${shown(wider)}` });
    if (narrower.length > 0) {
      parts.push({ member, direction: 'narrows', message: `${claim} may no longer be ${shown(narrower)}` });
    }
    if (parts.length === 0 && gained.length + lost.length > 0) {
      parts.push({ member, direction: 'neutral', message: `${claim} is written another way` });
    }
    return parts;
  });
}

function patterns({ callers: all }: Grant, claim: string): readonly string[] | undefined {
  return Object.hasOwn(all, claim) ? all[claim] : undefined;
}

/** Comparisons of two patterns for one claim of one grant. */
const MAX_COMPARED = 10_000_000;

/** Those that none of the others covers. Of lists too long to compare, all: more is said to have changed, never less. */
function uncovered(patterns: readonly string[], others: readonly string[]): readonly string[] {
  // A text covers itself alone, and the two lists have nothing in common.
  const wide = others.filter(hasWildcard);
  if (patterns.length * wide.length > MAX_COMPARED) return patterns;
  const isCovered = coveredBy(wide);
  return patterns.filter((pattern) => !isCovered(pattern));
}

function duration({ durationSeconds: before }: Grant, { durationSeconds: after }: Grant): Part[] {
  if (before === after) return [];
  const longer = (after ?? Number.POSITIVE_INFINITY) > (before ?? Number.POSITIVE_INFINITY);
  const message = `sessions of ${seconds(after)} instead of ${seconds(before)}`;
  return [{ member: 'duration', direction: longer ? 'widens' : 'narrows', message }];
}

function seconds(value: number | undefined): string {
  return value === undefined ? 'any length that the role allows' : `at most ${value} s`;
}

function requirements({ require: before }: Grant, { require: after }: Grant): Part[] {
  return (['reason', 'ticket'] as const).flatMap((one): Part[] => {
    if (before[one] === after[one]) return [];
    const message = `a ${one} is ${after[one] ? 'now' : 'no longer'} required`;
    return [{ member: `require.${one}`, direction: after[one] ? 'narrows' : 'widens', message }];
  });
}
