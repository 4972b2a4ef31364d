import { isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * The claim a path names: a top-level claim of just that name (names may hold dots, as in
 * `https://example.com/email`), or else the member reached by following the dots. Own properties only, never
 * into an array; undefined when there is none.
 */
export function claimAt(claims: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: Json | undefined = claims;
  for (const name of path.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}
