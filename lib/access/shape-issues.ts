import type * as z from 'zod';
import type { Json } from '../json.ts';
import { nearest } from '../nearest.ts';
import type { Path, Reporter } from './diagnostic.ts';

type Issue = z.core.$ZodIssue;

/** What only the schema's author knows to say of a value that does not fit it. */
export interface ShapeWords {
  /** Names that may stand at a path, for "did you mean". */
  membersNear(path: Path): readonly string[];
  /** What is expected at a path where there is a choice, such as "a value or a list of values". */
  unionWords(path: Path): string;
  /** What to do about a value of another type. */
  typeHint?(path: Path): string | undefined;
}

/** Reports what does not fit a schema, in words, at its place in the file. */
export function reportIssues(issues: readonly Issue[], root: Json, words: ShapeWords, reporter: Reporter): void {
  for (const issue of issues) report(issue, [], root, words, reporter);
}

function report(issue: Issue, base: Path, root: Json, words: ShapeWords, reporter: Reporter): void {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        const near = nearest(key, words.membersNear(path));
        const hint = near === undefined ? undefined : `did you mean ${near}?`;
        reporter.keyError('key_unknown', [...path, key], `unknown key "${key}"`, hint);
      }
      return;
    case 'invalid_key':
      reporter.keyError('name_invalid', path, issue.issues[0]?.message ?? 'this name is not allowed');
      return;
    case 'invalid_union': {
      const branch = bestBranch(issue.errors);
      if (branch === undefined)
        reporter.error('value_invalid', path, `expected ${words.unionWords(path)}, not ${kind(root, path)}`);
      else for (const inner of branch) report(inner, path, root, words, reporter);
      return;
    }
    case 'invalid_type':
      if (valueAt(root, path) === undefined) {
        reporter.error('key_missing', path, `"${String(path.at(-1) ?? '')}" is missing`);
      } else {
        const expected = TYPE_WORDS[issue.expected] ?? issue.expected;
        reporter.error('value_invalid', path, `expected ${expected}, not ${kind(root, path)}`, words.typeHint?.(path));
      }
      return;
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (valueAt(root, path) === undefined) {
        reporter.error('key_missing', path, `"${String(path.at(-1) ?? '')}" is missing`);
        return;
      }
      const near = nearest(String(valueAt(root, path)), values);
      const hint = near === undefined ? undefined : `did you mean ${near}?`;
      reporter.error('value_invalid', path, `expected ${values.join(' or ')}`, hint);
      return;
    }
    default:
      reporter.error('value_invalid', path, issue.message);
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** The branch that was meant: the one of the right type, whatever is wrong inside it. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) => !issues.some((issue) => issue.path.length === 0 && isWrongType(issue)));
}

function isWrongType(issue: Issue): boolean {
  if (issue.code === 'invalid_union') return bestBranch(issue.errors) === undefined;
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function kind(root: Json, path: Path): string {
  const value = valueAt(root, path);
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'true or false';
}

function valueAt(root: Json, path: Path): Json | undefined {
  let value: unknown = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value as Json;
}
