import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { type AccessOptions, type OperatorAccess, operatorAccess } from '../../../cli/operator/iam-client.ts';
import { describeRole, readManagedPolicy, readRole } from '../../../cli/operator/role-reader.ts';
import { brokerTrust, OWN_ACCOUNT, READ_ROLE, trustOf, useAws } from './aws.ts';

const { aws, place, operator, somebody, makeReadRole, count } = await useAws();
makeReadRole('111111111111');
makeReadRole('222222222222', ['AdministratorAccess'], 'reading');
makeReadRole('333333333333', []);

afterEach(() => vi.unstubAllEnvs());

function accessWith(environment: Readonly<Record<string, string>>, options: AccessOptions = {}): OperatorAccess {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
    vi.stubEnv(name, '');
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return operatorAccess(options);
}
const own = (name: string) => `arn:aws:iam::${OWN_ACCOUNT}:role/${name}`;

const TRUST = brokerTrust('daypass-prod');
const role = aws.createRole({
  arn: own('people/Admin'),
  trustPolicy: TRUST,
  maxSessionDuration: 7200,
  tags: { owner: 'sre & co', 'daypass:groups': 'sre' },
});
role.attachedPolicyArns = ['arn:aws:iam::aws:policy/ReadOnlyAccess'];

describe('a role', () => {
  it('is read with its policies, decoded', async () => {
    const read = await readRole(accessWith(operator), role.arn);
    expect(read).toMatchObject({
      arn: role.arn,
      name: 'Admin',
      path: '/people/',
      accountId: OWN_ACCOUNT,
      maxSessionSeconds: 7200,
      trustPolicy: TRUST,
      tags: { owner: 'sre & co', 'daypass:groups': 'sre' },
      inlinePolicies: [],
    });
    expect(read.attachedPolicies.map(({ arn }) => arn)).toEqual(['arn:aws:iam::aws:policy/ReadOnlyAccess']);
    expect(JSON.parse(read.attachedPolicies[0]?.document ?? '')).toHaveProperty('Statement');
    expect(read).not.toHaveProperty('boundary');
  });

  it('has its inline policies read too, and its last use', async () => {
    const broker = await readRole(accessWith(operator), own('daypass-broker'));
    expect(broker.inlinePolicies.map(({ name }) => name)).toEqual(['hand-out-roles']);
    expect(broker.inlinePolicies[0]?.document).toContain('sts:TagSession');
  });

  it('shares the reading of a managed policy with other roles', async () => {
    const access = accessWith(operator);
    await readRole(access, role.arn);
    await readRole(access, role.arn);
    await readManagedPolicy(access, 'arn:aws:iam::aws:policy/ReadOnlyAccess');
    expect(count('GetPolicyVersion')).toBe(1);
  });

  it('of another path is another role', async () => {
    await expect(describeRole(accessWith(operator), own('Admin'))).rejects.toMatchObject({
      code: 'aws_not_found',
      message: `there is no ${own('Admin')}; the account has ${role.arn}`,
    });
  });
});

