import { generateKeyPairSync, sign } from 'node:crypto';

export const ISSUER_URL = 'https://idp.example.com';
const JWKS_URL = `${ISSUER_URL}/jwks`;

/** A key pair of an identity provider, tokens signed with it, and the documents it would publish. */
export function identityProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' }] };
  const documents: Readonly<Record<string, object>> = {
    [`${ISSUER_URL}/.well-known/openid-configuration`]: { issuer: ISSUER_URL, jwks_uri: JWKS_URL },
    [JWKS_URL]: jwks,
  };
  return {
    jwks,
    token(username: string): string {
      const now = Math.floor(Date.now() / 1000);
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
      const claims = {
        iss: ISSUER_URL,
        sub: `subject-${username}`,
        aud: 'daypass',
        iat: now - 5,
        exp: now + 3600,
        auth_time: now - 60,
        email: `${username}@example.com`,
        email_verified: true,
        groups: ['engineering', 'team-payments', 'on-call'],
        team: 'payments',
      };
      const input = `${encode({ alg: 'RS256', kid: 'bench', typ: 'JWT' })}.${encode(claims)}`;
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    },
    fetch: async (url: string | URL | Request): Promise<Response> => {
      const document = documents[String(url)];
      return document ? Response.json(document) : new Response('not here', { status: 404 });
    },
  };
}
