import { allUnmet } from '../../iam/condition.ts';
import type { Candidate } from '../candidates.ts';
import type { Facts } from '../facts.ts';
import type { Permission, Role } from '../policy.ts';
import type { PolicyIndex, TargetIndex } from '../policy-index.ts';
import { type Requirement, split } from '../standing.ts';
import { type Session, unmetRequirements, weighCallers, weighSession } from '../weigh.ts';
import { clauseInWords } from './words.ts';

/** A grant that is meant for a caller, and what it takes to have a role or permission by it. */
export interface Way {
  readonly grant: string;
  /** What has to be sent with the request. */
  readonly requires: readonly Requirement[];
  /** What keeps them from it as things are; empty when they can have it now. */
  readonly missing: readonly Lack[];
  /** Absent for a permission, and where none could be made for them. */
  readonly session?: Session;
}

export interface Lack {
  /** The same for two clauses that differ in their values only. */
  readonly name: string;
  readonly words: string;
}

/**
 * The ways of one caller to a role or permission, in file order; none when no grant is meant for them, or when they are
 * denied whatever they do. Where some are open, those: without the ones that cannot decide, as an earlier one that asks
 * for no more always does.
 */
export function waysTo(index: PolicyIndex, target: string, facts: Facts): Way[] {
  const role = index.roles.get(target);
  const found: TargetIndex | undefined = role ?? index.permissions.get(target as Permission);
  if (found === undefined || !index.issuers.has(facts.circumstances.caller.issuer)) return [];
  const denials = denialsOf(found, facts);
  if (denials === 'always') return [];
  const open: Way[] = [];
  const near: Way[] = [];
  for (const candidate of found.allow.find(facts)) {
    if (weighCallers(candidate, facts).outcome !== 'matched') continue;
    const way = wayBy(candidate, role?.role, facts, index, denials);
    if (way.missing.length > 0) near.push(way);
    else if (!open.some((earlier) => isPartOf(earlier.requires, way.requires))) open.push(way);
  }
  return open.length > 0 ? open : near;
}

/** Whether the caller can have it now, given what has to be sent. */
export function isOpen(ways: readonly Way[]): boolean {
  return ways[0] !== undefined && ways[0].missing.length === 0;
}

/** The way that decides a request which brings no more than this. */
export function wayWith(ways: readonly Way[], sent: readonly Requirement[]): Way | undefined {
  return ways.find(({ requires, missing }) => missing.length === 0 && isPartOf(requires, sent));
}

export function isPartOf<T>(some: readonly T[], all: readonly T[]): boolean {
  return some.every((one) => all.includes(one));
}

function wayBy(
  { compiled }: Candidate,
  role: Role | undefined,
  facts: Facts,
  index: PolicyIndex,
  denials: readonly Lack[],
): Way {
  const { requires, unmet } = split(allUnmet(compiled.condition, facts.context), facts);
  for (const { kind } of unmetRequirements(compiled, facts)) requires.add(kind as Requirement);
  const missing = unmet.map((clause): Lack => {
    return { name: `${clause.operator} ${clause.key}`, words: `must hold: ${clauseInWords(clause)}` };
  });
  const session = role && weighSession(compiled, role, facts, index);
  if (session !== undefined && 'outcome' in session) missing.push({ name: session.outcome, words: session.because });
  return {
    grant: compiled.grant.name,
    requires: [...requires].sort(),
    missing: [...missing, ...denials],
    ...(session !== undefined && !('outcome' in session) && { session }),
  };
}

/** The denies that apply as things are, by what would have to be otherwise; `always` when nothing could be. */
function denialsOf(target: TargetIndex, facts: Facts): readonly Lack[] | 'always' {
  const denials: Lack[] = [];
  for (const candidate of target.deny.find(facts)) {
    if (weighCallers(candidate, facts).outcome !== 'matched') continue;
    const { condition, grant } = candidate.compiled;
    if (allUnmet(condition, facts.context).length > 0) continue;
    if (condition.clauses.length === 0) return 'always';
    const words = condition.clauses.map(clauseInWords).join(', and ');
    denials.push({ name: 'denied', words: `must not hold: ${words} (deny ${grant.name})` });
  }
  return denials;
}
