import { MAX_CHAINED_SESSION_SECONDS } from '../../iam/limits.ts';
import { canonicalJson } from '../../json.ts';
import type { AccessPolicy, Grant } from '../policy.ts';
import { isLimited } from './session-changes.ts';

/**
 * Who decides after whom. Among the grants that allow, the first in file order that fully holds decides; so what takes
 * callers from one grant may hand them to a later one. They get more by it only if
 *
 * - they could not have had the later one before: whoever sends what it requires sent what the earlier one requires,
 * - and it gives more: a longer session, one that may do more, or other tags.
 *
 * Grants with the same terms are looked at as one, so that thousands on one role take no longer than a few.
 */
export class Succession {
  readonly #roles: ReadonlyMap<string, number>;
  readonly #sessions = new Map<Grant, Pick<Terms, 'tags' | 'limits' | 'limited'>>();
  readonly #lines = new Map<string, Line>();

  /** @param grants those that allow, in file order, and are still there in the proposed policy */
  constructor(policy: AccessPolicy, grants: readonly Grant[]) {
    this.#roles = new Map(policy.roles.map(({ id, maxDurationSeconds }) => [id, maxDurationSeconds]));
    for (const [place, grant] of grants.entries()) {
      for (const target of [...grant.roles, ...grant.permissions])
        this.#line(target).add(this.#terms(grant, target), place, grant);
    }
  }

  /**
   * A grant behind the place that gives more on the target to callers of this one, undefined when there is none.
   *
   * @param place in the list that this was made of; of a grant that is not in it, the number of those before it
   */
  heir(grant: Grant, place: number, target: string): string | undefined {
    return this.#lines.get(target)?.heir(this.#terms(grant, target), place);
  }

  /** Whether the later one gives more to callers of both once it stands first. */
  givesMore(later: Grant, earlier: Grant, target: string): boolean {
    return wouldGiveMore(this.#terms(earlier, target), this.#terms(later, target));
  }

  /** Equal for grants that give the same on the target. */
  keyOf(grant: Grant, target: string): string {
    return keyOf(this.#terms(grant, target));
  }

  #line(target: string): Line {
    const known = this.#lines.get(target);
    if (known !== undefined) return known;
    const made = new Line();
    this.#lines.set(target, made);
    return made;
  }

  #terms(grant: Grant, target: string): Terms {
    const maxSeconds = this.#roles.get(target);
    const { reason, ticket } = grant.require;
    const requires = (reason ? 1 : 0) | (ticket ? 2 : 0);
    // A permission has no session, and nothing that one grant could give more of than another.
    if (maxSeconds === undefined) return { requires: 0, seconds: 0, tags: '', limits: '', limited: false };
    const seconds = Math.min(grant.durationSeconds ?? maxSeconds, maxSeconds, MAX_CHAINED_SESSION_SECONDS);
    return { requires, seconds, ...this.#session(grant) };
  }

  #session(grant: Grant): Pick<Terms, 'tags' | 'limits' | 'limited'> {
    const known = this.#sessions.get(grant);
    if (known !== undefined) return known;
    const { tags, transitiveTagKeys, policy, policyArns } = grant.session;
    const made = {
      tags: canonicalJson([tags, transitiveTagKeys]),
      limits: canonicalJson([policy ?? null, policyArns]),
      limited: isLimited(grant.session),
    };
    this.#sessions.set(grant, made);
    return made;
  }
}

/** What a grant gives on one role, and asks for. */
interface Terms {
  /** Bits: 1 a reason, 2 a ticket. */
  readonly requires: number;
  readonly seconds: number;
  readonly tags: string;
  readonly limits: string;
  readonly limited: boolean;
}

function wouldGiveMore(earlier: Terms, later: Terms): boolean {
  if ((earlier.requires & ~later.requires) !== 0) return false;
  const noMore =
    earlier.seconds >= later.seconds &&
    earlier.tags === later.tags &&
    (!earlier.limited || earlier.limits === later.limits);
  return !noMore;
}

function keyOf({ requires, seconds, tags, limits }: Terms): string {
  return `${requires} ${seconds} ${tags} ${limits}`;
}

/** Kinds of terms on one target before they are not told apart any more. */
const MAX_KINDS = 64;

/** The grants on one target, by their terms: of each kind, the last. */
class Line {
  readonly #kinds = new Map<string, { readonly terms: Terms; place: number; name: string }>();
  /** The last of the grants whose kind is one too many. */
  #other: { readonly place: number; readonly name: string } | undefined;

  add(terms: Terms, place: number, { name }: Grant): void {
    const key = keyOf(terms);
    const kind = this.#kinds.get(key);
    if (kind !== undefined) {
      kind.place = place;
      kind.name = name;
    } else if (this.#kinds.size < MAX_KINDS) this.#kinds.set(key, { terms, place, name });
    else this.#other = { place, name };
  }

  heir(terms: Terms, place: number): string | undefined {
    for (const kind of this.#kinds.values()) {
      if (kind.place > place && wouldGiveMore(terms, kind.terms)) return kind.name;
    }
    return this.#other !== undefined && this.#other.place > place ? this.#other.name : undefined;
  }
}
