import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, describe, expect, test } from 'vitest';
import { Fault, type FaultCode } from '../../lib/fault.ts';
import { type AssumeRoleRequest, roleAssumer } from '../../lib/sts/assume-role.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const REQUEST: AssumeRoleRequest = {
  roleArn: 'arn:aws:iam::111122223333:role/team/Admin',
  region: 'eu-central-1',
  sessionId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  roleSessionName: '01ARZ3NDEKTSV4RRFFQ69G5FAV-sre@example.com',
  sourceIdentity: 'sre@example.com',
  durationSeconds: 1800,
  externalId: 'daypass-prod',
  tags: { team: 'platform' },
  transitiveTagKeys: ['team'],
  policy: '{"Version":"2012-10-17","Statement":[]}',
  policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
};
const CREDENTIALS = {
  AccessKeyId: 'ASIAEXAMPLEEXAMPLE12',
  SecretAccessKey: 'a-secret',
  SessionToken: 'a-token',
  Expiration: new Date(NOW + 1_800_000),
};
const ASSUMED = {
  Arn: 'arn:aws:sts::111122223333:assumed-role/Admin/01ARZ3NDEKTSV4RRFFQ69G5FAV-sre@example.com',
  AssumedRoleId: 'AROAEXAMPLE:x',
};
const ANSWER = { Credentials: CREDENTIALS, AssumedRoleUser: ASSUMED, $metadata: { requestId: 'sts-request' } };

const sts = mockClient(STSClient);
const regions: string[] = [];
const assumer = roleAssumer((region) => {
  regions.push(region);
  return new STSClient({ region, maxAttempts: 1 });
}, 1000);

afterEach(() => {
  sts.reset();
  regions.length = 0;
});

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Fault);
  return error as Fault;
}

function named(name: string, message = 'said by AWS', extra: object = {}): Error {
  return Object.assign(new Error(message), { name, ...extra });
}

describe('the call', () => {
  test('carries session name, source identity, tags, policy, external id and duration to the region asked', async () => {
    sts.on(AssumeRoleCommand).resolves(ANSWER);
    const credentials = await assumer.assume(REQUEST, NOW);
    expect(credentials).toEqual({
      accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      secretAccessKey: 'a-secret',
      sessionToken: 'a-token',
      expiration: CREDENTIALS.Expiration,
      stsRequestId: 'sts-request',
      assumedRoleId: ANSWER.AssumedRoleUser.AssumedRoleId,
      packedPolicySize: undefined,
    });
    expect(regions).toEqual(['eu-central-1']);
    expect(sts.commandCalls(AssumeRoleCommand)[0]?.args[0].input).toEqual({
      RoleArn: REQUEST.roleArn,
      RoleSessionName: REQUEST.roleSessionName,
      SourceIdentity: 'sre@example.com',
      DurationSeconds: 1800,
      ExternalId: 'daypass-prod',
      Tags: [
        { Key: 'team', Value: 'platform' },
        { Key: 'daypass:session-id', Value: REQUEST.sessionId },
      ],
      TransitiveTagKeys: ['team'],
      Policy: REQUEST.policy,
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
    });
  });

  test('leaves out what is not set', async () => {
    sts.on(AssumeRoleCommand).resolves(ANSWER);
    await assumer.assume(
      { ...REQUEST, externalId: undefined, policy: undefined, policyArns: [], transitiveTagKeys: [] },
      NOW,
    );
    const input = sts.commandCalls(AssumeRoleCommand)[0]?.args[0].input ?? {};
    expect(Object.keys(input)).not.toEqual(expect.arrayContaining(['ExternalId']));
    expect(input).not.toHaveProperty('Policy');
    expect(input).not.toHaveProperty('PolicyArns');
    expect(input).not.toHaveProperty('TransitiveTagKeys');
  });

  test('is not made when a limit is passed', async () => {
    const fault = await faultOf(assumer.assume({ ...REQUEST, durationSeconds: 7200 }, NOW));
    expect(fault.code).toBe('sts_limit_exceeded');
    expect(sts.calls()).toHaveLength(0);
  });

  test('that hangs is given up at the deadline', async () => {
    sts.on(AssumeRoleCommand).callsFake(
      () =>
        new Promise((_, reject) => {
          // The mock stands in for the SDK, which rejects with AbortError when its signal fires.
          const [, options] = (sts.send.lastCall?.args ?? []) as unknown[];
          const { abortSignal } = (options ?? {}) as { abortSignal?: AbortSignal };
          abortSignal?.addEventListener('abort', () => reject(named('AbortError')));
        }),
    );
    const impatient = roleAssumer(() => new STSClient({ region: 'eu-central-1' }), 20);
    expect((await faultOf(impatient.assume(REQUEST, NOW))).code).toBe('sts_timeout');
  });
});

