import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { awsErrorName, withDeadline } from '../aws.ts';
import type { Key } from './table.ts';

/** What BatchGetItem takes. */
const MAX_BATCH = 100;
const MAX_BATCH_ATTEMPTS = 8;

/** An item of the table: strings and numbers only, which is all that Daypass stores. */
export type Item = Readonly<Record<string, string | number>>;

export interface RangeQuery {
  /** An index holds keys only: its items are then read from the table. */
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
  readonly #deadlineMs: number;

  /** @param deadlineMs for one operation with all its attempts */
  constructor(client: DynamoDBClient, name: string, deadlineMs = 1500) {
    this.#client = client;
    this.#name = name;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Writes an item that must not exist yet.
   *
   * @returns false when an item with this key exists; nothing was changed then
   */
  async create(item: Item & Key): Promise<boolean> {
    try {
      const put = new PutItemCommand({
        TableName: this.#name,
        Item: marshal(item),
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      await withDeadline(this.#deadlineMs, (options) => this.#client.send(put, options));
      return true;
    } catch (error) {
      if (awsErrorName(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /** A strongly consistent read. */
  async get(key: Key): Promise<Item | undefined> {
    const get = new GetItemCommand({
      TableName: this.#name,
      Key: marshal({ pk: key.pk, sk: key.sk }),
      ConsistentRead: true,
    });
    const answer = await withDeadline(this.#deadlineMs, (options) => this.#client.send(get, options));
    return answer.Item && unmarshal(answer.Item);
  }

  /** Strongly consistent reads, in the order asked for; undefined where there is nothing. */
  async getMany(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const found = new Map<string, Item>();
    for (let at = 0; at < keys.length; at += MAX_BATCH) {
      let wanted: Record<string, AttributeValue>[] | undefined = keys
        .slice(at, at + MAX_BATCH)
        .map(({ pk, sk }) => marshal({ pk, sk }));
      // DynamoDB answers what fits into 16 MB and what its capacity allows, and says what it left.
      for (let attempt = 0; wanted !== undefined && wanted.length > 0; attempt += 1) {
        if (attempt === MAX_BATCH_ATTEMPTS) throw new Error('DynamoDB leaves keys of a batch unread');
        if (attempt > 0) await sleep(2 ** attempt * 25 * Math.random());
        const get: BatchGetItemCommand = new BatchGetItemCommand({
          RequestItems: { [this.#name]: { Keys: wanted, ConsistentRead: true } },
        });
        const answer: BatchGetItemCommandOutput = await withDeadline(this.#deadlineMs, (options) =>
          this.#client.send(get, options),
        );
        for (const item of answer.Responses?.[this.#name] ?? []) {
          const plain = unmarshal(item);
          found.set(`${plain['pk']} ${plain['sk']}`, plain);
        }
        wanted = answer.UnprocessedKeys?.[this.#name]?.Keys;
      }
    }
    return keys.map(({ pk, sk }) => found.get(`${pk} ${sk}`));
  }

  /**
   * Puts an item in the place of the one whose `version` is `previous` (0: of none). Atomic: of several with the same
   * previous version one succeeds.
   *
   * @returns false when there is another version by now; nothing was changed then
   */
  async swap(item: Item & Key & { readonly version: number }, previous: number): Promise<boolean> {
    try {
      const put = new PutItemCommand({
        TableName: this.#name,
        Item: marshal(item),
        ...(previous === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'version = :previous',
              ExpressionAttributeValues: marshal({ ':previous': previous }),
            }),
      });
      await withDeadline(this.#deadlineMs, (options) => this.#client.send(put, options));
      return true;
    } catch (error) {
      if (awsErrorName(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /**
   * Removes an item and answers it. Atomic: of several at once, one gets it.
   *
   * @param having an attribute that the item must have, with its value; another is left as it is
   * @returns undefined when there was none to take
   */
  async take(key: Key, having?: readonly [name: string, value: string]): Promise<Item | undefined> {
    const remove = new DeleteItemCommand({
      TableName: this.#name,
      Key: marshal({ pk: key.pk, sk: key.sk }),
      ReturnValues: 'ALL_OLD',
      ...(having !== undefined && {
        ConditionExpression: '#having = :value',
        ExpressionAttributeNames: { '#having': having[0] },
        ExpressionAttributeValues: marshal({ ':value': having[1] }),
      }),
    });
    try {
      const answer = await withDeadline(this.#deadlineMs, (options) => this.#client.send(remove, options));
      return answer.Attributes && unmarshal(answer.Attributes);
    } catch (error) {
      if (awsErrorName(error) === 'ConditionalCheckFailedException') return undefined;
      throw error;
    }
  }

  /** Sets one attribute and removes another of an item that exists. */
  async move(key: Key, set: readonly [name: string, value: string | number], remove: string): Promise<void> {
    const update = new UpdateItemCommand({
      TableName: this.#name,
      Key: marshal({ pk: key.pk, sk: key.sk }),
      UpdateExpression: 'SET #set = :value REMOVE #remove',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: { '#set': set[0], '#remove': remove },
      ExpressionAttributeValues: marshal({ ':value': set[1] }),
    });
    await withDeadline(this.#deadlineMs, (options) => this.#client.send(update, options));
  }

  /**
   * Adds to a counter unless that would take it over its limit. Atomic: however many do it at once, what is added
   * never sums up to more than `limit`.
   *
   * @param amount at least 1, at most `limit`
   * @param expiresAt epoch seconds after which DynamoDB may delete the counter
   * @returns whether there was room
   */
  async countUp(key: Key, amount: number, limit: number, expiresAt: number): Promise<boolean> {
    try {
      const update = new UpdateItemCommand({
        TableName: this.#name,
        Key: marshal({ pk: key.pk, sk: key.sk }),
        UpdateExpression: 'SET expiresAt = :expiresAt ADD used :amount',
        ConditionExpression: 'attribute_not_exists(used) OR used <= :room',
        ExpressionAttributeValues: marshal({ ':amount': amount, ':room': limit - amount, ':expiresAt': expiresAt }),
      });
      await withDeadline(this.#deadlineMs, (options) => this.#client.send(update, options));
      return true;
    } catch (error) {
      if (awsErrorName(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /**
   * Up to `limit` items of one partition, by the table (consistent) or by an index, which hears of an item a little
   * later than the table; what it leads to is read consistently.
   */
  async range(query: RangeQuery): Promise<Item[]> {
    const items = await this.keys(query);
    if (query.index === undefined) return items;
    const found = await this.getMany(items.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) })));
    return found.filter((item) => item !== undefined);
  }

  /** The same, but of an index only the keys of its items. */
  async keys(query: RangeQuery): Promise<Item[]> {
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
      const answer = await withDeadline(this.#deadlineMs, (options) =>
        this.#client.send(new QueryCommand(input), options),
      );
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
