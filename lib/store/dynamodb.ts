import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { awsErrorName } from '../aws.ts';
import type { Key } from './table.ts';

/** An item of the table: strings and numbers only, which is all that Daypass stores. */
export type Item = Readonly<Record<string, string | number>>;

export interface RangeQuery {
  readonly index?: { readonly name: string; readonly key: string };
  readonly partition: string;
  /** Inclusive bounds of `sk`. */
  readonly from: string;
  readonly to: string;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
}

/** The table as the rest of the product sees it. Errors of the SDK pass through; callers turn them into faults. */
export class Table {
  readonly #client: DynamoDBClient;
  readonly #name: string;

  constructor(client: DynamoDBClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /**
   * Writes an item that must not exist yet.
   *
   * @returns false when an item with this key exists; nothing was changed then
   */
  async create(item: Item & Key): Promise<boolean> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#name,
          Item: marshal(item),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
      return true;
    } catch (error) {
      if (awsErrorName(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /** A strongly consistent read. */
  async get(key: Key): Promise<Item | undefined> {
    const answer = await this.#client.send(
      new GetItemCommand({ TableName: this.#name, Key: marshal({ pk: key.pk, sk: key.sk }), ConsistentRead: true }),
    );
    return answer.Item && unmarshal(answer.Item);
  }

  /**
   * Adds one to a counter unless it has reached its limit. Atomic: of many at once, exactly `limit` succeed.
   *
   * @param expiresAt epoch seconds after which DynamoDB may delete the counter
   * @returns whether there was room
   */
  async countUp(key: Key, limit: number, expiresAt: number): Promise<boolean> {
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#name,
          Key: marshal({ pk: key.pk, sk: key.sk }),
          UpdateExpression: 'SET expiresAt = :expiresAt ADD used :one',
          ConditionExpression: 'attribute_not_exists(used) OR used < :limit',
          ExpressionAttributeValues: marshal({ ':one': 1, ':limit': limit, ':expiresAt': expiresAt }),
        }),
      );
      return true;
    } catch (error) {
      if (awsErrorName(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /** Up to `limit` items of one partition, of the table (consistent) or of an index (eventually so). */
  async range(query: RangeQuery): Promise<Item[]> {
    const items: Item[] = [];
    const input: QueryCommandInput = {
      TableName: this.#name,
      KeyConditionExpression: '#partition = :partition AND sk BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#partition': query.index?.key ?? 'pk' },
      ExpressionAttributeValues: marshal({ ':partition': query.partition, ':from': query.from, ':to': query.to }),
      ScanIndexForward: query.order === 'oldest',
    };
    if (query.index) input.IndexName = query.index.name;
    else input.ConsistentRead = true;
    do {
      input.Limit = query.limit - items.length;
      const answer = await this.#client.send(new QueryCommand(input));
      for (const item of answer.Items ?? []) items.push(unmarshal(item));
      input.ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (input.ExclusiveStartKey && items.length < query.limit);
    return items;
  }
}

function marshal(item: Item): Record<string, AttributeValue> {
  const marshalled: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(item)) {
    marshalled[name] = typeof value === 'string' ? { S: value } : { N: String(value) };
  }
  return marshalled;
}

function unmarshal(item: Record<string, AttributeValue>): Item {
  const plain: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(item)) {
    if (value.S !== undefined) plain[name] = value.S;
    else if (value.N !== undefined) plain[name] = Number(value.N);
  }
  return plain;
}
