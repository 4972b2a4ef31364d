import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Fault } from '../fault.ts';

/**
 * The broker's two cookies. `__Host-` makes a browser refuse them from a subdomain, without TLS or with a path, so
 * nobody else can set them for this origin.
 *
 * @see RFC 6265bis §4.1.3.2
 */
export const SESSION_COOKIE = '__Host-daypass';
export const SIGN_IN_COOKIE = '__Host-daypass-sign-in';

/** 256 random bits in base64url. */
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/**
 * The secret in a cookie of the request; undefined when it is absent or cannot be one.
 *
 * A name given twice is no secret either: which one counts must not be a matter of taste.
 */
export function secretIn(event: APIGatewayProxyEventV2, name: string): string | undefined {
  const values = (event.cookies ?? []).flatMap((cookie) => {
    const at = cookie.indexOf('=');
    return at > 0 && cookie.slice(0, at).trim() === name ? [cookie.slice(at + 1).trim()] : [];
  });
  const [value] = values;
  return values.length === 1 && value !== undefined && SECRET.test(value) ? value : undefined;
}

/** @throws Fault `sign_in_required` */
export function sessionSecret(event: APIGatewayProxyEventV2): string {
  const secret = secretIn(event, SESSION_COOKIE);
  if (secret === undefined) throw new Fault('sign_in_required', 'the request carries no session cookie');
  return secret;
}

/** A `Set-Cookie` value. `Lax`, so that the way back from the identity provider finds it. */
export function setCookie(name: string, secret: string, maxAgeSeconds: number): string {
  return `${name}=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
}

export function clearCookie(name: string): string {
  return setCookie(name, '', 0);
}
