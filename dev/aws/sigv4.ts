import type { Principal } from './credentials.ts';
import { CredentialStore } from './credentials.ts';
import { AwsError } from './error.ts';
import { percentEncode } from './percent-encoding.ts';
import { partitionOf } from './regions.ts';
import {
  ACCEPTED_SKEW_MILLISECONDS,
  ALGORITHM,
  type Authorization,
  canonicalHeader,
  canonicalQuery,
  epochOf,
  hmac,
  isInOrder,
  isSameSignature,
  parseAuthorization,
  sha256,
  signingKey,
  stringToSign,
} from './signing.ts';

/** Signature Version 4 as the query services verify it; S3 has rules of its own in `s3/`. */

export interface SignedRequest {
  readonly method: string;
  /** Path and query as on the request line. */
  readonly target: string;
  /** Names in lower case; a header that came twice has both values. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
  /** The other end of the connection. */
  readonly sourceIp?: string | undefined;
}

/** @throws AwsError MissingAuthenticationToken, IncompleteSignature */
export function readAuthorization(request: SignedRequest): Authorization {
  const header = request.headers['authorization'];
  if (header === undefined) {
    throw new AwsError('MissingAuthenticationToken', 403, 'Request is missing Authentication Token');
  }
  const [value, second] = header;
  if (value === undefined || second !== undefined || !value.startsWith(`${ALGORITHM} `)) {
    throw incomplete(`Authorization header must be one '${ALGORITHM}' value.`);
  }
  return parseAuthorization(value, incomplete);
}

/**
 * Proves that the request was signed, as it stands, with a credential the store issued and that still lives.
 *
 * @returns who signed it, with what policies may ask about the request
 * @param service the signing name the scope must carry
 * @param now epoch milliseconds
 * @throws AwsError InvalidClientTokenId, ExpiredToken, IncompleteSignature, SignatureDoesNotMatch
 */
export function verify(
  request: SignedRequest,
  authorization: Authorization,
  store: CredentialStore,
  service: string,
  now: number,
): Principal {
  const issued = store.find(authorization.accessKeyId);
  const sessionToken = single(request, 'x-amz-security-token');
  if (issued === undefined || !CredentialStore.tokenMatches(issued, sessionToken)) throw unknownToken();
  if (issued.expiresAt !== undefined && issued.expiresAt <= now) {
    throw new AwsError('ExpiredToken', 403, 'The security token included in the request is expired');
  }
  checkScope(authorization, service);
  // A key exists in one partition only: elsewhere it is as unknown as a random one.
  if (partitionOf(authorization.region) !== issued.principal.partition) throw unknownToken();
  const timestamp = checkTime(request, authorization, now);
  const expected = signatureOf(request, authorization, timestamp, issued.secretAccessKey);
  if (!isSameSignature(authorization.signature, expected)) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret ' +
        'Access Key and signing method. Consult the service documentation for details.',
    );
  }
  const { region } = authorization;
  return {
    ...issued.principal,
    request: { sourceIp: request.sourceIp, region, userAgent: request.headers['user-agent']?.[0] },
  };
}

function checkScope(authorization: Authorization, service: string): void {
  if (authorization.terminator !== 'aws4_request') {
    throw mismatch("Credential should be scoped with a valid terminator: 'aws4_request'.");
  }
  if (authorization.service !== service)
    throw mismatch(`Credential should be scoped to correct service: '${service}'.`);
  if (partitionOf(authorization.region) === undefined) {
    throw mismatch('Credential should be scoped to a valid region.');
  }
  const signed = authorization.signedHeaders;
  if (!signed.includes('host')) {
    throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (!isInOrder(signed)) throw mismatch('SignedHeaders must be in order, each once.');
}

function checkTime(request: SignedRequest, authorization: Authorization, now: number): string {
  const timestamp = single(request, 'x-amz-date');
  if (timestamp === undefined) {
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  const signedAt = epochOf(timestamp);
  if (signedAt === undefined) throw incomplete("Date must be in ISO-8601 'basic format'.");
  if (timestamp.slice(0, 8) !== authorization.date) {
    throw mismatch(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${authorization.date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  const earliest = now - ACCEPTED_SKEW_MILLISECONDS;
  const latest = now + ACCEPTED_SKEW_MILLISECONDS;
  if (signedAt < earliest) {
    throw mismatch(`Signature expired: ${timestamp} is now earlier than ${basic(earliest)} (${basic(now)} - 15 min.)`);
  }
  if (signedAt > latest) {
    throw mismatch(
      `Signature not yet current: ${timestamp} is still later than ${basic(latest)} (${basic(now)} + 15 min.)`,
    );
  }
  return timestamp;
}

function signatureOf(request: SignedRequest, authorization: Authorization, timestamp: string, secret: string): string {
  const signed = stringToSign(timestamp, authorization, canonicalRequest(request, authorization));
  return hmac(signingKey(secret, authorization), signed).toString('hex');
}

function canonicalRequest(request: SignedRequest, authorization: Authorization): string {
  const [path = '/', query = ''] = request.target.split(/\?(.*)/s);
  const headers = authorization.signedHeaders.map((name) => {
    const values = request.headers[name];
    if (values === undefined) throw mismatch(`The signed header '${name}' is not in the request.`);
    return canonicalHeader(name, values);
  });
  return [
    request.method,
    // Every service but S3 encodes each path segment twice.
    path
      .split('/')
      .map((segment) => percentEncode(percentEncode(decode(segment))))
      .join('/'),
    canonicalQuery(pairsOf(query)),
    headers.join(''),
    authorization.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

function pairsOf(query: string): (readonly [string, string])[] {
  if (query === '') return [];
  return query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return [decode(name), decode(value)];
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('MalformedQueryString', 404, 'The request target is not well-formed percent-encoding');
  }
}

function single(request: SignedRequest, name: string): string | undefined {
  const values = request.headers[name];
  if (values !== undefined && values.length !== 1) throw incomplete(`Header '${name}' came more than once.`);
  return values?.[0];
}

function basic(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignature', 400, message);
}

function mismatch(message: string): AwsError {
  return new AwsError('SignatureDoesNotMatch', 403, message);
}

function unknownToken(): AwsError {
  return new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid.');
}
