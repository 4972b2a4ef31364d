import { ALGORITHM, type Authorization, parseAuthorization, parseCredential } from '../signing.ts';
import { S3Error } from './error.ts';
import { headerOf, isPresigned, type S3Request } from './request.ts';

/** Who a request says has signed it, in its Authorization header or in its URL. Nothing of it is proven. */
export interface Claim extends Authorization {
  readonly inUrl: boolean;
  /** `20260131T120000Z`, or whatever stands there. */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** From the timestamp on; of URLs only. */
  readonly expiresSeconds?: number;
}

/** A URL is good for a week at most. */
const MAXIMUM_SECONDS = 604_800;

/**
 * @returns undefined when nobody says to have signed
 * @throws S3Error AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidRequest, InvalidArgument,
 *   AccessDenied for a request without a date
 */
export function readClaim(request: S3Request): Claim | undefined {
  const header = request.headers['authorization'];
  const presigned = isPresigned(request);
  if (header !== undefined && presigned) {
    const message =
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter ' +
      'or the Authorization header should be specified';
    throw new S3Error('InvalidArgument', message, { ArgumentName: 'Authorization' });
  }
  if (presigned) return readUrl(request);
  if (header !== undefined) return readHeader(request, header);
  // The signature of version 2, which no region since 2014 takes.
  if (request.query.has('AWSAccessKeyId') || request.query.has('Signature')) throw unsupported();
  return undefined;
}

function readHeader(request: S3Request, header: readonly string[]): Claim {
  const [value = '', second] = header;
  if (second !== undefined) throw malformed('there is more than one.');
  if (value.startsWith('AWS ')) throw unsupported();
  if (!value.startsWith(`${ALGORITHM} `)) {
    throw new S3Error('InvalidArgument', 'Unsupported Authorization Type', { ArgumentName: 'Authorization' });
  }
  const authorization = parseAuthorization(value, malformed);
  const timestamp = headerOf(request, 'x-amz-date');
  if (timestamp === undefined) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  return { ...authorization, inUrl: false, timestamp, sessionToken: headerOf(request, 'x-amz-security-token') };
}

function readUrl({ query }: S3Request): Claim {
  const [algorithm, credentialText, timestamp, expires, signedHeaders, signature] = [
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-Expires',
    'X-Amz-SignedHeaders',
    'X-Amz-Signature',
  ].map((name) => query.get(name));
  if (!algorithm || !credentialText || !timestamp || !expires || !signedHeaders || !signature) {
    throw queryError(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, ' +
        'X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  if (algorithm !== ALGORITHM) throw queryError(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const credential = parseCredential(credentialText);
  if (credential === undefined) {
    throw queryError(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting ' +
        '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  return {
    ...credential,
    signedHeaders: signedHeaders.split(';'),
    signature,
    inUrl: true,
    timestamp,
    sessionToken: query.get('X-Amz-Security-Token'),
    expiresSeconds: readExpires(expires),
  };
}

function readExpires(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw queryError('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds < 0) throw queryError('X-Amz-Expires must be non-negative');
  if (seconds > MAXIMUM_SECONDS) {
    throw queryError(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ' +
        `${MAXIMUM_SECONDS} seconds`,
    );
  }
  return seconds;
}

function malformed(problem: string): S3Error {
  return new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; ${problem}`);
}

function queryError(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', message);
}

function unsupported(): S3Error {
  return new S3Error(
    'InvalidRequest',
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  );
}
