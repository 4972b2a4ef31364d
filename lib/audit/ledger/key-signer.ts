import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { verificationKey } from '../tree/note.ts';
import type { CheckpointSigner } from './ports.ts';

/**
 * Signs with a private key at hand, Ed25519 or ECDSA P-256: for the local stack. In the cloud the key is in KMS
 * (`kms-signer.ts`) and nobody has it.
 */
export function keySigner(name: string, privateKey: KeyObject): CheckpointSigner {
  const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? 'Ed25519' : 'ECDSA-P256';
  const key = verificationKey(name, algorithm, createPublicKey(privateKey));
  return {
    key,
    async sign(text) {
      const signature = sign(algorithm === 'Ed25519' ? null : 'sha256', Buffer.from(text), privateKey);
      return { name: key.name, keyId: key.keyId, signature };
    },
  };
}
