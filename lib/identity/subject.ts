import { claimAt } from '../claim-path.ts';
import { Fault } from '../fault.ts';
import { parseTemplate } from '../iam/variables.ts';
import type { JsonObject } from '../json.ts';
import { quoted } from './quoted.ts';

/**
 * The name of a workload: the issuer's template, filled with its claims as they stand.
 *
 *     gh-${claim:repository_id}.${claim:run_id}   →   gh-7654321.16412345678
 *
 * No two workloads have the same name. What stands behind a claim ends it, so a value that holds the first character of
 * that is refused: read from the left, every name comes apart in one way only. Nothing is ever rewritten.
 *
 * @param subject as compiled: it begins with a text, and there is a text between any two claims
 * @throws Fault `claim_missing`, `claim_type_invalid`, `identity_not_representable`
 */
export function fillSubject(claims: JsonObject, subject: string): string {
  const template = parseTemplate(subject);
  if ('message' in template) throw new Fault('internal_error', `the subject template cannot be read: ${subject}`);
  return template.parts
    .map((part, index) => {
      if ('text' in part) return part.text;
      const next = template.parts[index + 1];
      return readClaim(claims, part.claim, next !== undefined && 'text' in next ? next.text.slice(0, 1) : undefined);
    })
    .join('');
}

/** @param end the character that ends the claim; undefined for one at the end of the name */
function readClaim(claims: JsonObject, claim: string, end: string | undefined): string {
  const value = claimAt(claims, claim);
  if (value === undefined) throw new Fault('claim_missing', `the token has no ${claim} for the subject`);
  if (typeof value !== 'string') {
    throw new Fault('claim_type_invalid', `${claim} is ${quoted(value)}, a string is expected`);
  }
  if (value === '') throw new Fault('identity_not_representable', `${claim} is empty`);
  if (end !== undefined && value.includes(end)) {
    throw new Fault(
      'identity_not_representable',
      `${claim} is ${quoted(value)}; ${quoted(end)} ends it in the subject`,
    );
  }
  return value;
}
