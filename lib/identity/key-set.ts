import { Fault } from '../fault.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { readStrictJson } from '../strict-json.ts';
import { admitKey, type VerificationKey } from './key-admission.ts';

/** Where an issuer's keys are found. One contract for the remote cache and for keys given outright. */
export interface KeySet {
  /**
   * The key of this id, admitted.
   *
   * @param now epoch milliseconds
   * @throws Fault `key_unknown`, `key_ambiguous`, `key_not_allowed`, `key_too_weak`; a remote set also
   *   `jwks_invalid`, `jwks_too_large` and `idp_unavailable`
   */
  key(keyId: string, now: number): Promise<VerificationKey>;
}

/** Keys of one JWK set document, by id. */
export interface KeyIndex {
  /** Of every key that has one, in the set's order. */
  readonly ids: readonly string[];
  /** The key of this id, undefined when there is none. @throws Fault as `KeySet.key` for a key that is refused */
  find(keyId: string): VerificationKey | undefined;
}

export const MAX_KEYS = 50;

/** Room for the longest document that is read; a key holds no deep structure. */
const JSON_LIMITS = { depth: 8, members: 100 } as const;

/** Parses the text of a discovery document or a JWK set. @throws Fault `jwks_invalid` */
export function readProviderDocument(text: string): JsonObject {
  const reading = readStrictJson(text, JSON_LIMITS);
  if (reading.ok) return reading.value;
  throw new Fault('jwks_invalid', `the identity provider's document is not acceptable JSON: ${reading.problem}`);
}

/**
 * Indexes a JWK set (RFC 7517 §5). Each key is admitted when it is first asked for, and once: sets also hold
 * keys for encryption or of unknown types, which are nobody's fault until a token names them.
 *
 * A set without any key is refused, so that a provider's slip does not replace the last good one.
 *
 * @throws Fault `jwks_invalid`, `jwks_too_large`
 */
export function indexKeys(document: JsonObject): KeyIndex {
  const keys = document.keys;
  if (!Array.isArray(keys) || keys.length === 0) throw new Fault('jwks_invalid', 'the JWK set has no keys');
  if (keys.length > MAX_KEYS) {
    throw new Fault('jwks_too_large', `the JWK set has ${keys.length} keys, at most ${MAX_KEYS} are read`);
  }
  const entries = new Map<string, Entry>();
  for (const jwk of keys as readonly Json[]) {
    if (!isJsonObject(jwk)) throw new Fault('jwks_invalid', 'the JWK set holds something that is no object');
    const keyId = jwk.kid;
    if (typeof keyId !== 'string') continue;
    const known = entries.get(keyId);
    if (known === undefined) entries.set(keyId, { jwk, ambiguous: false, admitted: undefined });
    else known.ambiguous = true;
  }
  return { ids: [...entries.keys()], find: (keyId) => admitted(entries.get(keyId)) };
}

/** A set of keys given outright, such as the broker's own. */
export function createStaticKeySet(document: JsonObject): KeySet {
  const index = indexKeys(document);
  return {
    async key(keyId) {
      const key = index.find(keyId);
      if (key === undefined) throw new Fault('key_unknown', 'the key set has no key of this id');
      return key;
    },
  };
}

interface Entry {
  readonly jwk: JsonObject;
  ambiguous: boolean;
  /** The outcome of the one admission. */
  admitted: VerificationKey | Fault | undefined;
}

function admitted(entry: Entry | undefined): VerificationKey | undefined {
  if (entry === undefined) return undefined;
  if (entry.ambiguous) throw new Fault('key_ambiguous', 'the JWK set has several keys of this id');
  if (entry.admitted === undefined) {
    try {
      entry.admitted = admitKey(entry.jwk);
    } catch (error) {
      entry.admitted = Fault.from(error);
    }
  }
  if (entry.admitted instanceof Fault) throw new Fault(entry.admitted.code, entry.admitted.detail);
  return entry.admitted;
}
