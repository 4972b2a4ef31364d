import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startDynamoDb } from '../../dev/dynamodb.ts';
import { readTableDefinition } from '../../dev/table-definition.ts';
import { Table } from '../../lib/store/dynamodb.ts';

export interface TestTable {
  readonly table: Table;
  readonly client: DynamoDBClient;
  readonly url: string;
  close(): Promise<void>;
}

/** The deployed table's shape on an in-memory DynamoDB, over its real wire. */
export async function testTable(): Promise<TestTable> {
  const definition = await readTableDefinition('serverless.yml', 'SessionsTable');
  const dynamoDb = await startDynamoDb({ port: 0, tableName: 'daypass-test', definition });
  const client = new DynamoDBClient({
    endpoint: dynamoDb.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return {
    client,
    url: dynamoDb.url,
    // A busy machine is no DynamoDB that is down.
    table: new Table(client, 'daypass-test', 60_000),
    async close() {
      client.destroy();
      await dynamoDb.close();
    },
  };
}
