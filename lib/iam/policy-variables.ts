import type { ConditionContext } from './condition.ts';
import { type GlobPattern, globPattern, literalPattern } from './glob.ts';

/**
 * IAM's own policy variables, filled from the request when a statement is evaluated.
 *
 *     ${aws:username}   ${aws:username, 'nobody'}   ${*}   ${?}   ${$}
 *
 * They exist in documents of version 2012-10-17 only, in the resource part of `Resource` and in condition values of
 * the string and ARN operators. A value that is filled in is text: a `*` in it is no wildcard. A variable whose key
 * the request does not carry, or carries with several values, has no value; unless it has a default, what holds it
 * then matches nothing.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export interface VariableText {
  readonly source: string;
  readonly parts: readonly VariablePart[];
}

export type VariablePart =
  | { readonly text: string; readonly pattern: GlobPattern }
  | { readonly character: string }
  | { readonly key: string; readonly fallback: string | undefined };

const VARIABLE = /^([^,'{}$*?]{1,256}?)\s*(?:,\s*'([^']{0,1024})')?$/;

/** Whether a text holds the start of a variable. */
export function holdsVariable(text: string): boolean {
  return text.includes('${');
}

/** Splits a text at its variables, or says which one is none. */
export function parseVariables(source: string): VariableText | { readonly message: string } {
  const parts: VariablePart[] = [];
  let from = 0;
  for (;;) {
    const start = source.indexOf('${', from);
    if (start !== from && from < source.length) {
      const text = source.slice(from, start < 0 ? undefined : start);
      parts.push({ text, pattern: globPattern(text) });
    }
    if (start < 0) return { source, parts };
    const end = source.indexOf('}', start);
    if (end < 0) return { message: `the variable at "${source.slice(start, start + 20)}" is not closed` };
    const inner = source.slice(start + 2, end);
    from = end + 1;
    if (inner === '*' || inner === '?' || inner === '$') {
      parts.push({ character: inner });
      continue;
    }
    const [, key, fallback] = VARIABLE.exec(inner.trim()) ?? [];
    if (key === undefined) return { message: `"\${${inner}}" is no policy variable` };
    parts.push({ key, fallback });
  }
}

/** The pattern that a text means for one request, or undefined when a variable in it has no value. */
export function fillPattern(text: VariableText, context: ConditionContext): GlobPattern | undefined {
  const points: number[] = [];
  for (const part of text.parts) {
    const filled = 'text' in part ? part.pattern : literalOf(fillPart(part, context));
    if (filled === undefined) return undefined;
    for (const point of filled) points.push(point);
  }
  return points;
}

/** The plain text that a text means for one request, wildcards being characters like any other. */
export function fillText(text: VariableText, context: ConditionContext): string | undefined {
  let filled = '';
  for (const part of text.parts) {
    const value = fillPart(part, context);
    if (value === undefined) return undefined;
    filled += value;
  }
  return filled;
}

function literalOf(text: string | undefined): GlobPattern | undefined {
  return text === undefined ? undefined : literalPattern(text);
}

function fillPart(part: VariablePart, context: ConditionContext): string | undefined {
  if ('text' in part) return part.text;
  if ('character' in part) return part.character;
  const values = context(part.key);
  if (values === undefined || values.length === 0) return part.fallback;
  return values.length === 1 ? values[0] : undefined;
}
