import type { Context } from 'aws-lambda';
import { catalogueApi } from '../../functions/catalogue.ts';
import { composeBroker } from '../../lib/compose.ts';
import { identityProvider } from '../identity-provider.ts';
import { inProcessAws } from '../in-process-aws.ts';
import { credentialsEvent, measure } from './serve.ts';

/** `GET /v1/roles` as it is deployed, but for the network. */
const idp = identityProvider();
const api = catalogueApi(
  composeBroker(process.env, {
    fetch: idp.fetch,
    requestHandler: inProcessAws as never,
    write: () => undefined,
    clock: Date.now,
  }),
);
const { body: _, ...asked } = credentialsEvent(idp.token('dev'));
const event = {
  ...asked,
  rawPath: '/v1/roles',
  requestContext: {
    ...asked.requestContext,
    http: { ...asked.requestContext.http, method: 'GET', path: '/v1/roles' },
  },
};
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 } as unknown as Context;

void measure(async () => {
  const answer = (await api(structuredClone(event), context, undefined as never)) as {
    statusCode: number;
    body: string;
  };
  if (answer.statusCode !== 200) throw new Error(answer.body);
});
