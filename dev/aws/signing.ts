import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { percentEncode } from './percent-encoding.ts';

/**
 * What the services share of Signature Version 4, as a server computes it. Written from the specification and not from
 * a signer, so that it cannot share a signer's mistakes. What is refused in which words is each service's own.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** How far the time of a signature may be from the clock. */
export const ACCEPTED_SKEW_MILLISECONDS = 15 * 60_000;

/** What a signature is good for: `date/region/service/aws4_request`. */
export interface CredentialScope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
}

/** The parts of a signature as a request claims them. Nothing here is trusted before it was verified. */
export interface Authorization extends CredentialScope {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/**
 * Reads the value of an Authorization header.
 *
 * @param refuse makes the service's own error of what is wrong
 */
export function parseAuthorization(value: string, refuse: (problem: string) => Error): Authorization {
  const parts = new Map<string, string>();
  for (const part of value.slice(ALGORITHM.length).split(',')) {
    const [, name, content] = /^\s*([A-Za-z]+)=(\S+)\s*$/.exec(part) ?? [];
    if (name === undefined || content === undefined || parts.has(name)) {
      throw refuse('Authorization header holds a part that is not name=value, or holds one twice.');
    }
    parts.set(name, content);
  }
  const required = (name: string): string => {
    const content = parts.get(name);
    if (content === undefined) throw refuse(`Authorization header requires '${name}' parameter.`);
    return content;
  };
  const credential = parseCredential(required('Credential'));
  const signedHeaders = required('SignedHeaders').split(';');
  const signature = required('Signature');
  if (credential === undefined) {
    throw refuse('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.');
  }
  return { ...credential, signedHeaders, signature };
}

/** `keyid/date/region/service/term`; undefined for anything else. */
export function parseCredential(text: string): (CredentialScope & { readonly accessKeyId: string }) | undefined {
  const parts = text.split('/');
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = parts;
  if (parts.length !== 5 || accessKeyId === '') return undefined;
  return { accessKeyId, date, region, service, terminator };
}

/** Signed headers are named in order, each once. */
export function isInOrder(names: readonly string[]): boolean {
  return names.every((name, index) => index === 0 || name > (names[index - 1] ?? ''));
}

export function scopeText({ date, region, service, terminator }: CredentialScope): string {
  return `${date}/${region}/${service}/${terminator}`;
}

export function signingKey(secret: string, { date, region, service, terminator }: CredentialScope): Buffer {
  return [date, region, service, terminator].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${secret}`),
  );
}

export function stringToSign(timestamp: string, scope: CredentialScope, canonicalRequest: string): string {
  return [ALGORITHM, timestamp, scopeText(scope), sha256(canonicalRequest)].join('\n');
}

/** `name:value\n` of one signed header, all its values in one line. */
export function canonicalHeader(name: string, values: readonly string[]): string {
  return `${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`;
}

/** The pairs, decoded, in the order and the encoding in which they are signed. */
export function canonicalQuery(pairs: readonly (readonly [name: string, value: string])[]): string {
  return pairs
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Epoch milliseconds of `20260131T120000Z`; undefined for anything else. */
export function epochOf(timestamp: string): number | undefined {
  const fields = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (fields === null) return undefined;
  const [, year, month, day, hour, minute, second] = fields;
  const epoch = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(epoch) ? undefined : epoch;
}

/** In constant time. */
export function isSameSignature(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** In hexadecimal. */
export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

export function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
