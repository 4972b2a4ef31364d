import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { useCli } from '../harness.ts';
import { BROKER_ROLE_ARN, brokerTrust, OWN_ACCOUNT, READ_ROLE, trustOf, useAws } from './aws.ts';

const { cli } = await useCli();
const { aws, place, operator, somebody, makeReadRole, count } = await useAws();

interface Found {
  readonly check: string;
  readonly subject?: string;
  readonly status: string;
  readonly message: string;
  readonly hint?: string;
  readonly details?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

const HEAD = `version: 1
issuers:
  corp:
    issuer: http://127.0.0.1:9
    audience: [daypass]
    algorithms: [RS256]
    username: email
accounts:
  own: { id: "${OWN_ACCOUNT}" }
  prod: { id: "222222222222" }
`;
const file = join(cli.directory, 'access.yml');
const own = (name: string) => `arn:aws:iam::${OWN_ACCOUNT}:role/${name}`;

/** A policy of roles, each given to everyone by one grant, tags and all. */
function writePolicy(roles: Readonly<Record<string, string>>, session = '{ tags: { team: "${claim:team}" } }'): void {
  const lines = Object.entries(roles).map(([id, members]) => `  ${id}: { ${members} }`);
  const grant = `  - { name: all, roles: ["*"], callers: { groups: [all] }, session: ${session} }`;
  writeFileSync(file, `${HEAD}roles:\n${lines.join('\n')}\ngrants:\n${grant}\n`);
}

async function doctor(...more: string[]) {
  const words = ['doctor', '--policy', file, '--broker-role', BROKER_ROLE_ARN, '--json', ...more];
  const { code, stdout, stderr } = await cli.run(words);
  const { findings, ok, counts } = JSON.parse(stdout) as {
    findings: Found[];
    ok: boolean;
    counts: Record<string, number>;
  };
  const find = (check: string, subject?: string) =>
    findings.find((finding) => finding.check === check && (subject === undefined || finding.subject === subject));
  // The broker and the issuer of these tests do not exist; only what is about AWS is looked at here.
  const about = findings.filter(({ check }) =>
    /^(aws-identity|broker-role|role|roles|session-policy)(\.|$)/.test(check),
  );
  const failed = about.filter(({ status }) => status === 'failed').map(({ check, subject }) => `${check} ${subject}`);
  return { code, stdout, stderr, findings: about, find, failed, ok, counts };
}

beforeEach(() => {
  cli.env = { ...operator };
});

let roles = 0;
/** A role of the operator's account that fits, unless it is changed. */
function makeRole(change: { trustPolicy?: string; maxSessionDuration?: number; boundaryArn?: string } = {}): string {
  const name = `Role${++roles}`;
  aws.createRole({ arn: own(name), trustPolicy: brokerTrust('daypass-own'), ...change });
  return name;
}
const member = (name: string, more = ', externalId: daypass-own') => `arn: "${own(name)}"${more}`;

describe('a role that fits', () => {
  it('is told on one line, with what people want to know of it', async () => {
    const name = makeRole();
    writePolicy({ 'own/Role': member(name) });
    const words = ['doctor', '--policy', file, '--broker-role', BROKER_ROLE_ARN, '--canary'];
    const { stdout } = await cli.run(words);
    expect(stdout).toContain(
      `ok       role own/Role: ${own(name)}; lets the broker in for 1 grant; not without external id daypass-own; ` +
        'trusts nobody else; up to 1 h in IAM; no permissions boundary; not used for 400 days or ever; ' +
        'AWS refuses your own credentials without the external id and with another\n',
    );
    expect(stdout).toContain('ok       aws-identity: arn:aws:iam::999999999999:user/operator\n');
    expect(stdout).toContain(`ok       broker-role: ${BROKER_ROLE_ARN}, 1 policy\n`);
  });

  it('has its boundary and last use told', async () => {
    const boundaryArn = 'arn:aws:iam::aws:policy/PowerUserAccess';
    const name = makeRole({ boundaryArn });
    const role = aws.state.roles.byArn(own(name));
    if (role !== undefined) role.lastUsed = { at: Date.UTC(2026, 10, 1), region: 'eu-west-1', service: 's3' };
    writePolicy({ 'own/Role': member(name) });
    const { find } = await doctor();
    expect(find('role.boundary')).toMatchObject({
      message: 'boundary PowerUserAccess',
      data: { boundary: boundaryArn },
    });
    expect(find('role.use')?.message).toBe('last used 2026-11-01T00:00:00.000Z in eu-west-1');
  });
});

describe('a role that does not', () => {
  test.each<[string, Parameters<typeof makeRole>[0], string, RegExp]>([
    ['wrong external id', { trustPolicy: brokerTrust('other') }, 'role.trust', /StringEquals on sts:ExternalId/],
    [
      'no tagging',
      { trustPolicy: trustOf({ AWS: BROKER_ROLE_ARN }, {}, ['sts:AssumeRole', 'sts:SetSourceIdentity']) },
      'role.trust',
      /sts:TagSession/,
    ],
    [
      'somebody else trusted',
      { trustPolicy: trustOf({ AWS: own('daypass-reader-x') }) },
      'role.trust',
      /not to this caller/,
    ],
    ['everybody trusted', { trustPolicy: trustOf({ AWS: '*' }) }, 'role.width', /anybody of any account/],
    ['no external id asked for', { trustPolicy: brokerTrust() }, 'role.external-id', /without external id daypass-own/],
  ])('%s: fails, and has the policy to attach with it', async (_, change, check, message) => {
    if (check === 'role.trust' && aws.state.roles.byArn(own('daypass-reader-x')) === undefined) {
      aws.createRole({ arn: own('daypass-reader-x'), trustPolicy: brokerTrust() });
    }
    const name = makeRole(change);
    writePolicy({ 'own/Role': member(name) });
    const { code, find, ok } = await doctor();
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(find(check)).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    const attach = find(check)?.data?.['trustPolicy'];
    const printed = await cli.run(['trust-policy', 'own/Role', '--policy', file, '--broker-role', BROKER_ROLE_ARN]);
    expect(attach).toEqual(JSON.parse(printed.stdout));
  });

  test('the account trusted as a whole: a warning', async () => {
    const name = makeRole({
      trustPolicy: trustOf({ AWS: OWN_ACCOUNT }, { StringEquals: { 'sts:ExternalId': 'daypass-own' } }),
    });
    writePolicy({ 'own/Role': member(name) });
    const { find, failed } = await doctor();
    expect(find('role.width')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('not the broker alone'),
    });
    expect(failed).toEqual([]);
  });

  test('MaxSessionDuration below what the access policy promises: a warning', async () => {
    writePolicy({ 'own/Role': `${member(makeRole())}, maxDuration: 4h` });
    expect((await doctor()).find('role.duration')).toMatchObject({
      status: 'warning',
      message: 'access.yml promises 4 h, its MaxSessionDuration is 1 h',
    });
  });

  test('not there', async () => {
    writePolicy({ 'own/Gone': member('Gone') });
    expect((await doctor()).find('role.exists')).toMatchObject({ status: 'failed', data: { code: 'aws_not_found' } });
  });

  test('not readable: says which action is missing', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    cli.env = { ...somebody() };
    const { code, find } = await doctor();
    expect(code).toBe(1);
    expect(find('role.exists')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('not allowed: iam:GetRole'),
      data: { code: 'aws_access_denied' },
    });
    expect(find('broker-role')).toMatchObject({
      status: 'warning',
      message: expect.stringContaining('taken for granted'),
    });
  });

  test('a broker whose own role does not allow it', async () => {
    const lame = own('lame-broker');
    aws.createRole({ arn: lame, trustPolicy: trustOf({ Service: 'lambda.amazonaws.com' }, {}, ['sts:AssumeRole']) });
    const elsewhere = 'arn:aws:iam::222222222222:role/Elsewhere';
    aws.createRole({ arn: elsewhere, trustPolicy: trustOf({ AWS: lame }) });
    makeReadRole('222222222222');
    writePolicy({ 'prod/Elsewhere': `arn: "${elsewhere}"` });
    const words = ['doctor', '--policy', file, '--broker-role', lame, '--read-role', READ_ROLE, '--json'];
    const { stdout } = await cli.run(words);
    const { findings } = JSON.parse(stdout) as { findings: Found[] };
    expect(findings.find(({ check }) => check === 'role.broker')).toMatchObject({
      status: 'failed',
      subject: 'prod/Elsewhere',
      hint: expect.stringContaining('deploy the broker'),
    });
  });
});

