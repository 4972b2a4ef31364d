import type { Context } from 'aws-lambda';
import { roleCredentialsApi } from '../../functions/credentials.ts';
import { composeIssuingBroker, forTools } from '../../lib/compose.ts';
import { newToolSessionId, toolSessions } from '../../lib/sso/tool-sessions.ts';
import { identityProvider } from '../identity-provider.ts';
import { credentialsEvent, measure } from './serve.ts';
import { TOOL_CALLER } from './tool-caller.ts';
import { toolTable } from './tool-table.ts';

/** `GetRoleCredentials` as it is deployed, but for the network. */
const broker = composeIssuingBroker(process.env, {
  fetch: identityProvider().fetch,
  requestHandler: toolTable(),
  write: () => undefined,
  clock: Date.now,
});
const api = roleCredentialsApi(forTools(broker));
const grant = { caller: TOOL_CALLER, clientId: 'bench', refreshes: true, expiresAt: TOOL_CALLER.expiresAt };
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 } as unknown as Context;

void toolSessions(broker.table)
  .create(newToolSessionId(), grant, Date.now())
  .then(({ accessToken }) => {
    const { body: _, ...asked } = credentialsEvent('');
    const path = '/federation/credentials';
    const event = {
      ...asked,
      rawPath: path,
      rawQueryString: 'role_name=ReadOnly&account_id=111122223333',
      headers: { 'x-amz-sso_bearer_token': accessToken, 'user-agent': 'bench' },
      requestContext: { ...asked.requestContext, http: { ...asked.requestContext.http, method: 'GET', path } },
    };
    return measure(async () => {
      const answer = (await api(structuredClone(event), context, undefined as never)) as {
        statusCode: number;
        body: string;
      };
      if (answer.statusCode !== 200) throw new Error(answer.body);
    });
  });
