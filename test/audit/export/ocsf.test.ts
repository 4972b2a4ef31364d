import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { OCSF_VERSION, toOcsf } from '../../../lib/audit/export/ocsf.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { sessionTime } from '../../../lib/session-id.ts';
import { makeApi } from '../../support/api.ts';
import { faultCodes } from '../../support/fault-codes.ts';
import { auditRecord } from '../../support/records.ts';
import { claims, makeToken } from '../../support/tokens.ts';
import { SCHEMA, violations } from './ocsf-schema.ts';

const of = (more: Partial<AuditRecord>) => toOcsf(auditRecord(more), '1.2.3') as Record<string, never>;

/** Every kind of record that there is, from the real path. */
async function recordsOfEveryKind(): Promise<AuditRecord[]> {
  const api = makeApi();
  const engineer = makeToken();
  await api.credentials({ token: engineer });
  await api.credentials({ token: engineer, body: { role: 'prod/Admin', reason: 'because', ticket: 'OPS-1' } });
  await api.credentials({ token: 'nonsense' });
  await api.credentials({ token: engineer, body: { role: 'not a role' } });
  await api.call('GET', '/v1/audit', { token: engineer });
  await api.call('GET', '/v1/audit', { token: makeToken({ payload: claims({ groups: ['security'] }) }) });
  await api.call('GET', '/v1/roles', { token: 'nonsense' });
  await api.call('GET', '/v1/whoami', { token: `${engineer.slice(0, -6)}AAAAAA` });
  api.aws.intercept = (call) =>
    call.service === 'sts' ? { status: 200, type: 'text/xml', body: '<nothing/>' } : undefined;
  await api.credentials({ token: engineer });
  const own = auditRecord({});
  const { caller: _, role: __, ...nobody } = own;
  return [
    ...api.records(),
    {
      ...own,
      action: 'console',
      destination: 'https://console.aws.amazon.com/ec2/home',
      via: 'portal',
      signIn: own.sessionId,
    },
    { ...own, action: 'sign-in', outcome: 'allowed' },
    { ...own, action: 'sign-out', outcome: 'allowed' },
    { ...nobody, action: 'policy-change', outcome: 'allowed' },
  ];
}

describe('An audit record as an OCSF event', async () => {
  const records = await recordsOfEveryKind();

  test.each(records.map((record) => [record.action, record.outcome ?? record.phase, record]))(
    'keeps to the published schema: %s, %s',
    (_action, _outcome, record) => {
      expect(violations(toOcsf(record, '1.2.3'))).toEqual([]);
    },
  );

  it('was looked at for all three classes and every outcome that the path has here', () => {
    expect(new Set(records.map((record) => toOcsf(record, '1')['class_uid']))).toEqual(new Set([3002, 3003, 6003]));
    expect(new Set(records.map(({ outcome }) => outcome))).toEqual(
      new Set([undefined, 'issued', 'denied', 'refused', 'allowed', 'unresolved']),
    );
  });

  it('leaves nothing of the record out', () => {
    for (const record of records) {
      const text = JSON.stringify(toOcsf(record, '1'));
      const { time, schema, caller, expiration, ...rest } = record;
      for (const [name, value] of Object.entries(rest))
        expect(text, name).toContain(JSON.stringify(value).slice(1, -1));
      expect(text).toContain(time);
      expect(text).toContain(`"log_version":"${schema}"`);
      if (caller) expect(text).toContain(`${caller.issuer}|${caller.subject}`);
      if (expiration !== undefined) expect(text).toContain(String(Date.parse(expiration)));
    }
  });

  it('says who got which role in which account, until when, from where, and leads to the record', () => {
    const issued = records.find(({ outcome }) => outcome === 'issued') as AuditRecord;
    expect(toOcsf(issued, '1.2.3')).toMatchObject({
      metadata: {
        version: '1.5.0',
        product: { name: 'Daypass', version: '1.2.3' },
        uid: `${issued.sessionId}#outcome`,
        correlation_uid: issued.sessionId,
      },
      time: Date.parse(issued.time),
      type_uid: 300301,
      status_id: 1,
      user: { name: 'dev@example.com', uid: 'corp|00u1a2b3c4', credential_uid: issued.accessKeyId },
      privileges: ['arn:aws:iam::111122223333:role/ReadOnly'],
      cloud: { provider: 'AWS', account: { uid: '111122223333', name: 'prod', type_id: 10 } },
      session: {
        uid: issued.sessionId,
        uid_alt: `arn:aws:sts::111122223333:assumed-role/ReadOnly/${issued.roleSessionName}`,
        issuer: 'corp',
        created_time: sessionTime(issued.sessionId),
        expiration_time: Date.parse(issued.expiration ?? ''),
      },
      src_endpoint: { ip: '203.0.113.7' },
      http_request: { uid: 'lambda-request', user_agent: 'test/1' },
      unmapped: { grant: 'everyone-reads', policyDigest: issued.policyDigest, sourceIdentity: 'dev@example.com' },
    });
  });

  it('of an unverified caller is a failed logon and names nobody', () => {
    const refused = records.find(({ caller }) => caller === undefined) as AuditRecord;
    expect(toOcsf(refused, '1')).toMatchObject({
      type_uid: 300201,
      status_id: 2,
      status_code: refused.code,
      user: { name: 'unverified' },
    });
  });

  it('of a denial carries code and reason', () => {
    const denied = records.find(({ outcome, action }) => outcome === 'denied' && action === 'credentials');
    expect(toOcsf(denied as AuditRecord, '1')).toMatchObject({
      type_uid: 300301,
      status_id: 2,
      status_code: 'access_denied',
      status_detail: denied?.denial,
      privileges: ['prod/Admin'],
      unmapped: { reason: 'because', ticket: 'OPS-1', denial: denied?.denial, trace: denied?.trace },
    });
  });
});