describe('what cannot be read is a failure that says what to do', () => {
  test('no credentials', async () => {
    await expect(describeRole(accessWith(place), role.arn)).rejects.toMatchObject({
      kind: 'signIn',
      code: 'aws_no_credentials',
    });
  });

  test('credentials that AWS does not know, without a word of the signature', async () => {
    const environment = { ...operator, AWS_SECRET_ACCESS_KEY: 'wrong/secret/wrong/secret/wrong/secret12' };
    const failure = await describeRole(accessWith(environment), role.arn).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ kind: 'signIn', code: 'aws_credentials_refused', lines: [] });
    expect(String(failure)).not.toContain('AWS4-HMAC');
  });

  test('not allowed: names the action, in AWS’s words too', async () => {
    await expect(describeRole(accessWith(somebody()), role.arn)).rejects.toMatchObject({
      kind: 'refused',
      code: 'aws_access_denied',
      message: `not allowed: iam:GetRole on ${role.arn}`,
      lines: [expect.stringContaining('is not authorized to perform: iam:GetRole')],
    });
  });

  test('not there', async () => {
    await expect(describeRole(accessWith(operator), own('Nobody'))).rejects.toMatchObject({ code: 'aws_not_found' });
    const policy = `arn:aws:iam::${OWN_ACCOUNT}:policy/Nothing`;
    await expect(readManagedPolicy(accessWith(operator), policy)).rejects.toMatchObject({
      code: 'aws_not_found',
      message: `there is no ${policy} (iam:GetPolicy)`,
    });
  });

  test('throttled: tried again until it goes, or given up', async () => {
    aws.faults.add({ action: 'GetRole', times: 2, kind: 'error', code: 'Throttling' });
    await expect(describeRole(accessWith(operator), role.arn)).resolves.toMatchObject({ name: 'Admin' });
    expect(count('GetRole')).toBe(3);
    aws.faults.add({ action: 'GetRole', times: null, kind: 'error', code: 'Throttling' });
    await expect(describeRole(accessWith(operator), role.arn)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'aws_throttled',
    });
  }, 60_000);

  test('no connection', async () => {
    const environment = { ...operator, AWS_ENDPOINT_URL_IAM: 'http://127.0.0.1:9' };
    await expect(describeRole(accessWith(environment), role.arn)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'aws_unreachable',
    });
  });

  test('an answer that is none', async () => {
    aws.faults.add({ action: 'GetRole', times: null, kind: 'malformed', body: '<html>', after: false });
    await expect(describeRole(accessWith(operator), role.arn)).rejects.toMatchObject({ code: 'aws_failed' });
  });
});

describe('another account', () => {
  const theirs = (accountId: string) => `arn:aws:iam::${accountId}:role/${READ_ROLE}`;

  it('is not read with one’s own credentials, whatever role of that name they find', async () => {
    aws.createRole({ arn: own(READ_ROLE), trustPolicy: trustOf({ AWS: OWN_ACCOUNT }) });
    await expect(describeRole(accessWith(operator), theirs('111111111111'))).rejects.toMatchObject({
      code: 'aws_other_account',
      hint: expect.stringContaining('--read-role'),
    });
    expect(count('GetRole')).toBe(0);
  });

  it('is read by a role there, assumed once', async () => {
    const access = accessWith(operator, { readRole: READ_ROLE });
    const reads = Array.from({ length: 5 }, () => describeRole(access, theirs('111111111111')));
    expect((await Promise.all(reads)).map(({ accountId }) => accountId)).toEqual(Array(5).fill('111111111111'));
    expect(count('AssumeRole')).toBe(1);
  });

  it('is read with the external id that the role asks for', async () => {
    await expect(
      describeRole(accessWith(operator, { readRole: READ_ROLE }), theirs('222222222222')),
    ).rejects.toMatchObject({ code: 'aws_access_denied', message: expect.stringContaining('sts:AssumeRole') });
    const access = accessWith(operator, { readRole: READ_ROLE, externalId: 'reading' });
    await expect(describeRole(access, theirs('222222222222'))).resolves.toMatchObject({ name: READ_ROLE });
  });

  it('is read and no more, even by an administrator', async () => {
    const { DeleteRoleCommand } = await import('@aws-sdk/client-iam');
    const access = accessWith(operator, { readRole: READ_ROLE, externalId: 'reading' });
    const iam = await access.iam({ accountId: '222222222222', partition: 'aws' });
    await expect(iam.send(new DeleteRoleCommand({ RoleName: READ_ROLE }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  it('whose role may not read says which action it lacks', async () => {
    const access = accessWith(operator, { readRole: READ_ROLE });
    await expect(describeRole(access, theirs('333333333333'))).rejects.toMatchObject({
      message: `not allowed: iam:GetRole on ${theirs('333333333333')}`,
    });
  });

  it('that refuses is asked once, not for each of its roles', async () => {
    const access = accessWith(operator, { readRole: 'no-such-role' });
    for (let index = 0; index < 3; index++) {
      await expect(describeRole(access, theirs('111111111111'))).rejects.toMatchObject({ code: 'aws_access_denied' });
    }
    expect(count('AssumeRole')).toBe(1);
  });

  it('of another partition cannot be', async () => {
    await expect(describeRole(accessWith(operator), 'arn:aws-cn:iam::111111111111:role/x')).rejects.toMatchObject({
      code: 'aws_other_partition',
    });
  });
});
