import type { Context } from 'aws-lambda';
import { credentialsApi } from '../../functions/credentials.ts';
import { composeIssuingBroker } from '../../lib/compose.ts';
import { identityProvider } from '../identity-provider.ts';
import { inProcessAws } from '../in-process-aws.ts';
import { credentialsEvent, measure } from './serve.ts';

/** The credentials function as it is deployed, but for the network. */
const idp = identityProvider();
const api = credentialsApi(
  composeIssuingBroker(process.env, {
    fetch: idp.fetch,
    requestHandler: inProcessAws as never,
    write: () => undefined,
    clock: Date.now,
  }),
);
const event = credentialsEvent(idp.token('dev'));
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 } as unknown as Context;

void measure(async () => {
  const answer = (await api(structuredClone(event), context, undefined as never)) as {
    statusCode: number;
    body: string;
  };
  if (answer.statusCode !== 200) throw new Error(answer.body);
});
