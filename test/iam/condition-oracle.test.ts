import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileCondition, contextOf, firstUnmet } from '../../lib/iam/condition.ts';

/**
 * IAM's rules written down a second time, as naively as the documentation says them, over operators whose
 * comparison of two values needs no parsing.
 */
const COMPARE: Record<string, (given: string, wanted: string) => boolean> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  StringLike: (given, wanted) => like(wanted, given),
  NumericEquals: (given, wanted) => Number(given) === Number(wanted),
  NumericLessThan: (given, wanted) => Number(given) < Number(wanted),
  NumericLessThanEquals: (given, wanted) => Number(given) <= Number(wanted),
  NumericGreaterThan: (given, wanted) => Number(given) > Number(wanted),
  NumericGreaterThanEquals: (given, wanted) => Number(given) >= Number(wanted),
};
const NEGATIONS: Record<string, string> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
};

function like(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') return like(pattern.slice(1), text) || (text !== '' && like(pattern, text.slice(1)));
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && like(pattern.slice(1), text.slice(1));
}

function oracle(set: string, name: string, ifExists: boolean, wanted: string[], given: string[] | undefined): boolean {
  const negated = name in NEGATIONS;
  const compare = COMPARE[NEGATIONS[name] ?? name] as (given: string, wanted: string) => boolean;
  const matchesOne = (value: string) => wanted.some((one) => compare(value, one));
  const absent = given === undefined || given.length === 0;
  if (set === 'ForAllValues:') {
    if (absent || (given.join('') === '' && given.length === 1)) return true;
    return given.every((value) => (negated ? !matchesOne(value) : matchesOne(value)));
  }
  if (set === 'ForAnyValue:') {
    if (absent) return ifExists;
    if (given.length === 1 && given[0] === '') return false;
    return given.some((value) => (negated ? !matchesOne(value) : matchesOne(value)));
  }
  if (absent) return ifExists || negated;
  return negated ? !given.some(matchesOne) : given.some(matchesOne);
}

const text = fc.constantFrom('', 'a', 'A', 'b', 'ab', 'a*', '*', '?', 'b?');
const number = fc.constantFrom('0', '1', '2', '-1', '1.5', '10');
const strings = fc.constantFrom(
  'StringEquals',
  'StringEqualsIgnoreCase',
  'StringLike',
  'StringNotEquals',
  'StringNotEqualsIgnoreCase',
  'StringNotLike',
);
const numbers = fc.constantFrom(
  ...Object.keys(COMPARE).filter((name) => name.startsWith('Numeric')),
  'NumericNotEquals',
);

function clause(name: fc.Arbitrary<string>, value: fc.Arbitrary<string>) {
  return fc.record({
    set: fc.constantFrom('', 'ForAnyValue:', 'ForAllValues:'),
    name,
    ifExists: fc.boolean(),
    wanted: fc.array(value, { minLength: 1, maxLength: 3 }),
    given: fc.option(fc.array(value, { maxLength: 3 }), { nil: undefined }),
  });
}

test('every operator, quantifier and IfExists agrees with the documented rules on any values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(clause(strings, text), clause(numbers, number)), { minLength: 1, maxLength: 3 }),
      (clauses) => {
        const block: Record<string, Record<string, string[]>> = {};
        const context: Record<string, string[]> = {};
        let expected = true;
        for (const [index, { set, name, ifExists, wanted, given }] of clauses.entries()) {
          const operator = `${set}${name}${ifExists ? 'IfExists' : ''}`;
          block[operator] = { ...block[operator], [`key${index}`]: wanted };
          if (given !== undefined) context[`key${index}`] = given;
          expected &&= oracle(set, name, ifExists, wanted, given);
        }
        const { condition, problems } = compileCondition(block);
        expect(problems).toEqual([]);
        expect(firstUnmet(condition, contextOf(context)) === undefined).toBe(expected);
      },
    ),
    { numRuns: 5_000 },
  );
});
