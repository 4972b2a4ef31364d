import type { AccessPolicy } from '../../lib/access/policy.ts';
import type { Caller } from '../../lib/identity/caller.ts';
import type { Supposition } from '../../lib/identity/supposed-caller.ts';
import type { JsonObject } from '../../lib/json.ts';
import { Failure } from '../failure.ts';

/**
 * Somebody with these claims, as the access policy's issuers would make them. Nothing is verified.
 *
 * @throws Failure `refused` when a token with these claims would be: its code is the fault's
 */
export async function suppose(policy: AccessPolicy, supposition: Supposition): Promise<Caller> {
  const { supposedCaller } = await import('../access-policy.ts');
  return refusing('a token with these claims would be refused', () => supposedCaller(policy.issuers, supposition));
}

/** The claims of a token that nobody verified. @throws Failure `refused` when it is no signed JWT */
export async function claimsOf(token: string): Promise<JsonObject> {
  const { unverifiedClaims } = await import('../access-policy.ts');
  return refusing('the token cannot be read', () => unverifiedClaims(token.trim()));
}

/** Faults are told by name: each lazily loaded file of the bundle carries its own copy of the class. */
function refusing<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown.name !== 'Fault' || !('code' in thrown) || !('detail' in thrown)) {
      throw thrown;
    }
    throw new Failure('refused', `${what}: ${String(thrown.detail)} (${String(thrown.code)})`, {
      code: String(thrown.code),
    });
  }
}
