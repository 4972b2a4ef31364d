import { type AccessChange, MORE, type UnknownClaim } from './access-changes.ts';
import type { Direction } from './change.ts';

/**
 * Whether a gate stays closed to a change of the policy.
 *
 * @param failOn `widens`: when somebody gets more; `changes`: also when that cannot be told
 */
export function isGateClosed(
  failOn: 'widens' | 'changes',
  verdict: Direction,
  people: readonly AccessChange[] = [],
  unknown: readonly UnknownClaim[] = [],
): boolean {
  if (verdict === 'widens' || people.some(({ kind }) => MORE.has(kind))) return true;
  if (failOn === 'widens') return false;
  return verdict === 'changes' || unknown.length > 0 || people.some(({ kind }) => kind === 'other');
}
