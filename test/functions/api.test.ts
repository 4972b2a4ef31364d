import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { AuditRecord } from '../../lib/audit/record.ts';
import * as contract from '../../lib/http/contract.ts';
import { VERSION } from '../../lib/version.ts';
import { type Answer, type Api, makeApi, POLICY } from '../support/api.ts';
import { dynamoDbError, inProcessAws } from '../support/aws.ts';
import { faultCodes } from '../support/fault-codes.ts';
import { type TestTable, testTable } from '../support/table.ts';
import { claims, makeToken, NOW, SECONDS } from '../support/tokens.ts';

/** What the functions answer when all is well, against a real table. */

const person = (name: string, more: Record<string, unknown>) =>
  makeToken({
    payload: claims({ sub: `subject-${name}`, email: `${name}@example.com`, auth_time: SECONDS - 60, ...more }),
  });
const TOKENS = {
  dev: person('dev', { groups: ['engineering'] }),
  sre: person('sre', { groups: ['sre'], amr: ['pwd', 'mfa'], team: 'platform' }),
  auditor: person('auditor', { groups: ['security'] }),
  outsider: person('outsider', { groups: ['sales'] }),
} as const;

let store: TestTable;
let api: Api;
let now = NOW;

beforeAll(async () => {
  store = await testTable();
  const clock = () => now;
  api = makeApi({ clock, aws: inProcessAws({ clock, dynamoDbUrl: store.url }) });
});
afterAll(() => store.close());

/** The answer, which must be the schema's to the last member. */
function conforming<Schema extends z.ZodMiniType>(schema: Schema, { status, headers, body }: Answer): z.infer<Schema> {
  expect([status, body['code']]).toEqual([200, undefined]);
  expect(headers['content-type']).toBe('application/json');
  const parsed = z.parse(schema, body);
  expect(parsed).toEqual(body);
  return parsed;
}

const credentials = (user: keyof typeof TOKENS, body: object) => api.credentials({ token: TOKENS[user], body });

