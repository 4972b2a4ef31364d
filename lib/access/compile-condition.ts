import { compileCondition } from '../iam/condition.ts';
import { hasVariable } from '../iam/variables.ts';
import { nearest } from '../nearest.ts';
import type { Path, Reporter } from './diagnostic.ts';
import { CONTEXT_KEYS, canonicalKey } from './facts.ts';
import type { ConditionBlock } from './policy.ts';
import { type ConditionSource, listOf } from './schema.ts';

/** A grant's condition: known keys in their one spelling, values as texts, operators and values that mean something. */
export function compileGrantCondition(source: ConditionSource, path: Path, reporter: Reporter): ConditionBlock {
  const block: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(source)) {
    const compiled: Record<string, readonly string[]> = {};
    for (const [key, written] of Object.entries(keys)) {
      const at = [...path, operator, key];
      const values = listOf(written).map(String);
      checkNoTemplates(values, written, at, reporter);
      const canonical = canonicalKey(key);
      if (canonical === undefined) {
        reportUnknownKey(key, at, reporter);
      } else if (Object.hasOwn(compiled, canonical)) {
        reporter.keyError(
          'condition_key_duplicate',
          at,
          `"${key}" is the same key as "${canonical}", which ignores case`,
        );
      } else {
        compiled[canonical] = values;
      }
    }
    block[operator] = compiled;
  }
  reportProblems(withStrings(source), source, path, reporter);
  return block;
}

function reportProblems(
  block: Record<string, Record<string, readonly string[]>>,
  source: ConditionSource,
  path: Path,
  reporter: Reporter,
): void {
  for (const problem of compileCondition(block).problems) report(problem, source, path, reporter);
}

function report(
  problem: ReturnType<typeof compileCondition>['problems'][number],
  source: ConditionSource,
  path: Path,
  reporter: Reporter,
): void {
  const { code, message, hint } = problem;
  const [operator, key, index] = problem.path;
  if (code !== 'condition_value_invalid') {
    reporter.keyError(code, [...path, ...problem.path], message, hint);
    return;
  }
  // A single value has no index in the file.
  const written = source[String(operator)]?.[String(key)];
  const at = Array.isArray(written) ? [operator, key, index] : [operator, key];
  reporter.error(code, [...path, ...at.filter((step) => step !== undefined)], message, hint);
}

function withStrings(source: ConditionSource): Record<string, Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(source).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, listOf(values).map(String)])),
    ]),
  );
}

function checkNoTemplates(values: readonly string[], written: unknown, path: Path, reporter: Reporter): void {
  for (const [index, value] of values.entries()) {
    if (!hasVariable(value)) continue;
    const at = Array.isArray(written) ? [...path, index] : path;
    reporter.error('template_not_allowed', at, 'a condition is not filled in; compare with plain values');
  }
}

function reportUnknownKey(key: string, path: Path, reporter: Reporter): void {
  const longer = CONTEXT_KEYS.find((known) => key !== '' && known.toLowerCase().startsWith(key.toLowerCase()));
  const near = longer ?? nearest(key, CONTEXT_KEYS);
  const hint = near === undefined ? `known keys: claim:<name>, ${CONTEXT_KEYS.join(', ')}` : `did you mean ${near}?`;
  const bare = /^[a-z_]+$/i.test(key) ? `did you mean claim:${key}?` : undefined;
  reporter.keyError('condition_key_unknown', path, `unknown condition key "${key}"`, bare ?? hint);
}
