import * as client from 'openid-client';
import { HttpSession } from './http-session.ts';
import { readLocalStack } from './local-file.ts';

export interface IdTokenRequest {
  readonly issuer: string;
  readonly clientId: string;
  /** A demo account: `dev`, `sre`, `auditor` or `outsider`. */
  readonly user: string;
}

/**
 * An ID token by the provider's real authorization code flow with PKCE: discovery, redirects with cookies, the
 * callback address caught where a native application would listen, code exchange, ID token checks.
 *
 * @throws Error when the provider refuses, or shows its page because it does not know the user
 */
export async function idTokenFor({ issuer, clientId, user }: IdTokenRequest): Promise<string> {
  const provider = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  });
  const redirectUri = 'http://127.0.0.1:49152/callback';
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const start = client.buildAuthorizationUrl(provider, {
    redirect_uri: redirectUri,
    scope: 'openid email groups',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    login_hint: user,
  });
  const end = await new HttpSession().follow(start, (url) => url.href.startsWith(redirectUri));
  if (!('stoppedAt' in end)) {
    await end.response.body?.cancel();
    throw new Error(`the identity provider did not sign in "${user}": is it one of dev, sre, auditor, outsider?`);
  }
  const tokens = await client.authorizationCodeGrant(provider, end.stoppedAt, {
    pkceCodeVerifier,
    expectedState,
    expectedNonce,
    idTokenExpected: true,
  });
  if (tokens.id_token === undefined) throw new Error('the identity provider sent no ID token');
  return tokens.id_token;
}

const USAGE = `Usage: npm run --silent dev:token -- USER

Prints an ID token of a demo account (dev, sre, auditor, outsider) of the running stack (npm start).
`;

async function main(): Promise<number> {
  const [user, ...rest] = process.argv.slice(2);
  if (user === '--help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (user === undefined || rest.length > 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { issuer, clientId } = await readLocalStack();
  process.stdout.write(`${await idTokenFor({ issuer, clientId, user })}\n`);
  return 0;
}

if (import.meta.main) {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`daypass: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