describe('an error of STS becomes a code that says what to fix', () => {
  test.each<[name: string, code: FaultCode, message: RegExp]>([
    ['AccessDenied', 'sts_access_denied', /trust policy/],
    ['AccessDeniedException', 'sts_access_denied', /trust policy/],
    ['PackedPolicyTooLarge', 'sts_packed_policy_too_large', /shorten the grant/],
    ['PackedPolicyTooLargeException', 'sts_packed_policy_too_large', /shorten the grant/],
    ['MalformedPolicyDocument', 'sts_policy_malformed', /session policy/],
    ['MalformedPolicyDocumentException', 'sts_policy_malformed', /session policy/],
    ['ValidationError', 'sts_request_invalid', /MaxSessionDuration/],
    ['ExpiredToken', 'sts_broker_credentials_expired', /execution role/],
    ['ExpiredTokenException', 'sts_broker_credentials_expired', /execution role/],
    ['InvalidClientTokenId', 'sts_broker_credentials_expired', /execution role/],
    ['CredentialsProviderError', 'sts_broker_credentials_expired', /execution role/],
    ['Throttling', 'sts_throttled', /throttling/],
    ['ThrottlingException', 'sts_throttled', /throttling/],
    ['RequestLimitExceeded', 'sts_throttled', /throttling/],
    ['RegionDisabledException', 'sts_region_disabled', /activate it/],
    ['TimeoutError', 'sts_timeout', /did not answer/],
    ['AbortError', 'sts_timeout', /did not answer/],
    ['SyntaxError', 'sts_response_invalid', /cannot be read/],
    ['TypeError', 'sts_response_invalid', /cannot be read/],
    ['constructor', 'sts_response_invalid', /cannot be read/],
  ])('%s → %s', async (name, code, message) => {
    sts.on(AssumeRoleCommand).rejects(named(name));
    const fault = await faultOf(assumer.assume(REQUEST, NOW));
    expect(fault.code).toBe(code);
    expect(fault.detail).toMatch(message);
    expect(fault.detail).toContain(`(eu-central-1: ${name}`);
  });

  test.each([
    'AccessDenied',
    'PackedPolicyTooLarge',
    'MalformedPolicyDocument',
    'ValidationError',
    'RegionDisabledException',
  ])('what AWS says with %s is kept: it names what to fix', async (name) => {
    sts.on(AssumeRoleCommand).rejects(named(name, 'said by AWS', { $fault: 'client' }));
    expect((await faultOf(assumer.assume(REQUEST, NOW))).detail).toContain('said by AWS');
  });

  test.each(['SignatureDoesNotMatch', 'ExpiredToken', 'InvalidClientTokenId', 'Throttling', 'IncompleteSignature'])(
    'what AWS says with %s is not: it may quote the signed request',
    async (name) => {
      sts.on(AssumeRoleCommand).rejects(named(name, 'said by AWS', { $fault: 'client' }));
      expect((await faultOf(assumer.assume(REQUEST, NOW))).detail).not.toContain('said by AWS');
    },
  );

  test('what is thrown on the way is not quoted, by whatever name it goes', async () => {
    sts.on(AssumeRoleCommand).rejects(named('AccessDenied', 'said by somebody'));
    expect((await faultOf(assumer.assume(REQUEST, NOW))).detail).not.toContain('said by');
  });

  test.each<[string, object, FaultCode]>([
    ['InternalFailure', { $fault: 'server', $metadata: { httpStatusCode: 500 } }, 'sts_failed'],
    ['ServiceUnavailable', { $fault: 'client', $metadata: { httpStatusCode: 503 } }, 'sts_failed'],
    ['SomethingNew', { $fault: 'client', $metadata: { httpStatusCode: 400 } }, 'sts_request_invalid'],
  ])('%s, a name nobody knows, is judged by its side: %j', async (name, extra, code) => {
    sts.on(AssumeRoleCommand).rejects(named(name, 'x', extra));
    expect((await faultOf(assumer.assume(REQUEST, NOW))).code).toBe(code);
  });

  test('throttling says when to come back', async () => {
    sts.on(AssumeRoleCommand).rejects(named('Throttling'));
    expect((await faultOf(assumer.assume(REQUEST, NOW))).retryAfterSeconds).toBe(2);
  });

  test('a connection that was never made is a failure; one that broke leaves it open', async () => {
    sts.on(AssumeRoleCommand).rejects(named('Error', 'connect', { code: 'ECONNREFUSED' }));
    expect((await faultOf(assumer.assume(REQUEST, NOW))).code).toBe('sts_unavailable');
    sts.on(AssumeRoleCommand).rejects(named('Error', 'socket hang up', { code: 'ECONNRESET' }));
    expect((await faultOf(assumer.assume(REQUEST, NOW))).code).toBe('sts_timeout');
  });

  test("AWS's message is cut, as it is not ours", async () => {
    sts.on(AssumeRoleCommand).rejects(named('AccessDenied', 'x'.repeat(5000), { $fault: 'client' }));
    const { detail } = await faultOf(assumer.assume(REQUEST, NOW));
    expect(detail).toContain('x'.repeat(500));
    expect(detail.length).toBeLessThan(1000);
  });
});

