import { S3Error } from './error.ts';

/** A continuation token: opaque to callers, the last name of the page before. */
export function encodeToken(last: string): string {
  return Buffer.from(last).toString('base64url');
}

/** @throws S3Error InvalidArgument */
export function decodeToken(token: string): string {
  const last = Buffer.from(token, 'base64url').toString();
  if (token !== '' && encodeToken(last) === token) return last;
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
    ArgumentName: 'continuation-token',
    ArgumentValue: token.slice(0, 1024),
  });
}

/**
 * How many a page may hold; as many as S3 ever gives when the request does not say, or says more.
 *
 * @throws S3Error InvalidArgument
 */
export function readInteger(
  query: ReadonlyMap<string, string>,
  parameter: string,
  argument: string,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): number {
  const text = query.get(parameter);
  if (text === undefined || text === '') return maximum;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < minimum || value > 2_147_483_647) {
    const message = `Argument ${argument} must be an integer between ${minimum} and 2147483647`;
    throw new S3Error('InvalidArgument', message, { ArgumentName: parameter, ArgumentValue: text.slice(0, 100) });
  }
  return Math.min(value, maximum);
}
