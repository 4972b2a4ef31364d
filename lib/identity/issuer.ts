/** One trusted OIDC identity provider, as the compiled access policy names it. Plain data. */
export interface Issuer {
  /** Name in the access policy. */
  readonly name: string;
  /** The exact `iss` value; also where discovery is read from unless `jwksUri` is set. HTTPS, or loopback http. */
  readonly url: string;
  /** Skips discovery when set. Same scheme rule as `url`. */
  readonly jwksUri?: string;
  /** Accepted `aud` values; at least one. Every audience of a token must be among them. */
  readonly audience: readonly string[];
  /** JWS algorithms accepted from this issuer (asymmetric only). */
  readonly algorithms: readonly SigningAlgorithm[];
  /** Of people: claim (top-level name, or dotted path) whose value, after the prefix, becomes `Caller.username`. */
  readonly username?: string;
  /** Of workloads, instead: the template of `Caller.username`, which begins with the prefix (`subject.ts`). */
  readonly subject?: string;
  /** What every username of this issuer starts with. Empty for at most one issuer; none is the start of another. */
  readonly usernamePrefix: string;
  /** The other issuers' prefixes. A username that starts with one could be theirs and is refused. */
  readonly reservedPrefixes: readonly string[];
  /**
   * Claim that holds the groups; its absence by overage (Entra `_claim_names`, `hasgroups`) is refused. Default
   * `groups`.
   */
  readonly groups: string;
  /** Accepted header `typ` values, lower-case; an absent `typ` counts as `jwt`. Default `['jwt']`. */
  readonly tokenTypes: readonly string[];
  /** Accepted `azp` values; by default the audience list. */
  readonly authorizedParties: readonly string[];
  /** Google Workspace: the `hd` claim must equal one of these. */
  readonly hostedDomains?: readonly string[];
  /** Require `email_verified: true` when `username` is `email`. Default true. */
  readonly requireVerifiedEmail: boolean;
  /** Seconds of clock skew tolerated on exp, nbf, iat. Default 30. */
  readonly clockSkewSeconds: number;
  /** Longest accepted `exp - iat`, seconds. Default 86,400. */
  readonly maxTokenLifetimeSeconds: number;
  /** Each token (by `jti`) is good for one request only, as for CI. Default false. */
  readonly singleUse: boolean;
  /** Sessions may not outlive the token's `exp`. Default false. */
  readonly sessionsEndWithToken: boolean;
  /** How people sign in to the portal with a browser; absent where the portal does not offer this issuer. */
  readonly portal?: { readonly label: string; readonly clientId: string; readonly scopes: readonly string[] };
  /** Whether people sign in the stock AWS tools, and for how long; absent where they cannot. */
  readonly sso?: { readonly sessionSeconds: number; readonly deviceCode: boolean };
  /** How people sign in through `daypass login`; absent for machine issuers. Public data (RFC 8252 native client). */
  readonly login?: { readonly clientId: string; readonly scopes: readonly string[] };
}

export const SIGNING_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];
