import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalDynamoDb } from '../../dev/dynamodb.ts';
import { startDynamoDb } from '../../dev/dynamodb.ts';
import { PortTakenError } from '../../dev/listen.ts';
import type { TableDefinition } from '../../dev/table-definition.ts';
import { readTableDefinition } from '../../dev/table-definition.ts';

const DEFINITION: TableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'who', AttributeType: 'S' },
  ],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byWho',
      KeySchema: [{ AttributeName: 'who', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};

let directory: string;
const running: LocalDynamoDb[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daypass-table-'));
});
afterEach(async () => {
  for (const started of running.splice(0)) await started.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(options: {
  directory?: string;
  definition?: TableDefinition;
  port?: number;
}): Promise<{ database: LocalDynamoDb; client: DynamoDBClient }> {
  const database = await startDynamoDb({ port: 0, tableName: 'sessions', definition: DEFINITION, ...options });
  running.push(database);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return {
    database,
    client: new DynamoDBClient({ endpoint: database.url, region: 'eu-central-1', credentials, maxAttempts: 1 }),
  };
}

async function stopAll(): Promise<void> {
  for (const started of running.splice(0)) await started.close();
}

describe('the local DynamoDB', () => {
  it('has the table, ready with its index', async () => {
    const { client } = await start({});
    await client.send(new PutItemCommand({ TableName: 'sessions', Item: { pk: { S: '1' }, who: { S: 'dev' } } }));
    const found = await client.send(
      new QueryCommand({
        TableName: 'sessions',
        IndexName: 'byWho',
        KeyConditionExpression: 'who = :w',
        ExpressionAttributeValues: { ':w': { S: 'dev' } },
      }),
    );
    expect(found.Items).toEqual([{ pk: { S: '1' }, who: { S: 'dev' } }]);
  });

  it('keeps what was written over a restart', async () => {
    const first = await start({ directory: join(directory, 'db') });
    await first.client.send(new PutItemCommand({ TableName: 'sessions', Item: { pk: { S: '1' } } }));
    await stopAll();
    const second = await start({ directory: join(directory, 'db') });
    const { Item } = await second.client.send(new GetItemCommand({ TableName: 'sessions', Key: { pk: { S: '1' } } }));
    expect(Item).toEqual({ pk: { S: '1' } });
  });

  it('keeps nothing in memory mode', async () => {
    const first = await start({});
    await first.client.send(new PutItemCommand({ TableName: 'sessions', Item: { pk: { S: '1' } } }));
    await stopAll();
    const second = await start({});
    expect(
      (await second.client.send(new GetItemCommand({ TableName: 'sessions', Key: { pk: { S: '1' } } }))).Item,
    ).toBeUndefined();
  });

  it('refuses a kept table of another shape, and says what to do', async () => {
    await start({ directory: join(directory, 'db') });
    await stopAll();
    const { GlobalSecondaryIndexes: _, AttributeDefinitions, ...rest } = DEFINITION;
    const definition = { ...rest, AttributeDefinitions: AttributeDefinitions?.slice(0, 1) };
    await expect(start({ directory: join(directory, 'db'), definition })).rejects.toThrow(
      /another shape.*delete that directory/,
    );
  });

  it('stays up when a client goes away in the middle of a request', async () => {
    const { client, database } = await start({});
    const headers = { 'content-length': '100', 'content-type': 'application/x-amz-json-1.0' };
    const request = httpRequest(database.url, { method: 'POST', headers }).on('error', () => undefined);
    await new Promise((resolve) => request.write('{"TableName', resolve));
    const put = () => client.send(new PutItemCommand({ TableName: 'sessions', Item: { pk: { S: '1' } } }));
    await put();
    request.destroy();
    await put();
  });

  it('lets one of many conditional writers win', async () => {
    const { client } = await start({});
    const put = (): Promise<boolean> =>
      client
        .send(
          new PutItemCommand({
            TableName: 'sessions',
            Item: { pk: { S: 'x' } },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        )
        .then(
          () => true,
          () => false,
        );
    const won = await Promise.all(Array.from({ length: 16 }, put));
    expect(won.filter(Boolean)).toHaveLength(1);
  });

  it('says which port is taken', async () => {
    const { database } = await start({});
    await expect(start({ port: database.port })).rejects.toBeInstanceOf(PortTakenError);
  });

  it('refuses connections once closed', async () => {
    const { database, client } = await start({});
    await stopAll();
    await expect(client.send(new DescribeTableCommand({ TableName: 'sessions' }))).rejects.toThrow();
    await expect(fetch(database.url)).rejects.toThrow();
  });
});

describe('the table definition', () => {
  const HEAD = 'resources:\n  Resources:\n';
  async function read(yaml: string): Promise<TableDefinition> {
    const file = join(directory, 'serverless.yml');
    await writeFile(file, yaml);
    return readTableDefinition(file, 'SessionsTable');
  }

  it('is what serverless.yml deploys', async () => {
    const definition = await readTableDefinition(
      new URL('../../serverless.yml', import.meta.url).pathname,
      'SessionsTable',
    );
    expect(definition.KeySchema?.map(({ KeyType }) => KeyType)).toEqual(['HASH', 'RANGE']);
    const { client } = await start({ definition });
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'sessions' }));
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort()).toEqual(
      definition.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort(),
    );
  });

  it('takes the shape only, past CloudFormation functions elsewhere, and follows anchors', async () => {
    const definition = await read(
      `${HEAD}    Other: { Type: 'AWS::X', Properties: { A: !Sub 'b', C: !If [D, !Ref E, 1] } }
    SessionsTable:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: !Sub 'x'
        BillingMode: PAY_PER_REQUEST
        KeySchema: &keys [{ AttributeName: pk, KeyType: HASH }]
        GlobalSecondaryIndexes: [{ IndexName: i, KeySchema: *keys }]
        DeletionProtectionEnabled: true
`,
    );
    expect(definition).toEqual({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [{ IndexName: 'i', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] }],
    });
  });

  it.each([
    [
      'no such resource',
      `${HEAD}    Other: { Type: AWS::DynamoDB::Table, Properties: {} }\n`,
      'no AWS::DynamoDB::Table named SessionsTable',
    ],
    [
      'a resource of another type',
      `${HEAD}    SessionsTable: { Type: AWS::S3::Bucket, Properties: {} }\n`,
      'no AWS::DynamoDB::Table',
    ],
    [
      'a function in the shape',
      `${HEAD}    SessionsTable: { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: !If [A, [], []] } }\n`,
      'SessionsTable.KeySchema uses !If',
    ],
    ['YAML that is none', 'resources: [', 'serverless.yml'],
  ])('is refused for %s', async (_about, yaml, message) => {
    await expect(read(yaml)).rejects.toThrow(message);
  });
});