describe('the canary', () => {
  test('fails when AWS grants what it must refuse, and shows nothing of the session', async () => {
    const name = makeRole({ trustPolicy: trustOf({ AWS: OWN_ACCOUNT }) });
    writePolicy({ 'own/Role': member(name) });
    const { find, stdout, stderr } = await doctor('--canary');
    expect(find('role.canary')).toMatchObject({ status: 'failed', message: expect.stringContaining('dropped unused') });
    expect(stdout + stderr).not.toMatch(/ASIA|SessionToken|SecretAccessKey/);
  });

  test('is not flown unless it is asked for', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    const { find } = await doctor();
    expect(find('role.canary')).toBeUndefined();
    expect(count('AssumeRole')).toBe(0);
  });

  test('proves nothing when AWS does not answer', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    aws.faults.add({ action: 'AssumeRole', times: null, kind: 'error', code: 'InternalFailure', status: 500 });
    expect((await doctor('--canary')).find('role.canary')).toMatchObject({ status: 'warning' });
  }, 60_000);
});

describe('session policies', () => {
  test('must be there', async () => {
    const gone = `arn:aws:iam::${OWN_ACCOUNT}:policy/Gone`;
    const there = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    writePolicy({ 'own/Role': member(makeRole()) }, `{ policyArns: ["${gone}", "${there}"] }`);
    const { find } = await doctor();
    expect(find('session-policy', gone)).toMatchObject({ status: 'failed' });
    expect(find('session-policy', there)).toMatchObject({ status: 'ok' });
  });
});

