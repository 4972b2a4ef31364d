import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

/** Of the functions that tests compose. */
const TOKEN_ENDPOINT = 'https://daypass.example.com/v1/token';

/** A key of `aws login`, and proofs by it. */
export class DpopKey {
  readonly #privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;

  constructor(namedCurve = 'P-256') {
    this.#privateKey = generateKeyPairSync('ec', { namedCurve }).privateKey;
    this.jwk = createPublicKey(this.#privateKey).export({ format: 'jwk' }) as Record<string, unknown>;
  }

  /** RFC 7638. */
  get keyThumbprint(): string {
    const { crv, kty, x, y } = this.jwk;
    return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  }

  /** @param now epoch milliseconds */
  proof(now: number, payload: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      htm: 'POST',
      htu: TOKEN_ENDPOINT,
      iat: Math.floor(now / 1000),
      jti: randomUUID(),
      ...payload,
    };
    const text = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk, ...header })}.${part(claims)}`;
    return `${text}.${this.sign(text)}`;
  }

  sign(text: string): string {
    return sign('sha256', Buffer.from(text), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    );
  }
}
