/**
 * What a change does to who may have what:
 *
 * - `widens`: somebody may get more than before
 * - `narrows`: nobody may get more, somebody may get less
 * - `changes`: neither can be told from the policy alone; to be read as if it widened
 * - `neutral`: nobody gets more or less
 */
export type Direction = 'widens' | 'narrows' | 'changes' | 'neutral';

export interface Change {
  /** Such as `grant sre-admin`, `role prod/Admin`, `issuer corp`. */
  readonly subject: string;
  /** Such as `callers.groups`; absent when the whole subject came or went. */
  readonly member?: string;
  readonly direction: Direction;
  /** In a sentence without its subject: `groups gains team-*`. */
  readonly message: string;
  /** Roles and permissions that it is about. */
  readonly targets: readonly string[];
}

/** The gravest of several. */
export function overall(changes: readonly Change[]): Direction {
  const order: readonly Direction[] = ['widens', 'changes', 'narrows'];
  return order.find((direction) => changes.some((change) => change.direction === direction)) ?? 'neutral';
}

/** Values of a list that came and went. */
export function gainsAndLosses(before: readonly string[], after: readonly string[]) {
  const had = new Set(before);
  const has = new Set(after);
  return { gained: after.filter((value) => !had.has(value)), lost: before.filter((value) => !has.has(value)) };
}
