import { compileGlob } from '../iam/glob.ts';
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
    return narrow?.every((pattern) => wide.some((wider) => covers(wider, pattern))) ?? false;
  });
}

/** Whether whatever matches `pattern` also matches `wider`. May say no where the answer is yes, never the reverse. */
export function covers(wider: string, pattern: string): boolean {
  if (wider === pattern) return true;
  // Read as a text, the pattern's own wildcards fall to stars of the wider one, so whatever they stand for does too.
  // A `?` of the wider one could swallow a `*`, which stands for more than one character.
  if (wider.includes('?')) return !/[*?]/.test(pattern) && compileGlob(wider).matches(pattern);
  return compileGlob(wider).matches(pattern);
}
