import { type ArnParts, splitArn } from './arn.ts';
import type { ConditionContext } from './condition.ts';
import { compileGlob, hasWildcard, matchesPattern } from './glob.ts';
import { fillPattern, holdsVariable, parseVariables, type VariableText } from './policy-variables.ts';

/**
 * `Resource` and `NotResource`: ARNs with `*` and `?`, compared with case.
 *
 * The first five fields of an ARN are compared one by one, so a wildcard never reaches into the next field. The sixth,
 * the resource, is one text: there `*` also stands for `/` and `:`. AWS lets a `*` that ends a pattern "expand to match
 * beyond the colon boundaries": a pattern with fewer than six fields matches when its last field ends in `*`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export interface ResourceSet {
  /** True for `NotResource`. */
  readonly negated: boolean;
  /** As written. */
  readonly patterns: readonly string[];
  matches(resource: RequestResource, context: ConditionContext): boolean;
}

/** What a request is about: an ARN, split once, or `*` for an action on nothing in particular. */
export interface RequestResource {
  readonly text: string;
  readonly parts: ArnParts | undefined;
}

export function requestResource(text: string): RequestResource {
  return { text, parts: splitArn(text) };
}

type Matcher = (resource: RequestResource, context: ConditionContext) => boolean;

/**
 * What is wrong with a pattern, or undefined.
 *
 * @param variables whether the document's version knows variables
 */
export function resourcePatternProblem(pattern: string, variables: boolean): string | undefined {
  if (pattern === '*') return undefined;
  const fields = arnFields(pattern);
  if (fields === undefined)
    return `"${pattern}" is neither "*" nor an ARN: arn:partition:service:region:account:resource`;
  if (fields.length < 6 && !pattern.endsWith('*')) return `"${pattern}" is no whole ARN: it has fewer than six parts`;
  if (fields.length === 6 && fields[5] === '') return `"${pattern}" names no resource after the fifth colon`;
  if (!variables) return undefined;
  if (fields.slice(0, 5).some(holdsVariable)) {
    return `"${pattern}" holds a variable before the fifth colon, where IAM replaces none`;
  }
  const parsed = parseVariables(fields[5] ?? '');
  return 'message' in parsed ? parsed.message : undefined;
}

export function compileResources(patterns: readonly string[], negated: boolean, variables: boolean): ResourceSet {
  const matchers = patterns.map((pattern) => compileResource(pattern, variables));
  const matchesAny: Matcher = (resource, context) => {
    for (const matches of matchers) {
      if (matches(resource, context)) return true;
    }
    return false;
  };
  return { negated, patterns, matches: negated ? (resource, context) => !matchesAny(resource, context) : matchesAny };
}

function compileResource(pattern: string, variables: boolean): Matcher {
  if (/^\*+$/.test(pattern)) return () => true;
  const fields = arnFields(pattern);
  if (fields === undefined) return () => false;
  if (fields.length < 6) return pattern.endsWith('*') ? openEnded(fields) : () => false;
  const heads = fields.slice(0, 5);
  const last = fields[5] ?? '';
  if (variables && holdsVariable(last)) {
    const text = parseVariables(last);
    return 'message' in text ? () => false : withVariables(heads, text);
  }
  const glob = compileGlob(last);
  if (heads.some(hasWildcard)) return byFields(heads, (given) => glob.matches(given));
  // Nothing before the fifth colon varies, so fields need not be told apart.
  const whole = compileGlob(pattern);
  return ({ text }) => whole.matches(text);
}

function byFields(
  heads: readonly string[],
  matchesLast: (given: string, context: ConditionContext) => boolean,
): Matcher {
  const globs = heads.map(compileGlob);
  return ({ parts }, context) => {
    if (parts === undefined) return false;
    for (let field = 1; field < 5; field++) {
      if (globs[field]?.matches(parts[field] ?? '') !== true) return false;
    }
    return matchesLast(parts[5], context);
  };
}

function withVariables(heads: readonly string[], text: VariableText): Matcher {
  const matchesFilled = (given: string, context: ConditionContext): boolean => {
    const pattern = fillPattern(text, context);
    return pattern !== undefined && matchesPattern(pattern, given);
  };
  const matches = byFields(heads, matchesFilled);
  if (heads.some(hasWildcard)) return matches;
  // Most resources differ before the variable: then it need not be filled.
  const [first] = text.parts;
  const start = `${heads.join(':')}:${first !== undefined && 'text' in first ? compileGlob(first.text).prefix : ''}`;
  return (resource, context) => resource.text.startsWith(start) && matches(resource, context);
}

/** `arn:aws:s3*`: whole fields first, then one text to the end. */
function openEnded(fields: readonly string[]): Matcher {
  const last = fields.length - 1;
  const globs = fields.map(compileGlob);
  return ({ parts }) => {
    if (parts === undefined) return false;
    return globs.every((glob, field) =>
      glob.matches(field < last ? (parts[field] ?? '') : parts.slice(last).join(':')),
    );
  };
}

/** At most six fields, the last of which keeps its colons; undefined when it does not start with `arn:`. */
export function arnFields(pattern: string): readonly string[] | undefined {
  if (!pattern.startsWith('arn:')) return undefined;
  return splitAtColons(pattern);
}

/** Splits at the first five colons that stand outside a `${…}`. */
function splitAtColons(pattern: string): string[] {
  const fields: string[] = [];
  let start = 0;
  for (let at = 0; at < pattern.length && fields.length < 5; at++) {
    if (pattern.startsWith('${', at)) {
      const end = pattern.indexOf('}', at);
      at = end < 0 ? pattern.length : end;
    } else if (pattern[at] === ':') {
      fields.push(pattern.slice(start, at));
      start = at + 1;
    }
  }
  fields.push(pattern.slice(start));
  return fields;
}
