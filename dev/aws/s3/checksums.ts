import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from './error.ts';

/** A checksum that came with an object and was found right. */
export interface Checksum {
  /** `x-amz-checksum-crc32` … */
  readonly header: string;
  /** In base64. */
  readonly value: string;
}

type Algorithm = (content: Buffer) => Buffer;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  crc32: (content) => bytesOf(crc32(content)),
  crc32c: (content) => bytesOf(crc32c(content)),
  crc64nvme: crc64Nvme,
  sha1: (content) => createHash('sha1').update(content).digest(),
  sha256: (content) => createHash('sha256').update(content).digest(),
};

const PREFIX = 'x-amz-checksum-';
/** Those of the same prefix that are no checksum. */
const OTHERS: ReadonlySet<string> = new Set([`${PREFIX}mode`, `${PREFIX}type`, `${PREFIX}algorithm`]);

/**
 * Holds a body to the checksum that came with it, in a header or a trailer.
 *
 * @param named every name that the request gives a value to
 * @returns undefined when none came
 * @throws S3Error BadDigest, InvalidRequest
 */
export function requireChecksum(
  content: Buffer,
  named: readonly string[],
  lookUp: (name: string) => string | undefined,
): Checksum | undefined {
  const headers = new Set(named.map((name) => name.toLowerCase()));
  const given = [...headers].filter(
    (name) => name.startsWith(PREFIX) && !OTHERS.has(name) && lookUp(name) !== undefined,
  );
  const [header, second] = given;
  if (second !== undefined) {
    const message = 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.';
    throw new S3Error('InvalidRequest', message);
  }
  if (header === undefined) {
    if (lookUp('x-amz-sdk-checksum-algorithm') === undefined) return undefined;
    const message =
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were ' +
      'found.';
    throw new S3Error('InvalidRequest', message);
  }
  const name = header.slice(PREFIX.length);
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (algorithm === undefined) throw new S3Error('InvalidRequest', `The algorithm of ${header} is not supported.`);
  const value = lookUp(header) ?? '';
  const computed = algorithm(content);
  const decoded = Buffer.from(value, 'base64');
  if (decoded.length !== computed.length || decoded.toString('base64') !== value) {
    throw new S3Error('InvalidRequest', `Value for ${header} header is invalid.`);
  }
  if (!decoded.equals(computed)) {
    const message = `The ${name.toUpperCase()} you specified did not match the calculated checksum.`;
    throw new S3Error('BadDigest', message);
  }
  return { header, value };
}

function bytesOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** CRC-32C (Castagnoli), RFC 3720 B.4: the polynomial 0x1EDC6F41, reflected. */
export function crc32c(content: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of content) crc = (crc >>> 8) ^ (CASTAGNOLI[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/**
 * CRC-64/NVME, NVM Express NVM Command Set Specification 5.2.1.3.4: the polynomial 0xAD93D23594C93659, reflected.
 * Its two halves are kept apart, as numbers of 64 bits are slow.
 */
export function crc64Nvme(content: Buffer): Buffer {
  let [high, low] = [0xffffffff, 0xffffffff];
  for (const byte of content) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (NVME_LOW[index] ?? 0);
    high = (high >>> 8) ^ (NVME_HIGH[index] ?? 0);
  }
  return Buffer.concat([bytesOf(~high), bytesOf(~low)]);
}

const NVME_TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = BigInt(index);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  return value;
});
const NVME_LOW = Uint32Array.from(NVME_TABLE, (value) => Number(value & 0xffffffffn));
const NVME_HIGH = Uint32Array.from(NVME_TABLE, (value) => Number(value >> 32n));
