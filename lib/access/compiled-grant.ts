import { type Condition, compileCondition, type RawConditionBlock } from '../iam/condition.ts';
import { compileGlob, type Glob, hasWildcard } from '../iam/glob.ts';
import { parseTemplate, stringsIn, type Template } from '../iam/variables.ts';
import type { JsonObject } from '../json.ts';
import { canonicalKey, type Facts } from './facts.ts';
import type { Grant } from './policy.ts';

/** A grant ready to be decided on: patterns, condition and templates compiled. */
export interface CompiledGrant {
  readonly grant: Grant;
  /** Place in the file. */
  readonly order: number;
  /** All must match. None means everyone. */
  readonly callers: readonly CallerTest[];
  readonly condition: Condition;
  readonly tags: readonly { readonly key: string; readonly template: Template }[];
  /** The session policy and the claims to fill into it; when there are none, `text` is what is sent. */
  readonly policy?: { readonly document: JsonObject; readonly text: string; readonly claims: readonly string[] };
}

/** One claim of the callers shorthand: any of the claim's values may match any of the patterns. */
export interface CallerTest {
  readonly claim: string;
  readonly literals: readonly string[];
  readonly globs: readonly Glob[];
}

/** Shared by all grants without: ten thousand grants are indexed while somebody waits. */
const NONE: readonly never[] = [];
const UNCONDITIONAL: Condition = { clauses: NONE };

/**
 * @throws Error when the grant holds something that means nothing. A policy that came through `compilePolicy`
 *   never does; one that did not must not start.
 */
export function compileGrant(grant: Grant, order: number): CompiledGrant {
  const { policy } = grant.session;
  return {
    grant,
    order,
    callers: Object.entries(grant.callers).map(([claim, patterns]) => compileCallerTest(claim, patterns)),
    condition: compileGrantCondition(grant),
    tags: isEmpty(grant.session.tags)
      ? NONE
      : Object.entries(grant.session.tags).map(([key, value]) => ({ key, template: mustParse(grant, value) })),
    ...(policy !== undefined && { policy: compileSessionPolicy(grant, policy) }),
  };
}

/** Whether the claim has a value that one of the patterns matches. */
export function callerMatches(test: CallerTest, facts: Facts): boolean {
  const values = facts.claim(test.claim);
  if (values === undefined) return false;
  for (const literal of test.literals) {
    if (values.includes(literal)) return true;
  }
  for (const glob of test.globs) {
    if (values.some(glob.matches)) return true;
  }
  return false;
}

function compileCallerTest(claim: string, patterns: readonly string[]): CallerTest {
  const globs = patterns.filter(hasWildcard);
  if (globs.length === 0) return { claim, literals: patterns, globs: NONE };
  return {
    claim,
    literals: patterns.filter((pattern) => !hasWildcard(pattern)),
    globs: globs.map(compileGlob),
  };
}

function compileGrantCondition(grant: Grant): Condition {
  if (isEmpty(grant.condition)) return UNCONDITIONAL;
  const block: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(grant.condition)) {
    block[operator] = {};
    for (const [key, values] of Object.entries(keys)) {
      const canonical = canonicalKey(key);
      if (canonical === undefined) throw new Error(`grant "${grant.name}": unknown condition key "${key}"`);
      block[operator][canonical] = values;
    }
  }
  const { condition, problems } = compileCondition(block satisfies RawConditionBlock);
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`grant "${grant.name}": ${problem.message}`);
  return condition;
}

function compileSessionPolicy(grant: Grant, document: JsonObject): NonNullable<CompiledGrant['policy']> {
  const claims = new Set<string>();
  for (const { text } of stringsIn(document)) for (const claim of mustParse(grant, text).claims) claims.add(claim);
  return { document, text: JSON.stringify(document), claims: [...claims] };
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

function mustParse(grant: Grant, source: string): Template {
  const template = parseTemplate(source);
  if ('message' in template) throw new Error(`grant "${grant.name}": ${template.message}`);
  return template;
}
