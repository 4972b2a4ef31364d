import { describe, expect, it } from 'vitest';
import { Fault } from '../../lib/fault.ts';
import type { SigningAlgorithm } from '../../lib/identity/issuer.ts';
import { admitKey } from '../../lib/identity/key-admission.ts';
import { verifySignature } from '../../lib/identity/signature.ts';
import { KEYS, signature } from '../support/tokens.ts';

const schemes: readonly [SigningAlgorithm, keyof typeof KEYS][] = [
  ['RS256', 'rsa'],
  ['RS384', 'rsa'],
  ['RS512', 'rsa'],
  ['PS256', 'rsa'],
  ['PS384', 'rsa'],
  ['PS512', 'rsa'],
  ['ES256', 'ec256'],
  ['ES384', 'ec384'],
  ['ES512', 'ec521'],
  ['EdDSA', 'ed'],
  ['Ed25519', 'ed'],
];
const input = 'header.payload';

describe.each(schemes)('%s', (algorithm, name) => {
  const key = admitKey(KEYS[name].jwk);
  const signed = signature(algorithm, KEYS[name], input);

  it('verifies what was signed with it', () => {
    expect(() => verifySignature(algorithm, key, Buffer.from(input), signed)).not.toThrow();
  });

  it('refuses every other algorithm’s signature with a fault', () => {
    for (const [other, otherName] of schemes) {
      if (other === algorithm || (name === 'ed' && otherName === 'ed')) continue;
      const foreign = signature(other, KEYS[otherName], input);
      expect(() => verifySignature(algorithm, key, Buffer.from(input), foreign)).toThrow(/^signature_invalid/);
    }
  });

  it('refuses a signature with any one bit turned', () => {
    for (let bit = 0; bit < signed.length * 8; bit += 37) {
      const turned = Buffer.from(signed);
      turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => verifySignature(algorithm, key, Buffer.from(input), turned)).toThrow(Fault);
    }
  });

  it('refuses a signature of any length but its own with a fault, never with another error', () => {
    for (let length = 0; length < 300; length += 1) {
      const cut = Buffer.concat([signed, signed, signed, signed, signed]).subarray(0, length);
      if (length === signed.length) continue;
      expect(() => verifySignature(algorithm, key, Buffer.from(input), cut)).toThrow(/^signature_invalid/);
    }
  });
});
