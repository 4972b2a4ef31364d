import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { Failure } from '../failure.ts';
import { readText } from '../read-text.ts';

/**
 * The claims of a token, as a JSON object in a file.
 *
 * @throws Failure `local`, `refused` when it holds no JSON object
 */
export function readClaims(file: string): JsonObject {
  let value: Json | undefined;
  try {
    value = JSON.parse(readText(file)) as Json;
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
  }
  if (isJsonObject(value)) return value;
  throw new Failure('refused', `${file} does not hold claims: one JSON object, as in the payload of a token`);
}
