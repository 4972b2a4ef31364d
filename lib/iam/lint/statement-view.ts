import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Effect, PolicyVersion } from '../document.ts';
import { findOperator, type Operator } from '../operators.ts';
import { member } from '../parse-document.ts';
import type { PolicyPath } from '../policy-problem.ts';

/**
 * A policy document as the rules look at it: what is there and of the right type, with its path. What is not, is
 * `parseDocument`'s to report, and is left out here, so that one wrong element does not hide what is wrong elsewhere.
 */
export interface DocumentView {
  readonly version: PolicyVersion;
  readonly hasVersion: boolean;
  readonly statements: readonly StatementView[];
}

export interface StatementView {
  readonly path: PolicyPath;
  readonly json: JsonObject;
  readonly effect: Effect | undefined;
  readonly actions: ElementView | undefined;
  readonly resources: ElementView | undefined;
  readonly principals: PrincipalView | undefined;
  readonly conditions: readonly ConditionView[];
}

/** `Action` or `NotAction`, `Resource` or `NotResource`. */
export interface ElementView {
  readonly path: PolicyPath;
  readonly negated: boolean;
  readonly texts: readonly PlacedText[];
}

export interface PlacedText {
  readonly text: string;
  readonly path: PolicyPath;
}

export interface PrincipalView {
  readonly path: PolicyPath;
  readonly negated: boolean;
  readonly entries: readonly PrincipalEntry[];
}

export interface PrincipalEntry extends PlacedText {
  /** `"Principal": "*"` is an entry of AWS. */
  readonly kind: string;
}

/** One operator on one key. */
export interface ConditionView {
  readonly path: PolicyPath;
  /** As written, such as `ForAnyValue:StringLike`. */
  readonly written: string;
  readonly operator: Operator;
  readonly key: string;
  readonly values: readonly PlacedText[];
}

export function viewDocument(json: JsonObject): DocumentView {
  const version = member(json, 'Version');
  const given = member(json, 'Statement');
  const single = !Array.isArray(given);
  const list = single ? [given] : (given as readonly Json[]);
  const statements: StatementView[] = [];
  for (const [index, value] of list.entries()) {
    if (isJsonObject(value)) statements.push(viewStatement(value, single ? ['Statement'] : ['Statement', index]));
  }
  return {
    version: version === '2012-10-17' ? version : '2008-10-17',
    hasVersion: version !== undefined,
    statements,
  };
}

function viewStatement(json: JsonObject, path: PolicyPath): StatementView {
  const effect = member(json, 'Effect');
  return {
    path,
    json,
    effect: effect === 'Allow' || effect === 'Deny' ? effect : undefined,
    actions: viewElement(json, 'Action', path),
    resources: viewElement(json, 'Resource', path),
    principals: viewPrincipals(json, path),
    conditions: viewConditions(member(json, 'Condition'), [...path, 'Condition']),
  };
}

function viewElement(json: JsonObject, name: string, path: PolicyPath): ElementView | undefined {
  for (const [element, negated] of [
    [name, false],
    [`Not${name}`, true],
  ] as const) {
    const value = member(json, element);
    if (value !== undefined) return { path: [...path, element], negated, texts: textsIn(value, [...path, element]) };
  }
  return undefined;
}

function viewPrincipals(json: JsonObject, path: PolicyPath): PrincipalView | undefined {
  for (const [element, negated] of [
    ['Principal', false],
    ['NotPrincipal', true],
  ] as const) {
    const value = member(json, element);
    if (value === undefined) continue;
    const at = [...path, element];
    const entries: PrincipalEntry[] = [];
    if (typeof value === 'string') entries.push({ kind: 'AWS', text: value, path: at });
    else if (isJsonObject(value)) {
      for (const [kind, texts] of Object.entries(value)) {
        for (const placed of textsIn(texts as Json, [...at, kind])) entries.push({ kind, ...placed });
      }
    }
    return { path: at, negated, entries };
  }
  return undefined;
}

function viewConditions(block: Json | undefined, path: PolicyPath): ConditionView[] {
  if (!isJsonObject(block)) return [];
  const conditions: ConditionView[] = [];
  for (const [written, keys] of Object.entries(block)) {
    const operator = findOperator(written);
    if ('message' in operator || !isJsonObject(keys as Json)) continue;
    for (const [key, value] of Object.entries(keys as JsonObject)) {
      const at = [...path, written, key];
      conditions.push({ path: at, written, operator, key, values: textsIn(value, at) });
    }
  }
  return conditions;
}

/** The texts of a text or a list; numbers and booleans count as the text that JSON writes for them. */
function textsIn(value: Json, path: PolicyPath): PlacedText[] {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, index) => {
      const text = textOf(item);
      return text === undefined ? [] : [{ text, path: [...path, index] }];
    });
  }
  const text = textOf(value);
  return text === undefined ? [] : [{ text, path }];
}

function textOf(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
