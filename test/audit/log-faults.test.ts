import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { auditLog } from '../../lib/audit/log.ts';
import { canonicalJson } from '../../lib/json.ts';
import { Table } from '../../lib/store/dynamodb.ts';
import { auditRecord } from '../support/records.ts';

describe('when DynamoDB misbehaves', () => {
  const mock = mockClient(DynamoDBClient);
  const log = auditLog(new Table(new DynamoDBClient({ region: 'eu-central-1' }), 't'));
  const given = auditRecord();
  const stored = { Item: { pk: { S: 'x' }, sk: { S: 'y' }, record: { S: canonicalJson(given) } } };

  beforeEach(() => mock.reset());

  function named(name: string): Error {
    return Object.assign(new Error(name), { name });
  }

  test.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'InternalServerError',
    'TimeoutError',
    'ResourceNotFoundException',
  ])('with %s and nothing stored, the record is not durable', async (name) => {
    mock.on(PutItemCommand).rejects(named(name));
    mock.on(GetItemCommand).resolves({});
    await expect(log.append(given)).rejects.toMatchObject({ code: 'audit_unavailable' });
  });

  test.each(['TimeoutError', 'InternalServerError', 'ConditionalCheckFailedException'])(
    'with %s although the record was stored, a consistent read finds it',
    async (name) => {
      mock.on(PutItemCommand).rejects(named(name));
      mock.on(GetItemCommand).resolves(stored);
      await expect(log.append(given)).resolves.toBeUndefined();
      expect(mock.commandCalls(GetItemCommand)[0]?.args[0].input.ConsistentRead).toBe(true);
    },
  );

  test('with everything down, any doubt is a no', async () => {
    mock.on(PutItemCommand).rejects(named('TimeoutError'));
    mock.on(GetItemCommand).rejects(named('TimeoutError'));
    await expect(log.append(given)).rejects.toMatchObject({ code: 'audit_unavailable' });
  });
});
