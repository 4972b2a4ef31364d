import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Principal } from './credentials.ts';
import { CredentialStore } from './credentials.ts';
import { AwsError } from './error.ts';
import { percentEncode } from './percent-encoding.ts';
import { partitionOf } from './regions.ts';

/**
 * The server's side of Signature Version 4, written from the specification and not from a signer, so that it
 * cannot share a signer's mistakes.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

const ALGORITHM = 'AWS4-HMAC-SHA256';
const ACCEPTED_SKEW_MILLISECONDS = 15 * 60_000;

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

/** The parts of the Authorization header. Nothing here is trusted before `verify` returned. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
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
  const parts = new Map<string, string>();
  for (const part of value.slice(ALGORITHM.length).split(',')) {
    const [, name, content] = /^\s*([A-Za-z]+)=(\S+)\s*$/.exec(part) ?? [];
    if (name === undefined || content === undefined || parts.has(name)) {
      throw incomplete('Authorization header holds a part that is not name=value, or holds one twice.');
    }
    parts.set(name, content);
  }
  const required = (name: string): string => {
    const content = parts.get(name);
    if (content === undefined) throw incomplete(`Authorization header requires '${name}' parameter.`);
    return content;
  };
  const scope = required('Credential').split('/');
  const signedHeaders = required('SignedHeaders').split(';');
  const signature = required('Signature');
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = scope;
  if (scope.length !== 5 || accessKeyId === '') {
    throw incomplete('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.');
  }
  return { accessKeyId, date, region, service, terminator, signedHeaders, signature };
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
  const given = Buffer.from(authorization.signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
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
  if (signed.some((name, index) => index > 0 && name <= (signed[index - 1] ?? ''))) {
    throw mismatch('SignedHeaders must be in order, each once.');
  }
}

function checkTime(request: SignedRequest, authorization: Authorization, now: number): string {
  const timestamp = single(request, 'x-amz-date');
  if (timestamp === undefined) {
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  const fields = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (fields === null) throw incomplete("Date must be in ISO-8601 'basic format'.");
  const [, year, month, day, hour, minute, second] = fields;
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signedAt)) throw incomplete("Date must be in ISO-8601 'basic format'.");
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

function signatureOf(request: SignedRequest, authorization: Authorization, timestamp: string, secret: string): Buffer {
  const { date, region, service, terminator } = authorization;
  const scope = `${date}/${region}/${service}/${terminator}`;
  const stringToSign = [ALGORITHM, timestamp, scope, sha256(canonicalRequest(request, authorization))].join('\n');
  const key = [date, region, service, terminator].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${secret}`),
  );
  return Buffer.from(hmac(key, stringToSign).toString('hex'));
}

function canonicalRequest(request: SignedRequest, authorization: Authorization): string {
  const [path = '/', query = ''] = request.target.split(/\?(.*)/s);
  const headers = authorization.signedHeaders.map((name) => {
    const values = request.headers[name];
    if (values === undefined) throw mismatch(`The signed header '${name}' is not in the request.`);
    return `${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`;
  });
  return [
    request.method,
    // Every service but S3 encodes each path segment twice.
    path
      .split('/')
      .map((segment) => percentEncode(percentEncode(decode(segment))))
      .join('/'),
    canonicalQuery(query),
    headers.join(''),
    authorization.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [percentEncode(decode(name)), percentEncode(decode(value))] as const;
    })
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
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
