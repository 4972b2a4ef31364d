import { CredentialStore, type Principal } from '../credentials.ts';
import { percentEncode } from '../percent-encoding.ts';
import { partitionOf } from '../regions.ts';
import {
  ACCEPTED_SKEW_MILLISECONDS,
  canonicalHeader,
  canonicalQuery,
  epochOf,
  hmac,
  isInOrder,
  isSameSignature,
  signingKey,
  stringToSign,
} from '../signing.ts';
import type { Claim } from './claim.ts';
import { S3Error } from './error.ts';
import { headerOf, headerOrParameter, type S3Request } from './request.ts';

/**
 * Signature Version 4 as S3 verifies it. Other than for the query services, the path is encoded once and never
 * normalised, the hash of the body is what `x-amz-content-sha256` says (whether the body is that is for
 * `payload.ts`), every `x-amz-` header must be signed, and the signature may be in the URL, with an end of its own.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

/** A request whose signature was found right. */
export interface Proof {
  readonly principal: Principal;
  readonly claim: Claim;
  /** When it was signed, epoch milliseconds. */
  readonly signedAt: number;
  /** For the signatures of a body's chunks. */
  readonly key: Buffer;
}

/**
 * @param now epoch milliseconds
 * @throws S3Error InvalidAccessKeyId, InvalidToken, ExpiredToken, AuthorizationHeaderMalformed, RequestTimeTooSkewed,
 *   AccessDenied for a URL that expired or a header that is not signed, InvalidRequest, SignatureDoesNotMatch
 */
export function verifySignature(request: S3Request, claim: Claim, store: CredentialStore, now: number): Proof {
  const { accessKeyId } = claim;
  const issued = store.find(accessKeyId);
  if (issued === undefined) throw unknownKey(accessKeyId);
  checkToken(issued, claim, now);
  const partition = checkScope(claim);
  // A key exists in one partition only: elsewhere it is as unknown as a random one.
  if (partition !== issued.principal.partition) throw unknownKey(accessKeyId);
  const signedAt = claim.inUrl ? checkUrlTime(claim, now) : checkHeaderTime(claim, now);
  checkSignedHeaders(request, claim);
  const key = signingKey(issued.secretAccessKey, claim);
  const signed = stringToSign(claim.timestamp, claim, canonicalRequest(request, claim));
  if (!isSameSignature(claim.signature, hmac(key, signed).toString('hex'))) {
    const details = { AWSAccessKeyId: accessKeyId, StringToSign: signed, SignatureProvided: claim.signature };
    throw new S3Error('SignatureDoesNotMatch', undefined, details);
  }
  const { sourceIp } = request;
  const facts = { sourceIp, region: claim.region, userAgent: headerOf(request, 'user-agent') };
  return { principal: { ...issued.principal, request: facts }, claim, signedAt, key };
}

/** What `x-amz-content-sha256` says of the body; a URL is mostly signed before there is one. */
export function claimedPayload(request: S3Request, { inUrl }: Claim): string {
  const claimed = headerOrParameter(request, 'x-amz-content-sha256');
  if (claimed !== undefined) return claimed;
  if (inUrl) return 'UNSIGNED-PAYLOAD';
  throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
}

type Issued = NonNullable<ReturnType<CredentialStore['find']>>;

/** A session's key without its token is a key that nobody has; a wrong token is told apart from that. */
function checkToken(issued: Issued, { sessionToken, accessKeyId }: Claim, now: number): void {
  if (sessionToken === undefined && issued.sessionTokenDigest !== undefined) throw unknownKey(accessKeyId);
  if (!CredentialStore.tokenMatches(issued, sessionToken)) throw new S3Error('InvalidToken');
  if (issued.expiresAt !== undefined && issued.expiresAt <= now) throw new S3Error('ExpiredToken');
}

/** @returns the partition of the scope's region */
function checkScope({ inUrl, service, terminator, region, date, timestamp, signedHeaders }: Claim): string {
  const malformed = (problem: string, details = {}): S3Error =>
    inUrl
      ? new S3Error(
          'AuthorizationQueryParametersError',
          `Error parsing the X-Amz-Credential parameter; ${problem}`,
          details,
        )
      : new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; ${problem}`, details);
  if (terminator !== 'aws4_request') {
    throw malformed(`incorrect terminal "${terminator}". This endpoint uses "aws4_request".`);
  }
  if (service !== 's3') throw malformed(`incorrect service "${service}". This endpoint belongs to "s3".`);
  const partition = partitionOf(region);
  if (partition === undefined) {
    throw malformed(`the region '${region}' is wrong; expecting 'us-east-1'`, { Region: 'us-east-1' });
  }
  if (timestamp.slice(0, 8) !== date) {
    throw malformed(`incorrect date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`);
  }
  if (!signedHeaders.includes('host') || !isInOrder(signedHeaders)) {
    throw malformed('SignedHeaders must hold host, and every name once and in order.');
  }
  return partition;
}

function checkHeaderTime({ timestamp }: Claim, now: number): number {
  const signedAt = epochOf(timestamp);
  if (signedAt === undefined) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  if (Math.abs(now - signedAt) > ACCEPTED_SKEW_MILLISECONDS) {
    throw new S3Error('RequestTimeTooSkewed', undefined, {
      RequestTime: timestamp,
      ServerTime: new Date(now).toISOString(),
      MaxAllowedSkewMilliseconds: ACCEPTED_SKEW_MILLISECONDS,
    });
  }
  return signedAt;
}

function checkUrlTime({ timestamp, expiresSeconds = 0 }: Claim, now: number): number {
  const signedAt = epochOf(timestamp);
  if (signedAt === undefined) {
    const message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";
    throw new S3Error('AuthorizationQueryParametersError', message);
  }
  if (signedAt > now + ACCEPTED_SKEW_MILLISECONDS) throw new S3Error('AccessDenied', 'Request is not valid yet');
  const expires = signedAt + expiresSeconds * 1000;
  if (expires <= now) {
    throw new S3Error('AccessDenied', 'Request has expired', {
      'X-Amz-Expires': expiresSeconds,
      Expires: new Date(expires).toISOString(),
      ServerTime: new Date(now).toISOString(),
    });
  }
  return signedAt;
}

/** What S3 acts on must have been meant by who signed. */
function checkSignedHeaders({ headers }: S3Request, { signedHeaders }: Claim): void {
  const missing = signedHeaders.filter((name) => headers[name] === undefined);
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !signedHeaders.includes(name));
  if (missing.length > 0)
    throw new S3Error('SignatureDoesNotMatch', `Signed headers are missing: ${missing.join(', ')}`);
  if (unsigned.length > 0) {
    const message = 'There were headers present in the request which were not signed';
    throw new S3Error('AccessDenied', message, { HeadersNotSigned: unsigned.join(', ') });
  }
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const pairs = [...request.query].filter(([name]) => !(claim.inUrl && name === 'X-Amz-Signature'));
  return [
    request.method,
    request.path.split('/').map(percentEncode).join('/'),
    canonicalQuery(pairs),
    claim.signedHeaders.map((name) => canonicalHeader(name, request.headers[name] ?? [])).join(''),
    claim.signedHeaders.join(';'),
    claimedPayload(request, claim),
  ].join('\n');
}

function unknownKey(accessKeyId: string): S3Error {
  return new S3Error('InvalidAccessKeyId', undefined, { AWSAccessKeyId: accessKeyId });
}
