import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, test } from 'vitest';
import { awsClientConfig } from '../../lib/aws.ts';
import { Table } from '../../lib/store/dynamodb.ts';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function tableBehind(answer: Parameters<typeof createServer>[1]): Promise<Table> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = awsClientConfig({
    region: 'eu-central-1',
    maxAttempts: 3,
    connectionTimeoutMs: 200,
    requestTimeoutMs: 5000,
  });
  const client = new DynamoDBClient({
    ...config,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  return new Table(client, 'sessions', 150);
}

test.each([
  ['never answers', () => undefined],
  [
    'stalls after the head of its answer',
    (_: unknown, response: import('node:http').ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': '100' });
      response.write('{');
    },
  ],
])('an operation ends at its deadline when DynamoDB %s', async (_, answer) => {
  const table = await tableBehind(answer as Parameters<typeof createServer>[1]);
  await expect(table.create({ pk: 'a', sk: 'b' })).rejects.toThrow();
  await expect(table.get({ pk: 'a', sk: 'b' })).rejects.toThrow();
  await expect(table.countUp({ pk: 'a', sk: 'b' }, 1, 1, 1)).rejects.toThrow();
});
