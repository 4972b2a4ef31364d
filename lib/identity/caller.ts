import type { JsonObject } from '../json.ts';

/** A verified identity. Everything in it was signed by the issuer or derived from what was. */
export interface Caller {
  /** The issuer's name in the access policy, such as `corp`. */
  readonly issuer: string;
  /** The token's `iss`, compared byte for byte. */
  readonly issuerUrl: string;
  /** The token's `sub` (OIDC Core §2: 1–255 ASCII characters). */
  readonly subject: string;
  /** Becomes the STS SourceIdentity; legal there as it stands, never rewritten. */
  readonly username: string;
  /** The token's whole verified payload. Names are own properties only. */
  readonly claims: JsonObject;
  /** When the person signed in (`auth_time`), epoch seconds; undefined when the issuer does not say. */
  readonly authenticatedAt: number | undefined;
  /** The token's `iat`, epoch seconds. */
  readonly issuedAt: number;
  /** The token's `exp`, epoch seconds. */
  readonly expiresAt: number;
  /** SHA-256 of the token's canonical form, hex. The only trace of the token that is ever kept. */
  readonly tokenSha256: string;
  /** Of a caller who came in a browser: session id of the sign-in's record. */
  readonly signIn?: string;
}
