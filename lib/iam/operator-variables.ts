import { splitArn } from './arn.ts';
import type { ConditionContext } from './condition.ts';
import { foldCase } from './fold-case.ts';
import { type GlobPattern, matchesPattern } from './glob.ts';
import { fillPattern, fillText, type VariableText } from './policy-variables.ts';

/**
 * How a value of the policy that holds variables is compared. Only the string and the ARN operators take them.
 *
 * Undefined when a variable has no value: then the value is not compared at all, and neither the operator nor its
 * negation holds. AWS calls the statement invalid in that case.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-conditionelement
 */
export type VariableMatcher = (text: VariableText) => (given: string, context: ConditionContext) => boolean | undefined;

export const equalsFilled: VariableMatcher = (text) => (given, context) => {
  const wanted = fillText(text, context);
  return wanted === undefined ? undefined : given === wanted;
};

export const equalsFilledIgnoringCase: VariableMatcher = (text) => (given, context) => {
  const wanted = fillText(text, context);
  return wanted === undefined ? undefined : foldCase(given) === foldCase(wanted);
};

export const likeFilled: VariableMatcher = (text) => (given, context) => {
  const wanted = fillPattern(text, context);
  return wanted === undefined ? undefined : matchesPattern(wanted, given);
};

export const arnLikeFilled: VariableMatcher = (text) => (given, context) => {
  const wanted = fillPattern(text, context);
  if (wanted === undefined) return undefined;
  const fields = splitAtColons(wanted);
  const parts = splitArn(given);
  if (fields.length !== 6 || parts === undefined) return false;
  return parts.every((part, index) => matchesPattern(fields[index] ?? [], part));
};

const COLON = 0x3a;

/** At the first five colons, those of filled-in values too: a variable may stand for a whole ARN. */
function splitAtColons(pattern: GlobPattern): GlobPattern[] {
  const fields: GlobPattern[] = [];
  let start = 0;
  while (fields.length < 5) {
    const colon = pattern.indexOf(COLON, start);
    if (colon < 0) break;
    fields.push(pattern.slice(start, colon));
    start = colon + 1;
  }
  fields.push(pattern.slice(start));
  return fields;
}
