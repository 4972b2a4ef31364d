import { createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { awsErrorName, withDeadline } from '../../aws.ts';
import { Fault } from '../../fault.ts';
import { type KeyAlgorithm, type VerificationKey, verificationKey } from '../tree/note.ts';
import type { CheckpointSigner } from './ports.ts';

/** For one call with all its attempts. */
const DEADLINE_MS = 5000;

/** What KMS calls the key and the way to sign with it. */
const KEY_SPECS: Readonly<
  Record<string, { readonly algorithm: KeyAlgorithm; readonly signing: 'ECDSA_SHA_256' | 'ED25519_SHA_512' }>
> = {
  ECC_NIST_P256: { algorithm: 'ECDSA-P256', signing: 'ECDSA_SHA_256' },
  ECC_NIST_EDWARDS25519: { algorithm: 'Ed25519', signing: 'ED25519_SHA_512' },
};

/**
 * Signs with a key that never leaves KMS. The public key is asked for once.
 *
 * @param name the log's name, which the key's id depends on
 * @throws Fault `ledger_unavailable` when KMS does not answer or the key is of another kind
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
export async function kmsSigner(client: KMSClient, keyId: string, name: string): Promise<CheckpointSigner> {
  const ask = async <T>(call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>): Promise<T> => {
    try {
      return await withDeadline(DEADLINE_MS, call);
    } catch (cause) {
      throw new Fault('ledger_unavailable', `the signing key: ${awsErrorName(cause)}`, { cause });
    }
  };
  const { PublicKey, KeySpec } = await ask((options) =>
    client.send(new GetPublicKeyCommand({ KeyId: keyId }), options),
  );
  const spec = KEY_SPECS[KeySpec ?? ''];
  if (spec === undefined || PublicKey === undefined) {
    throw new Fault(
      'ledger_unavailable',
      `the signing key is of kind ${KeySpec}, not ${Object.keys(KEY_SPECS).join(' or ')}`,
    );
  }
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  const key: VerificationKey = verificationKey(name, spec.algorithm, publicKey);
  return {
    key,
    async sign(text) {
      const command = new SignCommand({
        KeyId: keyId,
        Message: Buffer.from(text),
        MessageType: 'RAW',
        SigningAlgorithm: spec.signing,
      });
      const { Signature } = await ask((options) => client.send(command, options));
      if (Signature === undefined) throw new Fault('ledger_unavailable', 'the signing key gave no signature');
      return { name, keyId: key.keyId, signature: Signature };
    },
  };
}
