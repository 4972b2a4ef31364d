import { nearest } from '../nearest.ts';
import { splitArn } from './arn.ts';
import { parseDate } from './date.ts';
import { foldCase } from './fold-case.ts';
import { compileGlob } from './glob.ts';
import { parseIpAddress, parseIpRange, rangeHolds } from './ip.ts';
import {
  arnLikeFilled,
  equalsFilled,
  equalsFilledIgnoringCase,
  likeFilled,
  type VariableMatcher,
} from './operator-variables.ts';

/**
 * IAM's condition operators, all of them.
 *
 * A name is `[ForAnyValue:|ForAllValues:]<comparison>[IfExists]`, or `Null`, which stands alone. Names are spelled
 * exactly as AWS documents them.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export interface Operator {
  readonly quantifier: 'none' | 'any' | 'all' | 'null';
  readonly ifExists: boolean;
  readonly comparison: Comparison;
}

/** How one value of the policy is compared with one value of the request. */
export interface Comparison {
  readonly name: string;
  /** Whether the operator is the negation of this comparison, such as `StringNotEquals`. */
  readonly negated: boolean;
  /** What a value of the policy must be, in words. */
  readonly expects: string;
  /** Compiles one value of the policy; undefined when the value means nothing to this operator. */
  matcher(wanted: string): ValueMatcher | undefined;
  /** The same for a value with policy variables; undefined for operators that take none. */
  readonly variables?: VariableMatcher | undefined;
}

/** Whether a value of the request is the wanted one. A value it cannot read never is. */
export type ValueMatcher = (given: string) => boolean;

const STRING = 'a text';
const NUMBER = 'a number';
const DATE = 'a date such as 2026-01-31T09:30:00Z, or epoch seconds,';
const ARN = 'an ARN, each of whose six parts may hold wildcards,';

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ...pair('StringEquals', 'StringNotEquals', STRING, (wanted) => (given) => given === wanted, equalsFilled),
  ...pair(
    'StringEqualsIgnoreCase',
    'StringNotEqualsIgnoreCase',
    STRING,
    (wanted) => {
      const folded = foldCase(wanted);
      return (given) => given.length === wanted.length && foldCase(given) === folded;
    },
    equalsFilledIgnoringCase,
  ),
  ...pair('StringLike', 'StringNotLike', STRING, (wanted) => compileGlob(wanted).matches, likeFilled),
  ...pair(
    'NumericEquals',
    'NumericNotEquals',
    NUMBER,
    numeric((given, wanted) => given === wanted),
  ),
  ...pair(
    'NumericLessThan',
    undefined,
    NUMBER,
    numeric((given, wanted) => given < wanted),
  ),
  ...pair(
    'NumericLessThanEquals',
    undefined,
    NUMBER,
    numeric((given, wanted) => given <= wanted),
  ),
  ...pair(
    'NumericGreaterThan',
    undefined,
    NUMBER,
    numeric((given, wanted) => given > wanted),
  ),
  ...pair(
    'NumericGreaterThanEquals',
    undefined,
    NUMBER,
    numeric((given, wanted) => given >= wanted),
  ),
  ...pair(
    'DateEquals',
    'DateNotEquals',
    DATE,
    date((given, wanted) => given === wanted),
  ),
  ...pair(
    'DateLessThan',
    undefined,
    DATE,
    date((given, wanted) => given < wanted),
  ),
  ...pair(
    'DateLessThanEquals',
    undefined,
    DATE,
    date((given, wanted) => given <= wanted),
  ),
  ...pair(
    'DateGreaterThan',
    undefined,
    DATE,
    date((given, wanted) => given > wanted),
  ),
  ...pair(
    'DateGreaterThanEquals',
    undefined,
    DATE,
    date((given, wanted) => given >= wanted),
  ),
  ...pair('Bool', undefined, '"true" or "false"', bool),
  ...pair('BinaryEquals', undefined, 'base64', (wanted) => {
    const bytes = canonicalBase64(wanted);
    return bytes === undefined ? undefined : (given) => canonicalBase64(given) === bytes;
  }),
  ...pair('IpAddress', 'NotIpAddress', 'an IP address or CIDR range', (wanted) => {
    const range = parseIpRange(wanted);
    if (range === undefined) return undefined;
    return (given) => {
      const address = parseIpAddress(given);
      return address !== undefined && rangeHolds(range, address);
    };
  }),
  // AWS documents ArnEquals and ArnLike as the same operator.
  ...pair('ArnEquals', 'ArnNotEquals', ARN, arnLike, arnLikeFilled),
  ...pair('ArnLike', 'ArnNotLike', ARN, arnLike, arnLikeFilled),
]);

