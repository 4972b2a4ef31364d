import { createHash } from 'node:crypto';
import { hmac, isSameSignature, scopeText, sha256 } from '../signing.ts';
import { type Chunk, parseAwsChunked } from './aws-chunked.ts';
import { type Checksum, requireChecksum } from './checksums.ts';
import { S3Error } from './error.ts';
import { headerOf, headerOrParameter, type S3Request } from './request.ts';
import { claimedPayload, type Proof } from './signature.ts';

/** A body as it was meant: decoded, and found to be what its hashes say. */
export interface Payload {
  readonly content: Buffer;
  /** What came with it, to be kept with the object. */
  readonly checksum: Checksum | undefined;
}

/** What one object may hold here; AWS's own limit is 5 GB a request. */
export const MAXIMUM_OBJECT_BYTES = 32 * 1024 * 1024;

/** What is read of a request at all: an object, and the frames of its chunks. */
export const MAXIMUM_REQUEST_BYTES = MAXIMUM_OBJECT_BYTES + 1024 * 1024;

const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

interface Streaming {
  readonly signed: boolean;
  readonly withTrailer: boolean;
}

const STREAMING: Readonly<Record<string, Streaming>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, withTrailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, withTrailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, withTrailer: true },
};

/**
 * @param proof undefined where nobody signed
 * @throws S3Error EntityTooLarge, MissingContentLength, IncompleteBody, SignatureDoesNotMatch, MalformedTrailerError,
 *   InvalidChunkSizeError, XAmzContentSHA256Mismatch, InvalidArgument, InvalidDigest, BadDigest, InvalidRequest
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function readPayload(request: S3Request, proof: Proof | undefined): Payload {
  const { body } = request;
  if (body === undefined) throw tooLarge(headerOf(request, 'content-length'));
  const claimed = proof === undefined ? unsignedClaim(request) : claimedPayload(request, proof.claim);
  const streaming = Object.hasOwn(STREAMING, claimed) ? STREAMING[claimed] : undefined;
  if (streaming === undefined) return checked(request, plain(body, claimed), new Map());
  const { chunks, trailers } = parseAwsChunked(body, streaming.signed, streaming.withTrailer);
  const announced = new Map([...trailers].filter(([name]) => name !== TRAILER_SIGNATURE));
  if (streaming.signed) {
    if (proof === undefined) throw new S3Error('AccessDenied');
    const last = verifyChunks(chunks, proof);
    if (streaming.withTrailer) {
      verifyTrailer(announced, trailers.get(TRAILER_SIGNATURE) ?? '', last, proof);
    }
  }
  checkTrailerNames(request, [...announced.keys()]);
  const content = Buffer.concat(chunks.map((chunk) => chunk.content));
  checkDecodedLength(request, content.length);
  return checked(request, content, announced);
}

function unsignedClaim(request: S3Request): string {
  return headerOf(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
}

function plain(body: Buffer, claimed: string): Buffer {
  if (claimed === 'UNSIGNED-PAYLOAD') return body;
  if (!/^[0-9a-f]{64}$/i.test(claimed)) {
    const message =
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value.';
    const details = { ArgumentName: 'x-amz-content-sha256', ArgumentValue: claimed.slice(0, 100) };
    throw new S3Error('InvalidArgument', message, details);
  }
  const computed = sha256(body);
  if (claimed.toLowerCase() !== computed) {
    const details = { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed };
    throw new S3Error('XAmzContentSHA256Mismatch', undefined, details);
  }
  return body;
}

/**
 * Each chunk's signature is over the one before it; the first, over that of the request.
 *
 * @returns the last one
 */
function verifyChunks(chunks: readonly Chunk[], { claim, key }: Proof): string {
  let previous = claim.signature;
  for (const { content, signature = '' } of chunks) {
    const parts = [
      'AWS4-HMAC-SHA256-PAYLOAD',
      claim.timestamp,
      scopeText(claim),
      previous,
      sha256(''),
      sha256(content),
    ];
    const expected = hmac(key, parts.join('\n')).toString('hex');
    if (!isSameSignature(signature, expected)) throw new S3Error('SignatureDoesNotMatch');
    previous = expected;
  }
  return previous;
}

function verifyTrailer(
  trailers: ReadonlyMap<string, string>,
  signature: string,
  previous: string,
  { claim, key }: Proof,
): void {
  const lines = [...trailers].map(([name, value]) => `${name}:${value}\n`);
  const parts = ['AWS4-HMAC-SHA256-TRAILER', claim.timestamp, scopeText(claim), previous, sha256(lines.join(''))];
  if (!isSameSignature(signature, hmac(key, parts.join('\n')).toString('hex'))) {
    throw new S3Error('SignatureDoesNotMatch');
  }
}

/** `x-amz-trailer`, which is signed, says what comes after the body: that and nothing else. */
function checkTrailerNames(request: S3Request, names: readonly string[]): void {
  const announced = headerOf(request, 'x-amz-trailer')?.toLowerCase().split(',') ?? [];
  const expected = announced.map((name) => name.trim()).sort();
  if (expected.join() !== [...names].sort().join()) throw new S3Error('MalformedTrailerError');
}

function checkDecodedLength(request: S3Request, length: number): void {
  const declared = headerOf(request, 'x-amz-decoded-content-length');
  if (declared === undefined) throw new S3Error('MissingContentLength');
  if (length > MAXIMUM_OBJECT_BYTES) throw tooLarge(declared);
  if (declared !== String(length)) throw new S3Error('IncompleteBody');
}

/** The hashes that may come with a body whatever its encoding. */
function checked(request: S3Request, content: Buffer, trailers: ReadonlyMap<string, string>): Payload {
  if (content.length > MAXIMUM_OBJECT_BYTES) throw tooLarge(String(content.length));
  const digest = headerOf(request, 'content-md5');
  if (digest !== undefined) {
    if (!/^[A-Za-z0-9+/]{22}==$/.test(digest)) {
      throw new S3Error('InvalidDigest', undefined, { 'Content-MD5': digest.slice(0, 100) });
    }
    const computed = createHash('md5').update(content).digest('base64');
    if (computed !== digest) {
      throw new S3Error('BadDigest', undefined, { ExpectedDigest: digest, CalculatedDigest: computed });
    }
  }
  const lookUp = (name: string): string | undefined => trailers.get(name) ?? headerOrParameter(request, name);
  const named = [...Object.keys(request.headers), ...trailers.keys(), ...request.query.keys()];
  return { content, checksum: requireChecksum(content, named, lookUp) };
}

function tooLarge(proposed: string | undefined): S3Error {
  return new S3Error('EntityTooLarge', undefined, { ProposedSize: proposed, MaxSizeAllowed: MAXIMUM_OBJECT_BYTES });
}