describe('a repeated attempt', () => {
  const THROTTLED = named('Throttling', 'x', { $fault: 'client' });

  test('follows one that surely issued nothing', async () => {
    sts
      .on(AssumeRoleCommand)
      .rejectsOnce(THROTTLED)
      .rejectsOnce(named('Error', 'x', { code: 'ECONNREFUSED' }))
      .resolves(ANSWER);
    await expect(assumer.assume(REQUEST, NOW)).resolves.toMatchObject({ accessKeyId: 'ASIAEXAMPLEEXAMPLE12' });
    expect(sts.commandCalls(AssumeRoleCommand)).toHaveLength(3);
  });

  test('is the third at most', async () => {
    sts.on(AssumeRoleCommand).rejects(THROTTLED);
    expect((await faultOf(assumer.assume(REQUEST, NOW))).code).toBe('sts_throttled');
    expect(sts.commandCalls(AssumeRoleCommand)).toHaveLength(3);
  });

  test.each([
    ['a timeout', named('TimeoutError')],
    ['a broken connection', named('Error', 'x', { code: 'ECONNRESET' })],
    ['a failure of STS', named('InternalFailure', 'x', { $fault: 'server' })],
    ['an answer nobody can read', named('SyntaxError')],
    ['a refusal', named('AccessDenied', 'x', { $fault: 'client' })],
  ])('never follows %s: there could be a second session', async (_, error) => {
    sts.on(AssumeRoleCommand).rejects(error);
    await faultOf(assumer.assume(REQUEST, NOW));
    expect(sts.commandCalls(AssumeRoleCommand)).toHaveLength(1);
  });
});

describe('an answer that cannot be right is not believed', () => {
  test.each<[string, object]>([
    ['empty', {}],
    ['without credentials', { AssumedRoleUser: ASSUMED }],
    ['without a secret', { ...ANSWER, Credentials: { ...CREDENTIALS, SecretAccessKey: undefined } }],
    ['without a session token', { ...ANSWER, Credentials: { ...CREDENTIALS, SessionToken: '' } }],
    ['with a strange access key id', { ...ANSWER, Credentials: { ...CREDENTIALS, AccessKeyId: 'asia\nx' } }],
    ['without an expiration', { ...ANSWER, Credentials: { ...CREDENTIALS, Expiration: undefined } }],
    ['that has expired', { ...ANSWER, Credentials: { ...CREDENTIALS, Expiration: new Date(NOW - 1) } }],
    [
      'that lives much longer than asked',
      { ...ANSWER, Credentials: { ...CREDENTIALS, Expiration: new Date(NOW + 36_000_000) } },
    ],
    ['with an invalid date', { ...ANSWER, Credentials: { ...CREDENTIALS, Expiration: new Date(Number.NaN) } }],
    ['about another role', { ...ANSWER, AssumedRoleUser: { ...ASSUMED, Arn: ASSUMED.Arn.replace('Admin', 'Other') } }],
    ['about another account', { ...ANSWER, AssumedRoleUser: { ...ASSUMED, Arn: ASSUMED.Arn.replace('1111', '9999') } }],
    ['about another session', { ...ANSWER, AssumedRoleUser: { ...ASSUMED, Arn: ASSUMED.Arn.replace('sre@', 'dev@') } }],
    ['about no role', { ...ANSWER, AssumedRoleUser: undefined }],
  ])('%s', async (_, answer) => {
    sts.on(AssumeRoleCommand).resolves(answer);
    expect((await faultOf(assumer.assume(REQUEST, NOW))).code).toBe('sts_response_invalid');
  });
});
