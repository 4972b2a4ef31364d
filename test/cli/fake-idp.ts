import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { FakeServer, type Reply, type Seen } from './fake-server.ts';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/**
 * An OpenID provider small enough to misbehave on demand, and strict where a real one is: PKCE is checked, codes
 * and refresh tokens are good for one use, and a refresh token that is used again ends the whole sign-in.
 */
export class FakeIdp {
  readonly server: FakeServer;
  readonly #keys: Keys;
  subject = 'u-1';
  /** Seconds until the `exp` of the ID tokens it signs. */
  lifetime = 3600;
  rotates = true;
  offersRevocation = true;
  /** Laid over the claims of every ID token. */
  claims: Record<string, unknown> = {};
  /** By path; goes before the default answer. */
  answers: Record<string, (request: Seen) => Reply | undefined> = {};
  /** What `/device/token` polls are answered with, one after the other, before the tokens. */
  devicePolls: string[] = [];
  readonly revoked: string[] = [];
  refreshed = 0;
  #codes = new Map<string, { challenge: string; nonce: string; redirectUri: string }>();
  #refreshTokens = new Map<string, 'good' | 'used'>();

  private constructor(server: FakeServer, keys: Keys) {
    this.server = server;
    this.#keys = keys;
  }

  static async listen(): Promise<FakeIdp> {
    const keys = await generateKeyPair('RS256');
    const server = await FakeServer.listen((request) => self.#respond(request));
    const self: FakeIdp = new FakeIdp(server, keys);
    return self;
  }

  reset(): void {
    Object.assign(this, { subject: 'u-1', lifetime: 3600, rotates: true, offersRevocation: true });
    Object.assign(this, { claims: {}, answers: {}, devicePolls: [], refreshed: 0 });
    this.revoked.length = 0;
    this.server.seen.length = 0;
    this.#codes.clear();
    this.#refreshTokens.clear();
  }

  /** The broker's description of this provider. */
  get issuer(): { name: string; issuer: string; clientId: string; scopes: string[] } {
    return {
      name: 'corp',
      issuer: this.server.url,
      clientId: 'daypass-cli',
      scopes: ['openid', 'email', 'offline_access'],
    };
  }

  async #respond(request: Seen): Promise<Reply> {
    const special = this.answers[request.path]?.(request);
    if (special !== undefined) return special;
    if (request.path === '/.well-known/openid-configuration') return { json: this.#metadata() };
    if (request.path === '/jwks')
      return { json: { keys: [{ ...(await exportJWK(this.#keys.publicKey)), kid: 'k1', alg: 'RS256' }] } };
    if (request.path === '/authorize') return this.#authorize(request.query);
    if (request.path === '/device') {
      return {
        json: {
          device_code: 'device-code',
          user_code: 'BCDF-GHJK',
          verification_uri: `${this.server.url}/activate`,
          expires_in: 60,
          interval: 0.05,
        },
      };
    }
    if (request.path === '/token') return this.#token(new URLSearchParams(request.body));
    if (request.path === '/revoke') {
      this.revoked.push(new URLSearchParams(request.body).get('token') ?? '');
      return { status: 200, text: '' };
    }
    return { status: 404, text: 'not here' };
  }

  #metadata(): Record<string, unknown> {
    const { url } = this.server;
    return {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      device_authorization_endpoint: `${url}/device`,
      jwks_uri: `${url}/jwks`,
      ...(this.offersRevocation ? { revocation_endpoint: `${url}/revoke` } : {}),
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  #authorize(query: URLSearchParams): Reply {
    const code = randomUUID();
    const redirectUri = query.get('redirect_uri') ?? '';
    const good = query.get('response_type') === 'code' && query.get('code_challenge_method') === 'S256';
    if (!good || query.get('client_id') !== 'daypass-cli') return { status: 400, text: 'bad request' };
    this.#codes.set(code, {
      challenge: query.get('code_challenge') ?? '',
      nonce: query.get('nonce') ?? '',
      redirectUri,
    });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    back.searchParams.set('iss', this.server.url);
    return { status: 302, headers: { location: back.href } };
  }

  async #token(form: URLSearchParams): Promise<Reply> {
    const grant = form.get('grant_type');
    if (grant === 'authorization_code') {
      const issued = this.#codes.get(form.get('code') ?? '');
      this.#codes.delete(form.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const good = issued?.challenge === challenge && issued.redirectUri === form.get('redirect_uri');
      return good ? this.#tokens({ nonce: issued.nonce }) : refused('invalid_grant');
    }
    if (grant === 'refresh_token') {
      const token = form.get('refresh_token') ?? '';
      this.refreshed++;
      if (this.#refreshTokens.get(token) !== 'good') {
        this.#refreshTokens.clear();
        return refused('invalid_grant');
      }
      if (this.rotates) this.#refreshTokens.set(token, 'used');
      return this.#tokens({});
    }
    const next = this.devicePolls.shift();
    return next === undefined ? this.#tokens({}) : refused(next);
  }

  async #tokens(claims: Record<string, unknown>): Promise<Reply> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.server.url, aud: 'daypass-cli', sub: this.subject, iat: now, exp: now + this.lifetime };
    const idToken = await new SignJWT({ ...payload, ...claims, ...this.claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(this.#keys.privateKey);
    const refreshToken = `refresh-${randomUUID()}`;
    const first = this.#refreshTokens.size === 0;
    if (this.rotates || first) this.#refreshTokens.set(refreshToken, 'good');
    return {
      json: {
        access_token: 'access-token',
        token_type: 'Bearer',
        expires_in: 300,
        id_token: idToken,
        ...(this.rotates || first ? { refresh_token: refreshToken } : {}),
      },
      headers: { 'cache-control': 'no-store' },
    };
  }
}

function refused(error: string): Reply {
  return { status: 400, json: { error, error_description: `because ${error}` } };
}
