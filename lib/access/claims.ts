import { claimAt } from '../claim-path.ts';
import type { Json, JsonObject } from '../json.ts';

/**
 * The values of one claim, as texts.
 *
 * Strings, numbers and booleans are values; a list has as many as it holds; objects and null are none.
 *
 * @returns undefined when there is no such claim
 */
export function claimValues(claims: JsonObject, name: string): readonly string[] | undefined {
  const claim = claimAt(claims, name);
  if (typeof claim === 'string') return [claim];
  if (typeof claim === 'number' || typeof claim === 'boolean') return [String(claim)];
  if (!Array.isArray(claim)) return undefined;
  return claim.every(isText) ? claim : (claim as readonly Json[]).filter(isScalar).map(String);
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

function isScalar(value: Json): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
