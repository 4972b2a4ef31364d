import type { SignedRequest } from '../sigv4.ts';
import { checkBucketName } from './bucket-name.ts';
import { S3Error } from './error.ts';

/** A request as S3 reads it: what it is about, and what it says of that. Nothing of it is proven. */
export interface S3Request extends Omit<SignedRequest, 'body'> {
  /** As it came; undefined when it was more than is taken. */
  readonly body: Buffer | undefined;
  /** Undefined for the account itself: `/`. */
  readonly bucket: string | undefined;
  /** Undefined for the bucket itself: `/bucket`. Any text up to 1,024 bytes, `..` and `//` included. */
  readonly key: string | undefined;
  /** Path as it is signed and looked up: decoded once, never normalised. */
  readonly path: string;
  /** Decoded, in their order. */
  readonly query: ReadonlyMap<string, string>;
}

const MAXIMUM_KEY_BYTES = 1024;

/**
 * Takes a request's target apart: path-style addresses only, as an address without a domain has no bucket in its host.
 *
 * @throws S3Error InvalidURI, InvalidArgument, InvalidBucketName, KeyTooLongError
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html#path-style-access
 */
export function parseS3Request(request: Omit<SignedRequest, 'body'>, body: Buffer | undefined): S3Request {
  const [rawPath = '', rawQuery = ''] = request.target.split(/\?(.*)/s);
  if (!rawPath.startsWith('/')) throw new S3Error('InvalidURI');
  const path = decode(rawPath);
  const query = parseQuery(rawQuery);
  const [bucket = '', key = ''] = path.slice(1).split(/\/(.*)/s);
  const base = { ...request, body, path, query };
  if (bucket === '' && key === '') return { ...base, bucket: undefined, key: undefined };
  checkBucketName(bucket);
  if (key === '') return { ...base, bucket, key: undefined };
  const size = Buffer.byteLength(key);
  if (size > MAXIMUM_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', undefined, { Size: size, MaxSizeAllowed: MAXIMUM_KEY_BYTES });
  }
  return { ...base, bucket, key };
}

/** The value of a header; several of one name are one list. */
export function headerOf({ headers }: Pick<S3Request, 'headers'>, name: string): string | undefined {
  return headers[name]?.join(',');
}

/** A header, which a presigned URL may carry as a parameter instead. */
export function headerOrParameter(request: S3Request, name: string): string | undefined {
  return headerOf(request, name) ?? (isPresigned(request) ? parameterNamed(request, name) : undefined);
}

export function isPresigned({ query }: Pick<S3Request, 'query'>): boolean {
  return query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature') || query.has('X-Amz-Credential');
}

function parameterNamed({ query }: S3Request, name: string): string | undefined {
  for (const [parameter, value] of query) if (parameter.toLowerCase() === name) return value;
  return undefined;
}

function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [name = '', value = ''] = pair.split(/=(.*)/s).map((part) => decode(part.replaceAll('+', ' ')));
    if (query.has(name)) {
      throw new S3Error('InvalidArgument', 'A parameter is given more than once', { ArgumentName: name });
    }
    query.set(name, value);
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}
