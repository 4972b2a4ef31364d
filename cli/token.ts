/** Who a token says it is for. Not verified: the broker does that; this only keeps identities apart in the cache. */
export interface TokenIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** `iss` and `sub` of a compact JWS (RFC 7519 §4.1), or undefined when the text is no such thing. */
export function tokenIdentity(token: string): TokenIdentity | undefined {
  if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(token)) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('iss' in claims) || !('sub' in claims)) return undefined;
    const { iss, sub } = claims;
    return typeof iss === 'string' && typeof sub === 'string' ? { issuer: iss, subject: sub } : undefined;
  } catch {
    return undefined;
  }
}
