import { isDeepStrictEqual } from 'node:util';
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { closeServer, listen } from './listen.ts';
import type { TableDefinition } from './table-definition.ts';

export interface DynamoDbOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Where the data is kept; in memory without it. One running instance per directory. */
  readonly directory?: string;
  readonly tableName: string;
  readonly definition: TableDefinition;
}

export interface LocalDynamoDb {
  readonly url: string;
  readonly port: number;
  readonly tableName: string;
  close(): Promise<void>;
}

/**
 * Starts dynalite, a DynamoDB on LevelDB, with the one table. A table kept from an earlier start is used again.
 *
 * @throws PortTakenError when the port is in use, Error when a kept table has another shape
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<LocalDynamoDb> {
  const { port: wanted, directory, tableName, definition } = options;
  const server = dynalite({ ...(directory === undefined ? {} : { path: directory }), createTableMs: 0 });
  // A connection that is closed for being idle just as a request is sent on it would look like a DynamoDB that is down.
  server.keepAliveTimeout = 0;
  // Dynalite throws what a request reports that its client broke off; DynamoDB does not end for that.
  server.on('request', (request) => request.removeAllListeners('error').on('error', () => undefined));
  const { port, url } = await listen(server, wanted);
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'local',
    // Dynalite takes any signature.
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await createTable(client, tableName, definition, directory);
  } catch (error) {
    await closeServer(server);
    throw error;
  } finally {
    client.destroy();
  }
  return { url, port, tableName, close: () => closeServer(server) };
}

async function createTable(
  client: DynamoDBClient,
  name: string,
  definition: TableDefinition,
  directory: string | undefined,
): Promise<void> {
  try {
    await client.send(new CreateTableCommand({ TableName: name, ...definition }));
    for (let tries = 0; tries < 100; tries += 1) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
      if (Table?.TableStatus === 'ACTIVE') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the local table ${name} did not become active`);
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
  if (!isDeepStrictEqual(shapeOf(Table ?? {}), shapeOf(definition))) {
    throw new Error(`the table kept in ${directory} has another shape than serverless.yml's; delete that directory`);
  }
}

/** Keys and indexes in one order, so that two tables can be compared. */
function shapeOf(
  table: Pick<TableDescription, 'KeySchema' | 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'>,
): object {
  const keys = (schema: TableDescription['KeySchema']): string[] =>
    (schema ?? []).map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).sort();
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])]
    .map(({ IndexName, KeySchema }) => [IndexName, ...keys(KeySchema)].join(', '))
    .sort();
  return { keys: keys(table.KeySchema), indexes };
}
