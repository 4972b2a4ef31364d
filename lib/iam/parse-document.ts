import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { nearest } from '../nearest.ts';
import type { PolicyDocument, PolicyKind, PolicyVersion, Statement } from './document.ts';
import { countedCharacters, MAX_DOCUMENT_TEXT, MAX_POLICY_CHARACTERS } from './document-limits.ts';
import { parseStatement } from './parse-statement.ts';
import { type PolicyProblem, ProblemList } from './policy-problem.ts';

export interface ParsedDocument {
  /** Undefined when a problem is fatal. */
  readonly document: PolicyDocument | undefined;
  /** All of them, in the document's order. */
  readonly problems: readonly PolicyProblem[];
}

const ELEMENTS = ['Version', 'Id', 'Statement'];

/**
 * Reads a policy document and compiles it. Takes time linear in its size, whatever it holds.
 *
 * @param input the document as text, or as JSON that was parsed already (whose size is then not judged)
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parseDocument(input: string | JsonObject, kind: PolicyKind): ParsedDocument {
  const problems = new ProblemList();
  const json = typeof input === 'string' ? parseText(input, kind, problems) : input;
  if (json === undefined) return { document: undefined, problems: problems.problems };
  if (!isJsonObject(json)) {
    problems.fatal('document_invalid', [], 'a policy document is a JSON object');
    return { document: undefined, problems: problems.problems };
  }
  for (const name of Object.keys(json)) {
    if (ELEMENTS.includes(name)) continue;
    if (problems.isFull) break;
    const near = nearest(name, ELEMENTS);
    const hint = near === undefined ? undefined : `did you mean ${near}?`;
    problems.fatal('element_unknown', [name], `unknown element "${name}"`, hint);
  }
  const version = parseVersion(json, problems);
  const id = member(json, 'Id');
  if (id !== undefined && typeof id !== 'string') problems.fatal('element_type', ['Id'], 'Id is a text');
  const statements = parseStatements(json, kind, version, problems);
  const document = problems.isFatal ? undefined : { kind, version, statements };
  return { document, problems: problems.problems };
}

/** An object's own member; what a prototype has is none. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function parseText(text: string, kind: PolicyKind, problems: ProblemList): Json | undefined {
  if (text.length > MAX_DOCUMENT_TEXT) {
    problems.fatal('document_too_large', [], `${text.length} characters are more than are read of a policy document`);
    return undefined;
  }
  const size = countedCharacters(text);
  const limit = MAX_POLICY_CHARACTERS[kind];
  if (size > limit) {
    const message = `${size} characters; AWS takes at most ${limit} in this kind of policy (${kind})`;
    problems.refused('document_too_large', [], message);
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    problems.fatal('json_invalid', [], `not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
    return undefined;
  }
}

function parseVersion(json: JsonObject, problems: ProblemList): PolicyVersion {
  const version = member(json, 'Version');
  if (version === undefined || version === '2008-10-17') return '2008-10-17';
  if (version !== '2012-10-17') {
    const message = `Version is "2012-10-17" or "2008-10-17", not ${JSON.stringify(version).slice(0, 60)}`;
    problems.fatal(
      'version_invalid',
      ['Version'],
      message,
      'the version names the language, not the day of your change',
    );
  }
  return '2012-10-17';
}

function parseStatements(
  json: JsonObject,
  kind: PolicyKind,
  version: PolicyVersion,
  problems: ProblemList,
): readonly Statement[] {
  const given = member(json, 'Statement');
  if (given === undefined) {
    problems.fatal('element_missing', ['Statement'], 'Statement is missing');
    return [];
  }
  const single = !Array.isArray(given);
  const list = single ? [given] : (given as readonly Json[]);
  if (list.length === 0) problems.refused('element_empty', ['Statement'], 'there is no statement');
  const sids = new Map<string, number>();
  const statements: Statement[] = [];
  for (const [index, value] of list.entries()) {
    if (problems.isFull) break;
    const path = single ? ['Statement'] : ['Statement', index];
    if (!isJsonObject(value as Json)) {
      problems.fatal('element_type', path, 'a statement is a JSON object');
      continue;
    }
    const statement = parseStatement(value as JsonObject, { kind, version, index, path }, problems);
    if (statement === undefined) continue;
    const { sid } = statement;
    const twin = sid === undefined || sid === '' ? undefined : sids.get(sid);
    if (twin !== undefined) {
      problems.refused('sid_duplicate', [...path, 'Sid'], `Sid "${sid}" is that of statement ${twin} too`);
    } else if (sid !== undefined) sids.set(sid, index);
    statements.push(statement);
  }
  return statements;
}
