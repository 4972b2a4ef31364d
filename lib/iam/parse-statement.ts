import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { nearest } from '../nearest.ts';
import { type ActionSet, actionPatternProblem, compileActions } from './action.ts';
import { type Condition, compileCondition } from './condition.ts';
import { type Effect, namesPrincipals, type PolicyKind, type PolicyVersion, type Statement } from './document.ts';
import { parsePrincipals } from './parse-principal.ts';
import type { PolicyPath, ProblemList } from './policy-problem.ts';
import { compileResources, type ResourceSet, resourcePatternProblem } from './resource.ts';
import { stringList } from './string-list.ts';

/** Where a statement stands. */
export interface StatementPlace {
  readonly kind: PolicyKind;
  readonly version: PolicyVersion;
  readonly index: number;
  readonly path: PolicyPath;
}

const ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];
/** IAM's own documents take letters and digits; those of services take more. */
const IAM_SID = /^[A-Za-z0-9]*$/;
const SERVICE_SID = /^[A-Za-z0-9 ._/:=+@-]*$/;

/** More than there are, with every prefix and suffix. */
const MAX_OPERATORS = 300;

/** @returns undefined when an element is wrong in a way that leaves nothing to evaluate */
export function parseStatement(json: JsonObject, place: StatementPlace, problems: ProblemList): Statement | undefined {
  const before = problems.problems.length;
  for (const name of Object.keys(json)) {
    if (ELEMENTS.includes(name)) continue;
    if (problems.isFull) break;
    const near = nearest(name, ELEMENTS);
    const hint = near === undefined ? undefined : `did you mean ${near}?`;
    problems.fatal('element_unknown', [...place.path, name], `unknown element "${name}"`, hint);
  }
  const sid = parseSid(json, place, problems);
  const effect = parseEffect(json, place, problems);
  const principals = parsePrincipals(json, place, problems);
  const actions = parseActions(json, place, problems);
  const resources = parseResources(json, place, problems);
  const condition = parseCondition(json, place, problems);
  const fatal = problems.problems.slice(before).some((problem) => problem.fatal);
  if (fatal || effect === undefined || actions === undefined) return undefined;
  if (place.kind === 'rcp') checkResourceControl(json, effect, place, problems);
  return {
    index: place.index,
    sid,
    effect,
    actions,
    resources,
    principals: namesPrincipals(place.kind) ? principals : undefined,
    condition,
  };
}

function parseSid(json: JsonObject, { kind, path }: StatementPlace, problems: ProblemList): string | undefined {
  if (!Object.hasOwn(json, 'Sid')) return undefined;
  const sid = json['Sid'];
  if (typeof sid !== 'string') {
    problems.fatal('element_type', [...path, 'Sid'], 'Sid is a text');
    return undefined;
  }
  const allowed = kind === 'resource' ? SERVICE_SID : IAM_SID;
  if (!allowed.test(sid)) {
    problems.refused('sid_invalid', [...path, 'Sid'], `Sid "${sid.slice(0, 60)}" may hold letters and digits only`);
  }
  return sid;
}

function parseEffect(json: JsonObject, { path }: StatementPlace, problems: ProblemList): Effect | undefined {
  if (!Object.hasOwn(json, 'Effect')) {
    problems.fatal('element_missing', [...path, 'Effect'], 'Effect is missing');
    return undefined;
  }
  const effect = json['Effect'];
  if (effect === 'Allow' || effect === 'Deny') return effect;
  problems.fatal('effect_invalid', [...path, 'Effect'], 'Effect is "Allow" or "Deny", in this spelling');
  return undefined;
}

function parseActions(json: JsonObject, { path }: StatementPlace, problems: ProblemList): ActionSet | undefined {
  const list = oneOf(json, 'Action', 'NotAction', path, problems);
  if (list === undefined) return undefined;
  if (list === 'absent') {
    problems.fatal('element_missing', [...path, 'Action'], 'neither Action nor NotAction is there');
    return undefined;
  }
  for (const [index, pattern] of list.values.entries()) {
    const message = actionPatternProblem(pattern);
    if (message !== undefined) problems.refused('action_invalid', list.pathOf(index), message);
  }
  return compileActions(list.values, list.negated);
}

