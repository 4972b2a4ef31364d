import { Failure } from './failure.ts';

/**
 * The broker's address in its normal form (no trailing slash), or what is wrong with it. https, or http on
 * this machine only: a bearer token must not cross a network in the clear.
 */
export function brokerUrl(text: string): { readonly url: string } | { readonly problem: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: 'is not a URL' };
  }
  if (url.username !== '' || url.password !== '') return { problem: 'must not hold a user name or password' };
  if (url.search !== '' || url.hash !== '') return { problem: 'must not hold a query or fragment' };
  if (!isProtected(url)) return { problem: 'must be https (http is for this machine only)' };
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, '') };
}

/** https, or http that never leaves this machine. */
export function isProtected(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** `localhost`, 127.0.0.0/8 and ::1, as `URL.hostname` spells them. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

/**
 * Node would otherwise obey the variable, and anyone on the path could read tokens and credentials.
 *
 * @throws Failure `usage` when the address is https and NODE_TLS_REJECT_UNAUTHORIZED=0 is set
 */
export function requireVerifiedTls(url: URL): void {
  if (url.protocol !== 'https:' || process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new Failure('usage', 'NODE_TLS_REJECT_UNAUTHORIZED=0 is set, and daypass does not work without verified TLS', {
    hint: 'unset it; for a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file',
  });
}