describe('Status and severity', () => {
  test.each([
    ['issued', 1, 1],
    ['allowed', 1, 1],
    ['denied', 2, 2],
    ['refused', 2, 2],
    ['failed', 2, 3],
    ['unresolved', 0, 4],
  ] as const)('%s is status %i and severity %i', (outcome, status, severity) => {
    expect(of({ outcome })).toMatchObject({ status_id: status, severity_id: severity });
  });

  it('of an intent is neither success nor failure, so that a session is counted once', () => {
    const { outcome: _, ...intent } = { ...auditRecord(), phase: 'intent' as const };
    expect(toOcsf(intent, '1')).toMatchObject({ status_id: 99, status: 'Intent', severity_id: 1 });
  });

  it('of a forged token is higher than that of a wrong one', () => {
    expect(of({ outcome: 'refused', code: 'signature_invalid' })).toMatchObject({ severity_id: 3 });
    expect(of({ outcome: 'refused', code: 'token_expired' })).toMatchObject({ severity_id: 2 });
  });

  it('keeps to the schema for every code', async () => {
    for (const code of await faultCodes()) {
      for (const outcome of ['refused', 'failed', 'unresolved'] as const) {
        const { caller: _, ...unverified } = auditRecord({ code, outcome, detail: 'why' });
        expect(violations(of({ code, outcome, detail: 'why' }))).toEqual([]);
        expect(violations(toOcsf(unverified, '1'))).toEqual([]);
      }
    }
  });
});

describe('A record that is not quite one of today', () => {
  it('of an action that is not known yet is an API activity in its own words', () => {
    const event = of({ action: 'approve' as AuditRecord['action'] });
    expect(event).toMatchObject({ type_uid: 600399, activity_name: 'approve', api: { operation: 'approve' } });
    expect(violations(event)).toEqual([]);
  });

  it('keeps members that are not known yet', () => {
    expect(of({ newer: { a: 1 } } as Partial<AuditRecord>)).toMatchObject({ unmapped: { newer: { a: 1 } } });
  });

  it('with an expiration or a role ARN that is none keeps it as it is', () => {
    const event = of({ expiration: 'soon', roleArn: 'the role', roleSessionName: 'x' });
    expect(violations(event)).toEqual([]);
    expect(event).toMatchObject({ unmapped: { expiration: 'soon' }, privileges: ['the role'] });
    expect(JSON.stringify(event)).not.toContain('undefined');
  });
});

describe('The check against the schema', () => {
  it('is of the version that events name', () => {
    expect(SCHEMA.version).toBe(OCSF_VERSION);
    expect(SCHEMA.source.every((url) => url.includes(OCSF_VERSION))).toBe(true);
  });

  test.each([
    ['a required attribute that is not there', { time: undefined }, '$.time is required'],
    ['a value that the enumeration has not', { severity_id: 7 }, '$.severity_id may not be 7'],
    ['a caption of another value', { severity: 'Low' }, '$.severity_id is “Informational”, not “Low”'],
    ['an attribute that the class has not', { resources: [] }, '$.resources is unknown'],
    ['a broken constraint', { privileges: undefined }, '$ needs just one of privileges, group'],
    ['a wrong type', { user: { uid: 1 } }, '$.user.uid is no string'],
  ])('finds %s', (_what, change, violation) => {
    expect(violations({ ...of({}), ...change })).toContain(violation);
  });
});

test('docs/ocsf.md maps every member of a record and names each class with its version', () => {
  const text = readFileSync('docs/ocsf.md', 'utf8');
  const members = readFileSync('lib/audit/record.ts', 'utf8').matchAll(/^ {2}readonly (\w+)\??:/gm);
  for (const [, name] of members) expect(text, name).toContain(`\`${name}\``);
  for (const words of ['OCSF 1.5.0', '3002', '3003', '6003']) expect(text).toContain(words);
});
