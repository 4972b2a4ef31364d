import type * as z from 'zod';
import type { Json } from '../json.ts';
import { nearest } from '../nearest.ts';
import type { Path, Reporter } from './diagnostic.ts';
import { type AccessPolicySource, accessPolicySource } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Checks the document against the schema and reports what does not fit, in words. */
export function checkShape(value: Json, reporter: Reporter): AccessPolicySource | undefined {
  const parsed = accessPolicySource.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) report(issue, [], value, reporter);
  return undefined;
}

function report(issue: Issue, base: Path, root: Json, reporter: Reporter): void {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        const near = nearest(key, membersNear(path));
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
        reporter.error('value_invalid', path, `expected ${unionWords(path)}, not ${kind(root, path)}`);
      else for (const inner of branch) report(inner, path, root, reporter);
      return;
    }
    case 'invalid_type':
      if (valueAt(root, path) === undefined) {
        reporter.error('key_missing', path, `"${String(path.at(-1) ?? '')}" is missing`);
      } else {
        const hint = path[0] === 'accounts' && path[2] === 'id' ? 'put the account id in quotes' : undefined;
        reporter.error(
          'value_invalid',
          path,
          `expected ${TYPE_WORDS[issue.expected] ?? issue.expected}, not ${kind(root, path)}`,
          hint,
        );
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

function unionWords(path: Path): string {
  const last = path.findLast((step) => typeof step === 'string');
  if (last === 'callers') return 'everyone, or a mapping of claims';
  if (/^(duration|maxDuration|clockSkew|maxTokenLifetime)$/.test(String(last))) return 'a duration such as 30m';
  if (last === 'Statement') return 'a statement or a list of them';
  return 'a value or a list of values';
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

/** Names that may stand at a path, for "did you mean". */
function membersNear(path: Path): string[] {
  const { shape } = accessPolicySource;
  const [section] = path;
  if (section === undefined) return Object.keys(shape);
  if (path.includes('Statement'))
    return ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];
  if (section === 'issuers') {
    return path.includes('login') ? ['clientId', 'scopes'] : Object.keys(shape.issuers.valueType.shape);
  }
  if (section === 'accounts') return Object.keys(shape.accounts.valueType.shape);
  if (section === 'roles') return Object.keys(shape.roles.valueType.shape);
  if (path.at(-1) === 'require') return ['reason', 'ticket'];
  if (path.at(-1) === 'session') return ['tags', 'transitiveTagKeys', 'policy', 'policyArns'];
  return Object.keys(shape.grants.element.shape);
}
