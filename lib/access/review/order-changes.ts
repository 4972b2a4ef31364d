import type { Grant } from '../policy.ts';
import { type Change, shown } from './change.ts';
import type { Succession } from './succession.ts';
import { whoInWords } from './words.ts';

/** A grant that allows, in both policies. */
export interface Survivor {
  readonly old: Grant;
  readonly now: Grant;
  /** Among the survivors, in the file of before. */
  readonly place: number;
}

/**
 * Grants that stand before others now which they stood behind, where it matters: both on one target, with terms of
 * their own. Whoever matches both gets what the first of them gives.
 *
 * @param survivors in the order of the proposed policy
 */
export function orderChanges(survivors: readonly Survivor[], succession: Succession): Change[] {
  const byTarget = new Map<string, Survivor[]>();
  for (const survivor of survivors) {
    for (const target of [...survivor.old.roles, ...survivor.old.permissions]) {
      const known = byTarget.get(target);
      if (known === undefined) byTarget.set(target, [survivor]);
      else known.push(survivor);
    }
  }
  const moved = new Map<Survivor, { targets: string[]; passed: Set<string>; more: boolean }>();
  for (const [target, line] of byTarget) {
    for (const [survivor, passed, more] of passedOn(target, line, succession)) {
      const known = moved.get(survivor) ?? { targets: [], passed: new Set<string>(), more: false };
      moved.set(survivor, known);
      known.targets.push(target);
      for (const name of passed) known.passed.add(name);
      known.more ||= more;
    }
  }
  return [...moved].map(([{ now }, { targets, passed, more }]) => ({
    subject: `grant ${now.name}`,
    member: 'order',
    direction: more ? 'changes' : 'narrows',
    message: `comes before ${shown([...passed])} now`,
    targets,
    who: whoInWords(now),
  }));
}

/** Kinds of terms on one target before they are not told apart any more, as in `Succession`. */
const MAX_KINDS = 64;

/** Whom each grant passed: of each kind of terms behind it, the one that stood furthest ahead before. */
function* passedOn(
  target: string,
  line: readonly Survivor[],
  succession: Succession,
): Generator<readonly [Survivor, readonly string[], boolean]> {
  const behind = new Map<string, Survivor>();
  let other: Survivor | undefined;
  for (const survivor of line.toReversed()) {
    const key = succession.keyOf(survivor.old, target);
    const passed: string[] = [];
    let more = false;
    for (const [kind, first] of behind) {
      if (first.place > survivor.place || kind === key) continue;
      passed.push(first.now.name);
      more ||= succession.givesMore(survivor.old, first.old, target);
    }
    if (other !== undefined && other.place < survivor.place) {
      passed.push(other.now.name);
      more = true;
    }
    if (passed.length > 0) yield [survivor, passed, more];
    const known = behind.get(key);
    if (known === undefined && behind.size === MAX_KINDS) {
      if (other === undefined || survivor.place < other.place) other = survivor;
    } else if (known === undefined || survivor.place < known.place) behind.set(key, survivor);
  }
}