describe('POST /v1/credentials', () => {
  it('answers a credential_process document', async () => {
    const answer = await credentials('dev', { role: 'prod/ReadOnly' });
    const document = conforming(contract.credentialsAnswer, answer);
    expect(document).toMatchObject({ Version: 1, AccountId: '111122223333', SourceIdentity: 'dev@example.com' });
    for (const member of ['AccessKeyId', 'SecretAccessKey', 'SessionToken'] as const) {
      expect(document[member]).toMatch(/^\S+$/);
    }
    // The SDKs parse it as ISO 8601; STS says seconds in UTC.
    expect(document.Expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
    expect(Date.parse(document.Expiration)).toBe(NOW + 3_600_000);
    expect(document.Notices).toEqual([]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('asks STS for one session that leads to the person and to the record', async () => {
    const before = api.aws.calls.length;
    const document = conforming(
      contract.credentialsAnswer,
      await credentials('sre', { role: 'prod/Admin', reason: 'disk full', ticket: 'OPS-1' }),
    );
    const asked = api.aws.calls.slice(before).filter(({ service }) => service === 'sts');
    expect(asked).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: 'arn:aws:iam::111122223333:role/Admin',
      RoleSessionName: `${document.SessionId}-sre@example.com`,
      SourceIdentity: 'sre@example.com',
      ExternalId: 'daypass-prod',
      DurationSeconds: '3600',
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'platform',
      'Tags.member.2.Key': 'daypass:session-id',
      'Tags.member.2.Value': document.SessionId,
    });
  });

  it.each([
    { user: 'dev', role: 'prod/ReadOnly', asked: 7_200, given: 3_600, notices: 1 },
    { user: 'dev', role: 'prod/ReadOnly', asked: 3_600, given: 3_600, notices: 0 },
    { user: 'dev', role: 'prod/ReadOnly', asked: 900, given: 900, notices: 0 },
    { user: 'sre', role: 'prod/Admin', asked: 7_200, given: 3_600, notices: 1 },
  ] as const)('$asked s of $role become $given s', async ({ user, role, asked, given, notices }) => {
    const answer = await credentials(user, { role, durationSeconds: asked, reason: 'a reason' });
    const document = conforming(contract.credentialsAnswer, answer);
    expect(document.DurationSeconds).toBe(given);
    expect(Date.parse(document.Expiration)).toBe(now + given * 1000);
    expect(document.Notices.map(({ code }) => code)).toEqual(Array(notices).fill('duration_shortened'));
    for (const { message } of document.Notices) expect(message).toMatch(new RegExp(`^${asked} seconds .* ${given}`));
  });

  it.each([
    { user: 'dev', body: { role: 'prod/Admin', reason: 'x' }, kind: 'grant' },
    { user: 'sre', body: { role: 'prod/Admin' }, kind: 'reason' },
    { user: 'outsider', body: { role: 'prod/ReadOnly' }, kind: 'grant' },
    { user: 'dev', body: { role: 'prod/Nothing' }, kind: 'grant' },
  ] as const)('$user is refused $body.role and learns what is missing', async ({ user, body, kind }) => {
    const answer = await credentials(user, body);
    expect(answer.status).toBe(403);
    const problem = z.parse(contract.problem, answer.body);
    expect(problem).toEqual(answer.body);
    expect(problem).toMatchObject({ code: 'access_denied', missing: [{ kind }] });
  });

  it('says when too many come in a minute, and for whom', async () => {
    const clock = () => now;
    const other = makeApi({ clock, aws: inProcessAws({ clock }) });
    const answers: Answer[] = [];
    for (let call = 0; call < 61; call += 1) answers.push(await other.credentials({ token: TOKENS.dev }));
    expect(answers.map(({ status }) => status)).toEqual([...Array(60).fill(200), 429]);
    expect(answers[60]?.headers['retry-after']).toBe('60');
    expect((await other.call('GET', '/v1/whoami', { token: TOKENS.sre })).status).toBe(200);
  });
});

describe('GET /v1/roles', () => {
  it.each([
    { user: 'dev', roles: [['prod/ReadOnly', true]] },
    { user: 'sre', roles: [['prod/Admin', true]] },
    { user: 'auditor', roles: [] },
    { user: 'outsider', roles: [] },
  ] as const)('answers what $user may have', async ({ user, roles }) => {
    const answer = conforming(contract.rolesAnswer, await api.call('GET', '/v1/roles', { token: TOKENS[user] }));
    expect(answer.roles.map(({ role, available }) => [role, available])).toEqual(roles);
  });

  it('answers what is missing for a role that is near', async () => {
    const token = person('sre', { groups: ['sre'], amr: ['pwd'], team: 'platform' });
    const { roles } = conforming(contract.rolesAnswer, await api.call('GET', '/v1/roles', { token }));
    expect(roles).toMatchObject([
      {
        role: 'prod/Admin',
        available: false,
        missing: [{ kind: 'condition', key: 'claim:amr' }],
      },
    ]);
  });
});

describe('GET /v1/whoami', () => {
  it.each([
    { user: 'dev', permissions: [] },
    { user: 'auditor', permissions: ['audit:read'] },
  ] as const)('answers who $user is', async ({ user, permissions }) => {
    const answer = await api.call('GET', '/v1/whoami', { token: TOKENS[user] });
    expect(conforming(contract.whoamiAnswer, answer)).toEqual({
      issuer: 'corp',
      subject: `subject-${user}`,
      username: `${user}@example.com`,
      authenticatedAt: new Date(NOW - 60_000).toISOString(),
      expiresAt: new Date(NOW + 3_600_000).toISOString(),
      permissions,
    });
  });

  it('leaves out when the person signed in where the issuer does not say', async () => {
    const answer = await api.call('GET', '/v1/whoami', { token: makeToken() });
    expect(conforming(contract.whoamiAnswer, answer)).not.toHaveProperty('authenticatedAt');
  });
});

describe('POST /v1/explain', () => {
  const asking = (alone: Api, token: string, body: object) => alone.call('POST', '/v1/explain', { token, body });
  const explain = (token: string, body: object) => asking(api, token, body);
  const near = person('sre', { groups: ['sre'], amr: ['pwd'], team: 'platform' });
  const reviewer = person('reviewer', { groups: ['reviewers'] });

  it('answers the session that the same request for credentials would give', async () => {
    const body = { role: 'prod/Admin', reason: 'disk full', durationSeconds: 7_200 };
    const answer = conforming(contract.explainAnswer, await explain(TOKENS.sre, body));
    expect(answer).toEqual({
      role: 'prod/Admin',
      allowed: true,
      session: {
        roleArn: 'arn:aws:iam::111122223333:role/Admin',
        accountId: '111122223333',
        durationSeconds: 3_600,
        durationLimitedBy: 'chaining',
        requires: ['reason'],
        tags: { team: 'platform', 'daypass:session-id': '{sessionId}' },
        transitiveTagKeys: [],
        policyArns: [],
        sourceIdentity: 'sre@example.com',
        roleSessionName: '{sessionId}-sre@example.com',
      },
      missing: [],
    });
    const given = conforming(contract.credentialsAnswer, await credentials('sre', body));
    expect(given).toMatchObject({ DurationSeconds: 3_600, RoleArn: answer.session?.roleArn });
  });

  it.each([
    ['dev', TOKENS.dev, { role: 'prod/Admin', reason: 'x' }],
    ['sre without MFA', near, { role: 'prod/Admin' }],
    ['sre without a reason', TOKENS.sre, { role: 'prod/Admin' }],
    ['outsider', TOKENS.outsider, { role: 'prod/Nothing' }],
  ])('answers %s what a denial would say, and no more', async (_, token, body) => {
    const answer = await explain(token, body);
    const denial = await api.credentials({ token, body });
    expect(denial.status).toBe(403);
    expect(conforming(contract.explainAnswer, answer)).toEqual({
      role: body.role,
      allowed: false,
      missing: denial.body['missing'],
    });
  });

  it('reads the same of a role that others have and of one that nobody has, byte for byte but for its name', async () => {
    const [others, nobodys] = await Promise.all(
      ['prod/Admin', 'prod/Nobod'].map((role) => explain(TOKENS.outsider, { role, reason: 'x' })),
    );
    const unnamed = ({ status, headers, text = '' }: Answer) => ({
      status,
      headers,
      text: text.replaceAll(/prod\/(Admin|Nobod)/g, 'ROLE'),
    });
    expect(unnamed(others as Answer)).toEqual(unnamed(nobodys as Answer));
    expect(others?.text).toHaveLength(nobodys?.text.length ?? 0);
  });

  it('asks STS nothing, and leaves no record', async () => {
    const alone = makeApi({ clock: () => now });
    await asking(alone, TOKENS.sre, { role: 'prod/Admin', reason: 'x' });
    await asking(alone, TOKENS.outsider, { role: 'prod/Admin' });
    expect(alone.records()).toEqual([]);
    expect(alone.aws.calls.map(({ service, action }) => `${service}:${action}`)).toEqual(
      Array(2).fill('dynamodb:UpdateItem'),
    );
  });

  it('tells a holder of policy:read whose rules decide, and records that first', async () => {
    const alone = makeApi({ clock: () => now });
    const answer = await asking(alone, reviewer, { role: 'prod/Admin' });
    expect(conforming(contract.explainAnswer, answer).detail).toEqual({
      policyDigest: POLICY.digest,
      reason: 'no_grant',
      grants: [
        {
          grant: 'sre-admin',
          effect: 'allow',
          outcome: 'callers_unmatched',
          decides: false,
          why: ['groups must be sre, and is reviewers'],
          issuers: [],
          callers: { groups: ['sre'] },
          condition: { 'ForAnyValue:StringEquals': { 'claim:amr': ['mfa'] } },
          requires: ['reason'],
        },
      ],
    });
    expect(alone.records()).toMatchObject([
      {
        phase: 'outcome',
        outcome: 'allowed',
        action: 'explain',
        role: 'prod/Admin',
        permission: 'policy:read',
        grant: 'reviewers',
        caller: { username: 'reviewer@example.com' },
      },
    ]);
  });

  it('tells nobody anything of the policy when that cannot be recorded', async () => {
    const aws = inProcessAws({ clock: () => now });
    aws.intercept = ({ action }) =>
      action === 'PutItem' ? dynamoDbError('InternalServerError', 'down', 500) : undefined;
    const answer = await asking(makeApi({ clock: () => now, aws }), reviewer, { role: 'prod/Admin' });
    expect([answer.status, answer.body['code']]).toEqual([503, 'audit_unavailable']);
    expect(answer.text).not.toMatch(/sre/);
  });
});

describe('GET /v1/audit', () => {
  const sessions: string[] = [];
  const read = async (query = '', token: string = TOKENS.auditor) => {
    const answer = conforming(contract.auditAnswer, await api.call('GET', '/v1/audit', { token, query }));
    return { ...answer, records: answer.records as unknown as AuditRecord[] };
  };

  /** A history of its own: minutes later than all that was asked before, and a second between two requests. */
  beforeAll(async () => {
    now = NOW + 600_000;
    for (const [user, body] of [
      ['dev', { role: 'prod/ReadOnly' }],
      ['sre', { role: 'prod/Admin', reason: 'disk full', ticket: 'OPS-1' }],
      ['dev', { role: 'prod/Admin', reason: 'curious' }],
      ['outsider', { role: 'prod/ReadOnly' }],
    ] as const) {
      now += 1000;
      const answer = await credentials(user, body);
      sessions.push(String(answer.body['SessionId'] ?? answer.body['sessionId']));
    }
    now += 1000;
    const { headers, body } = await api.credentials({ token: 'not.a.token' });
    expect(headers['content-type']).toBe('application/problem+json');
    sessions.push(String(body['sessionId']));
    now += 1000;
  });

  const since = `since=${new Date(NOW + 600_000).toISOString()}`;
  const [readOnly, admin, denied, outside, refused] = [0, 1, 2, 3, 4];
  /** Two records of what was issued, one of what was not; the reading itself is in the log as well. */
  const phases = (...indexes: number[]) =>
    indexes.flatMap((index) =>
      index < 2
        ? [
            [index, 'intent'],
            [index, 'outcome'],
          ]
        : [[index, 'outcome']],
    );

  it.each<{ filter: string; found: unknown[] }>([
    { filter: 'caller=dev@example.com', found: phases(readOnly, denied) },
    { filter: 'role=prod/Admin', found: phases(admin, denied) },
    { filter: 'account=prod', found: phases(readOnly, admin, denied, outside) },
    { filter: 'outcome=denied', found: phases(denied, outside) },
    { filter: 'outcome=refused&code=token_malformed', found: phases(refused) },
    { filter: 'role=prod/Admin&outcome=issued', found: [[admin, 'outcome']] },
    {
      filter: 'accessKeyId=ASIAEXAMPLEEXAMPLE12',
      found: [
        [readOnly, 'outcome'],
        [admin, 'outcome'],
      ],
    },
    { filter: 'sourceIp=203.0.113.7&role=prod/Admin', found: phases(admin, denied) },
    { filter: 'sourceIp=203.0.112.0/23&outcome=denied', found: phases(denied, outside) },
    { filter: 'sourceIp=198.51.100.0/24', found: [] },
    {
      filter: 'action=credentials&outcome=issued',
      found: [
        [readOnly, 'outcome'],
        [admin, 'outcome'],
      ],
    },
    { filter: 'action=whoami', found: [] },
    { filter: 'caller=nobody@example.com', found: [] },
  ])('finds by $filter', async ({ filter, found }) => {
    const { records } = await read(`${since}&${filter}&order=oldest`);
    expect(records.map(({ sessionId, phase }) => [sessions.indexOf(sessionId), phase])).toEqual(found);
  });

  it('finds a session by its id, newest first unless asked otherwise', async () => {
    const { records } = await read(`session=${sessions[admin]}`);
    expect(records.map(({ phase }) => phase)).toEqual(['outcome', 'intent']);
    expect(records[0]).toMatchObject({
      outcome: 'issued',
      action: 'credentials',
      requestId: 'lambda-request',
      caller: { issuer: 'corp', subject: 'subject-sre', username: 'sre@example.com' },
      role: 'prod/Admin',
      roleArn: 'arn:aws:iam::111122223333:role/Admin',
      account: 'prod',
      accountId: '111122223333',
      grant: 'sre-admin',
      reason: 'disk full',
      ticket: 'OPS-1',
      durationSeconds: 3600,
      roleSessionName: `${sessions[admin]}-sre@example.com`,
      sourceIdentity: 'sre@example.com',
      accessKeyId: 'ASIAEXAMPLEEXAMPLE12',
      stsRequestId: expect.stringMatching(/^request-\d+$/),
      policyDigest: POLICY.digest,
      sourceIp: '203.0.113.7',
      userAgent: 'test/1',
      tokenSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      traceDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each(['newest', 'oldest'])('goes on where the page before ended, %s first', async (order) => {
    const query = `${since}&account=prod&order=${order}`;
    const whole = (await read(`${query}&limit=500`)).records;
    expect(whole).toHaveLength(6);
    const paged: AuditRecord[] = [];
    let cursor: string | undefined;
    do {
      const page = await read(`${query}&limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      expect(page.records.length).toBeLessThanOrEqual(2);
      paged.push(...page.records);
      cursor = page.cursor;
    } while (cursor);
    expect(paged).toEqual(whole);
  });

  it('records the reading before it answers, so that it is in the answer', async () => {
    now += 1000;
    const { records } = await read('caller=auditor@example.com&limit=1');
    expect(records).toMatchObject([
      {
        action: 'audit',
        outcome: 'allowed',
        permission: 'audit:read',
        grant: 'auditors',
        time: new Date(now).toISOString(),
      },
    ]);
  });

  it('is closed to whom the policy does not give it, and that is recorded', async () => {
    now += 1000;
    const answer = await api.call('GET', '/v1/audit', { token: TOKENS.dev });
    expect([answer.status, answer.body['code']]).toEqual([403, 'access_denied']);
    expect((await read('caller=dev@example.com&limit=1')).records).toMatchObject([
      { action: 'audit', outcome: 'denied', permission: 'audit:read', sessionId: answer.body['sessionId'] },
    ]);
  });

  it.each([
    ['an unknown filter', 'subject=x', 'request_invalid'],
    ['a filter given twice', 'caller=a&caller=b', 'request_invalid'],
    ['a limit of nothing', 'limit=0', 'request_invalid'],
    ['a limit of 501', 'limit=501', 'request_invalid'],
    ['a time without a zone', 'since=2026-01-15T12:00:00', 'request_invalid'],
    ['an address that is none', 'sourceIp=203.0.113.256', 'request_invalid'],
    ['a range that is none', 'sourceIp=203.0.113.0/33', 'request_invalid'],
    ['an end before the beginning', `${since}&until=2026-01-01T00:00:00Z`, 'request_invalid'],
    ['an order of another kind', 'order=random', 'request_invalid'],
    ['a cursor that nobody handed out', 'cursor=audit%232026', 'cursor_invalid'],
  ])('%s is refused', async (_, query, code) => {
    const answer = await api.call('GET', '/v1/audit', { token: TOKENS.auditor, query });
    expect([answer.status, answer.body['code']]).toEqual([400, code]);
  });
});

describe('What anyone may read', () => {
  it('GET /v1/health says version and policy', async () => {
    expect(conforming(contract.healthAnswer, await api.call('GET', '/v1/health'))).toEqual({
      status: 'ok',
      version: VERSION,
      policyDigest: POLICY.digest,
    });
  });

  it('GET /.well-known/daypass says how to sign in, and leaves out issuers where nobody can', async () => {
    const answer = await api.call('GET', '/.well-known/daypass');
    expect(conforming(contract.clientConfiguration, answer)).toEqual({
      version: VERSION,
      issuers: [
        {
          name: 'corp',
          issuer: 'https://idp.example.com/realms/corp',
          clientId: 'daypass-cli',
          scopes: ['openid', 'email', 'groups'],
        },
      ],
      endpoints: {
        credentials: '/v1/credentials',
        console: '/v1/console',
        roles: '/v1/roles',
        whoami: '/v1/whoami',
        explain: '/v1/explain',
        audit: '/v1/audit',
        proof: '/v1/audit/proof',
      },
      sso: false,
    });
    expect(answer.headers['cache-control']).toBe('public, max-age=3600');
  });

  it('none of it asks AWS anything', async () => {
    const alone = makeApi();
    for (const path of ['/v1/health', '/v1/openapi.json', '/.well-known/daypass']) {
      expect((await alone.call('GET', path)).status).toBe(200);
    }
    expect(alone.aws.calls).toEqual([]);
  });

  it('a path that is not there is a problem like any other', async () => {
    const answer = await api.call('GET', '/v1/nothing');
    expect([answer.status, answer.body['code']]).toEqual([404, 'not_found']);
    expect(z.parse(contract.problem, answer.body)).toEqual(answer.body);
  });
});

it('The documentation names no problem code that does not exist', async () => {
  const codes: readonly string[] = await faultCodes();
  const kinds = [...new Set(codes.map((code) => code.split('_')[0]))].join('|');
  const documents = (await readdir('docs')).map((name) => `docs/${name}`).concat('README.md', 'SECURITY.md');
  let named = 0;
  for (const file of documents) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const [, code = ''] of text.matchAll(new RegExp(`\`((?:${kinds})_[a-z_]+)\``, 'g'))) {
      named += 1;
      expect([file, code, codes.includes(code)]).toEqual([file, code, true]);
    }
  }
  expect(named).toBeGreaterThan(0);
});
