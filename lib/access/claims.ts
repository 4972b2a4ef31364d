import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/**
 * The values of one claim, as texts.
 *
 * The name is looked up as it stands first, so that names with dots in them (`https://example.com/groups`) work,
 * then as a dotted path (`realm_access.roles`). Only a member of the token itself counts, never something
 * inherited. Strings, numbers and booleans are values; a list has as many as it holds; objects and null are none.
 *
 * @returns undefined when there is no such claim
 */
export function claimValues(claims: JsonObject, name: string): readonly string[] | undefined {
  const claim = findClaim(claims, name);
  if (typeof claim === 'string') return [claim];
  if (typeof claim === 'number' || typeof claim === 'boolean') return [String(claim)];
  if (!Array.isArray(claim)) return undefined;
  return claim.every(isText) ? claim : (claim as readonly Json[]).filter(isScalar).map(String);
}

function findClaim(claims: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(claims, name)) return claims[name];
  if (!name.includes('.')) return undefined;
  let at: Json | undefined = claims;
  for (const step of name.split('.')) {
    if (!isJsonObject(at) || !Object.hasOwn(at, step)) return undefined;
    at = at[step];
  }
  return at;
}

function isText(value: Json): value is string {
  return typeof value === 'string';
}

function isScalar(value: Json): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
