import type { AccessPolicy, Account, Role } from '../../../lib/access/policy.ts';
import { ROLE_ID } from '../../arguments.ts';
import { type RoleTags, readRoleTags } from './role-tags.ts';

/** A role as the account has it. */
export interface FoundRole {
  readonly arn: string;
  readonly name: string;
  /** Seconds: MaxSessionDuration. */
  readonly maxSessionSeconds: number;
  readonly description: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ImportOptions {
  readonly account: Pick<Account, 'name' | 'id' | 'partition'>;
  /** Whether a role was looked for; roles of the access policy that were not are left alone. */
  readonly isInScope: (arn: string) => boolean;
  readonly prune: boolean;
  /** Names of the grants that hold the id itself, not by a wildcard. */
  readonly grantsNaming: (id: string) => readonly string[];
}

export interface ImportPlan {
  readonly additions: readonly { readonly id: string; readonly role: WantedRole }[];
  readonly changes: readonly {
    readonly id: string;
    readonly member: 'arn' | 'maxDuration' | 'externalId';
    readonly value: string;
  }[];
  readonly removals: readonly string[];
  /** Role ids by group set, the groups sorted and joined by a space. */
  readonly groupSets: ReadonlyMap<string, readonly string[]>;
  /** What was seen and is left to a person. */
  readonly notes: readonly string[];
  /** Roles that a tag keeps out. */
  readonly unwanted: number;
}

export interface WantedRole {
  readonly arn: string;
  readonly maxDuration: string | undefined;
  readonly externalId: string | undefined;
  readonly description: string | undefined;
}

/** Characters that the access policy takes of a description. */
const MAX_DESCRIPTION = 256;

/**
 * What has to change in the access policy so that it knows the account's roles. A role is known by its ARN first, then by
 * its id: `account/Name`. The access policy is what counts where both say something: a tag makes nothing longer or wider
 * that a person has written.
 */
export function planImport(policy: AccessPolicy, found: readonly FoundRole[], options: ImportOptions): ImportPlan {
  const { account, prune } = options;
  const own = policy.roles.filter((role) => role.accountId === account.id);
  const byArn = new Map(own.map((role) => [role.arn.toLowerCase(), role]));
  const byId = new Map(policy.roles.map((role) => [role.id, role]));
  const present = new Set(found.map(({ arn }) => arn.toLowerCase()));
  const plan = new PlanBuilder();
  const taken = new Map<string, string>();
  for (const role of [...found].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const tags = readRoleTags(role.tags);
    for (const problem of tags.problems) plan.note(`${role.arn}: ${problem}`);
    if (!tags.wanted) {
      plan.unwanted++;
      const known = byArn.get(role.arn.toLowerCase());
      if (known !== undefined)
        plan.note(`${known.id} has the tag daypass:import=false and is in the access policy; it is left there`);
      continue;
    }
    const id = byArn.get(role.arn.toLowerCase())?.id ?? `${account.name}/${role.name}`;
    const other = taken.get(id.toLowerCase());
    const known = byId.get(id);
    if (!ROLE_ID.test(id)) plan.note(`${role.arn} cannot be named in the access policy`);
    else if (other !== undefined) plan.note(`${role.arn} and ${other} would both be ${id}; only the latter is`);
    else if (known !== undefined && !byArn.has(role.arn.toLowerCase()) && isTakenByAnother(known, role)) {
      plan.note(`${role.arn} would be ${id}, which is another role of the access policy: ${known.arn}`);
    } else {
      taken.set(id.toLowerCase(), role.arn);
      if (known === undefined) plan.additions.push({ id, role: wanted(role, tags) });
      else plan.update(known, role, tags);
      plan.group(id, tags);
    }
  }
  const gone = own.filter(
    ({ arn, id }) => !present.has(arn.toLowerCase()) && options.isInScope(arn) && !taken.has(id.toLowerCase()),
  );
  for (const { id } of gone) {
    const naming = options.grantsNaming(id);
    if (naming.length > 0) plan.note(`${id} is gone from AWS, but ${naming.join(', ')} gives it`);
    else if (prune) plan.removals.push(id);
    else plan.note(`${id} is gone from AWS; --prune takes it out`);
  }
  return plan;
}

/** Names are unique in an account, so a role of the same name on another path is the same role, moved. */
function isTakenByAnother(known: Role, role: FoundRole): boolean {
  return known.arn.slice(known.arn.lastIndexOf('/') + 1).toLowerCase() !== role.name.toLowerCase();
}

function wanted(role: FoundRole, tags: RoleTags): WantedRole {
  const { maxDuration } = tags;
  return {
    arn: role.arn,
    maxDuration: maxDuration === undefined ? undefined : spell(Math.min(maxDuration, role.maxSessionSeconds)),
    externalId: tags.externalId,
    description: tidy(tags.description ?? role.description),
  };
}

/** One line without what a terminal would obey. */
function tidy(text: string | undefined): string | undefined {
  const line = text
    ?.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_DESCRIPTION)
    // The cut may have gone through a character.
    .replace(/[\ud800-\udbff]$/, '')
    .trim();
  return line === '' ? undefined : line;
}

/** As the access policy writes durations. */
function spell(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

class PlanBuilder implements ImportPlan {
  readonly additions: { id: string; role: WantedRole }[] = [];
  readonly changes: ImportPlan['changes'][number][] = [];
  readonly removals: string[] = [];
  readonly groupSets = new Map<string, string[]>();
  readonly notes: string[] = [];
  unwanted = 0;

  note(text: string): void {
    this.notes.push(text);
  }

  update(known: Role, role: FoundRole, { maxDuration, externalId }: RoleTags): void {
    const { id } = known;
    if (known.arn !== role.arn) this.changes.push({ id, member: 'arn', value: role.arn });
    const most = Math.min(maxDuration ?? known.maxDurationSeconds, role.maxSessionSeconds);
    if (most < known.maxDurationSeconds) this.changes.push({ id, member: 'maxDuration', value: spell(most) });
    else if (maxDuration !== undefined && maxDuration > known.maxDurationSeconds) {
      this.note(
        `${id}: its tag asks for sessions of ${spell(maxDuration)}, the access policy gives ${spell(known.maxDurationSeconds)}`,
      );
    }
    if (externalId === undefined || externalId === known.externalId) return;
    if (known.externalId === undefined) this.changes.push({ id, member: 'externalId', value: externalId });
    else this.note(`${id}: its tag names the external id ${externalId}, the access policy ${known.externalId}`);
  }

  group(id: string, { groups }: RoleTags): void {
    if (groups.length === 0) return;
    const key = groups.join(' ');
    this.groupSets.set(key, [...(this.groupSets.get(key) ?? []), id]);
  }
}
