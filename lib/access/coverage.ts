import { compileGlob, hasWildcard } from '../iam/glob.ts';
import type { Grant } from './policy.ts';

/**
 * Whether every caller that the grant is meant for is one that the deny applies to. Says yes only when it is certain:
 * a deny with a condition of its own may not apply.
 */
export function deniesAllCallersOf(deny: Grant, grant: Grant): boolean {
  if (Object.keys(deny.condition).length > 0 && JSON.stringify(deny.condition) !== JSON.stringify(grant.condition)) {
    return false;
  }
  if (deny.issuers.length > 0) {
    if (grant.issuers.length === 0) return false;
    if (!grant.issuers.every((issuer) => deny.issuers.includes(issuer))) return false;
  }
  return Object.entries(deny.callers).every(([claim, wide]) => {
    const narrow = Object.hasOwn(grant.callers, claim) ? grant.callers[claim] : undefined;
    // The caller matches the grant with one of its patterns; whichever it is, the deny must match too.
    return narrow?.every(coveredBy(wide)) ?? false;
  });
}

/**
 * Whether whatever matches a pattern also matches one of the wider ones. May say no where the answer is yes, never the
 * reverse.
 *
 * @returns what says so for a pattern; the wider ones are compiled once
 */
export function coveredBy(widers: readonly string[]): (pattern: string) => boolean {
  const exact = new Set(widers);
  const globs = widers.filter(hasWildcard).map(compileGlob);
  return (pattern) => {
    if (exact.has(pattern)) return true;
    const isLiteral = !hasWildcard(pattern);
    // Read as a text, the pattern's own wildcards fall to stars of the wider one, so whatever they stand for does too.
    // A `?` of the wider one could swallow a `*`, which stands for more than one character.
    return globs.some((wider) => (isLiteral || !wider.pattern.includes('?')) && wider.matches(pattern));
  };
}
