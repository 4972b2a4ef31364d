import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type DeniedSession,
  explainAccess,
  type IssuedSession,
  issueSession,
  listRoles,
  type SessionRequest,
  whoAmI,
} from '../lib/broker.ts';
import { Fault, type FaultCode } from '../lib/fault.ts';
import { sessionIdOf } from '../lib/session-id.ts';
import { context, type FakeBroker, fakeBroker, NOW, SECRETS } from './support/broker.ts';

function issue(broker: FakeBroker, token: string, request: SessionRequest): Promise<IssuedSession | DeniedSession> {
  return issueSession(broker, context(), { token: () => token, request: () => request });
}

const READ_ONLY = { role: 'prod/ReadOnly' };
const ADMIN = { role: 'prod/Admin', reason: 'incident 42' };

async function codeOf(promise: Promise<unknown>): Promise<FaultCode | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => (error instanceof Fault ? error.code : undefined),
  );
}

describe('the one path', () => {
  test('records the intent, then asks STS, then records the outcome, then returns', async () => {
    const broker = fakeBroker();
    const session = await issue(broker, 'dev', READ_ONLY);
    expect(session.effect).toBe('issued');
    expect(broker.events).toEqual(['rate', 'intent', 'sts', 'outcome:issued']);
  });

  test('uses one session id in the session name, the tag, both records and the answer', async () => {
    const broker = fakeBroker();
    const session = await issue(broker, 'sre', ADMIN);
    const [asked] = broker.asked;
    expect(session.effect).toBe('issued');
    expect(
      new Set([
        session.sessionId,
        asked?.sessionId,
        sessionIdOf(asked?.roleSessionName ?? ''),
        ...broker.records.map((record) => record.sessionId),
      ]).size,
    ).toBe(1);
    expect(asked?.sourceIdentity).toBe('sre@example.com');
  });

  test('asks STS for exactly what the decision says', async () => {
    const broker = fakeBroker();
    await issue(broker, 'sre', ADMIN);
    expect(broker.asked[0]).toMatchObject({
      roleArn: 'arn:aws:iam::111122223333:role/Admin',
      region: 'eu-central-1',
      durationSeconds: 3600,
      externalId: 'daypass-prod',
      tags: { team: 'platform' },
      policyArns: [],
    });
  });

  test('writes into the records who, what, why, whence and under which policy', async () => {
    const broker = fakeBroker();
    await issue(broker, 'sre', { ...ADMIN, ticket: 'OPS-7', durationSeconds: 7200 });
    const [intent, outcome] = broker.records;
    const both = {
      schema: 1,
      requestId: 'request-1',
      time: new Date(NOW).toISOString(),
      action: 'credentials',
      caller: { issuer: 'corp', subject: 'subject-of-sre@example.com', username: 'sre@example.com' },
      tokenSha256: 'a'.repeat(64),
      role: 'prod/Admin',
      roleArn: 'arn:aws:iam::111122223333:role/Admin',
      account: 'prod',
      accountId: '111122223333',
      grant: 'sre-admin',
      policyDigest: 'd'.repeat(64),
      sourceIp: '203.0.113.7',
      userAgent: 'aws-cli/2',
      reason: 'incident 42',
      ticket: 'OPS-7',
      requestedDurationSeconds: 7200,
      durationSeconds: 3600,
      durationLimitedBy: 'chaining',
      sourceIdentity: 'sre@example.com',
    };
    expect(intent).toMatchObject({ ...both, phase: 'intent' });
    expect(intent?.outcome).toBeUndefined();
    expect(outcome).toMatchObject({
      ...both,
      phase: 'outcome',
      outcome: 'issued',
      accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      expiration: new Date(NOW + 3_600_000).toISOString(),
      stsRequestId: 'sts-request',
    });
    expect(outcome?.traceDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(outcome?.trace?.steps.at(-1)).toMatchObject({ grant: 'sre-admin', outcome: 'matched' });
  });

  test('keeps the claims that the policy looks at in the outcome alone, and no others', async () => {
    const broker = fakeBroker();
    await issue(broker, 'sre', ADMIN);
    await issue(broker, 'dev', ADMIN);
    const claims = { groups: ['sre'], amr: ['pwd', 'mfa'], team: 'platform', auth_time: null, exp: null };
    expect(broker.records.map((record) => [record.phase, record.claims])).toEqual([
      ['intent', undefined],
      ['outcome', claims],
      ['outcome', { groups: ['engineering'], amr: null, team: null, auth_time: null, exp: null }],
    ]);
  });

  test('keeps nothing of the claims of a token that was refused, or of a caller who came too often', async () => {
    const broker = fakeBroker();
    await codeOf(issue(broker, 'nobody', READ_ONLY));
    broker.fail.rate = new Fault('rate_limited', 'too often');
    await codeOf(issue(broker, 'sre', ADMIN));
    expect(broker.records.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
    for (const record of broker.records) expect(Object.keys(record).join()).not.toContain('claims');
  });

  test('keeps every secret out of every record', async () => {
    const broker = fakeBroker();
    await issue(broker, 'sre', ADMIN);
    const kept = JSON.stringify(broker.records);
    for (const secret of SECRETS) expect(kept).not.toContain(secret);
  });
});

describe('a denial', () => {
  test('is one record, no call to STS, and says what is missing', async () => {
    const broker = fakeBroker();
    const denied = await issue(broker, 'sre', { role: 'prod/Admin' });
    expect(denied).toMatchObject({ effect: 'denied', missing: [{ kind: 'reason' }] });
    expect(broker.events).toEqual(['rate', 'outcome:denied']);
    expect(broker.records[0]).toMatchObject({
      outcome: 'denied',
      code: 'access_denied',
      denial: 'requirement_unmet',
      role: 'prod/Admin',
    });
  });

  test("never names other people's groups or grants to the caller, but does in the record", async () => {
    const broker = fakeBroker();
    const denied = await issue(broker, 'dev', ADMIN);
    expect(denied.effect).toBe('denied');
    const said = JSON.stringify(denied);
    expect(said).toContain('groups');
    expect(said).not.toContain('sre');
    expect(JSON.stringify(broker.records[0])).toContain('prod/Admin');
  });

  test('of a role that does not exist reads like one of a role that is not granted', async () => {
    const broker = fakeBroker();
    const unknown = (await issue(broker, 'outsider', { role: 'prod/Nothing' })) as DeniedSession;
    const ungranted = (await issue(broker, 'outsider', { role: 'prod/Admin' })) as DeniedSession;
    const unnamed = (denied: DeniedSession) => JSON.stringify(denied.missing).replaceAll(/Nothing|Admin/g, 'ROLE');
    expect(unnamed(unknown)).toBe(unnamed(ungranted));
    expect(broker.records.map((record) => record.denial)).toEqual(['role_unknown', 'no_grant']);
  });
});

describe('a refusal before the decision', () => {
  test.each<[string, (broker: FakeBroker) => Promise<unknown>, FaultCode, string[]]>([
    [
      'of the token',
      (broker) => {
        broker.fail.verify = new Fault('token_expired', 'exp was a minute ago');
        return issue(broker, 'dev', READ_ONLY);
      },
      'token_expired',
      ['outcome:refused'],
    ],
    [
      'of a request without a token',
      (broker) =>
        issueSession(broker, context(), {
          token: () => {
            throw new Fault('token_missing', 'none');
          },
          request: () => READ_ONLY,
        }),
      'token_missing',
      ['outcome:refused'],
    ],
    [
      'of a malformed body',
      (broker) =>
        issueSession(broker, context(), {
          token: () => 'dev',
          request: () => {
            throw new Fault('body_malformed', 'not JSON');
          },
        }),
      'body_malformed',
      ['rate', 'outcome:refused'],
    ],
    [
      'of too many requests',
      (broker) => {
        broker.fail.rate = new Fault('rate_limited', 'slow down', { retryAfterSeconds: 7 });
        return issue(broker, 'dev', READ_ONLY);
      },
      'rate_limited',
      ['rate', 'outcome:refused'],
    ],
    [
      'when the identity provider is down',
      (broker) => {
        broker.fail.verify = new Fault('idp_unavailable', 'no keys');
        return issue(broker, 'dev', READ_ONLY);
      },
      'idp_unavailable',
      ['outcome:failed'],
    ],
    [
      'when something unforeseen breaks',
      (broker) =>
        issueSession(broker, context(), {
          token: () => 'dev',
          request: () => {
            throw new TypeError('secret-looking text');
          },
        }),
      'internal_error',
      ['rate', 'outcome:failed'],
    ],
  ])('%s is one record with its code and no call to STS', async (_, act, code, events) => {
    const broker = fakeBroker();
    expect(await codeOf(act(broker))).toBe(code);
    expect(broker.events).toEqual(events);
    expect(broker.records).toHaveLength(1);
    expect(broker.records[0]).toMatchObject({ phase: 'outcome', code });
    expect(JSON.stringify(broker.records)).not.toContain('secret-looking');
  });

  test('of a token names the token by its hash, and not at all when it is no token', async () => {
    const broker = fakeBroker();
    await codeOf(issue(broker, 'eyJhbGciOiJub25lIn0.e30.c2ln', READ_ONLY));
    await codeOf(issue(broker, 'not a token', READ_ONLY));
    expect(broker.records.map(({ tokenSha256 }) => tokenSha256)).toEqual([
      createHash('sha256').update('eyJhbGciOiJub25lIn0.e30').update('.').update('sig').digest('hex'),
      undefined,
    ]);
  });

  test('that cannot be recorded is answered as audit_unavailable', async () => {
    const broker = fakeBroker();
    broker.fail.verify = new Fault('token_expired', 'exp was a minute ago');
    broker.fail.outcome = new Fault('audit_unavailable', 'down');
    expect(await codeOf(issue(broker, 'dev', READ_ONLY))).toBe('audit_unavailable');
  });

  test('that cannot be recorded is audit_unavailable for a denial too', async () => {
    const broker = fakeBroker();
    broker.fail.outcome = new Fault('audit_unavailable', 'down');
    expect(await codeOf(issue(broker, 'outsider', READ_ONLY))).toBe('audit_unavailable');
  });
});

describe('when the audit log is down', () => {
  test('before STS: STS is not called', async () => {
    const broker = fakeBroker();
    broker.fail.intent = new Fault('audit_unavailable', 'down');
    expect(await codeOf(issue(broker, 'dev', READ_ONLY))).toBe('audit_unavailable');
    expect(broker.events).toEqual(['rate', 'intent']);
  });

  test('after STS: the credentials are thrown away', async () => {
    const broker = fakeBroker();
    broker.fail.outcome = new Fault('audit_unavailable', 'down');
    const thrown = await issue(broker, 'dev', READ_ONLY).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'audit_unavailable' });
    for (const secret of SECRETS) expect(JSON.stringify([thrown, String(thrown)])).not.toContain(secret);
    expect(broker.events).toEqual(['rate', 'intent', 'sts', 'outcome:issued']);
  });
});

