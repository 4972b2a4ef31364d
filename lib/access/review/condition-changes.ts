import { parseDate } from '../../iam/date.ts';
import { findOperator, parseNumber } from '../../iam/operators.ts';
import type { Grant } from '../policy.ts';
import { type Direction, gainsAndLosses, shown } from './change.ts';
import type { Part } from './grant-changes.ts';

interface PlainClause {
  readonly operator: string;
  readonly values: readonly string[];
}

/** What changed about the conditions of an allowing grant. All must hold, so one more narrows and one less widens. */
export function conditionChanges(before: Grant, after: Grant): Part[] {
  const had = clausesOf(before);
  const has = clausesOf(after);
  return [...new Set([...had.keys(), ...has.keys()])].flatMap((name): Part[] => {
    const old = had.get(name);
    const now = has.get(name);
    const member = `condition.${name}`;
    if (old === undefined) {
      return [{ member, direction: 'narrows', message: `new condition ${name}: ${shown(now?.values ?? [])}` }];
    }
    if (now === undefined) {
      return [{ member, direction: 'widens', message: `condition ${name}: ${shown(old.values)} is gone` }];
    }
    const message = `condition ${name}: ${shown(old.values)} is now ${shown(now.values)}`;
    return clauseDirections(old, now).map((direction) => ({ member, direction, message }));
  });
}

function clausesOf({ condition }: Grant): Map<string, PlainClause> {
  const clauses = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => [`${operator} ${key}`, { operator, values }] as const),
  );
  return new Map(clauses);
}

/** Of an operator's values any one may match, of a negated one's none may. */
function clauseDirections(before: PlainClause, after: PlainClause): Direction[] {
  const { gained, lost } = gainsAndLosses(before.values, after.values);
  if (gained.length + lost.length === 0) return [];
  const bound = boundChange(before, after);
  if (bound !== undefined) return [bound];
  const found = findOperator(after.operator);
  if ('message' in found) return ['changes'];
  const { negated } = found.comparison;
  return [
    ...(gained.length > 0 ? [negated ? ('narrows' as const) : ('widens' as const)] : []),
    ...(lost.length > 0 ? [negated ? ('widens' as const) : ('narrows' as const)] : []),
  ];
}

/** `NumericLessThan` and its like compare with a bound: the widest of the values counts. */
function boundChange(before: PlainClause, after: PlainClause): Direction | undefined {
  const [, kind, side] = /^(?:For(?:Any|All)Values?:)?(Numeric|Date)(Less|Greater)Than/.exec(after.operator) ?? [];
  if (kind === undefined) return undefined;
  const parse = kind === 'Numeric' ? parseNumber : parseDate;
  const widest = ({ values }: PlainClause): number => {
    const bounds = values.map((value) => parse(value) ?? Number.NaN);
    return bounds.reduce((one, other) => (side === 'Less' ? Math.max(one, other) : Math.min(one, other)));
  };
  const difference = (widest(after) - widest(before)) * (side === 'Less' ? 1 : -1);
  if (Number.isNaN(difference)) return 'changes';
  if (difference === 0) return 'neutral';
  return difference > 0 ? 'widens' : 'narrows';
}
