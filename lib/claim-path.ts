import { isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * The claim a path names: a top-level claim of just that name (names may hold dots, as in
 * `https://example.com/email`), or else the member reached by following the dots. A name that holds dots itself, such
 * as `kubernetes.io` in `kubernetes.io.namespace`, goes before its parts, and what goes first is final: there is one
 * reading of a path. Own properties only, never into an array; undefined when there is none.
 */
export function claimAt(claims: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    if (!Object.hasOwn(claims, name)) continue;
    const value = claims[name];
    return isJsonObject(value) ? claimAt(value, path.slice(dot + 1)) : undefined;
  }
  return undefined;
}
