import type { SignedRequest } from '../sigv4.ts';

/**
 * Which protocol a request speaks, as all services share one address here. The query services take a form posted to
 * `/`; whatever else comes is for S3, and so is what says to be signed for it.
 */
export function isForS3({ method, target, headers }: Omit<SignedRequest, 'body'>): boolean {
  const contentType = headers['content-type']?.[0]?.split(';')[0]?.trim().toLowerCase();
  const isForm = method === 'POST' && target === '/' && contentType === 'application/x-www-form-urlencoded';
  return !isForm || SCOPED_FOR_S3.test(headers['authorization']?.[0] ?? '');
}

const SCOPED_FOR_S3 = /Credential=[^/,\s]*\/[^/,\s]*\/[^/,\s]*\/s3\//;
