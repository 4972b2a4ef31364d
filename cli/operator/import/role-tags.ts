import { externalIdProblem, MAX_SESSION_SECONDS, MIN_SESSION_SECONDS } from '../../../lib/iam/limits.ts';
import { parseDuration } from '../../duration.ts';

/** What a role's tags say to the import. Each is a text that somebody in the account wrote. */
export interface RoleTags {
  /** False for `daypass:import=false`. */
  readonly wanted: boolean;
  /** Sorted, without repeats. Empty when the role names none. */
  readonly groups: readonly string[];
  readonly externalId?: string;
  /** Seconds. */
  readonly maxDuration?: number;
  readonly description?: string;
  /** Tags that cannot be used, and why. */
  readonly problems: readonly string[];
}

/** No wildcard and nothing that ends a word: a tag names groups, it cannot widen to others. */
const GROUP = /^[\p{L}\p{N}_.:/=+@-]{1,128}$/u;
const KNOWN = ['import', 'groups', 'external-id', 'max-duration', 'description'];
const MAX_GROUPS = 20;

/**
 *     daypass:import        false: not a role for the access policy
 *     daypass:groups        groups that get it, between spaces
 *     daypass:external-id   the external id that its trust policy asks for
 *     daypass:max-duration  30m, 1h …
 *     daypass:description   what people see
 */
export function readRoleTags(tags: Readonly<Record<string, string>>): RoleTags {
  const problems: string[] = [];
  const value = (name: string): string | undefined => {
    const key = Object.keys(tags).find((candidate) => candidate.toLowerCase() === `daypass:${name}`);
    const text = key === undefined ? undefined : tags[key]?.trim();
    return text === '' ? undefined : text;
  };
  for (const key of Object.keys(tags)) {
    const name = /^daypass:(.*)$/i.exec(key)?.[1];
    if (name !== undefined && !KNOWN.includes(name.toLowerCase())) problems.push(`${key} means nothing`);
  }
  const words = (value('groups') ?? '').split(/\p{Z}+/u).filter((word) => word !== '');
  const groups = [...new Set(words)].sort();
  // A tag that is wrong in one place is not used at all: what its author meant is not guessed.
  const areGroups = groups.length <= MAX_GROUPS && groups.every((group) => GROUP.test(group));
  if (!areGroups) problems.push(`daypass:groups is not 1–${MAX_GROUPS} names of groups with spaces between them`);
  const externalId = value('external-id');
  const wrongId = externalId === undefined ? undefined : externalIdProblem(externalId);
  if (wrongId !== undefined) problems.push(`daypass:external-id: ${wrongId}`);
  const written = value('max-duration');
  const maxDuration = written === undefined ? undefined : parseDuration(written);
  const fits = maxDuration !== undefined && maxDuration >= MIN_SESSION_SECONDS && maxDuration <= MAX_SESSION_SECONDS;
  if (written !== undefined && !fits) problems.push('daypass:max-duration is not between 15m and 12h');
  const description = value('description');
  const wanted = value('import')?.toLowerCase() !== 'false';
  return {
    wanted,
    groups: areGroups ? groups : [],
    ...(externalId !== undefined && wrongId === undefined && { externalId }),
    ...(fits && { maxDuration }),
    ...(description !== undefined && { description }),
    problems,
  };
}
