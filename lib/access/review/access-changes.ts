import type { Caller } from '../../identity/caller.ts';
import { decide, permissionsFor, type RoleStanding, rolesFor } from '../decide.ts';
import type { PolicyIndex } from '../policy-index.ts';

/** Somebody whose access is compared, under the name that the reviewer knows them by. */
export interface ReviewedCaller {
  readonly name: string;
  readonly caller: Caller;
}

/** What one caller has of one role or permission, now and under the proposed policy. */
export interface AccessChange {
  readonly caller: string;
  readonly target: string;
  readonly kind: 'gains' | 'loses' | 'longer' | 'shorter' | 'easier' | 'harder';
  readonly message: string;
}

/** Kinds with which somebody gets more than before. */
export const MORE: ReadonlySet<AccessChange['kind']> = new Set(['gains', 'longer', 'easier']);

/**
 * Who of these callers gains and loses what. Each is asked about as if they made a request now, with a reason and a
 * ticket where one is wanted.
 *
 * @param now epoch milliseconds
 */
export function accessChanges(
  before: PolicyIndex,
  after: PolicyIndex,
  callers: readonly ReviewedCaller[],
  now: number,
): AccessChange[] {
  return callers.flatMap(({ name, caller }) => {
    const had = accessOf(before, caller, now);
    const has = accessOf(after, caller, now);
    return [...new Set([...had.keys(), ...has.keys()])].flatMap((target) => {
      return compare(had.get(target), has.get(target)).map((change) => ({ caller: name, target, ...change }));
    });
  });
}

/** How something is held: with everything sent that a request can bring, and with nothing. */
interface Held {
  /** Seconds of a session with a reason and a ticket; undefined for a permission. */
  readonly seconds: number | undefined;
  /** Seconds without; undefined when a request without is denied. */
  readonly bareSeconds: number | undefined;
  readonly requires: readonly string[];
}

/** Target → how it is held, of everything that the caller can have. */
export function accessOf(index: PolicyIndex, caller: Caller, now: number): Map<string, Held> {
  const held = new Map<string, Held>();
  for (const standing of rolesFor(index, { caller, now })) {
    if (standing.available) held.set(standing.role.id, heldBy(index, caller, now, standing));
  }
  for (const permission of permissionsFor(index, { caller, now })) {
    held.set(permission, { seconds: undefined, bareSeconds: undefined, requires: [] });
  }
  return held;
}

const SENT = { reason: 'access review', ticket: 'ACCESS-1' };

function heldBy(
  index: PolicyIndex,
  caller: Caller,
  now: number,
  { role, maxDurationSeconds, requires }: RoleStanding,
): Held {
  const target = { kind: 'role', role: role.id } as const;
  const secondsOf = (sent: Partial<typeof SENT>): number | undefined => {
    const decision = decide(index, { caller, target, now, ...sent });
    return decision.effect === 'allow' && decision.kind === 'role' ? decision.durationSeconds : undefined;
  };
  // A condition may want a reason of another form than the one sent here.
  return { seconds: secondsOf(SENT) ?? maxDurationSeconds, bareSeconds: secondsOf({}), requires };
}

function compare(had: Held | undefined, has: Held | undefined): Pick<AccessChange, 'kind' | 'message'>[] {
  if (had === undefined) return [{ kind: 'gains', message: `gains it${terms(has)}` }];
  if (has === undefined) return [{ kind: 'loses', message: `loses it${terms(had)}` }];
  const changes: Pick<AccessChange, 'kind' | 'message'>[] = [];
  if (had.seconds !== has.seconds) {
    const longer = (has.seconds ?? 0) > (had.seconds ?? 0);
    changes.push({ kind: longer ? 'longer' : 'shorter', message: `for ${has.seconds} s instead of ${had.seconds} s` });
  }
  if ((had.bareSeconds === undefined) !== (has.bareSeconds === undefined)) {
    const needs = (has.bareSeconds === undefined ? has : had).requires.join(' and a ') || 'reason or ticket';
    changes.push(
      has.bareSeconds === undefined
        ? { kind: 'harder', message: `only with a ${needs}` }
        : { kind: 'easier', message: `without a ${needs}` },
    );
  } else if (
    had.bareSeconds !== has.bareSeconds &&
    !(had.bareSeconds === had.seconds && has.bareSeconds === has.seconds)
  ) {
    const longer = (has.bareSeconds ?? 0) > (had.bareSeconds ?? 0);
    const message = `for ${has.bareSeconds} s instead of ${had.bareSeconds} s without a reason`;
    changes.push({ kind: longer ? 'longer' : 'shorter', message });
  }
  return changes;
}

function terms(held: Held | undefined): string {
  const parts = [
    ...(held?.seconds === undefined ? [] : [`for ${held.seconds} s`]),
    ...(held?.requires ?? []).map((one) => `with a ${one}`),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
