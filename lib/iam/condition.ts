import { findOperator, type Operator, type ValueMatcher } from './operators.ts';

/**
 * IAM's condition block, compiled once into plain matchers.
 *
 *     { operator: { key: [value, …] } }
 *
 * Every operator and every key must hold; of a key's values any one may match, for negated operators none may.
 *
 * | the key is…                      | positive | negated | …IfExists | ForAnyValue: | ForAllValues: | Null: true |
 * | -------------------------------- | -------- | ------- | --------- | ------------ | ------------- | ---------- |
 * | absent, or present with no value | false    | true    | true      | false        | true          | true       |
 *
 * The set operators look at the request's values one by one: `ForAnyValue:` wants one that satisfies the
 * operator, `ForAllValues:` wants all to. To them a lone empty string is an empty set too. Without a set
 * operator, a key with several values matches when any of them does, and matches a negated operator when none does.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export interface Condition {
  /** In the block's order. All must hold. */
  readonly clauses: readonly Clause[];
}

/** One operator on one key. */
export interface Clause {
  /** As written, such as `ForAnyValue:StringEqualsIfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  holds(context: ConditionContext): boolean;
}

/** What is known of a request. The context, not the policy, decides how key names are compared (IAM: without case). */
export type ConditionContext = (key: string) => readonly string[] | undefined;

export type RawConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Something in a condition block that means nothing. */
export interface ConditionProblem {
  readonly code: 'condition_operator_unknown' | 'condition_value_invalid' | 'condition_empty';
  /** Operator, key and index of the value, as far as they apply. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** @returns the condition, and what is wrong with it; a condition with problems must not be used */
export function compileCondition(block: RawConditionBlock): {
  readonly condition: Condition;
  readonly problems: readonly ConditionProblem[];
} {
  const clauses: Clause[] = [];
  const problems: ConditionProblem[] = [];
  for (const [name, keys] of Object.entries(block)) {
    const found = findOperator(name);
    if ('message' in found) {
      const { message, hint } = found;
      problems.push({ code: 'condition_operator_unknown', path: [name], message, ...(hint !== undefined && { hint }) });
      continue;
    }
    if (Object.keys(keys).length === 0) {
      problems.push({ code: 'condition_empty', path: [name], message: `${name} names no key` });
    }
    for (const [key, values] of Object.entries(keys)) {
      problems.push(...valueProblems(found, name, key, values));
      clauses.push(compileClause(found, name, key, values));
    }
  }
  return { condition: { clauses }, problems };
}

/** The first clause that does not hold, or undefined when all do. */
export function firstUnmet(condition: Condition, context: ConditionContext): Clause | undefined {
  for (const clause of condition.clauses) {
    if (!clause.holds(context)) return clause;
  }
  return undefined;
}

/** Every clause that does not hold. */
export function allUnmet(condition: Condition, context: ConditionContext): Clause[] {
  return condition.clauses.filter((clause) => !clause.holds(context));
}

/** A context over a plain record whose key names are compared without case, as IAM does. */
export function contextOf(record: Readonly<Record<string, readonly string[]>>): ConditionContext {
  const values = new Map(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
  return (key) => values.get(key.toLowerCase());
}

function valueProblems(operator: Operator, name: string, key: string, values: readonly string[]): ConditionProblem[] {
  if (values.length === 0) {
    return [{ code: 'condition_empty', path: [name, key], message: `${name} ${key} has no value to compare with` }];
  }
  return values.flatMap((value, index) => {
    const wrong = operator.comparison.matcher(value) === undefined;
    if (!wrong) return [];
    const message = `${name} needs ${operator.comparison.expects}, not "${value}"`;
    return [{ code: 'condition_value_invalid' as const, path: [name, key, index], message }];
  });
}

function compileClause(operator: Operator, name: string, key: string, values: readonly string[]): Clause {
  const matchers = values.flatMap((value) => operator.comparison.matcher(value) ?? []);
  return { operator: name, key, values, holds: compileTest(operator, key, matchers) };
}

function compileTest(operator: Operator, key: string, matchers: readonly ValueMatcher[]): Clause['holds'] {
  const { negated } = operator.comparison;
  const matchesAny = anyOf(matchers);
  switch (operator.quantifier) {
    case 'null':
      return (context) => matchesAny(String(isEmpty(context(key))));
    case 'none': {
      const whenMissing = operator.ifExists || negated;
      return (context) => {
        const given = context(key);
        if (given === undefined || given.length === 0) return whenMissing;
        return given.some(matchesAny) !== negated;
      };
    }
    case 'any':
      return (context) => {
        const given = context(key);
        if (isEmpty(given)) return operator.ifExists;
        return isNullSet(given) ? false : given.some((value) => matchesAny(value) !== negated);
      };
    case 'all':
      return (context) => {
        const given = context(key);
        if (isEmpty(given) || isNullSet(given)) return true;
        return given.every((value) => matchesAny(value) !== negated);
      };
  }
}

function anyOf(matchers: readonly ValueMatcher[]): ValueMatcher {
  const [only] = matchers;
  if (matchers.length === 1 && only !== undefined) return only;
  return (given) => {
    for (const matches of matchers) {
      if (matches(given)) return true;
    }
    return false;
  };
}

function isEmpty(given: readonly string[] | undefined): given is undefined {
  return given === undefined || given.length === 0;
}

/** AWS: "if the key values resolve to a null data set, such as an empty string". */
function isNullSet(given: readonly string[]): boolean {
  return given.length === 1 && given[0] === '';
}
