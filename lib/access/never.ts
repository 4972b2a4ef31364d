import { parseDate } from '../iam/date.ts';
import { parseNumber } from '../iam/operators.ts';
import type { Grant } from './policy.ts';

/**
 * Why a grant can never match, or undefined when nothing certain is known. Looks for clauses that contradict each
 * other, and for dates that have passed.
 */
export function whyNever(grant: Grant, now: number | undefined): string | undefined {
  const clauses = Object.entries(grant.condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ operator, key, values })),
  );
  // Not Map.groupBy: `daypass check` runs on Node 20 too.
  const byKey = new Map<string, (typeof clauses)[number][]>();
  for (const clause of clauses) byKey.set(clause.key, [...(byKey.get(clause.key) ?? []), clause]);
  for (const [key, group] of byKey) {
    const why =
      absentAndPresent(key, group, grant) ??
      sameWantedAndRefused(key, group) ??
      (isSingleValued(key) ? (disjoint(key, group) ?? emptyInterval(key, group)) : undefined) ??
      passed(key, group, now);
    if (why !== undefined) return why;
  }
  return undefined;
}

interface Plain {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

function isSingleValued(key: string): boolean {
  return !key.startsWith('claim:');
}

/** A clause that cannot hold when the key is absent. */
function needsPresence({ operator, values }: Plain): boolean {
  if (operator === 'Null') return values.every((value) => value.toLowerCase() === 'false');
  return !operator.startsWith('ForAllValues:') && !operator.endsWith('IfExists') && !operator.includes('Not');
}

function absentAndPresent(key: string, group: readonly Plain[], grant: Grant): string | undefined {
  const absent = group.some((c) => c.operator === 'Null' && c.values.every((value) => value.toLowerCase() === 'true'));
  if (!absent) return undefined;
  if (key.startsWith('claim:') && Object.hasOwn(grant.callers, key.slice('claim:'.length))) {
    return `${key} must be absent, and callers need it`;
  }
  return group.some(needsPresence) ? `${key} must be absent and present` : undefined;
}

function sameWantedAndRefused(key: string, group: readonly Plain[]): string | undefined {
  const refused = new Set(group.flatMap((c) => (c.operator === 'StringNotEquals' ? c.values : [])));
  const wanted = group.find((c) => c.operator === 'StringEquals' && c.values.every((value) => refused.has(value)));
  return wanted === undefined ? undefined : `${key} must be and must not be ${wanted.values.join(' or ')}`;
}

function disjoint(key: string, group: readonly Plain[]): string | undefined {
  const sets = group.filter((c) => /^(ForAnyValue:)?StringEquals$/.test(c.operator)).map((c) => new Set(c.values));
  const [first, ...others] = sets;
  if (first === undefined || others.every((other) => [...other].some((value) => first.has(value)))) return undefined;
  return `${key} cannot equal two different values`;
}

function emptyInterval(key: string, group: readonly Plain[]): string | undefined {
  for (const [kind, parse] of [
    ['Numeric', parseNumber],
    ['Date', parseDate],
  ] as const) {
    let least = { at: Number.NEGATIVE_INFINITY, strict: false };
    let most = { at: Number.POSITIVE_INFINITY, strict: false };
    for (const { operator, values } of group) {
      const bound = /^(?:ForAnyValue:)?(Numeric|Date)(LessThan|GreaterThan)(Equals)?$/.exec(operator);
      if (bound?.[1] !== kind) continue;
      const numbers = values.map((value) => parse(value) ?? Number.NaN);
      const strict = bound[3] === undefined;
      // Any of the values may match, so the widest one counts.
      if (bound[2] === 'LessThan') most = tighter(most, { at: Math.max(...numbers), strict }, -1);
      else least = tighter(least, { at: Math.min(...numbers), strict }, 1);
    }
    if (least.at > most.at || (least.at === most.at && (least.strict || most.strict))) {
      return `no value of ${key} is within both bounds`;
    }
  }
  return undefined;
}

interface Bound {
  readonly at: number;
  readonly strict: boolean;
}

/** @param sign 1 when higher is tighter, -1 when lower is */
function tighter(one: Bound, other: Bound, sign: 1 | -1): Bound {
  if (one.at === other.at) return { at: one.at, strict: one.strict || other.strict };
  return (other.at - one.at) * sign > 0 ? other : one;
}

function passed(key: string, group: readonly Plain[], now: number | undefined): string | undefined {
  if (now === undefined || (key !== 'aws:CurrentTime' && key !== 'aws:EpochTime')) return undefined;
  const over = group.find(
    ({ operator, values }) =>
      /^(ForAnyValue:)?(Date|Numeric)LessThan(Equals)?(IfExists)?$/.test(operator) &&
      values.every((value) => (parseDate(value) ?? Number.POSITIVE_INFINITY) < now),
  );
  return over === undefined ? undefined : `${key} was last before ${over.values.join(', ')}, which has passed`;
}
