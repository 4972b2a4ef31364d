import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { identityProvider } from '../identity-provider.ts';
import { inProcessAws } from '../in-process-aws.ts';
import { credentialsEvent, measure } from './serve.ts';

/** The floor of the CPU figure: the least that does the job, with the libraries as they come. */
const idp = identityProvider();
const keys = createLocalJWKSet(idp.jwks as unknown as JSONWebKeySet);
const sts = new STSClient({ requestHandler: inProcessAws as never });
const dynamoDb = new DynamoDBClient({ requestHandler: inProcessAws as never });
const event = credentialsEvent(idp.token('dev'));
const put = (phase: string, role: string, subject: string) =>
  dynamoDb.send(
    new PutItemCommand({
      TableName: 'sessions',
      Item: { pk: { S: 'session' }, sk: { S: phase }, role: { S: role }, subject: { S: subject } },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
const handler = async (request: APIGatewayProxyEventV2) => {
  const { payload } = await jwtVerify(request.headers['authorization']?.slice(7) ?? '', keys, {
    issuer: 'https://idp.example.com',
    audience: 'daypass',
    algorithms: ['RS256'],
  });
  const { role } = JSON.parse(request.body ?? '') as { role: string };
  await put('intent', role, payload.sub ?? '');
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
      RoleSessionName: 'session',
      SourceIdentity: String(payload['email']),
      DurationSeconds: 3600,
    }),
  );
  await put('outcome', role, payload.sub ?? '');
  return { statusCode: 200, body: JSON.stringify({ Version: 1, ...Credentials }) };
};

void measure(async () => {
  const answer = await handler(structuredClone(event));
  if (answer.statusCode !== 200) throw new Error(answer.body);
});
