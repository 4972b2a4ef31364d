import type { AccessPolicy } from '../../../lib/access/policy.ts';
import { Failure } from '../../failure.ts';
import { sha256 } from '../../store/sha256.ts';
import type { ImportPlan } from './plan.ts';
import type { PolicyText } from './policy-text.ts';

export interface GrantChanges {
  readonly additions: readonly {
    readonly name: string;
    readonly groups: readonly string[];
    readonly roles: readonly string[];
  }[];
  readonly changes: readonly {
    readonly name: string;
    readonly added: readonly string[];
    readonly removed: readonly string[];
  }[];
  readonly notes: readonly string[];
}

export interface GrantOptions {
  readonly accountName: string;
  readonly prune: boolean;
  /** Whether the role of the id was looked for, so that its tags are known. */
  readonly isInScope: (id: string) => boolean;
}

/** One grant for each set of groups that roles of the account name in their tags; those made earlier are kept up to date. */
export function planGrants(text: PolicyText, { groupSets }: ImportPlan, options: GrantOptions): GrantChanges {
  const { accountName, prune, isInScope } = options;
  const additions: GrantChanges['additions'][number][] = [];
  const changes: GrantChanges['changes'][number][] = [];
  const notes: string[] = [];
  const wanted = new Map<string, readonly string[]>();
  for (const [key, roles] of [...groupSets].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const groups = key.split(' ');
    const name = grantName(accountName, groups);
    wanted.set(name, roles);
    const there = text.grantNamed(name);
    if (there === 'own') notes.push(`grant ${name} was not made by an import, so it is left as it is`);
    if (there === 'none') additions.push({ name, groups, roles });
  }
  for (const name of text.importedGrants().filter((grant) => grant.startsWith(prefixOf(accountName)))) {
    const written = text.grantRoles(name);
    const roles = wanted.get(name) ?? [];
    const added = roles.filter((id) => !written.includes(id));
    const stale = written.filter((id) => !roles.includes(id) && isInScope(id));
    if (stale.length > 0 && !prune) {
      notes.push(`${stale.join(', ')} in grant ${name}: the tags no longer say so; --prune takes it out`);
    }
    const removed = prune ? stale : [];
    if (added.length + removed.length > 0) changes.push({ name, added, removed });
  }
  return { additions, changes, notes };
}

/**
 * The claim that holds the groups of every issuer.
 *
 * @throws Failure `refused` when issuers name it differently
 */
export function groupsClaim({ issuers }: AccessPolicy): string {
  const claims = [...new Set(issuers.map(({ groups }) => groups))];
  const [claim] = claims;
  if (claim !== undefined && claims.length === 1) return claim;
  throw new Failure('refused', `the issuers have their groups in different claims: ${claims.join(', ')}`, {
    hint: 'write these grants by hand; `daypass roles import` without --grants still keeps the roles',
  });
}

function prefixOf(accountName: string): string {
  // An account's name holds no dot, so no two accounts have the same prefix.
  return `import.${accountName}.`;
}

/** The groups themselves while that says it without doubt, else a digest of them. */
function grantName(accountName: string, groups: readonly string[]): string {
  const plain = prefixOf(accountName) + groups.join('.');
  const isPlain = groups.every((group) => /^[A-Za-z0-9_-]+$/.test(group)) && plain.length <= 100;
  return isPlain ? plain : prefixOf(accountName) + sha256(JSON.stringify(groups)).slice(0, 16);
}