describe('when STS fails', () => {
  test.each<[FaultCode, string]>([
    ['sts_access_denied', 'outcome:failed'],
    ['sts_throttled', 'outcome:failed'],
    ['sts_unavailable', 'outcome:failed'],
    ['sts_limit_exceeded', 'outcome:failed'],
    ['sts_failed', 'outcome:unresolved'],
    ['sts_timeout', 'outcome:unresolved'],
    ['sts_response_invalid', 'outcome:unresolved'],
  ])('with %s the session ends as %s', async (code, outcome) => {
    const broker = fakeBroker();
    broker.fail.sts = new Fault(code, 'exact detail');
    expect(await codeOf(issue(broker, 'dev', READ_ONLY))).toBe(code);
    expect(broker.events).toEqual(['rate', 'intent', 'sts', outcome]);
    expect(broker.records.at(-1)).toMatchObject({ code, detail: 'exact detail' });
    expect(broker.records.at(-1)?.accessKeyId).toBeUndefined();
  });

  test('with something unforeseen nobody knows whether a session exists', async () => {
    const broker = fakeBroker();
    broker.fail.sts = new Error('boom');
    expect(await codeOf(issue(broker, 'dev', READ_ONLY))).toBe('internal_error');
    expect(broker.records.at(-1)?.outcome).toBe('unresolved');
  });
});

