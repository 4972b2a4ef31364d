import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import middy from '@middy/core';
import { createRemoteJWKSet, jwtVerify } from 'jose';

/**
 * The floor of the cold-load figure: the least handler that imports the same libraries, as most people would
 * write it, bundled with esbuild's defaults.
 */
const sts = new STSClient({});
const dynamoDb = new DynamoDBClient({});
const keys = createRemoteJWKSet(new URL('https://idp.example.com/jwks'));

export const handler = middy(async (event: { token: string; role: string }) => {
  await jwtVerify(event.token, keys);
  await dynamoDb.send(new PutItemCommand({ TableName: 'sessions', Item: {} }));
  return sts.send(new AssumeRoleCommand({ RoleArn: event.role, RoleSessionName: 'session' }));
});
