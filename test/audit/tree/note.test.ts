import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { formatCheckpoint, parseCheckpoint } from '../../../lib/audit/tree/checkpoint.ts';
import {
  formatNote,
  formatVerificationKey,
  parseNote,
  parseVerificationKey,
  verificationKey,
  verifyNote,
} from '../../../lib/audit/tree/note.ts';

/** The note that every implementation of the format is shown with, and its two keys. */
const KNOWN = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=
`;
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';

describe('A signed note', () => {
  test.each([PETER, ENOCH])('that is known verifies with its key %s', (key) => {
    expect(verifyNote(parseNote(KNOWN), parseVerificationKey(key))).toBe(true);
    expect(formatVerificationKey(parseVerificationKey(key))).toBe(key);
  });

  it('is written as it was read', () => {
    expect(formatNote(parseNote(KNOWN))).toBe(KNOWN);
  });

  it('with another text does not verify', () => {
    const altered = KNOWN.replace('the answer', 'an answer');
    expect(() => verifyNote(parseNote(altered), parseVerificationKey(PETER))).toThrow(
      'the signature of PeterNeumann is not right',
    );
  });

  it('without a signature by the key is not signed by it', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    expect(verifyNote(parseNote(KNOWN), verificationKey('PeterNeumann', 'Ed25519', publicKey))).toBe(false);
  });

  test.each([
    ['Ed25519', () => generateKeyPairSync('ed25519'), null],
    ['ECDSA-P256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'],
  ] as const)('signed with %s verifies by the written key', (algorithm, make, hash) => {
    const { publicKey, privateKey } = make();
    const key = verificationKey('example.com/log', algorithm, publicKey);
    const text = formatCheckpoint({ origin: 'example.com/log', size: 7, root: Buffer.alloc(32, 5) });
    const note = formatNote({ text, signatures: [{ ...key, signature: sign(hash, Buffer.from(text), privateKey) }] });
    const read = parseNote(note);
    expect(verifyNote(read, parseVerificationKey(formatVerificationKey(key)))).toBe(true);
    expect(parseCheckpoint(read.text)).toEqual({ origin: 'example.com/log', size: 7, root: Buffer.alloc(32, 5) });
  });

  test.each([
    ['no signature', 'text\n'],
    ['no line end', 'text\n\n— a AAAAAAA='],
    ['a signature that is no base64', 'text\n\n— a ****\n'],
    ['base64 in another spelling', 'text\n\n— a AAAAAAB=\n'],
    ['a signature without a name', 'text\n\n—  AAAAAAA=\n'],
    ['a hyphen for the dash', 'text\n\n- a AAAAAAA=\n'],
    ['a control character', 'te\u0007xt\n\n— a AAAAAAA=\n'],
    ['a carriage return', 'text\r\n\n— a AAAAAAA=\n'],
    ['too many signatures', `text\n\n${'— a AAAAAAA=\n'.repeat(101)}`],
  ])('with %s is refused', (_, note) => {
    expect(() => parseNote(note)).toThrow();
  });
});

describe('A verification key', () => {
  test.each([
    ['another name', PETER.replace('Peter', 'Pieter'), 'does not belong'],
    ['another id', PETER.replace('c74f20a3', 'c74f20a4'), 'does not belong'],
    ['an unknown algorithm', 'a+00000000+Aw==', 'key algorithm 3'],
    ['too few bytes', 'a+00000000+AQID', 'has 32 bytes, not 2'],
    ['no key at all', 'a+00000000', 'name+keyid+base64'],
    ['no point of the curve', 'a+00000000+AgID', 'cannot be read'],
  ])('with %s is refused', (_, key, message) => {
    expect(() => parseVerificationKey(key)).toThrow(message);
  });

  it('is of the kind that its algorithm wants', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => verificationKey('a', 'Ed25519', publicKey)).toThrow('not of Ed25519 but rsa');
    expect(() => verificationKey('a', 'ECDSA-P256', publicKey)).toThrow('not of ECDSA P-256 but rsa');
  });
});

describe('A checkpoint', () => {
  const root = Buffer.alloc(32).toString('base64');
  test.each([
    ['no origin', `\n1\n${root}\n`],
    ['a size in words', `log\none\n${root}\n`],
    ['a leading zero', `log\n01\n${root}\n`],
    ['a negative size', `log\n-1\n${root}\n`],
    ['a size that is no safe integer', `log\n9999999999999999\n${root}\n`],
    ['a short root', `log\n1\nAAAA\n`],
    ['a root in another spelling', `log\n1\n${root.replace('A=', 'B=')}\n`],
    ['no line end', `log\n1\n${root}`],
  ])('with %s is refused', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow();
  });
});