describe('the other ways in', () => {
  const nothing = { request: () => undefined };

  test('list roles, explain, and answer who the caller is without a record', async () => {
    const broker = fakeBroker();
    const { roles } = await listRoles(broker, context(), { token: () => 'dev', ...nothing });
    expect(roles.map(({ role, available }) => [role.id, available])).toEqual([['prod/ReadOnly', true]]);
    const me = await whoAmI(broker, context(), { token: () => 'auditor', ...nothing });
    expect(me).toMatchObject({ caller: { username: 'auditor@example.com' }, permissions: ['audit:read'] });
    const asked = { token: () => 'dev', request: () => READ_ONLY };
    expect(await explainAccess(broker, context(), asked)).toMatchObject({ role: 'prod/ReadOnly', allowed: true });
    expect(broker.records).toEqual([]);
  });

  test('record a refusal like the main way in', async () => {
    const broker = fakeBroker();
    broker.fail.verify = new Fault('signature_invalid', 'no');
    expect(await codeOf(listRoles(broker, context(), { token: () => 'dev', ...nothing }))).toBe('signature_invalid');
    expect(await codeOf(whoAmI(broker, context(), { token: () => 'dev', ...nothing }))).toBe('signature_invalid');
    const asked = { token: () => 'dev', request: () => READ_ONLY };
    expect(await codeOf(explainAccess(broker, context(), asked))).toBe('signature_invalid');
    expect(broker.records.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['roles', 'refused'],
      ['whoami', 'refused'],
      ['explain', 'refused'],
    ]);
  });
});
