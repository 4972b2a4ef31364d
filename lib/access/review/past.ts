import type { AuditRecord } from '../../audit/record.ts';
import type { AccessPolicy, Grant, Permission } from '../policy.ts';
import { grantChanges } from './grant-changes.ts';
import { renames } from './policy-changes.ts';

/**
 * The policy by which past decisions were made. What a grant did then tells what it would do now where it has not
 * changed, or only in one direction: one that held and was widened still holds, one that did not hold and was narrowed
 * still does not.
 */
export class Past {
  readonly digest: string;
  readonly #old: ReadonlyMap<string, { readonly grant: Grant; readonly place: number }>;
  readonly #oldNames: ReadonlyMap<string, string>;
  readonly #relations = new Map<string, Relation>();

  constructor(before: AccessPolicy, after: AccessPolicy) {
    this.digest = before.digest;
    this.#old = new Map(before.grants.map((grant, place) => [grant.name, { grant, place }]));
    this.#oldNames = new Map([...renames(before.grants, after.grants)].map(([from, to]) => [to, from]));
  }

  /**
   * Whether a grant of the proposed policy would hold for the request of a record, as far as its counterpart's part
   * in the recorded decision tells.
   */
  infer(record: AuditRecord, grant: Grant, target: string): 'yes' | 'no' | undefined {
    if (record.policyDigest !== this.digest) return undefined;
    const found = this.#old.get(this.#oldNames.get(grant.name) ?? grant.name);
    if (found === undefined || found.grant.effect !== grant.effect || !isOn(found.grant, target)) return undefined;
    const did = this.#did(record, found.grant, found.place);
    if (did === undefined) return undefined;
    const relation = this.#relation(found.grant, grant);
    if (relation === 'same') return did;
    return relation === (did === 'yes' ? 'wider' : 'narrower') ? did : undefined;
  }

  /** What a grant on the target did: a decision looks at the denies, and then at the rest until one holds. */
  #did(record: AuditRecord, grant: Grant, place: number): 'yes' | 'no' | undefined {
    if (record.denial === 'explicit_deny') {
      const step = record.trace?.steps.find(({ grant: name }) => name === grant.name);
      if (grant.effect === 'allow' || step === undefined) return undefined;
      return step.outcome === 'matched' ? 'yes' : 'no';
    }
    if (record.denial !== undefined || grant.effect === 'deny') return 'no';
    const decided = this.#old.get(record.grant ?? '')?.place;
    if (decided === undefined || place > decided) return undefined;
    return place === decided ? 'yes' : 'no';
  }

  #relation(before: Grant, after: Grant): Relation {
    const known = this.#relations.get(after.name);
    if (known !== undefined) return known;
    const relation = relationOf(before, after);
    this.#relations.set(after.name, relation);
    return relation;
  }
}

type Relation = 'same' | 'wider' | 'narrower' | 'other';

/** How those for whom a grant holds changed; for how long it gives something is looked at by itself. */
function relationOf(before: Grant, after: Grant): Relation {
  const aside = new Set(['roles', 'permissions', 'duration']);
  const parts = grantChanges(before, after).filter(({ member }) => !aside.has(member ?? ''));
  // A session that cannot be made for somebody lets the next grant decide.
  if (parts.some(({ member }) => member?.startsWith('session.'))) return 'other';
  const directions = new Set(parts.map(({ direction }) => direction));
  directions.delete('neutral');
  if (directions.size === 0) return 'same';
  const [only] = directions;
  if (directions.size > 1 || only === 'changes') return 'other';
  return only === 'widens' ? 'wider' : 'narrower';
}

function isOn({ roles, permissions }: Grant, target: string): boolean {
  return roles.includes(target) || permissions.includes(target as Permission);
}