function parseResources(json: JsonObject, place: StatementPlace, problems: ProblemList): ResourceSet | undefined {
  const { kind, version, path } = place;
  const list = oneOf(json, 'Resource', 'NotResource', path, problems);
  if (list === undefined) return undefined;
  if (list === 'absent') {
    if (kind === 'trust') return undefined;
    const at = [...path, 'Resource'];
    const message = 'neither Resource nor NotResource is there';
    if (kind === 'resource') problems.refused('element_missing', at, message);
    else problems.fatal('element_missing', at, message);
    return undefined;
  }
  if (kind === 'trust') {
    const message = `a trust policy has no ${list.name}: it is about the role that it is attached to`;
    problems.refused('element_not_allowed', [...path, list.name], message);
  }
  const variables = version === '2012-10-17';
  for (const [index, pattern] of list.values.entries()) {
    const message = resourcePatternProblem(pattern, variables);
    if (message !== undefined) problems.refused('resource_invalid', list.pathOf(index), message);
  }
  return compileResources(list.values, list.negated, variables);
}

function parseCondition(json: JsonObject, { version, path }: StatementPlace, problems: ProblemList): Condition {
  const nothing: Condition = { clauses: [] };
  if (!Object.hasOwn(json, 'Condition')) return nothing;
  const at = [...path, 'Condition'];
  const given = json['Condition'];
  if (!isJsonObject(given)) {
    problems.fatal('element_type', at, 'Condition is an object of operators: { operator: { key: value } }');
    return nothing;
  }
  if (Object.keys(given).length > MAX_OPERATORS) {
    problems.fatal('condition_operator_unknown', at, `there are not ${MAX_OPERATORS} condition operators`);
    return nothing;
  }
  const block: [string, Record<string, readonly string[]>][] = [];
  const singles = new Set<string>();
  for (const [operator, keys] of Object.entries(given)) {
    if (!isJsonObject(keys as Json)) {
      problems.fatal('element_type', [...at, operator], `${operator} is an object of keys: { key: value }`);
      continue;
    }
    const lists: [string, readonly string[]][] = [];
    for (const [key, value] of Object.entries(keys as JsonObject)) {
      if (!Array.isArray(value)) singles.add(JSON.stringify([operator, key]));
      const values = stringList(value, [...at, operator, key], problems, { scalars: true });
      if (values !== undefined) lists.push([key, values]);
    }
    // What was wrong has been said; an operator left without keys is not also empty.
    if (lists.length === 0 && Object.keys(keys as JsonObject).length > 0) continue;
    // fromEntries defines own members, so a key named __proto__ stays data.
    block.push([operator, Object.fromEntries(lists)]);
  }
  const compiled = compileCondition(Object.fromEntries(block), { variables: version === '2012-10-17' });
  for (const { code, path: where, message, hint } of compiled.problems) {
    // A single value stands in the document without an index.
    const single = singles.has(JSON.stringify(where.slice(0, 2)));
    problems.fatal(code, [...at, ...(single ? where.slice(0, 2) : where)], message, hint);
  }
  return compiled.condition;
}

/** What organizations let a customer's resource control policy say: deny, to everybody, named actions. */
function checkResourceControl(json: JsonObject, effect: Effect, { path }: StatementPlace, problems: ProblemList): void {
  const isFullAccess = json['Action'] === '*' && json['Resource'] === '*' && !Object.hasOwn(json, 'Condition');
  if (effect === 'Allow' && !isFullAccess) {
    const message = 'a resource control policy only denies; what allows is RCPFullAWSAccess, which is always attached';
    problems.refused('element_not_allowed', [...path, 'Effect'], message);
  }
  if (Object.hasOwn(json, 'NotAction')) {
    problems.refused('element_not_allowed', [...path, 'NotAction'], 'a resource control policy has no NotAction');
  }
}

interface ElementList {
  readonly name: string;
  readonly negated: boolean;
  readonly values: readonly string[];
  readonly pathOf: (index: number) => PolicyPath;
}

/** An element or its negation: a text or a list of texts. Undefined when it is there and wrong. */
function oneOf(
  json: JsonObject,
  positive: string,
  negative: string,
  path: PolicyPath,
  problems: ProblemList,
): ElementList | 'absent' | undefined {
  const names = [positive, negative].filter((name) => Object.hasOwn(json, name));
  const [name] = names;
  if (name === undefined) return 'absent';
  if (names.length === 2) {
    problems.fatal('element_conflict', [...path, negative], `a statement has ${positive} or ${negative}, not both`);
    return undefined;
  }
  const at = [...path, name];
  const value = json[name];
  const values = stringList(value, at, problems);
  if (values === undefined) return undefined;
  if (values.length === 0) problems.refused('element_empty', at, `${name} is an empty list`);
  const isList = Array.isArray(value);
  return { name, negated: name === negative, values, pathOf: (index) => (isList ? [...at, index] : at) };
}
