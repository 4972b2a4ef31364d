import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { signIn, signOut } from '../lib/broker.ts';
import { composeSignIn, type SignInParts, type SignInProvider } from '../lib/compose.ts';
import { Fault } from '../lib/fault.ts';
import { htmlPage, pageHandler, seeOther } from '../lib/http/page-handler.ts';
import { query } from '../lib/http/request.ts';
import type { Caller } from '../lib/identity/caller.ts';
import { faultPage } from '../lib/portal/fault-page.ts';
import { chooseIssuerPage, noIssuerPage, signedOutPage } from '../lib/portal/sign-in-pages.ts';
import type { RequestContext } from '../lib/request-context.ts';
import { requireFreshness, requireTokenFor } from '../lib/sso/accept.ts';
import { ATTEMPT_SECONDS, type Purpose } from '../lib/sso/attempts.ts';
import { sessionVerifier } from '../lib/sso/browser-sessions.ts';
import { clearCookie, SESSION_COOKIE, SIGN_IN_COOKIE, secretIn, sessionSecret, setCookie } from '../lib/sso/cookies.ts';
import { formBody } from '../lib/sso/forms.ts';
import { returnPath } from '../lib/sso/return-to.ts';
import { newSecret } from '../lib/sso/stored.ts';

/** What a sign-in may be asked for besides. All of it can only ask more of a person, so nobody has to vouch for it. */
const wish = z.strictObject({
  return: z.optional(z.string()),
  max_age: z.optional(z.string().check(z.regex(/^(0|[1-9][0-9]{0,4})$/, 'seconds, at most 99999'))),
  acr_values: z.optional(z.string().check(z.regex(/^[!-~]{1,128}( [!-~]{1,128}){0,4}$/, 'at most five values'))),
  prompt: z.optional(z.enum(['login', 'select_account'])),
});

/** Signs browsers in and out: the only function that talks to an identity provider on a person's behalf. No STS. */
export function signInPages(parts: SignInParts) {
  const { providers } = parts;
  return pageHandler(
    parts,
    [
      {
        method: 'GET',
        path: '/sign-in',
        async handler(event) {
          const wished = query(event, wish);
          const [only, ...others] = providers;
          if (only === undefined) return htmlPage(noIssuerPage(), { status: 404 });
          if (others.length === 0) return begin(parts, only, wished, event);
          const choices = providers.map(({ issuer }) => ({ name: issuer.name, label: issuer.portal.label }));
          return htmlPage(chooseIssuerPage(choices, event.rawQueryString ? `?${event.rawQueryString}` : ''));
        },
      },
      {
        method: 'GET',
        path: '/sign-in/{issuer}',
        async handler(event) {
          return begin(parts, providerOf(parts, event), query(event, wish), event);
        },
      },
      {
        method: 'GET',
        path: '/sign-in/{issuer}/callback',
        async handler(event, scope) {
          return finish(parts, providerOf(parts, event), event, scope);
        },
      },
      {
        method: 'POST',
        path: '/sign-out',
        async handler(event, scope) {
          const endable = { verifier: sessionVerifier(parts.sessions), end: parts.sessions.end };
          const caller = await signOut({ ...parts, endable }, scope, {
            token: () => sessionSecret(event),
            request: () => {
              const secret = sessionSecret(event);
              formBody(event, z.strictObject({}), { secret, action: 'sign-out', origin: parts.origin });
            },
          });
          return signedOut(parts, caller);
        },
      },
      {
        method: 'GET',
        path: '/signed-out',
        async handler() {
          return htmlPage(signedOutPage());
        },
      },
    ],
    faultPage,
  );
}

export const handler = signInPages(composeSignIn(process.env));

async function begin(
  parts: SignInParts,
  { issuer, provider }: SignInProvider,
  wished: z.infer<typeof wish>,
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  const secret = secretIn(event, SIGN_IN_COOKIE) ?? newSecret();
  const purpose: Purpose = {
    issuer: issuer.name,
    returnTo: returnPath(wished.return),
    maxAgeSeconds: wished.max_age === undefined ? undefined : Number(wished.max_age),
    acrValues: wished.acr_values,
  };
  const challenge = await parts.attempts.begin(secret, purpose, parts.clock());
  const redirectUri = redirectUriOf(parts, issuer.name);
  const url = await provider.signInUrl({ ...challenge, purpose, redirectUri, prompt: wished.prompt });
  return seeOther(url.href, [setCookie(SIGN_IN_COOKIE, secret, ATTEMPT_SECONDS)]);
}

async function finish(
  parts: SignInParts,
  { issuer, provider }: SignInProvider,
  event: APIGatewayProxyEventV2,
  scope: RequestContext,
): Promise<APIGatewayProxyStructuredResultV2> {
  let returnTo = '/';
  const session = await signIn(parts, scope, async () => {
    const secret = secretIn(event, SIGN_IN_COOKIE);
    const [state, ...more] = new URLSearchParams(event.rawQueryString).getAll('state');
    if (state === undefined || more.length > 0) throw new Fault('sign_in_failed', 'the answer names no one state');
    if (secret === undefined) throw new Fault('sign_in_failed', 'no sign-in was begun in this browser');
    const attempt = await parts.attempts.finish(secret, state, parts.clock());
    if (attempt.issuer !== issuer.name) throw new Fault('sign_in_failed', 'the sign-in was begun at another issuer');
    returnTo = attempt.returnTo;
    const callback = new URL(`${redirectUriOf(parts, issuer.name)}?${event.rawQueryString}`);
    const token = await provider.redeem(callback, attempt);
    return {
      token,
      accept(caller: Caller) {
        requireTokenFor(caller, issuer, attempt);
        requireFreshness(caller, issuer, attempt);
      },
    };
  });
  // Whoever had this browser's session before is out: a secret from before a sign-in is worth nothing after it.
  const before = secretIn(event, SESSION_COOKIE);
  if (before !== undefined) await parts.sessions.end(before);
  const lasts = session.expiresAt - Math.floor(parts.clock() / 1000);
  return seeOther(returnTo, [setCookie(SESSION_COOKIE, session.secret, lasts)]);
}

/** Ours is over. The identity provider's own session is ended by a page, so that no form has to lead to it. */
async function signedOut(parts: SignInParts, caller: Caller): Promise<APIGatewayProxyStructuredResultV2> {
  const cookies = [clearCookie(SESSION_COOKIE), clearCookie(SIGN_IN_COOKIE)];
  const known = parts.providers.find(({ issuer }) => issuer.name === caller.issuer);
  const url = await known?.provider.signOutUrl(`${parts.origin}/signed-out`).catch(() => undefined);
  if (known === undefined || url === undefined) return htmlPage(signedOutPage(), { cookies });
  const page = signedOutPage({ label: known.issuer.portal.label, url: url.href });
  return htmlPage(page, { cookies, headers: { refresh: `0;url=${url.href}` } });
}

/** One address per issuer, so that no answer of one can pass for another's (RFC 9700 §4.4.2.2). */
function redirectUriOf({ origin }: SignInParts, issuer: string): string {
  return `${origin}/sign-in/${issuer}/callback`;
}

function providerOf({ providers }: SignInParts, event: APIGatewayProxyEventV2): SignInProvider {
  const found = providers.find(({ issuer }) => issuer.name === event.pathParameters?.['issuer']);
  if (found === undefined) throw new Fault('not_found', 'the portal offers no issuer of this name');
  return found;
}
