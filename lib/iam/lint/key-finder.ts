import { nearest } from '../../nearest.ts';
import { foldCase } from '../fold-case.ts';
import { compileGlob } from '../glob.ts';
import type { ConditionKey, ServiceData } from '../service-data.ts';

/** What is known of a key's name. */
export type KeyLookup =
  /** `provider`: what an identity provider's tokens say; only the provider knows its keys. */
  | { readonly kind: 'known'; readonly key: ConditionKey; readonly global: boolean }
  | { readonly kind: 'provider' }
  | { readonly kind: 'unknown'; readonly message: string; readonly hint?: string };

/** A key's name as a pattern: placeholders stand for any text that is not empty. */
function patternOf({ name }: ConditionKey): string {
  return foldCase(name).replace(/\$\{[^}]*\}|<[^>]*>/g, '?*');
}

/** Keys are compared far more often than there are keys. */
const matchers = new WeakMap<ConditionKey, (folded: string) => boolean>();

/** Whether a key that a policy names is this one. */
export function isKey(written: string, key: ConditionKey): boolean {
  let matches = matchers.get(key);
  if (matches === undefined) {
    matches = compileGlob(patternOf(key)).matches;
    matchers.set(key, matches);
  }
  return matches(foldCase(written));
}

/** Looks condition keys up in the service data. */
export class KeyFinder {
  readonly #data: ServiceData;
  readonly #found = new Map<string, KeyLookup>();

  constructor(data: ServiceData) {
    this.#data = data;
  }

  find(written: string): KeyLookup {
    const folded = foldCase(written);
    let found = this.#found.get(folded);
    if (found === undefined) {
      found = this.#look(written, folded);
      this.#found.set(folded, found);
    }
    return found;
  }

  #look(written: string, folded: string): KeyLookup {
    const global = this.#data.globalKeys.find((key) => isKey(folded, key));
    if (global !== undefined) return { kind: 'known', key: global, global: true };
    const colon = folded.indexOf(':');
    const prefix = folded.slice(0, Math.max(colon, 0));
    // `idp.example.com:sub`, `cognito-identity.amazonaws.com:aud`, `SAML:sub`.
    if (prefix.includes('.') || prefix === 'saml') return { kind: 'provider' };
    if (prefix === '') {
      return { kind: 'unknown', message: `"${written}" is no condition key: a key is aws:Name or service:Name` };
    }
    const service = prefix === 'aws' ? undefined : this.#data.service(prefix);
    const own = service?.conditionKeys.find((key) => isKey(folded, key));
    if (own !== undefined) return { kind: 'known', key: own, global: false };
    if (prefix !== 'aws' && service === undefined) {
      // Some keys are of no service: `identitycenter:…`, `catalog:…`.
      const elsewhere = PREFIXES_ELSEWHERE.get(prefix);
      const key = this.#data.service(elsewhere ?? '')?.conditionKeys.find((candidate) => isKey(folded, candidate));
      if (key !== undefined) return { kind: 'known', key, global: false };
      const near = nearest(prefix, ['aws', ...this.#data.prefixes]);
      const message = `no service has condition keys that start with "${prefix}:"`;
      return { kind: 'unknown', message, ...(near !== undefined && { hint: `did you mean ${near}:?` }) };
    }
    const known = service?.conditionKeys ?? this.#data.globalKeys;
    return this.#unknown(written, folded, known, service?.name);
  }

  #unknown(written: string, folded: string, known: readonly ConditionKey[], service: string | undefined): KeyLookup {
    const unfinished = known.find(
      (key) => patternOf(key).replace(/\?\*$/, '').replace(/\/$/, '') === folded.replace(/\/$/, ''),
    );
    if (unfinished !== undefined) {
      const message = `"${written}" lacks the name at its end`;
      return { kind: 'unknown', message, hint: `it is ${unfinished.name}` };
    }
    const near = nearest(
      written,
      known.map(({ name }) => name),
    );
    const message =
      service === undefined
        ? `there is no global condition key "${written}"`
        : `${service} has no condition key "${written}" (as of ${this.#data.day})`;
    return { kind: 'unknown', message, ...(near !== undefined && { hint: `did you mean ${near}?` }) };
  }
}

/** Prefixes that are not those of the service whose actions know the keys. */
const PREFIXES_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['identitycenter', 'sso'],
  ['catalog', 'aws-marketplace'],
  ['cognito-identity-auth', 'cognito-identity'],
  ['cognito-identity-unauth', 'cognito-identity'],
]);
