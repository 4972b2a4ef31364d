/**
 * What a change does to who may have what:
 *
 * - `widens`: somebody may get more than before
 * - `narrows`: nobody may get more, somebody may get less
 * - `changes`: neither can be told from the policy alone; to be read as if it widened
 * - `neutral`: nobody gets more or less
 */
export type Direction = 'widens' | 'narrows' | 'changes' | 'neutral';

/** The gravest first. */
export const DIRECTIONS: readonly Direction[] = ['widens', 'changes', 'narrows', 'neutral'];

export interface Change {
  /** Such as `grant sre-admin`, `role prod/Admin`, `issuer corp`. */
  readonly subject: string;
  /** Such as `callers.groups`; absent when the whole subject came or went. */
  readonly member?: string;
  readonly direction: Direction;
  /** In a sentence without its subject: `groups may also be team-*`. */
  readonly message: string;
  /** Roles and permissions that it is about. None for an issuer, whose callers may have any. */
  readonly targets: readonly string[];
  /** Of a grant or deny: whom it is for, as it stands now. */
  readonly who?: string;
}

/** The gravest of several. */
export function overall(changes: readonly Pick<Change, 'direction'>[]): Direction {
  return DIRECTIONS.find((direction) => changes.some((change) => change.direction === direction)) ?? 'neutral';
}

/** Values of a list that came and went. */
export function gainsAndLosses(before: readonly string[], after: readonly string[]) {
  const had = new Set(before);
  const has = new Set(after);
  return { gained: after.filter((value) => !had.has(value)), lost: before.filter((value) => !has.has(value)) };
}

const MAX_SHOWN = 8;

/** Values in a sentence; a policy may have thousands. */
export function shown(values: readonly string[]): string {
  if (values.length === 0) return 'none';
  const first = values.slice(0, MAX_SHOWN).join(', ');
  return values.length > MAX_SHOWN ? `${first} and ${values.length - MAX_SHOWN} more` : first;
}

/** One role or permission, and all that changes about who may have it. */
export interface TargetChanges {
  readonly target: string;
  readonly direction: Direction;
  readonly changes: readonly Change[];
}

/** The same changes by role and permission, the most widened first, without what is neutral and without issuers. */
export function byTarget(changes: readonly Change[]): TargetChanges[] {
  const found = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.direction === 'neutral') continue;
    for (const target of change.targets) {
      const known = found.get(target);
      if (known === undefined) found.set(target, [change]);
      else known.push(change);
    }
  }
  const all = [...found].map(([target, own]) => ({ target, direction: overall(own), changes: own }));
  return DIRECTIONS.flatMap((direction) => all.filter((one) => one.direction === direction));
}
