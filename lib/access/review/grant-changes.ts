import { parseDate } from '../../iam/date.ts';
import { findOperator, parseNumber } from '../../iam/operators.ts';
import { canonicalJson } from '../../json.ts';
import { coveredBy } from '../coverage.ts';
import type { Grant } from '../policy.ts';
import { type Change, type Direction, gainsAndLosses } from './change.ts';

type Part = Omit<Change, 'subject' | 'targets'>;

/**
 * What changed between two versions of an allowing grant, seen alone: a narrower grant may leave its callers to
 * another one, which `policyChanges` looks at. For a deny every direction is the other way round.
 */
export function grantChanges(before: Grant, after: Grant): Part[] {
  return [
    ...targets('roles', before.roles, after.roles),
    ...targets('permissions', before.permissions, after.permissions),
    ...issuers(before, after),
    ...callers(before, after),
    ...conditions(before, after),
    ...duration(before, after),
    ...requirements(before, after),
    ...session(before, after),
  ];
}

function targets(member: string, before: readonly string[], after: readonly string[]): Part[] {
  const { gained, lost } = gainsAndLosses(before, after);
  return [
    ...(gained.length > 0 ? [part(member, 'widens', `${member} gain ${shown(gained)}`)] : []),
    ...(lost.length > 0 ? [part(member, 'narrows', `${member} lose ${shown(lost)}`)] : []),
  ];
}

/** An empty list means any issuer. */
function issuers({ issuers: before }: Grant, { issuers: after }: Grant): Part[] {
  if (before.length === 0 && after.length > 0) return [part('issuers', 'narrows', `only callers of ${shown(after)}`)];
  if (before.length > 0 && after.length === 0) return [part('issuers', 'widens', 'callers of any issuer')];
  return targets('issuers', before, after);
}

function callers(before: Grant, after: Grant): Part[] {
  const claims = [...new Set([...Object.keys(before.callers), ...Object.keys(after.callers)])];
  return claims.flatMap((claim): Part[] => {
    const member = `callers.${claim}`;
    const had = patterns(before, claim);
    const has = patterns(after, claim);
    if (had === undefined) return [part(member, 'narrows', `${claim} must now be ${shown(has ?? [])}`)];
    if (has === undefined) return [part(member, 'widens', `${claim} is not looked at any more (was ${shown(had)})`)];
    const { gained, lost } = gainsAndLosses(had, has);
    // A pattern within one that was there brings nobody new; one that is still covered loses nobody.
    const isOld = coveredBy(had);
    const isKept = coveredBy(has);
    const wider = gained.filter((pattern) => !isOld(pattern));
    const narrower = lost.filter((pattern) => !isKept(pattern));
    return [
      ...(wider.length > 0 ? [part(member, 'widens', `${claim} may also be ${shown(wider)}`)] : []),
      ...(narrower.length > 0 ? [part(member, 'narrows', `${claim} may no longer be ${shown(narrower)}`)] : []),
      ...(wider.length + narrower.length === 0 && gained.length + lost.length > 0
        ? [part(member, 'neutral', `${claim} is written another way`)]
        : []),
    ];
  });
}

function patterns({ callers: all }: Grant, claim: string): readonly string[] | undefined {
  return Object.hasOwn(all, claim) ? all[claim] : undefined;
}

function conditions(before: Grant, after: Grant): Part[] {
  const had = clausesOf(before);
  const has = clausesOf(after);
  return [...new Set([...had.keys(), ...has.keys()])].flatMap((name): Part[] => {
    const old = had.get(name);
    const now = has.get(name);
    const member = `condition.${name}`;
    if (old === undefined) return [part(member, 'narrows', `new condition ${name}: ${shown(now?.values ?? [])}`)];
    if (now === undefined) return [part(member, 'widens', `condition ${name}: ${shown(old.values)} is gone`)];
    return clauseChange(member, name, old, now);
  });
}

interface PlainClause {
  readonly operator: string;
  readonly values: readonly string[];
}

function clausesOf({ condition }: Grant): Map<string, PlainClause> {
  const clauses = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => [`${operator} ${key}`, { operator, values }] as const),
  );
  return new Map(clauses);
}

