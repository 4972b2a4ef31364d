import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/**
 * Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature.
 *
 * ```
 * text that ends with a line end
 *
 * — <name> <base64 of: 4 bytes key id ‖ signature>
 * ```
 *
 * A verification key is written `<name>+<key id, 8 hex digits>+<base64 of: algorithm byte ‖ key>`:
 *
 * | byte | key                             | key id                                 | signed                               |
 * | ---- | ------------------------------- | -------------------------------------- | ------------------------------------ |
 * | 0x01 | Ed25519, 32 bytes               | SHA-256(name ‖ 0x0A ‖ byte ‖ key)[:4]  | the text                             |
 * | 0x02 | ECDSA P-256, SubjectPublicKeyInfo | SHA-256(SubjectPublicKeyInfo)[:4]    | the text, SHA-256, ASN.1 signature   |
 * | 0x04 | Ed25519, 32 bytes, of a witness | SHA-256(name ‖ 0x0A ‖ byte ‖ key)[:4]  | a time and the text (`cosignature.ts`) |
 *
 * @see https://c2sp.org/signed-note
 */
export interface NoteSignature {
  readonly name: string;
  /** Four bytes. */
  readonly keyId: number;
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends with a line end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export type KeyAlgorithm = 'Ed25519' | 'ECDSA-P256' | 'Ed25519-cosignature';

export interface VerificationKey {
  readonly name: string;
  readonly keyId: number;
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: KeyObject;
}

const ALGORITHMS: ReadonlyMap<number, KeyAlgorithm> = new Map([
  [1, 'Ed25519'],
  [2, 'ECDSA-P256'],
  [4, 'Ed25519-cosignature'],
]);

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 §4) up to its 32 bytes. */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const SIGNATURE_LINE = '\u2014 ';
const MAX_NOTE_CHARACTERS = 1_000_000;
const MAX_SIGNATURES = 100;

/** @throws Error that says what is wrong with it */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_CHARACTERS) throw new Error('the note is longer than a million characters');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a note must not hold
  if (/[\u0000-\u0009\u000b-\u001f\u007f\ufffd]|[\ud800-\udfff]/u.test(note)) {
    throw new Error('the note holds control characters or is not UTF-8');
  }
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw new Error('the note has no signatures');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new Error('the note has more than 100 signatures');
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignature).join('')}`;
}

function formatSignature({ name, keyId, signature }: NoteSignature): string {
  const bytes = Buffer.alloc(4 + signature.length);
  bytes.writeUInt32BE(keyId);
  bytes.set(signature, 4);
  return `${SIGNATURE_LINE}${name} ${bytes.toString('base64')}\n`;
}

function parseSignature(line: string): NoteSignature {
  const [name = '', encoded = '', ...more] = line.startsWith(SIGNATURE_LINE) ? line.slice(2).split(' ') : [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || more.length > 0 || bytes === undefined || bytes.length < 5) {
    throw new Error('a signature line is not “— name base64”');
  }
  return { name, keyId: bytes.readUInt32BE(0), signature: bytes.subarray(4) };
}

/** @throws Error that says what is wrong with it */
export function parseVerificationKey(text: string): VerificationKey {
  const [, name = '', hex = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const bytes = decodeBase64(encoded);
  const algorithm = ALGORITHMS.get(bytes?.[0] ?? 0);
  if (!isKeyName(name) || bytes === undefined) throw new Error('a verification key is “name+keyid+base64”');
  if (algorithm === undefined)
    throw new Error(`key algorithm ${bytes[0]} is neither Ed25519 (1, 4) nor ECDSA P-256 (2)`);
  const publicKey = readPublicKey(algorithm, bytes.subarray(1));
  const keyId = keyIdOf(name, algorithm, publicKey);
  if (keyId !== Number.parseInt(hex, 16)) throw new Error('the key id does not belong to this name and key');
  return { name, keyId, algorithm, publicKey };
}

/** @throws Error when the name cannot be one or the key is of another kind */
export function verificationKey(name: string, algorithm: KeyAlgorithm, publicKey: KeyObject): VerificationKey {
  if (!isKeyName(name)) throw new Error('a key name has neither spaces nor “+”');
  return { name, keyId: keyIdOf(name, algorithm, publicKey), algorithm, publicKey };
}

export function formatVerificationKey({ name, keyId, algorithm, publicKey }: VerificationKey): string {
  const bytes = Buffer.concat([Buffer.of(byteOf(algorithm)), keyBytes(algorithm, publicKey)]);
  return `${name}+${keyId.toString(16).padStart(8, '0')}+${bytes.toString('base64')}`;
}

/** The note's signatures by this key that are right. A signature that claims to be the key's and is wrong throws. */
export function verifyNote(note: Note, key: VerificationKey): boolean {
  const own = note.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
  if (own.length === 0) return false;
  for (const { signature } of own) {
    if (!isSignedBy(key, Buffer.from(note.text), signature))
      throw new Error(`the signature of ${key.name} is not right`);
  }
  return true;
}

/** Whether a message was signed with an Ed25519 or ECDSA P-256 key. */
export function isSignedBy(
  { algorithm, publicKey }: VerificationKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(algorithm === 'ECDSA-P256' ? 'sha256' : null, message, publicKey, signature);
}

function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+]/u.test(name);
}

function readPublicKey(algorithm: KeyAlgorithm, bytes: Buffer): KeyObject {
  if (algorithm !== 'ECDSA-P256' && bytes.length !== 32)
    throw new Error(`an Ed25519 key has 32 bytes, not ${bytes.length}`);
  const der = algorithm === 'ECDSA-P256' ? bytes : Buffer.concat([ED25519_PREFIX, bytes]);
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw new Error('the key cannot be read');
  }
  keyBytes(algorithm, key);
  return key;
}

/** The key as its algorithm writes it. */
function keyBytes(algorithm: KeyAlgorithm, key: KeyObject): Buffer {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const der = key.export({ format: 'der', type: 'spki' });
  if (algorithm === 'ECDSA-P256') {
    if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return der;
    throw new Error(`the key is not of ECDSA P-256 but ${asymmetricKeyType}`);
  }
  if (asymmetricKeyType === 'ed25519') return der.subarray(ED25519_PREFIX.length);
  throw new Error(`the key is not of Ed25519 but ${asymmetricKeyType}`);
}

function keyIdOf(name: string, algorithm: KeyAlgorithm, key: KeyObject): number {
  const bytes = keyBytes(algorithm, key);
  const hash = createHash('sha256');
  if (algorithm !== 'ECDSA-P256') hash.update(`${name}\n`).update(Buffer.of(byteOf(algorithm)));
  return hash.update(bytes).digest().readUInt32BE(0);
}

function byteOf(algorithm: KeyAlgorithm): number {
  for (const [byte, name] of ALGORITHMS) if (name === algorithm) return byte;
  throw new Error(`unknown algorithm ${algorithm}`);
}

/** Standard base64 with padding, canonical; undefined for anything else. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
