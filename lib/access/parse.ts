import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Json } from '../json.ts';
import { type Diagnostic, type Locate, type Path, Reporter } from './diagnostic.ts';

/** Bytes. A policy of 10,000 grants has about two million. */
export const MAX_POLICY_BYTES = 10 * 1024 * 1024;

const TOO_DEEP = 'the file is nested too deeply to be read';

/** A text that is no YAML at all can have an error in every character. */
const MAX_PROBLEMS = 50;

/** A file's text as data, and where everything in it stands. */
export interface SourceDocument {
  readonly value: Json;
  readonly locate: Locate;
}

/**
 * Reads YAML 1.2 as plain data. Everything that makes one YAML text mean different things to different readers is
 * refused: duplicate keys, anchors and aliases (which also make small files expand into huge ones), tags, several
 * documents, keys that are no texts, the name `__proto__`.
 *
 * @param what it is, for messages
 */
export function parsePolicyText(
  source: string,
  file: string,
  what = 'an access policy',
): { readonly document?: SourceDocument; readonly diagnostics: readonly Diagnostic[] } {
  const start = new Reporter(file, () => ({ line: 1, column: 1 }));
  if (Buffer.byteLength(source) > MAX_POLICY_BYTES) {
    start.error('file_too_large', [], `${what} has at most ${MAX_POLICY_BYTES} bytes`);
    return { diagnostics: start.diagnostics };
  }
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(source, { version: '1.2', prettyErrors: false, lineCounter: lines });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    start.error('yaml_too_deep', [], TOO_DEEP);
    return { diagnostics: start.diagnostics };
  }
  const problems = textProblems(document, what);
  if (problems.length > 0) {
    return { diagnostics: problems.flatMap((problem) => atOffset(file, lines, problem)) };
  }
  if (document.contents === null) {
    start.error('file_empty', [], `${what.replace(/^an?/, 'the')} is empty`);
    return { diagnostics: start.diagnostics };
  }
  const value = toJson(document.contents);
  const locate: Locate = (path, what = 'value') => {
    const { line, col } = lines.linePos(offsetOf(document.contents, path, what));
    return { line, column: col };
  };
  return { document: { value, locate }, diagnostics: [] };
}

interface TextProblem {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What the parser objects to, then what we do. */
function textProblems(document: Document.Parsed, what: string): TextProblem[] {
  const problems: TextProblem[] = [...document.errors, ...document.warnings].map((error) => {
    const [offset] = error.pos;
    if (error.code === 'DUPLICATE_KEY') {
      return {
        offset,
        code: 'yaml_duplicate_key',
        message: 'this key stands here twice; the second would hide the first',
      };
    }
    // The parser reports running out of stack at every level it then leaves.
    if (error.message.includes('call stack')) return { offset: 0, code: 'yaml_too_deep', message: TOO_DEEP };
    if (error.code === 'MULTIPLE_DOCS') {
      return { offset, code: 'yaml_several_documents', message: `${what} is one YAML document` };
    }
    const [message = ''] = error.message.split('\n');
    return { offset, code: 'yaml_syntax', message: `not valid YAML: ${message.replace(/[:.]$/, '')}` };
  });
  const tooDeep = problems.find((problem) => problem.code === 'yaml_too_deep');
  if (tooDeep !== undefined) return [tooDeep];
  if (problems.length > 0) return problems.slice(0, MAX_PROBLEMS);
  visit(document, {
    Alias(_key, node) {
      problems.push({ ...at(node), code: 'yaml_alias', message: 'aliases are not allowed; write it out' });
    },
    Node(_key, node) {
      if (!isAlias(node) && node.anchor !== undefined) {
        problems.push({ ...at(node), code: 'yaml_anchor', message: 'anchors are not allowed; write it out' });
      }
      if (!isAlias(node) && node.tag !== undefined) {
        problems.push({
          ...at(node),
          code: 'yaml_tag',
          message: `the tag ${node.tag} is not allowed; values are plain`,
        });
      }
    },
    Pair(_key, pair) {
      const { key } = pair;
      const text = keyText(pair);
      if (text === undefined) {
        const hint = isScalar(key) ? `write "${String(key.source ?? key.value)}"` : undefined;
        problems.push({
          ...at(key),
          code: 'yaml_key_not_text',
          message: 'a key must be a text',
          ...(hint !== undefined && { hint }),
        });
      } else if (text === '__proto__') {
        problems.push({ ...at(key), code: 'yaml_key_forbidden', message: 'this key is not allowed' });
      }
    },
  });
  return problems;
}

function at(node: unknown): { readonly offset: number } {
  return { offset: isNode(node) ? (node.range?.[0] ?? 0) : 0 };
}

function atOffset(file: string, lines: LineCounter, problem: TextProblem): readonly Diagnostic[] {
  const { line, col } = lines.linePos(problem.offset);
  const reporter = new Reporter(file, () => ({ line: Math.max(line, 1), column: Math.max(col, 1) }));
  reporter.error(problem.code, [], problem.message, problem.hint);
  return reporter.diagnostics;
}

function toJson(node: unknown): Json {
  if (isMap(node)) {
    return Object.fromEntries(node.items.map((pair) => [keyText(pair) ?? '', toJson(pair.value)]));
  }
  if (isSeq(node)) return node.items.map(toJson);
  return isScalar(node) ? ((node.value ?? null) as Json) : null;
}

/** A key that is a text; undefined for any other. To YAML `Null` is no text, but in a condition it is an operator. */
function keyText({ key }: Pair): string | undefined {
  if (!isScalar(key)) return undefined;
  if (key.value === null && key.source === 'Null') return 'Null';
  return typeof key.value === 'string' ? key.value : undefined;
}

/** Offset of what stands at the path; of the last thing on the way that exists when the path leads nowhere. */
function offsetOf(root: Node | null, path: Path, what: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => keyText(item) === step);
      if (pair === undefined) return offset;
      const target: unknown = last && what === 'key' ? pair.key : (pair.value ?? pair.key);
      offset = at(isEmptyScalar(target) ? pair.key : target).offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      if (!isNode(node)) return offset;
      offset = at(node).offset;
    } else {
      return offset;
    }
  }
  return offset;
}

/** `key:` with nothing behind it has no place of its own worth pointing at. */
function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null && (node.range?.[0] ?? 0) === (node.range?.[1] ?? 0);
}