/** Of an operator's values any one may match, of a negated one's none may. */
function clauseChange(member: string, name: string, before: PlainClause, after: PlainClause): Part[] {
  const { gained, lost } = gainsAndLosses(before.values, after.values);
  if (gained.length + lost.length === 0) return [];
  const message = `condition ${name}: ${shown(before.values)} is now ${shown(after.values)}`;
  const bound = boundChange(before, after);
  if (bound !== undefined) return [part(member, bound, message)];
  const found = findOperator(after.operator);
  if ('message' in found) return [part(member, 'changes', message)];
  const { negated } = found.comparison;
  return [
    ...(gained.length > 0 ? [part(member, negated ? 'narrows' : 'widens', message)] : []),
    ...(lost.length > 0 ? [part(member, negated ? 'widens' : 'narrows', message)] : []),
  ];
}

/** `NumericLessThan` and its like compare with a bound: the widest of the values counts. */
function boundChange(before: PlainClause, after: PlainClause): Direction | undefined {
  const [, kind, side] = /^(?:For(?:Any|All)Values?:)?(Numeric|Date)(Less|Greater)Than/.exec(after.operator) ?? [];
  if (kind === undefined) return undefined;
  const parse = kind === 'Numeric' ? parseNumber : parseDate;
  const widest = ({ values }: PlainClause): number => {
    const numbers = values.map((value) => parse(value) ?? Number.NaN);
    return side === 'Less' ? Math.max(...numbers) : -Math.min(...numbers);
  };
  const difference = widest(after) - widest(before);
  if (Number.isNaN(difference)) return 'changes';
  if (difference === 0) return 'neutral';
  return difference > 0 ? 'widens' : 'narrows';
}

function duration({ durationSeconds: before }: Grant, { durationSeconds: after }: Grant): Part[] {
  if (before === after) return [];
  const longer = (after ?? Number.POSITIVE_INFINITY) > (before ?? Number.POSITIVE_INFINITY);
  const message = `sessions of ${seconds(after)} instead of ${seconds(before)}`;
  return [part('duration', longer ? 'widens' : 'narrows', message)];
}

function seconds(value: number | undefined): string {
  return value === undefined ? 'any length that the role allows' : `at most ${value} s`;
}

function requirements({ require: before }: Grant, { require: after }: Grant): Part[] {
  return (['reason', 'ticket'] as const).flatMap((one) => {
    if (before[one] === after[one]) return [];
    return [
      part(
        `require.${one}`,
        after[one] ? 'narrows' : 'widens',
        `a ${one} is ${after[one] ? 'now' : 'no longer'} required`,
      ),
    ];
  });
}

function session({ session: before }: Grant, { session: after }: Grant): Part[] {
  const parts: Part[] = [];
  if (canonicalJson(before.policy ?? null) !== canonicalJson(after.policy ?? null)) {
    const [direction, message] =
      before.policy === undefined
        ? (['narrows', 'sessions get a session policy'] as const)
        : after.policy === undefined
          ? (['widens', 'sessions lose their session policy'] as const)
          : (['changes', 'the session policy is another one'] as const);
    // Managed policies of a session are added to the inline one: together they limit less than one of them alone.
    const alone = before.policyArns.length === 0 && after.policyArns.length === 0;
    parts.push(part('session.policy', alone || direction === 'changes' ? direction : 'changes', message));
  }
  if (canonicalJson(before.policyArns) !== canonicalJson(after.policyArns)) {
    const alone = before.policy === undefined && after.policy === undefined;
    const direction =
      alone && before.policyArns.length === 0
        ? 'narrows'
        : alone && after.policyArns.length === 0
          ? 'widens'
          : 'changes';
    parts.push(
      part(
        'session.policyArns',
        direction,
        `session policies ${shown(after.policyArns)} instead of ${shown(before.policyArns)}`,
      ),
    );
  }
  for (const member of ['tags', 'transitiveTagKeys'] as const) {
    if (canonicalJson(before[member]) === canonicalJson(after[member])) continue;
    // What tags mean is known to the policies that look at them.
    parts.push(
      part(
        `session.${member}`,
        'changes',
        `${member} are ${JSON.stringify(after[member])} instead of ${JSON.stringify(before[member])}`,
      ),
    );
  }
  return parts;
}

function part(member: string, direction: Direction, message: string): Part {
  return { member, direction, message };
}

const MAX_SHOWN = 8;

/** The first values of a list for a sentence, and how many more there are. */
export function shown(values: readonly string[]): string {
  if (values.length === 0) return 'none';
  const first = values.slice(0, MAX_SHOWN).join(', ');
  return values.length > MAX_SHOWN ? `${first} and ${values.length - MAX_SHOWN} more` : first;
}
