import { randomBytes } from 'node:crypto';
import type { Context } from 'oidc-provider';
import { interactionPolicy } from 'oidc-provider';
import { claimsOf, findAccount } from './accounts.ts';
import type { IdpKeys } from './keys.ts';
import { memoryAdapter } from './memory-adapter.ts';
import { CONTENT_SECURITY_POLICY, confirmDevicePage, donePage, errorPage, signOutPage, userCodePage } from './pages.ts';

/** The command line's client: public, native, PKCE, any loopback port (RFC 8252 §7.3), device flow, refresh. */
export const CLI_CLIENT_ID = 'daypass-cli';

const CLI_CLIENT = {
  client_id: CLI_CLIENT_ID,
  client_name: 'Daypass command line',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
};

export const PORTAL_CLIENT_ID = 'daypass-portal';

/**
 * The portal's client: a web page without a secret of its own, PKCE instead.
 *
 * @param origin the broker's, `http://127.0.0.1:4100`
 * @param issuer the issuer's name in the access policy
 */
export function portalClient(origin: string, issuer: string): object {
  return {
    client_id: PORTAL_CLIENT_ID,
    client_name: 'Daypass',
    // The only application type that may have http redirect URIs, on loopback (RFC 8252 §7.3).
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [`${origin}/sign-in/${issuer}/callback`],
    post_logout_redirect_uris: [`${origin}/signed-out`],
  };
}

const CLAIMS = ['sub', 'name', 'email', 'email_verified', 'groups', 'team', 'employment', 'amr', 'auth_time'] as const;

const HOUR = 3600;
const DAY = 24 * HOUR;

/** What oidc-provider is told; see its docs for the members' meaning. */
export function providerConfiguration(keys: IdpKeys, clients: readonly object[]): object {
  return {
    adapter: memoryAdapter(),
    jwks: keys,
    clients: [CLI_CLIENT, ...clients],
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    // As company providers do: who the person is stands in the ID token, not only behind the userinfo endpoint.
    conformIdTokenClaims: false,
    claims: { openid: CLAIMS, email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'offline_access'],
    pkce: { required: () => true },
    // OpenID Connect Core §11 allows it, and company providers do it: native clients get a refresh token unasked.
    issueRefreshToken: (
      _context: Context,
      client: { applicationType: string; grantTypeAllowed(type: string): boolean },
      source: { scopes: ReadonlySet<string> },
    ) =>
      client.grantTypeAllowed('refresh_token') &&
      (client.applicationType === 'native' || source.scopes.has('offline_access')),
    ttl: {
      AccessToken: HOUR,
      IdToken: HOUR,
      RefreshToken: 14 * DAY,
      Session: DAY,
      Grant: 14 * DAY,
      Interaction: HOUR,
      DeviceCode: 10 * 60,
      AuthorizationCode: 60,
    },
    features: {
      devInteractions: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_context: Context, client: { clientId: string }, token: { clientId: string }) =>
          token.clientId === client.clientId,
      },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        userCodeInputSource: (context: Context, form: string, _out: unknown, error: { name?: string } | undefined) =>
          show(context, userCodePage(form, problemOf(error))),
        userCodeConfirmSource: (
          context: Context,
          form: string,
          client: { clientName?: string },
          _device: unknown,
          code: string,
        ) => show(context, confirmDevicePage(form, client.clientName ?? 'An application', code)),
        successSource: (context: Context) => show(context, donePage('The device is signed in.')),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context: Context, form: string) => show(context, signOutPage(form)),
        postLogoutSuccessSource: (context: Context) => show(context, donePage('You are signed out.')),
      },
    },
    interactions: {
      url: (_context: Context, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
      policy: alwaysChoose(),
    },
    renderError: (context: Context, out: { error: string; error_description?: string }) =>
      show(context, errorPage(out.error, out.error_description ?? '')),
    clientBasedCORS: () => false,
    findAccount: (_context: Context, subject: string) => {
      const account = findAccount(subject);
      return account && { accountId: account.name, claims: () => claimsOf(account) };
    },
  };
}

/** A demo goes from person to person, so every sign-in asks who it is, also where a session is still there. */
function alwaysChoose(): object {
  const policy = interactionPolicy.base();
  policy
    .get('login')
    .checks.add(
      new interactionPolicy.Check(
        'choose_account',
        'an account has to be chosen',
        ({ oidc }) => oidc.result?.login === undefined && !oidc.prompts.has('none'),
      ),
    );
  return policy;
}

function problemOf(error: { name?: string } | undefined): string | undefined {
  if (error === undefined) return undefined;
  if (error.name === 'AbortedError') return 'The device was refused.';
  return error.name === 'NoCodeError' ? 'Enter the code first.' : 'This code is wrong, used or too old. Try again.';
}

async function show(context: Context, content: ReturnType<typeof errorPage>): Promise<void> {
  context.type = 'html';
  context.set('content-security-policy', CONTENT_SECURITY_POLICY);
  context.set('cache-control', 'no-store');
  context.body = String(await content);
}
