import { generateKeyPairSync, sign } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it, test } from 'vitest';
import { kmsSigner } from '../../../lib/audit/ledger/kms-signer.ts';
import { formatNote, parseNote, verifyNote } from '../../../lib/audit/tree/note.ts';

function kms() {
  const client = new KMSClient({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  return { client, mock: mockClient(client) };
}

describe('A key in KMS', () => {
  test.each([
    ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512', null, () => generateKeyPairSync('ed25519')],
  ] as const)('of kind %s signs with %s, and the note verifies', async (KeySpec, algorithm, hash, make) => {
    const { publicKey, privateKey } = make();
    const { client, mock } = kms();
    mock.on(GetPublicKeyCommand).resolves({ KeySpec, PublicKey: publicKey.export({ format: 'der', type: 'spki' }) });
    mock.on(SignCommand).callsFake(async ({ Message }) => ({ Signature: sign(hash, Message, privateKey) }));
    const signer = await kmsSigner(client, 'key', 'example.com/log');
    const note = formatNote({ text: 'text\n', signatures: [await signer.sign('text\n')] });
    expect(verifyNote(parseNote(note), signer.key)).toBe(true);
    const [call] = mock.commandCalls(SignCommand);
    expect(call?.args[0].input).toMatchObject({ KeyId: 'key', MessageType: 'RAW', SigningAlgorithm: algorithm });
  });

  it('of another kind is refused', async () => {
    const { client, mock } = kms();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    mock
      .on(GetPublicKeyCommand)
      .resolves({ KeySpec: 'RSA_2048', PublicKey: publicKey.export({ format: 'der', type: 'spki' }) });
    await expect(kmsSigner(client, 'key', 'log')).rejects.toMatchObject({
      code: 'ledger_unavailable',
      detail: 'the signing key is of kind RSA_2048, not ECC_NIST_P256 or ECC_NIST_EDWARDS25519',
    });
  });

  it('that does not answer is a fault of the ledger', async () => {
    const { client, mock } = kms();
    mock.on(GetPublicKeyCommand).rejects(Object.assign(new Error('secret detail'), { name: 'DisabledException' }));
    await expect(kmsSigner(client, 'key', 'log')).rejects.toMatchObject({
      code: 'ledger_unavailable',
      detail: 'the signing key: DisabledException',
    });
  });
});
