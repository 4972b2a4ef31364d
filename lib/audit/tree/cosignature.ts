import { isSignedBy, type Note, parseNote, type VerificationKey } from './note.ts';

/**
 * A witness's statement that it saw a checkpoint, and that it continues all it saw before: `cosignature/v1`, Ed25519
 * over the time and the checkpoint's text. The signature in the note is eight bytes of time, then Ed25519's 64.
 *
 * @see https://c2sp.org/tlog-cosignature
 */
export const COSIGNATURE_BYTES = 72;

const TIME_BYTES = 8;

/** What a witness signs. @param time epoch seconds */
export function cosignedMessage(text: string, time: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}

/**
 * The witnesses that cosigned a checkpoint, each with when it did, epoch seconds. A signature that claims to be of one of
 * these keys and is not right counts for nothing.
 *
 * @throws Error when the text is no signed note
 */
export function cosignaturesOf(text: string, keys: readonly VerificationKey[]): Map<VerificationKey, number> {
  const note = parseNote(text);
  const found = new Map<VerificationKey, number>();
  for (const key of keys) {
    const time = timeOf(note, key);
    if (time !== undefined) found.set(key, time);
  }
  return found;
}

function timeOf(note: Note, key: VerificationKey): number | undefined {
  if (key.algorithm !== 'Ed25519-cosignature') return undefined;
  for (const { name, keyId, signature } of note.signatures) {
    if (name !== key.name || keyId !== key.keyId || signature.length !== COSIGNATURE_BYTES) continue;
    const time = Number(Buffer.from(signature.subarray(0, TIME_BYTES)).readBigUInt64BE());
    if (!Number.isSafeInteger(time)) continue;
    if (isSignedBy(key, cosignedMessage(note.text, time), signature.subarray(TIME_BYTES))) return time;
  }
  return undefined;
}
