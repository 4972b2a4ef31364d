import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerTrustPolicy } from '../../../dev/aws/residents.ts';
import type { AwsStandIn } from '../../../dev/aws/server.ts';
import { startAws } from '../../../dev/aws/server.ts';
import { clientFor } from './clients.ts';

const ROLE = 'arn:aws:iam::111122223333:role/R';
let aws: AwsStandIn;
let sts: STSClient;

beforeEach(async () => {
  aws = await startAws({ port: 0 });
  aws.createRole({ arn: ROLE, trustPolicy: brokerTrustPolicy(undefined) });
  sts = clientFor(STSClient, aws, aws.brokerCredentials());
});
afterEach(() => aws.close());

const assume = (): Promise<unknown> =>
  sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'session', SourceIdentity: 'dev@example.com' }));
const outcomes = (): string[] => aws.calls.list().map(({ outcome }) => outcome);

async function inject(fault: object): Promise<Response> {
  return fetch(`${aws.url}/_faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
}

describe('/_calls', () => {
  it('lists what was answered, and forgets it on DELETE', async () => {
    await assume();
    await sts.send(new GetCallerIdentityCommand({}));
    const list = (await (await fetch(`${aws.url}/_calls`)).json()) as Record<string, unknown>[];
    expect(list).toHaveLength(2);
    expect(list[0]).toEqual({
      time: expect.any(String) as string,
      action: 'AssumeRole',
      accessKeyId: expect.stringMatching(/^ASIA/) as string,
      region: 'eu-central-1',
      account: '999999999999',
      outcome: 'ok',
      requestId: expect.any(String) as string,
      roleArn: ROLE,
      roleSessionName: 'session',
      sourceIdentity: 'dev@example.com',
    });
    await fetch(`${aws.url}/_calls`, { method: 'DELETE' });
    expect(await (await fetch(`${aws.url}/_calls`)).json()).toEqual([]);
  });
});

describe('/_faults', () => {
  it('answers an error as often as it is told, and then as usual', async () => {
    await inject({ action: 'AssumeRole', kind: 'error', code: 'Throttling', times: 2 });
    await expect(assume()).rejects.toMatchObject({ name: 'Throttling', $metadata: { httpStatusCode: 400 } });
    await sts.send(new GetCallerIdentityCommand({}));
    await expect(assume()).rejects.toMatchObject({ name: 'Throttling' });
    await assume();
    expect(outcomes()).toEqual(['Throttling', 'ok', 'Throttling', 'ok']);
  });

  it('goes on until it is forgotten when told so', async () => {
    await inject({ action: '*', kind: 'error', code: 'ServiceUnavailable', times: null });
    for (let index = 0; index < 3; index += 1) {
      await expect(assume()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    }
    await fetch(`${aws.url}/_faults`, { method: 'DELETE' });
    await assume();
  });

  it('drops the connection before, or only after, the action took effect', async () => {
    await inject({ action: 'AssumeRole', kind: 'drop' });
    await expect(assume()).rejects.toThrow();
    await inject({ action: 'AssumeRole', kind: 'drop', after: true });
    await expect(assume()).rejects.toThrow();
    expect(outcomes()).toEqual(['dropped', 'dropped']);
    await assume();
  });

  it('with `after` loses the answer of what did take effect', async () => {
    const iam = clientFor(IAMClient, aws, aws.operator);
    const create = (RoleName: string): Promise<unknown> =>
      iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: brokerTrustPolicy(undefined) }));
    for (const [after, RoleName, exists] of [
      [false, 'Before', false],
      [true, 'After', true],
    ] as const) {
      await inject({ action: 'CreateRole', kind: 'drop', after });
      await expect(create(RoleName)).rejects.toThrow();
      expect(aws.state.roles.byArn(`arn:aws:iam::999999999999:role/${RoleName}`) !== undefined).toBe(exists);
    }
  });

  it('spoils the answer', async () => {
    await inject({ action: 'AssumeRole', kind: 'malformed', body: '<html>', after: true });
    await expect(assume()).rejects.toThrow();
    expect(outcomes()).toEqual(['malformed']);
  });

  it('delays, and lets the next fault in line apply to the same call', async () => {
    await inject({ action: 'AssumeRole', kind: 'latency', milliseconds: 5 });
    await inject({ action: 'AssumeRole', kind: 'error', code: 'AccessDenied' });
    await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    await assume();
  });

  it.each([
    ['an unknown kind', { action: 'AssumeRole', kind: 'explode' }],
    ['a misspelt member', { action: 'AssumeRole', kind: 'drop', afer: true }],
    ['no action', { kind: 'drop' }],
    ['zero times', { action: 'AssumeRole', kind: 'drop', times: 0 }],
  ])('refuses %s', async (_about, fault) => {
    expect((await inject(fault)).status).toBe(400);
    await assume();
  });

  it('is not open to a form post, which any web page could send', async () => {
    const response = await fetch(`${aws.url}/_faults`, { method: 'POST', body: new URLSearchParams({ action: '*' }) });
    expect(response.status).toBe(405);
    expect((await fetch(`${aws.url}/_calls`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${aws.url}/_other`)).status).toBe(404);
  });
});
