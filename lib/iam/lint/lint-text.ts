import { isJsonObject, type Json } from '../../json.ts';
import type { PolicyKind } from '../document.ts';
import { MAX_DOCUMENT_TEXT } from '../document-limits.ts';
import { parseDocument } from '../parse-document.ts';
import { isAboutName, type PolicyPath, type PolicyProblem } from '../policy-problem.ts';
import type { ServiceData } from '../service-data.ts';
import { type Finding, LINT_SEVERITIES, MAX_FINDINGS } from './finding.ts';
import { guessKind } from './guess-kind.ts';
import { findDuplicates } from './json-duplicates.ts';
import { findPlaces } from './json-places.ts';
import { walkJson } from './json-walk.ts';
import { lineIndex, type TextPosition } from './line-index.ts';
import { lintDocument } from './lint-document.ts';

export type PlacedFinding = Finding & TextPosition;

export interface LintReport {
  /** The kind it was read as; undefined for what is no JSON object. */
  readonly kind: PolicyKind | undefined;
  /** By place, errors first where several are at one. */
  readonly findings: readonly PlacedFinding[];
}

/**
 * Finds mistakes in the text of a policy document. Takes time linear in its length, whatever it holds; the rules about
 * its content look at no more than `MAX_LINTED_CHARACTERS`.
 *
 * @param kind guessed from the content when undefined
 */
export function lintText(text: string, kind: PolicyKind | undefined, data: ServiceData): LintReport {
  const positionOf = lineIndex(text);
  if (text.length > MAX_DOCUMENT_TEXT) {
    const findings = parseDocument(text, kind ?? 'identity').problems.map(findingOf);
    return { kind, findings: findings.map((finding) => ({ ...finding, ...positionOf(0) })) };
  }
  const syntax = walkJson(text);
  if (syntax !== undefined) {
    const { code, offset, message, hint } = syntax;
    const finding = {
      code,
      severity: 'error',
      path: [],
      at: 'value',
      message,
      ...(hint !== undefined && { hint }),
    } as const;
    return { kind, findings: [{ ...finding, ...positionOf(offset) }] };
  }
  const { kind: taken, findings } = lintJson(JSON.parse(text) as Json, text, kind, data);
  const places = findPlaces(
    text,
    findings.map(({ path }) => path),
  );
  const placed = findings.map((finding, index): PlacedFinding => {
    const place = places[index];
    return { ...finding, ...positionOf((finding.at === 'key' ? place?.key : place?.value) ?? 0) };
  });
  const twice = findDuplicates(text, MAX_FINDINGS).map(({ path, offset }) => duplicate(path, positionOf(offset)));
  return { kind: taken, findings: inOrder([...twice, ...placed]) };
}

/**
 * The same for a document that is read already, as from YAML: findings without a place.
 *
 * @param text the document as JSON, which says how large it is
 */
export function lintJson(
  json: Json,
  text: string,
  kind: PolicyKind | undefined,
  data: ServiceData,
): { readonly kind: PolicyKind | undefined; readonly findings: readonly Finding[] } {
  const taken = kind ?? (isJsonObject(json) ? guessKind(json) : undefined);
  const findings = parseDocument(text, taken ?? 'identity').problems.map(findingOf);
  if (isJsonObject(json) && taken !== undefined) findings.push(...lintDocument(json, taken, data));
  return { kind: taken, findings: findings.slice(0, MAX_FINDINGS) };
}

/** AWS takes no document with a problem of its structure, so each is an error. */
function findingOf(problem: PolicyProblem): Finding {
  const { code, path, message, hint } = problem;
  const at = isAboutName(problem) ? 'key' : 'value';
  return { code, severity: 'error', path, at, message, ...(hint !== undefined && { hint }) };
}

function duplicate(path: PolicyPath, position: TextPosition): PlacedFinding {
  const code = 'json_duplicate_member';
  const message = `"${path.at(-1) ?? ''}" stands in this object twice; the second hides the first`;
  return { code, severity: LINT_SEVERITIES[code], path, at: 'key', message, ...position };
}

const RANKS = { error: 0, warning: 1, info: 2 } as const;

function inOrder(findings: readonly PlacedFinding[]): PlacedFinding[] {
  return [...findings].sort(
    (one, other) => one.line - other.line || one.column - other.column || RANKS[one.severity] - RANKS[other.severity],
  );
}
