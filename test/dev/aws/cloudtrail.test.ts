import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../dev/aws/residents.ts';
import { type AwsStandIn, BROKER_ACCOUNT, BROKER_ROLE_ARN, startAws } from '../../../dev/aws/server.ts';
import { type AnyEvent, readCloudTrail } from '../../support/cloudtrail.ts';
import { clientFor } from './clients.ts';

const OTHER = 'arn:aws:iam::111122223333:role/ReadOnly';
const SAME = `arn:aws:iam::${BROKER_ACCOUNT}:role/Same`;
const directory = mkdtempSync(join(tmpdir(), 'daypass-cloudtrail-'));

let aws: AwsStandIn;
let files: Record<string, AnyEvent[]>;
let issued: {
  AccessKeyId?: string | undefined;
  SecretAccessKey?: string | undefined;
  SessionToken?: string | undefined;
};
const secrets: string[] = [];

beforeAll(async () => {
  aws = await startAws({ port: 0, cloudTrailDirectory: directory });
  for (const arn of [OTHER, SAME]) aws.createRole({ arn, trustPolicy: brokerTrustPolicy('tenant-1') });
  const credentials = aws.brokerCredentials();
  secrets.push(credentials.secretAccessKey, credentials.sessionToken);
  const client = clientFor(STSClient, aws, credentials);
  const assume = (RoleArn: string, more: object = {}) =>
    client.send(
      new AssumeRoleCommand({
        RoleArn,
        RoleSessionName: 'somebody',
        ExternalId: 'tenant-1',
        SourceIdentity: 'dev@example.com',
        DurationSeconds: 900,
        Tags: [{ Key: 'team', Value: 'payments' }],
        TransitiveTagKeys: ['team'],
        ...more,
      }),
    );
  issued = (await assume(OTHER)).Credentials ?? {};
  await assume(SAME);
  await assume(OTHER, { ExternalId: 'wrong' }).catch(() => undefined);
  await client.send(new GetCallerIdentityCommand());
  aws.deliverCloudTrail();
  files = readCloudTrail(directory);
});
afterAll(async () => {
  await aws.close();
  rmSync(directory, { recursive: true, force: true });
});

const eventsOf = (account: string) =>
  Object.entries(files).flatMap(([name, events]) => (name.includes(`/${account}/`) ? events : []));

describe('CloudTrail of the stand-in', () => {
  it('delivers gzip files where a trail of each account would', () => {
    for (const name of Object.keys(files)) {
      expect(name).toMatch(
        /^AWSLogs\/(\d{12})\/CloudTrail\/[a-z]+-[a-z]+-\d\/\d{4}\/\d\d\/\d\d\/\1_CloudTrail_[a-z0-9-]+_\d{8}T\d{4}Z_[0-9a-f]{16}\.json\.gz$/,
      );
    }
    expect(Object.keys(files)).toHaveLength(2);
  });

  it('tells the caller’s account who asked for what, and what STS gave', () => {
    const [event] = eventsOf(BROKER_ACCOUNT);
    expect(event).toMatchObject({
      eventVersion: '1.11',
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      eventType: 'AwsApiCall',
      recipientAccountId: BROKER_ACCOUNT,
      userIdentity: {
        type: 'AssumedRole',
        accountId: BROKER_ACCOUNT,
        arn: `arn:aws:sts::${BROKER_ACCOUNT}:assumed-role/daypass-broker/daypass-credentials`,
        sessionContext: { sessionIssuer: { type: 'Role', arn: BROKER_ROLE_ARN, userName: 'daypass-broker' } },
      },
      requestParameters: {
        roleArn: OTHER,
        roleSessionName: 'somebody',
        externalId: 'tenant-1',
        sourceIdentity: 'dev@example.com',
        durationSeconds: 900,
        tags: [{ key: 'team', value: 'payments' }],
        transitiveTagKeys: ['team'],
      },
      responseElements: {
        credentials: { accessKeyId: issued.AccessKeyId },
        assumedRoleUser: { arn: 'arn:aws:sts::111122223333:assumed-role/ReadOnly/somebody' },
        sourceIdentity: 'dev@example.com',
      },
    });
    expect(event?.['userIdentity'].principalId).toMatch(/^AROA[A-Z0-9]{17}:daypass-credentials$/);
    expect(event?.['eventTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('tells the role’s account the same call, without the caller’s name', () => {
    const [own] = eventsOf(BROKER_ACCOUNT);
    const events = eventsOf('111122223333');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      recipientAccountId: '111122223333',
      sharedEventID: own?.['sharedEventID'],
      requestID: own?.['requestID'],
      requestParameters: own?.['requestParameters'],
      userIdentity: { type: 'AWSAccount', accountId: BROKER_ACCOUNT, principalId: own?.['userIdentity'].principalId },
    });
    expect(events[0]?.['eventID']).not.toBe(own?.['eventID']);
    expect(JSON.stringify(events[0]?.['userIdentity'])).not.toContain('daypass-broker');
  });

  it('tells a call within one account once', () => {
    const events = eventsOf(BROKER_ACCOUNT).filter((event) => event['requestParameters']?.roleArn === SAME);
    expect(events).toHaveLength(1);
    expect(events[0]?.['sharedEventID']).toBeUndefined();
  });

  it('tells a refusal to the caller’s account, with AWS’s code', () => {
    const refused = eventsOf(BROKER_ACCOUNT).find((event) => event['errorCode'] !== undefined);
    expect(refused).toMatchObject({ errorCode: 'AccessDenied', responseElements: null });
    expect(eventsOf('111122223333').some((event) => event['errorCode'] !== undefined)).toBe(false);
  });

  it('tells other calls of STS, too', () => {
    expect(eventsOf(BROKER_ACCOUNT).map((event) => event['eventName'])).toContain('GetCallerIdentity');
  });

  it('holds no secret', () => {
    const text = JSON.stringify(files);
    for (const secret of [...secrets, issued.SecretAccessKey, issued.SessionToken]) {
      expect(text).not.toContain(String(secret));
    }
  });
});
