import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Interaction } from 'oidc-provider';
import { findAccount } from './accounts.ts';
import { CONTENT_SECURITY_POLICY, errorPage, signInPage } from './pages.ts';

/** Enough for `account=NAME`. */
const MAXIMUM_BODY_BYTES = 4096;

/**
 * `/interaction/ID`: the step between the authorization request and its answer. `GET` shows the accounts, a form
 * `POST` of `account=NAME` chooses one, and a `login_hint` that names one skips the page. Consent is given
 * unasked: every client here belongs to the company.
 */
export async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let interaction: Interaction;
  try {
    interaction = await provider.interactionDetails(request, response);
  } catch {
    return send(response, 400, errorPage('invalid_request', 'This sign-in has expired. Start again.'));
  }
  if (interaction.prompt.name === 'consent') return consent(provider, interaction, request, response);
  if (request.method === 'POST') {
    const chosen = findAccount(new URLSearchParams(await readBody(request)).get('account') ?? undefined);
    if (chosen !== undefined) return signIn(provider, chosen, request, response);
    return send(response, 400, errorPage('invalid_request', 'There is no such account.'));
  }
  const hinted = findAccount(interaction.params['login_hint']);
  if (hinted !== undefined) return signIn(provider, hinted, request, response);
  send(response, 200, signInPage(interaction.params['client_id'] ?? 'an application'));
}

function signIn(
  provider: Provider,
  account: NonNullable<ReturnType<typeof findAccount>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const login = { accountId: account.name, amr: account.amr };
  return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}

async function consent(
  provider: Provider,
  { grantId, session, params, prompt }: Interaction,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant =
    existing ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: params['client_id'] ?? '' });
  if (prompt.details.missingOIDCScope) grant.addOIDCScope(prompt.details.missingOIDCScope.join(' '));
  if (prompt.details.missingOIDCClaims) grant.addOIDCClaims(prompt.details.missingOIDCClaims);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    if (body.length <= MAXIMUM_BODY_BYTES) body += String(chunk);
  }
  return body.length > MAXIMUM_BODY_BYTES ? '' : body;
}

function send(response: ServerResponse, status: number, content: ReturnType<typeof errorPage>): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  Promise.resolve(content).then(
    (text) => response.end(String(text)),
    () => response.destroy(),
  );
}
