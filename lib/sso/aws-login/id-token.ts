/** Who is signed in, and as what. */
export interface LoginIdentity {
  readonly accountId: string;
  readonly partition: string;
  readonly roleName: string;
  readonly username: string;
}

/**
 * The ID token of `aws login`, which reads its `sub` for the account and as the name of its cache, and verifies nothing.
 * So it is an unsecured JWT (RFC 7519 §6): with a signature it would look like something to rely on.
 *
 * @param issuer the broker's own address
 * @param now epoch milliseconds
 */
export function loginIdToken(
  { accountId, partition, roleName, username }: LoginIdentity,
  issuer: string,
  audience: string,
  now: number,
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(now / 1000);
  // One cache for each account, role and person.
  const sub = `arn:${partition}:sts::${accountId}:assumed-role/${roleName}/${username}`;
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ iss: issuer, sub, aud: audience, iat, exp: iat + 900 })}.`;
}
