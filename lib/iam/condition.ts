import { findOperator, type Operator } from './operators.ts';
import { holdsVariable, parseVariables } from './policy-variables.ts';

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

export interface ConditionOptions {
  /** Whether `${…}` in values of the string and ARN operators is a policy variable. Default: it is text. */
  readonly variables?: boolean;
}

/** @returns the condition, and what is wrong with it; a condition with problems must not be used */
export function compileCondition(
  block: RawConditionBlock,
  { variables = false }: ConditionOptions = {},
): {
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
      const matchers = values.map((value) => compileValue(found, value, variables));
      problems.push(...valueProblems(name, key, values, matchers));
      const usable = matchers.filter((matcher) => typeof matcher === 'function');
      clauses.push({ operator: name, key, values, holds: compileTest(found, key, usable) });
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

/**
 * Whether one of the request's values is the wanted one. Undefined when that cannot be said because a variable of the
 * policy has no value: then neither an operator nor its negation is satisfied.
 */
type ClauseMatcher = (given: string, context: ConditionContext) => boolean | undefined;

function compileValue(operator: Operator, value: string, variables: boolean): ClauseMatcher | { message: string } {
  const { comparison } = operator;
  if (variables && comparison.variables !== undefined && holdsVariable(value)) {
    const text = parseVariables(value);
    return 'message' in text ? text : comparison.variables(text);
  }
  return comparison.matcher(value) ?? { message: `needs ${comparison.expects}, not "${value}"` };
}

function valueProblems(
  name: string,
  key: string,
  values: readonly string[],
  matchers: readonly (ClauseMatcher | { readonly message: string })[],
): ConditionProblem[] {
  if (values.length === 0) {
    return [{ code: 'condition_empty', path: [name, key], message: `${name} ${key} has no value to compare with` }];
  }
  return matchers.flatMap((matcher, index) => {
    if (typeof matcher === 'function') return [];
    const message = `${name} ${matcher.message}`;
    return [{ code: 'condition_value_invalid' as const, path: [name, key, index], message }];
  });
}

function compileTest(operator: Operator, key: string, matchers: readonly ClauseMatcher[]): Clause['holds'] {
  const { negated } = operator.comparison;
  const matches = anyOf(matchers);
  // A match that cannot be told (undefined) satisfies neither the operator nor its negation.
  const satisfies: (given: string, context: ConditionContext) => boolean = negated
    ? (given, context) => matches(given, context) === false
    : (given, context) => matches(given, context) === true;
  switch (operator.quantifier) {
    case 'null':
      return (context) => matches(String(isEmpty(context(key))), context) === true;
    case 'none': {
      const whenMissing = operator.ifExists || negated;
      return (context) => {
        const given = context(key);
        if (given === undefined || given.length === 0) return whenMissing;
        if (given.length === 1) return satisfies(given[0] ?? '', context);
        const one = (value: string) => satisfies(value, context);
        return negated ? given.every(one) : given.some(one);
      };
    }
    case 'any':
      return (context) => {
        const given = context(key);
        if (isEmpty(given)) return operator.ifExists;
        return isNullSet(given) ? false : given.some((value) => satisfies(value, context));
      };
    case 'all':
      return (context) => {
        const given = context(key);
        if (isEmpty(given) || isNullSet(given)) return true;
        return given.every((value) => satisfies(value, context));
      };
  }
}

function anyOf(matchers: readonly ClauseMatcher[]): ClauseMatcher {
  const [only] = matchers;
  if (matchers.length === 1 && only !== undefined) return only;
  return (given, context) => {
    let result: boolean | undefined = false;
    for (const matches of matchers) {
      const one = matches(given, context);
      if (one === true) return true;
      if (one === undefined) result = undefined;
    }
    return result;
  };
}

function isEmpty(given: readonly string[] | undefined): given is undefined {
  return given === undefined || given.length === 0;
}

/** AWS: "if the key values resolve to a null data set, such as an empty string". */
function isNullSet(given: readonly string[]): boolean {
  return given.length === 1 && given[0] === '';
}