const NULL: Operator = {
  quantifier: 'null',
  ifExists: false,
  comparison: { name: 'Null', negated: false, expects: '"true" or "false"', matcher: bool },
};

/** The operator of that name, or what is wrong with the name. */
export function findOperator(name: string): Operator | { readonly message: string; readonly hint?: string } {
  if (name === 'Null') return NULL;
  const [, set, rest] = /^(ForAnyValue:|ForAllValues:)?(.*)$/s.exec(name) ?? [];
  const ifExists = rest?.endsWith('IfExists') ?? false;
  const base = ifExists ? rest?.slice(0, -'IfExists'.length) : rest;
  if (base === 'Null') return { message: `"${name}": Null takes neither a set operator nor IfExists` };
  const comparison = COMPARISONS.get(base ?? '');
  if (comparison === undefined) {
    const near = nearest(base ?? '', [...COMPARISONS.keys(), 'Null']);
    return {
      message: `unknown condition operator "${name}"`,
      ...(near !== undefined && { hint: `did you mean ${set ?? ''}${near}${ifExists ? 'IfExists' : ''}?` }),
    };
  }
  const quantifier = set === 'ForAnyValue:' ? 'any' : set === 'ForAllValues:' ? 'all' : 'none';
  return { quantifier, ifExists, comparison };
}

/** Every comparison's name, without quantifiers and `IfExists`. */
export function operatorNames(): string[] {
  return [...COMPARISONS.keys(), 'Null'];
}

/** A comparison and, where IAM has one, its negation. */
function pair(
  name: string,
  negation: string | undefined,
  expects: string,
  matcher: (wanted: string) => ValueMatcher | undefined,
  variables?: VariableMatcher,
): [string, Comparison][] {
  const positive: Comparison = { name, negated: false, expects, matcher, variables };
  if (negation === undefined) return [[name, positive]];
  return [
    [name, positive],
    [negation, { name: negation, negated: true, expects, matcher, variables }],
  ];
}

function numeric(compare: (given: number, wanted: number) => boolean) {
  return ordered(parseNumber, compare);
}

function date(compare: (given: number, wanted: number) => boolean) {
  return ordered(parseDate, compare);
}

function ordered(parse: (text: string) => number | undefined, compare: (given: number, wanted: number) => boolean) {
  return (wantedText: string): ValueMatcher | undefined => {
    const wanted = parse(wantedText);
    if (wanted === undefined) return undefined;
    return (givenText) => {
      const given = parse(givenText);
      return given !== undefined && compare(given, wanted);
    };
  };
}

/** A decimal number. Beyond 2⁵³ two different numbers would compare as equal, so there it is none. */
export function parseNumber(text: string): number | undefined {
  if (text.length > 40 || !/^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$/.test(text)) return undefined;
  const number = Number(text);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

function bool(wanted: string): ValueMatcher | undefined {
  const folded = foldCase(wanted);
  if (folded !== 'true' && folded !== 'false') return undefined;
  return (given) => foldCase(given) === folded;
}

function arnLike(wanted: string): ValueMatcher | undefined {
  const parts = splitArn(wanted);
  if (parts === undefined) return undefined;
  const globs = parts.map(compileGlob);
  return (given) => {
    const givenParts = splitArn(given);
    return givenParts?.every((part, index) => globs[index]?.matches(part)) ?? false;
  };
}

/** The one spelling of the bytes that a base64 text stands for; undefined when it is no base64. */
function canonicalBase64(text: string): string | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('base64');
}
