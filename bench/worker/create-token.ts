import type { Context } from 'aws-lambda';
import { oauthApi } from '../../functions/sso.ts';
import { composeSso } from '../../lib/compose.ts';
import { newToolSessionId } from '../../lib/sso/tool-sessions.ts';
import { identityProvider } from '../identity-provider.ts';
import { credentialsEvent, measure } from './serve.ts';
import { TOOL_CALLER } from './tool-caller.ts';
import { toolTable } from './tool-table.ts';

/** `CreateToken` with a refresh token as it is deployed, but for the network: each request brings the last one's token. */
const parts = composeSso(process.env, {
  fetch: identityProvider().fetch,
  requestHandler: toolTable(),
  write: () => undefined,
  clock: Date.now,
});
const api = oauthApi(parts);
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 } as unknown as Context;

async function prepare() {
  const metadata = {
    name: 'bench',
    redirectUris: ['http://127.0.0.1/oauth/callback'],
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['sso:account:access'],
  };
  const { clientId, clientSecret } = await parts.registrations.register(metadata, Date.now());
  const grant = { caller: TOOL_CALLER, clientId, refreshes: true, expiresAt: TOOL_CALLER.expiresAt };
  const { refreshToken } = await parts.toolSessions.create(newToolSessionId(), grant, Date.now());
  return { clientId, clientSecret, refreshToken };
}

void prepare().then(({ clientId, clientSecret, refreshToken: first }) => {
  let refreshToken = first;
  const asked = credentialsEvent('');
  const http = { ...asked.requestContext.http, path: '/token' };
  return measure(async () => {
    const event = {
      ...structuredClone(asked),
      rawPath: '/token',
      headers: { 'content-type': 'application/json', 'user-agent': 'bench' },
      requestContext: { ...asked.requestContext, http },
      body: JSON.stringify({ clientId, clientSecret, grantType: 'refresh_token', refreshToken }),
    };
    const answer = (await api(event, context, undefined as never)) as { statusCode: number; body: string };
    if (answer.statusCode !== 200) throw new Error(answer.body);
    ({ refreshToken } = JSON.parse(answer.body) as { refreshToken: string });
  });
});
