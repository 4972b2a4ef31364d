import type { Caller } from '../../identity/caller.ts';
import { canonicalJson } from '../../json.ts';
import { type Facts, factsOf } from '../facts.ts';
import { PERMISSIONS } from '../policy.ts';
import type { PolicyIndex } from '../policy-index.ts';
import type { Requirement } from '../standing.ts';
import { isLimited } from './session-changes.ts';
import { isOpen, isPartOf, type Way, waysTo, wayWith } from './ways.ts';

/** Somebody whose access is compared, under the name that the reviewer knows them by. */
export interface ReviewedCaller {
  readonly name: string;
  /** As the policy of before sees them; undefined when it would refuse their token. */
  readonly before: Caller | undefined;
  /** The same, of the proposed policy. */
  readonly after: Caller | undefined;
  /** Names of the claims that are known, where it is not all of them. */
  readonly known?: ReadonlySet<string>;
}

/** Where and when everybody is asked about. */
export interface ReviewCircumstances {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly sourceIp?: string | undefined;
}

/**
 * How one caller's access to one role or permission changes:
 *
 * - `gains`, `loses`: it can be had now and could not before, or the reverse
 * - `nears`, `recedes`: it cannot be had as things are, but a grant is meant for them: less or more is missing
 * - `easier`, `harder`: without a reason or ticket that was required, or the reverse
 * - `longer`, `shorter`: the sessions
 * - `freer`, `limited`, `other`: what sessions may do: no session policy any more, one where none was, another one
 */
export interface AccessChange {
  readonly caller: string;
  readonly target: string;
  readonly kind: AccessChangeKind;
  readonly message: string;
}

export type AccessChangeKind =
  | ('gains' | 'loses' | 'nears' | 'recedes' | 'easier' | 'harder')
  | ('longer' | 'shorter' | 'freer' | 'limited' | 'other');

/** Kinds with which somebody gets more than before. */
export const MORE: ReadonlySet<AccessChangeKind> = new Set(['gains', 'nears', 'easier', 'longer', 'freer']);

/** Who of these callers gains and loses what, each asked about as if they made a request now. */
export function accessChanges(
  before: PolicyIndex,
  after: PolicyIndex,
  callers: readonly ReviewedCaller[],
  circumstances: ReviewCircumstances,
): AccessChange[] {
  const targets = [...new Set([...before.roles.keys(), ...after.roles.keys(), ...PERMISSIONS])];
  const changes: AccessChange[] = [];
  for (const reviewed of callers) {
    const had = reviewed.before && factsOf({ ...circumstances, caller: reviewed.before });
    const has = reviewed.after && factsOf({ ...circumstances, caller: reviewed.after });
    for (const target of targets) {
      for (const change of compare(ways(before, target, had), ways(after, target, has))) {
        changes.push({ caller: reviewed.name, target, ...change });
      }
    }
  }
  return changes;
}

/** A claim that one of the policies looks at, and how many of the callers are not known to have it or not. */
export interface UnknownClaim {
  readonly claim: string;
  readonly callers: number;
}

/** What of the callers is not known, so that a comparison of them says less than it seems to. */
export function unknownClaims(
  before: PolicyIndex,
  after: PolicyIndex,
  callers: readonly ReviewedCaller[],
): UnknownClaim[] {
  const names = [...new Set([...before.claimsLookedAt, ...after.claimsLookedAt])].sort();
  const counts = names.map((claim) => ({
    claim,
    callers: callers.filter(({ known }) => known?.has(claim) === false).length,
  }));
  return counts.filter((count) => count.callers > 0);
}

function ways(index: PolicyIndex, target: string, facts: Facts | undefined): readonly Way[] {
  return facts === undefined ? [] : waysTo(index, target, facts);
}

type Told = Pick<AccessChange, 'kind' | 'message'>;

function compare(had: readonly Way[], has: readonly Way[]): Told[] {
  if (isOpen(had) && isOpen(has)) return [...easier(had, has), ...longer(had, has), ...freer(had, has)];
  if (isOpen(has)) return [{ kind: 'gains', message: `gains it${terms(has)}` }];
  if (isOpen(had)) {
    const lacks = has.length === 0 ? '' : `; ${lacking(has)}`;
    return [{ kind: 'loses', message: `loses it${terms(had)}${lacks}` }];
  }
  if (has.some((way) => !had.some((old) => isNoHarder(old, way)))) {
    return [{ kind: 'nears', message: `is close to it now; ${lacking(has)}` }];
  }
  if (!had.some((way) => !has.some((now) => isNoHarder(now, way)))) return [];
  const message = has.length === 0 ? 'is not close to it any more' : `is less close to it; ${lacking(has)}`;
  return [{ kind: 'recedes', message }];
}

