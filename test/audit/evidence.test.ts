import { describe, expect, test } from 'vitest';
import { disagreements, evidenceOfCloudTrail, readEvidence } from '../../lib/audit/evidence.ts';
import type { Json } from '../../lib/json.ts';
import { ARN, EVENT, ID, KEY, NAME } from '../support/cloudtrail.ts';
import { auditRecord } from '../support/records.ts';

describe('A word', () => {
  test.each<[string, object]>([
    [KEY, { accessKeyId: KEY }],
    ['AKIAEXAMPLEEXAMPLE12', { accessKeyId: 'AKIAEXAMPLEEXAMPLE12' }],
    [ARN, { accountId: '111122223333', roleName: 'Admin', sessionName: NAME, sessionId: ID }],
    [
      ARN.replace('aws:', 'aws-us-gov:'),
      { accountId: '111122223333', roleName: 'Admin', sessionName: NAME, sessionId: ID },
    ],
    [`AROAEXAMPLEEXAMPLE12:${NAME}`, { sessionName: NAME, sessionId: ID }],
    [NAME, { sessionName: NAME, sessionId: ID }],
    [ID, { sessionName: ID, sessionId: ID }],
    ['botocore-session-1700000000', { sessionName: 'botocore-session-1700000000' }],
  ])('%s', (word, evidence) => {
    expect(readEvidence(word)).toEqual({ shown: word, ...evidence });
  });

  test.each([
    '',
    'x',
    'arn:aws:iam::111122223333:role/Admin',
    'arn:aws:sts::1:assumed-role/Admin/x',
    'a b',
    `${NAME}\n`,
    '../../etc',
    'é@x',
  ])('%j is nothing that CloudTrail shows of a session', (word) => expect(readEvidence(word)).toBeUndefined());
});

describe('CloudTrail', () => {
  const found = {
    shown: 'GetObject c7a1',
    time: Date.parse(EVENT.eventTime),
    accountId: '111122223333',
    roleName: 'Admin',
    sessionName: NAME,
    sessionId: ID,
    accessKeyId: KEY,
    sourceIdentity: 'dev@example.com',
    isCaller: true,
  };

  test.each<[string, Json]>([
    ['one event', EVENT],
    ['an array', [EVENT]],
    ['a log file', { Records: [EVENT] }],
    ['an answer of lookup-events', { Events: [{ EventId: 'c7a1', CloudTrailEvent: JSON.stringify(EVENT) }] }],
  ])('%s', (_, value) => expect(evidenceOfCloudTrail(value)).toEqual([found]));

  test('an AssumeRole event is of the session that was issued and of the one that asked', () => {
    const event = {
      userIdentity: {
        type: 'AssumedRole',
        principalId: 'AROABROKERBROKER1234:daypass-credentials',
        arn: 'arn:aws:sts::999999999999:assumed-role/broker/daypass-credentials',
        accessKeyId: 'ASIABROKERBROKER1234',
      },
      eventTime: EVENT.eventTime,
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      requestParameters: {
        roleArn: 'arn:aws:iam::111122223333:role/Admin',
        roleSessionName: NAME,
        sourceIdentity: 'dev@example.com',
      },
      responseElements: {
        credentials: { accessKeyId: KEY },
        assumedRoleUser: { assumedRoleId: `AROAEXAMPLEEXAMPLE12:${NAME}`, arn: ARN },
      },
    };
    const [issued, asked] = evidenceOfCloudTrail(event);
    expect(issued).toMatchObject({
      sessionId: ID,
      accessKeyId: KEY,
      accountId: '111122223333',
      sourceIdentity: 'dev@example.com',
    });
    expect(asked).toMatchObject({ accessKeyId: 'ASIABROKERBROKER1234', sessionName: 'daypass-credentials' });
  });

  test.each<[string, Json]>([
    ['nothing', null],
    ['a text', 'x'],
    ['an event of a service', { userIdentity: { type: 'AWSService', invokedBy: 'x.amazonaws.com' } }],
    ['members of other kinds', { userIdentity: { arn: 7, accessKeyId: [], sessionContext: 'x', principalId: null } }],
    ['a nested event that is not JSON', { Events: [{ CloudTrailEvent: '{' }] }],
    ['an identity that is an array', { userIdentity: [EVENT.userIdentity] }],
  ])('%s is no evidence', (_, value) => expect(evidenceOfCloudTrail(value)).toEqual([]));
});

describe('What evidence and record do not agree on is found', () => {
  const record = auditRecord({
    sessionId: '01M81R3HPKZ2J1S6G8JPHV93JD',
    accessKeyId: KEY,
    roleSessionName: '01M81R3HPKZ2J1S6G8JPHV93JD-dev@example.com',
    roleArn: 'arn:aws:iam::111122223333:role/path/Admin',
    accountId: '111122223333',
    sourceIdentity: 'dev@example.com',
    expiration: '2026-11-22T14:46:00.000Z',
  });
  const agreeing = {
    shown: 'x',
    accessKeyId: KEY,
    sessionName: '01M81R3HPKZ2J1S6G8JPHV93JD-dev@example.com',
    roleName: 'Admin',
    accountId: '111122223333',
    sourceIdentity: 'dev@example.com',
    time: Date.parse('2026-11-22T14:00:00Z'),
  };

  test('where they agree there is none, and what one does not say is none', () => {
    expect(disagreements(agreeing, record)).toEqual([]);
    expect(disagreements({ shown: 'x' }, record)).toEqual([]);
    expect(disagreements({ shown: 'x', sessionName: record.sessionId }, record)).toEqual([]);
  });

  test.each([
    ['access key', { accessKeyId: 'ASIAOTHEROTHEROTHER1' }],
    ['session name', { sessionName: '01M81R3HPKZ2J1S6G8JPHV93JD-boss@example.com' }],
    ['role', { roleName: 'ReadOnly' }],
    ['account', { accountId: '999999999999' }],
    ['source identity', { sourceIdentity: 'boss@example.com' }],
    ['time', { time: Date.parse('2026-11-22T15:00:00Z') }],
    ['time', { time: Date.parse('2026-11-22T13:00:00Z') }],
  ])('%s', (what, other) => {
    expect(disagreements({ ...agreeing, ...other }, record).map((found) => found.what)).toEqual([what]);
  });

  test('the console’s calls have keys of their own; those of its AssumeRole event and of other calls are compared', () => {
    const other = { ...agreeing, accessKeyId: 'ASIAOTHEROTHEROTHER1' };
    const opened = { ...record, action: 'console' } as const;
    expect(disagreements({ ...other, isCaller: true }, opened)).toEqual([]);
    for (const [evidence, of] of [
      [other, opened],
      [{ ...other, isCaller: true }, record],
    ] as const) {
      expect(disagreements(evidence, of).map(({ what }) => what)).toEqual(['access key']);
    }
    expect(disagreements({ ...agreeing, isCaller: true, accountId: '999999999999' }, opened)).toHaveLength(1);
  });
});