describe('without what it needs', () => {
  test('no AWS credentials: the roles are left out, and nothing fails for it', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    cli.env = { ...place };
    const { find, findings } = await doctor();
    expect(find('aws-identity')).toMatchObject({ status: 'skipped', hint: expect.stringContaining('AWS_PROFILE') });
    expect(findings).toHaveLength(1);
  });

  test('credentials that AWS refuses are a failure', async () => {
    cli.env = { ...operator, AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) };
    writePolicy({ 'own/Role': member(makeRole()) });
    const { find, stdout } = await doctor();
    expect(find('aws-identity')).toMatchObject({ status: 'failed' });
    expect(stdout).not.toContain('x'.repeat(40));
  });

  test('a policy of the broker’s role that cannot be understood: it is not left out as if it denied nothing', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    const broker = aws.state.roles.byArn(BROKER_ROLE_ARN);
    const text = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*' } });
    broker?.inlinePolicies.set('strange', { ...[...broker.inlinePolicies.values()][0], text } as never);
    const { find } = await doctor();
    broker?.inlinePolicies.delete('strange');
    expect(find('broker-role')).toMatchObject({
      status: 'warning',
      message: `${BROKER_ROLE_ARN}: inline policy strange cannot be understood; what it may do is taken for granted`,
    });
  });

  test('no broker role: trust is not judged, the rest is', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    const { stdout } = await cli.run(['doctor', '--policy', file, '--json']);
    const { findings } = JSON.parse(stdout) as { findings: Found[] };
    expect(findings.find(({ check }) => check === 'broker-role')).toMatchObject({ status: 'skipped' });
    expect(findings.some(({ check }) => check === 'role.trust')).toBe(false);
    expect(findings.find(({ check }) => check === 'role.exists')).toMatchObject({ status: 'ok' });
  });

  test('another account without a role to read it: left out, with a hint', async () => {
    writePolicy({ 'prod/Admin': 'arn: "arn:aws:iam::222222222222:role/Admin"' });
    const { find } = await doctor();
    expect(find('role.exists')).toMatchObject({ status: 'skipped', hint: expect.stringContaining('--read-role') });
  });

  test('no role that matches', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    expect((await doctor('--roles', 'dev/*')).find('roles')).toMatchObject({ status: 'failed' });
  });

  test('an AWS that is not there: told, in the time that retrying takes', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    cli.env = { ...operator, AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' };
    expect((await doctor()).find('aws-identity')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('no answer from AWS'),
    });
  }, 60_000);

  test('--offline asks AWS nothing', async () => {
    writePolicy({ 'own/Role': member(makeRole()) });
    expect((await doctor('--offline')).findings).toEqual([]);
    expect(aws.calls.list()).toEqual([]);
  });
});

test('three hundred roles of two accounts are read, some at a time, throttled in between', async () => {
  const names = Array.from({ length: 150 }, () => makeRole());
  const policy = Object.fromEntries(names.map((name) => [`own/${name}`, member(name)]));
  for (let index = 0; index < 150; index++) {
    const arn = `arn:aws:iam::222222222222:role/Many${index}`;
    aws.createRole({ arn, trustPolicy: brokerTrust() });
    policy[`prod/Many${index}`] = `arn: "${arn}"`;
  }
  writePolicy(policy);
  aws.faults.add({ action: 'GetRole', times: 5, kind: 'error', code: 'Throttling' });
  const { findings, failed } = await doctor('--read-role', READ_ROLE);
  const told = findings.filter(({ check }) => check === 'role.exists').map(({ subject }) => subject);
  // In the order of the access policy, whichever answered first.
  expect(told).toEqual(Object.keys(policy));
  expect(failed).toEqual([]);
  expect(count('AssumeRole')).toBe(1);
}, 90_000);