/** Whether whoever can go the other way can go this one too, and gets no less. */
function isNoHarder(way: Way, other: Way): boolean {
  const lacks = (one: Way): string[] => one.missing.map(({ name }) => name);
  if (!isPartOf(way.requires, other.requires) || !isPartOf(lacks(way), lacks(other))) return false;
  return (way.session?.durationSeconds ?? 0) >= (other.session?.durationSeconds ?? 0);
}

const SENT: readonly (readonly Requirement[])[] = [[], ['reason'], ['ticket'], ['reason', 'ticket']];

function easier(had: readonly Way[], has: readonly Way[]): Told[] {
  const without = SENT.filter((sent) => wayWith(had, sent) === undefined && wayWith(has, sent) !== undefined);
  const only = SENT.filter((sent) => wayWith(had, sent) !== undefined && wayWith(has, sent) === undefined);
  return [
    ...(without.length > 0 ? [{ kind: 'easier' as const, message: `without ${difference(had, has)}` }] : []),
    ...(only.length > 0 ? [{ kind: 'harder' as const, message: `only with ${difference(has, had)}` }] : []),
  ];
}

/** What some way of these requires and the easiest of the others does not. */
function difference(these: readonly Way[], others: readonly Way[]): string {
  const required = new Set(these.flatMap(({ requires }) => requires));
  const rest = [...required].filter((one) => others.some(({ requires }) => !requires.includes(one)));
  return rest.map((one) => `a ${one}`).join(' and ') || 'a reason or ticket';
}

/** All that can be had with no more than this sent: who can have it without a reason can leave the reason out. */
function sessionsWith(ways: readonly Way[], sent: readonly Requirement[]): NonNullable<Way['session']>[] {
  return SENT.filter((less) => isPartOf(less, sent)).flatMap((less) => wayWith(ways, less)?.session ?? []);
}

function longer(had: readonly Way[], has: readonly Way[]): Told[] {
  const longest = (ways: readonly Way[], sent: readonly Requirement[]): number => {
    return Math.max(0, ...sessionsWith(ways, sent).map(({ durationSeconds }) => durationSeconds));
  };
  const told: Told[] = [];
  for (const sent of SENT) {
    const [was, is] = [longest(had, sent), longest(has, sent)];
    // Where it could not be had, or cannot, `easier` and `harder` say so.
    if (was === is || was === 0 || is === 0) continue;
    const kind = is > was ? 'longer' : 'shorter';
    if (told.some((one) => one.kind === kind)) continue;
    const bringing = sent.length === 0 ? '' : `, with a ${sent.join(' and a ')}`;
    told.push({ kind, message: `for ${is} s instead of ${was} s${bringing}` });
  }
  return told;
}

function freer(had: readonly Way[], has: readonly Way[]): Told[] {
  const kinds = new Set<keyof typeof SESSIONS>();
  for (const sent of SENT) {
    const [were, are] = [sessionsWith(had, sent), sessionsWith(has, sent)];
    if (were.length === 0 || are.length === 0) continue;
    const [wasFree, isFree] = [were, are].map((sessions) => sessions.some((session) => !isLimited(session)));
    const isOther = contentOf(wayWith(had, sent)?.session) !== contentOf(wayWith(has, sent)?.session);
    if (isFree !== wasFree) kinds.add(isFree ? 'freer' : 'limited');
    else if (isOther) kinds.add('other');
  }
  return [...kinds].map((kind) => ({ kind, message: SESSIONS[kind] }));
}

const SESSIONS = {
  freer: 'without a session policy: all that the role may do',
  limited: 'with a session policy',
  other: 'with another session policy or other tags',
} as const;

function contentOf(session: Way['session']): string {
  return session === undefined ? '' : canonicalJson([session.policy ?? null, session.policyArns, session.tags]);
}

function lacking(ways: readonly Way[]): string {
  const fewest = ways.toSorted((one, other) => one.missing.length - other.missing.length)[0];
  return fewest?.missing.map(({ words }) => words).join('; ') ?? '';
}

function terms(ways: readonly Way[]): string {
  const way = wayWith(ways, []) ?? ways[0];
  const seconds = way?.session?.durationSeconds;
  const parts = [
    ...(seconds === undefined ? [] : [`for ${seconds} s`]),
    ...(way?.requires ?? []).map((one) => `with a ${one}`),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
