import { createHash, createHmac } from 'node:crypto';
import type { CredentialsAnswer } from '../../lib/http/contract.ts';

/** What S3 answered. */
export interface S3Answer {
  readonly status: number;
  readonly text: string;
  /** `AccessDenied` … where it refused. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/**
 * One GET of S3, signed with a session's credentials as any client of S3 signs it (Signature Version 4). The AWS SDK's
 * client for S3 would be a dependency for this alone.
 *
 * @param url of an object or a bucket, path-style; characters that need encoding are encoded already
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export async function getFromS3(
  url: URL,
  region: string,
  { AccessKeyId, SecretAccessKey, SessionToken }: CredentialsAnswer,
  signal: AbortSignal,
): Promise<S3Answer> {
  const timestamp = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const scope = [timestamp.slice(0, 8), region, 's3', 'aws4_request'];
  const headers = {
    host: url.host,
    'x-amz-content-sha256': sha256(''),
    'x-amz-date': timestamp,
    'x-amz-security-token': SessionToken,
  };
  const signedHeaders = Object.keys(headers).join(';');
  const canonical = [
    'GET',
    url.pathname,
    [...url.searchParams]
      .map((pair) => pair.map(encodeURIComponent).join('='))
      .sort()
      .join('&'),
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    '',
    signedHeaders,
    sha256(''),
  ].join('\n');
  const key = scope.reduce<Buffer>((previous, part) => hmac(previous, part), Buffer.from(`AWS4${SecretAccessKey}`));
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), sha256(canonical)].join('\n');
  const credential = [AccessKeyId, ...scope].join('/');
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, ` +
    `Signature=${hmac(key, toSign).toString('hex')}`;
  const response = await fetch(url, { headers: { ...headers, authorization }, signal });
  const text = await response.text();
  const element = (name: string): string | undefined => new RegExp(`<${name}>(.*?)</${name}>`).exec(text)?.[1];
  const refused = !response.ok;
  return {
    status: response.status,
    text,
    code: refused ? element('Code') : undefined,
    message: refused ? element('Message') : undefined,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
