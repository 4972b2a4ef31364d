import type { Json } from '../json.ts';
import type { Path, Reporter } from './diagnostic.ts';
import { type AccessPolicySource, accessPolicySource } from './schema.ts';
import { reportIssues } from './shape-issues.ts';

/** Checks the document against the schema and reports what does not fit, in words. */
export function checkShape(value: Json, reporter: Reporter): AccessPolicySource | undefined {
  const parsed = accessPolicySource.safeParse(value);
  if (parsed.success) return parsed.data;
  reportIssues(parsed.error.issues, value, { membersNear, unionWords, typeHint }, reporter);
  return undefined;
}

function unionWords(path: Path): string {
  const last = path.findLast((step) => typeof step === 'string');
  if (last === 'callers') return 'everyone, or a mapping of claims';
  if (/^(duration|maxDuration|clockSkew|maxTokenLifetime)$/.test(String(last))) return 'a duration such as 30m';
  if (last === 'Statement') return 'a statement or a list of them';
  return 'a value or a list of values';
}

function typeHint(path: Path): string | undefined {
  return path[0] === 'accounts' && path[2] === 'id' ? 'put the account id in quotes' : undefined;
}

/** Names that may stand at a path, for "did you mean". */
function membersNear(path: Path): string[] {
  const { shape } = accessPolicySource;
  const [section] = path;
  if (section === undefined) return Object.keys(shape);
  if (path.includes('Statement'))
    return ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];
  if (section === 'issuers') {
    if (path.includes('login')) return ['clientId', 'scopes'];
    return path.includes('portal') ? ['clientId', 'scopes', 'label'] : Object.keys(shape.issuers.valueType.shape);
  }
  if (section === 'accounts') return Object.keys(shape.accounts.valueType.shape);
  if (section === 'roles') return Object.keys(shape.roles.valueType.shape);
  if (path.at(-1) === 'require') return ['reason', 'ticket'];
  if (path.at(-1) === 'session') return ['tags', 'transitiveTagKeys', 'policy', 'policyArns'];
  return Object.keys(shape.grants.element.shape);
}
