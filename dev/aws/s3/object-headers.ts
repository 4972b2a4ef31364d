import { S3Error } from './error.ts';
import { headerOf, headerOrParameter, type S3Request } from './request.ts';

/** Headers that S3 keeps with an object and sends with it. */
const KEPT = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'];
const METADATA = 'x-amz-meta-';
const MAXIMUM_METADATA_BYTES = 2_048;

/**
 * @throws S3Error MetadataTooLarge
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export function keptHeaders(request: S3Request): Record<string, string> {
  const names = [...KEPT, ...Object.keys(request.headers).filter((name) => name.startsWith(METADATA))];
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = headerOf(request, name);
    if (value !== undefined && value !== '') kept[name] = value;
  }
  const metadata = Object.entries(kept).filter(([name]) => name.startsWith(METADATA));
  const size = metadata.reduce((sum, [name, value]) => sum + name.length - METADATA.length + value.length, 0);
  if (size > MAXIMUM_METADATA_BYTES) {
    const details = { Size: size, MaxSizeAllowed: MAXIMUM_METADATA_BYTES };
    throw new S3Error('MetadataTooLarge', undefined, details);
  }
  const encoding = contentEncoding(headerOf(request, 'content-encoding'));
  return encoding === '' ? kept : { ...kept, 'content-encoding': encoding };
}

/** How the body was sent is no property of the object. */
function contentEncoding(header = ''): string {
  const encodings = header.split(',').map((encoding) => encoding.trim());
  return encodings.filter((encoding) => encoding !== '' && encoding.toLowerCase() !== 'aws-chunked').join(',');
}

const KNOWN: ReadonlySet<string> = new Set([
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-expected-bucket-owner',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-security-token',
  'x-amz-trailer',
  'x-amz-user-agent',
]);
const KNOWN_PREFIX = /^x-amz-(meta|checksum)-/;
/** Headers with one value that changes nothing. */
const HARMLESS: Readonly<Record<string, string>> = {
  'x-amz-bucket-object-lock-enabled': 'false',
  'x-amz-object-ownership': 'BucketOwnerEnforced',
  'x-amz-storage-class': 'STANDARD',
};

/**
 * Whatever else a caller may ask for by a header (encryption, access control lists, copies, tags …) is refused rather
 * than passed over.
 *
 * @throws S3Error NotImplemented
 */
export function checkHeaders(request: S3Request): void {
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith('x-amz-') || KNOWN.has(name) || KNOWN_PREFIX.test(name)) continue;
    if (Object.hasOwn(HARMLESS, name) && HARMLESS[name] === headerOrParameter(request, name)) continue;
    throw new S3Error('NotImplemented', undefined, { Header: name });
  }
}
