import { describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../lib/access/compile.ts';
import type { AccessPolicy } from '../../lib/access/policy.ts';
import { Fault, type FaultCode } from '../../lib/fault.ts';
import { problemOf } from '../../lib/http/problem.ts';
import type { Issuer } from '../../lib/identity/issuer.ts';
import { refusalOf } from '../../lib/sts/query/refusal.ts';
import { type Answer, type Api, identityProviders, makeApi, POLICY } from '../support/api.ts';
import { type AwsCall, assumedRole, dynamoDbError, inProcessAws, stsError } from '../support/aws.ts';
import { faultCodes } from '../support/fault-codes.ts';
import { good } from '../support/hostile/case.ts';
import { HOSTILE_TOKENS } from '../support/hostile/catalogue.ts';
import { STACK, stretchOf } from '../support/leaks.ts';
import { CORP, claims, KEYS, makeToken, NOW, PARTNER } from '../support/tokens.ts';
import { assumeRole, element, READ_ONLY_ARN } from '../support/web-identity.ts';

const error = ({ status, text }: Answer) => [status, element(text, 'Code')];

function expectNoSession(api: Api): void {
  expect(api.aws.calls.filter(({ service }) => service === 'sts')).toEqual([]);
}

describe('AssumeRoleWithWebIdentity', () => {
  it('is answered as STS answers it, and the session is the broker’s', async () => {
    const api = makeApi();
    const { status, text, headers } = await assumeRole(api, { WebIdentityToken: good });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/xml; charset=utf-8',
      'cache-control': 'no-store',
      'x-amzn-requestid': 'lambda-request',
    });
    const [, outcome] = api.records();
    const name = `${outcome?.sessionId}-dev@example.com`;
    expect(text).toBe(
      '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
        '<AssumeRoleWithWebIdentityResult>' +
        `<AssumedRoleUser><AssumedRoleId>AROAEXAMPLEEXAMPLE12:${name}</AssumedRoleId>` +
        `<Arn>arn:aws:sts::111122223333:assumed-role/ReadOnly/${name}</Arn></AssumedRoleUser>` +
        '<Audience>daypass</Audience>' +
        `<Credentials><AccessKeyId>ASIAEXAMPLEEXAMPLE12</AccessKeyId><SecretAccessKey>${'s'.repeat(40)}</SecretAccessKey>` +
        `<SessionToken>${'t'.repeat(400)}</SessionToken><Expiration>2026-01-15T13:00:00.000Z</Expiration></Credentials>` +
        `<Provider>${CORP.url}</Provider><SourceIdentity>dev@example.com</SourceIdentity>` +
        '<SubjectFromWebIdentityToken>00u1a2b3c4</SubjectFromWebIdentityToken>' +
        '</AssumeRoleWithWebIdentityResult>' +
        '<ResponseMetadata><RequestId>lambda-request</RequestId></ResponseMetadata>' +
        '</AssumeRoleWithWebIdentityResponse>',
    );
    expect(outcome).toMatchObject({
      action: 'credentials',
      via: 'sts',
      outcome: 'issued',
      role: 'prod/ReadOnly',
      account: 'prod',
      requestedSessionName: 'botocore-session-1769850000',
      roleSessionName: name,
      sourceIdentity: 'dev@example.com',
    });
  });

  it('says how much room policies and tags take, when STS does', async () => {
    const api = makeApi();
    api.aws.intercept = (call) => {
      if (call.service !== 'sts') return undefined;
      const answer = assumedRole(call, { clock: () => NOW });
      return {
        ...answer,
        body: answer.body.replace('</AssumeRoleResult>', '<PackedPolicySize>7</PackedPolicySize></AssumeRoleResult>'),
      };
    };
    const { text } = await assumeRole(api, { WebIdentityToken: good });
    expect(element(text, 'PackedPolicySize')).toBe('7');
  });

  it('takes a token with the newline that its file ends in, and a body that the gateway encoded', async () => {
    const api = makeApi();
    expect((await assumeRole(api, { WebIdentityToken: `${good}\n` })).status).toBe(200);
    const form = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: READ_ONLY_ARN,
      RoleSessionName: 'me',
      WebIdentityToken: good,
    });
    const text = Buffer.from(form.toString()).toString('base64');
    expect((await assumeRole(api, {}, { text, isBase64Encoded: true })).status).toBe(200);
  });

  it('is narrowed by DurationSeconds and never lengthened', async () => {
    const lasting = async (DurationSeconds: string) => {
      const api = makeApi();
      const { text } = await assumeRole(api, { WebIdentityToken: good, DurationSeconds });
      return Date.parse(element(text, 'Expiration') ?? '') - NOW;
    };
    expect(await lasting('900')).toBe(900_000);
    expect(await lasting('43200')).toBe(3_600_000);
  });

  it('takes nothing from the name that the client gives the session', async () => {
    const api = makeApi();
    await assumeRole(api, { WebIdentityToken: good, RoleSessionName: 'admin@example.com' });
    const [call] = api.aws.calls.filter(({ action }) => action === 'AssumeRole');
    const sent = new URLSearchParams(call?.body);
    expect([...sent.values()].join(' ')).not.toContain('admin@example.com');
    expect(sent.get('SourceIdentity')).toBe('dev@example.com');
    const [intent, outcome] = api.records();
    expect([intent?.requestedSessionName, outcome?.requestedSessionName]).toEqual([
      'admin@example.com',
      'admin@example.com',
    ]);
  });

  it('finds a role by its ARN exactly', async () => {
    for (const RoleArn of [READ_ONLY_ARN.replace('ReadOnly', 'readonly'), READ_ONLY_ARN.replace('role/', 'role/x/')]) {
      expect(error(await assumeRole(makeApi(), { WebIdentityToken: good, RoleArn }))).toEqual([403, 'AccessDenied']);
    }
  });
});

describe('A workload', () => {
  const policy = workloadPolicy();
  const run = { iss: 'https://ci.example.com', sub: 'repo:example/shop:ref:refs/heads/main', repository_id: '7654321' };
  const api = () =>
    makeApi({
      policy,
      fetch: async (url) =>
        url.endsWith('/jwks')
          ? Response.json({ keys: [KEYS.rsa.jwk] })
          : Response.json({ issuer: 'https://ci.example.com', jwks_uri: 'https://ci.example.com/jwks' }),
    });

  it('is named by its subject everywhere', async () => {
    const one = api();
    const payload = claims({ ...run, run_id: '16412345678', email: undefined, groups: undefined });
    const { status, text } = await assumeRole(one, { WebIdentityToken: makeToken({ payload }) });
    expect([status, element(text, 'SourceIdentity')]).toEqual([200, 'gh-7654321.16412345678']);
    expect(element(text, 'SubjectFromWebIdentityToken')).toBe('repo:example/shop:ref:refs/heads/main');
    expect(one.records().at(-1)?.caller).toEqual({
      issuer: 'ci',
      subject: 'repo:example/shop:ref:refs/heads/main',
      username: 'gh-7654321.16412345678',
    });
  });

  it('whose name cannot be made is a rejected claim', async () => {
    const payload = claims({ ...run, run_id: 'a/b' });
    const answer = await assumeRole(api(), { WebIdentityToken: makeToken({ payload }) });
    expect(error(answer)).toEqual([403, 'IDPRejectedClaim']);
  });
});

function workloadPolicy(): AccessPolicy {
  const { policy, diagnostics } = compilePolicy(
    `version: 1
issuers:
  ci: { issuer: "https://ci.example.com", audience: [daypass], algorithms: [RS256], subject: "gh-\${claim:repository_id}.\${claim:run_id}" }
accounts: { prod: { id: "111122223333" } }
roles: { prod/ReadOnly: { arn: "${READ_ONLY_ARN}" } }
grants:
  - { name: shop, roles: [prod/ReadOnly], callers: { repository_id: ["7654321"] } }
`,
    'p.yml',
  );
  if (policy === undefined) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

describe('A role', () => {
  const granted = READ_ONLY_ARN.replace('ReadOnly', 'Admin');
  const nowhere = 'arn:aws:iam::999999999999:role/Nowhere';

  it('that others have and one that is not there are answered alike, and recorded as what they are', async () => {
    const answers: string[] = [];
    const recorded: unknown[] = [];
    for (const RoleArn of [granted, nowhere]) {
      const api = makeApi();
      const answer = await assumeRole(api, { WebIdentityToken: good, RoleArn });
      expect(error(answer)).toEqual([403, 'AccessDenied']);
      expectNoSession(api);
      const [record] = api.records();
      answers.push(answer.text.replaceAll(record?.sessionId ?? '', 'SESSION'));
      recorded.push([record?.outcome, record?.denial, record?.role, record?.account]);
    }
    expect(answers[0]).toBe(answers[1]);
    expect(element(answers[0] ?? '', 'Message')).toBe(
      'Not authorized to perform sts:AssumeRoleWithWebIdentity: no grant gives you this role; grants look at groups. (session SESSION)',
    );
    expect(recorded).toEqual([
      ['denied', 'no_grant', 'prod/Admin', 'prod'],
      ['denied', 'role_unknown', nowhere, undefined],
    ]);
  });

  it('that asks for more than was sent says what is missing', async () => {
    const payload = claims({ groups: ['sre'], amr: ['pwd'], team: 'platform' });
    const answer = await assumeRole(makeApi(), { WebIdentityToken: makeToken({ payload }), RoleArn: granted });
    expect(error(answer)).toEqual([403, 'AccessDenied']);
    expect(element(answer.text, 'Message')).toContain('sign in with MFA: amr must include mfa');
  });
});

describe('A request is refused, recorded and costs no call to STS', () => {
  interface Case {
    readonly parameters?: Record<string, string | undefined>;
    readonly headers?: Record<string, string>;
    readonly query?: string;
    readonly text?: string;
    readonly status?: number;
    readonly code: string;
    readonly fault: FaultCode;
    readonly says?: RegExp;
  }
  const SIGNED =
    'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260115/eu-central-1/sts/aws4_request, SignedHeaders=host, Signature=abc';
  const invalid = (parameters: Case['parameters'], says: RegExp): Case => ({
    parameters: parameters ?? {},
    code: 'ValidationError',
    fault: 'request_invalid',
    says,
  });
  const action = (Action: string | undefined): Case => ({
    parameters: { Action },
    code: 'InvalidAction',
    fault: 'operation_unknown',
    says: /this is a daypass broker, not aws sts/i,
  });

  test.each<[string, Case]>([
    ['no action', action(undefined)],
    ['an empty action', action('')],
    ['GetCallerIdentity', action('GetCallerIdentity')],
    ['AssumeRole', action('AssumeRole')],
    ['AssumeRoleWithSAML', action('AssumeRoleWithSAML')],
    ['GetSessionToken', action('GetSessionToken')],
    ['GetFederationToken', action('GetFederationToken')],
    ['AssumeRoot', action('AssumeRoot')],
    ['DecodeAuthorizationMessage', action('DecodeAuthorizationMessage')],
    ['the action in other letters', action('assumeRoleWithWebIdentity')],
    ['an action with a line end', action('AssumeRoleWithWebIdentity\n')],
    ['another version', { parameters: { Version: '2010-05-08' }, code: 'InvalidAction', fault: 'operation_unknown' }],
    ['no version', { parameters: { Version: undefined }, code: 'InvalidAction', fault: 'operation_unknown' }],
    [
      'a signature',
      { headers: { authorization: SIGNED }, code: 'InvalidAction', fault: 'request_signed', says: /signed for AWS/ },
    ],
    [
      'a signature of GetCallerIdentity',
      {
        headers: { Authorization: SIGNED },
        parameters: { Action: 'GetCallerIdentity' },
        code: 'InvalidAction',
        fault: 'request_signed',
        says: /AWS_CONTAINER_CREDENTIALS_FULL_URI/,
      },
    ],
    [
      'a session token of AWS',
      { headers: { 'x-amz-security-token': 'token' }, code: 'InvalidAction', fault: 'request_signed' },
    ],
    [
      'a bearer token',
      { headers: { authorization: `Bearer ${good}` }, code: 'InvalidAction', fault: 'request_signed' },
    ],
    ['no token', { parameters: { WebIdentityToken: undefined }, code: 'ValidationError', fault: 'token_missing' }],
    ['an empty token', { parameters: { WebIdentityToken: ' \n' }, code: 'ValidationError', fault: 'token_missing' }],
    ['no role', invalid({ RoleArn: undefined }, /^RoleArn: /)],
    ['a role’s id', invalid({ RoleArn: 'prod/ReadOnly' }, /^RoleArn: must be the ARN of an IAM role/)],
    ['the ARN of a user', invalid({ RoleArn: 'arn:aws:iam::111122223333:user/ReadOnly' }, /^RoleArn: /)],
    ['the ARN of a session', invalid({ RoleArn: 'arn:aws:sts::111122223333:assumed-role/ReadOnly/x' }, /^RoleArn: /)],
    ['an ARN with a wildcard', invalid({ RoleArn: 'arn:aws:iam::111122223333:role/*' }, /^RoleArn: /)],
    [
      'an ARN that is too long',
      invalid({ RoleArn: `arn:aws:iam::111122223333:role/${'x/'.repeat(400)}x` }, /^RoleArn: /),
    ],
    ['no session name', invalid({ RoleSessionName: undefined }, /^RoleSessionName: /)],
    ['a session name of one character', invalid({ RoleSessionName: 'x' }, /^RoleSessionName: must be 2–64/)],
    ['a session name of 65 characters', invalid({ RoleSessionName: 'x'.repeat(65) }, /^RoleSessionName: /)],
    ['a session name with a slash', invalid({ RoleSessionName: 'a/b' }, /^RoleSessionName: /)],
    ['a session name with a line end', invalid({ RoleSessionName: 'ab\n' }, /^RoleSessionName: /)],
    ['a session name with a Kelvin sign', invalid({ RoleSessionName: 'ab\u212a' }, /^RoleSessionName: /)],
    ['899 seconds', invalid({ DurationSeconds: '899' }, /^DurationSeconds: must be a whole number from 900 to 43200/)],
    ['43201 seconds', invalid({ DurationSeconds: '43201' }, /^DurationSeconds: /)],
    ['seconds with a fraction', invalid({ DurationSeconds: '900.5' }, /^DurationSeconds: /)],
    ['seconds in another notation', invalid({ DurationSeconds: '1e3' }, /^DurationSeconds: /)],
    ['negative seconds', invalid({ DurationSeconds: '-900' }, /^DurationSeconds: /)],
    ['empty seconds', invalid({ DurationSeconds: '' }, /^DurationSeconds: /)],
    [
      'a session policy',
      invalid({ Policy: '{"Version":"2012-10-17","Statement":[]}' }, /^Policy: not taken here: the access policy says/),
    ],
    ['an empty session policy', invalid({ Policy: '' }, /^Policy: not taken here/)],
    [
      'a managed policy',
      invalid({ 'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess' }, /^PolicyArns: not taken here/),
    ],
    ['a provider', invalid({ ProviderId: 'www.amazon.com' }, /^ProviderId: not taken here/)],
    ['tags', invalid({ 'Tags.member.1.Key': 'team' }, /unknown member/)],
    ['a source identity', invalid({ SourceIdentity: 'root' }, /^SourceIdentity: unknown member/)],
    ['an external id', invalid({ ExternalId: 'x1' }, /^ExternalId: unknown member/)],
    ['a second factor', invalid({ SerialNumber: 'GAHT12345678' }, /^SerialNumber: unknown member/)],
    [
      'a role twice',
      {
        text: `Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a&RoleArn=b&WebIdentityToken=${good}`,
        code: 'ValidationError',
        fault: 'request_invalid',
        says: /^RoleArn: given twice/,
      },
    ],
    [
      'an action twice',
      {
        text: `Action=GetCallerIdentity&Action=AssumeRoleWithWebIdentity&WebIdentityToken=${good}`,
        code: 'ValidationError',
        fault: 'request_invalid',
        says: /^Action: given twice/,
      },
    ],
    ['parameters in the address', { query: 'DurationSeconds=900', code: 'ValidationError', fault: 'request_invalid' }],
    [
      'a presigned call',
      {
        query: 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc',
        code: 'ValidationError',
        fault: 'request_invalid',
      },
    ],
    [
      'JSON',
      {
        text: JSON.stringify({ WebIdentityToken: good }),
        headers: { 'content-type': 'application/json' },
        status: 415,
        code: 'ValidationError',
        fault: 'content_type_unsupported',
      },
    ],
    [
      'no type',
      { headers: { 'content-type': '' }, status: 415, code: 'ValidationError', fault: 'content_type_unsupported' },
    ],
    [
      'a body that is too large',
      {
        text: `Action=AssumeRoleWithWebIdentity&x=${'x'.repeat(20_000)}`,
        status: 413,
        code: 'ValidationError',
        fault: 'body_too_large',
      },
    ],
    ['an empty body', { text: '', code: 'InvalidAction', fault: 'operation_unknown' }],
  ])('%s', async (_, { parameters = {}, text, headers = {}, query, status = 400, code, fault, says }) => {
    const api = makeApi();
    const answer = await assumeRole(
      api,
      { WebIdentityToken: good, ...parameters },
      { headers, ...(text !== undefined && { text }), ...(query !== undefined && { query }) },
    );
    expect(error(answer)).toEqual([status, code]);
    const message = element(answer.text, 'Message') ?? '';
    if (says !== undefined) expect(message).toMatch(says);
    expect(api.records()).toMatchObject([{ action: 'credentials', via: 'sts', outcome: 'refused', code: fault }]);
    expect(message).toContain(`(session ${api.records()[0]?.sessionId})`);
    expectNoSession(api);
    for (const line of [answer.text, ...api.lines, ...api.aws.calls.map(({ body }) => body)]) {
      expect(stretchOf(good, line)).toBeUndefined();
    }
  });
});

describe('A token that must not pass', () => {
  const AWS_CODES: Partial<Record<FaultCode, [number, string]>> = {
    token_expired: [400, 'ExpiredTokenException'],
    hosted_domain_mismatch: [403, 'IDPRejectedClaim'],
    claim_missing: [403, 'IDPRejectedClaim'],
    claim_type_invalid: [403, 'IDPRejectedClaim'],
    identity_not_representable: [403, 'IDPRejectedClaim'],
    groups_unavailable: [403, 'IDPRejectedClaim'],
    token_replayed: [403, 'IDPRejectedClaim'],
    token_missing: [400, 'ValidationError'],
    // What is not a form at all any more.
    body_too_large: [413, 'ValidationError'],
  };
  const cases = HOSTILE_TOKENS.flatMap(({ title, cases: family }) =>
    family
      // Around a token, white space is what a file ends in.
      .filter(({ name }) => !/^a (leading|trailing) (space|newline)/.test(name))
      .map((hostile) => ({ ...hostile, title })),
  );

  test.each(cases)('$title $name', async ({ token, code, issuer }) => {
    const policyIssuer: Issuer = { ...CORP, ...issuer };
    const api = makeApi(issuer && { policy: { ...POLICY, issuers: [policyIssuer, PARTNER] } });
    const hostile = await token();
    const answer = await assumeRole(api, { WebIdentityToken: hostile });
    const [record] = api.records();
    // Without a token there is nothing to look at, and a form has a size of its own.
    const told = hostile.trim() === '' ? 'token_missing' : hostile.length > 16_000 ? 'body_too_large' : code;
    expect(record).toMatchObject({ via: 'sts', outcome: 'refused', code: told });
    expect(error(answer)).toEqual(AWS_CODES[told] ?? [400, 'InvalidIdentityToken']);
    expect(answer.text).not.toMatch(STACK);
    if (hostile.length > 0) expect(stretchOf(hostile, answer.text)).toBeUndefined();
    expectNoSession(api);
  });

  it('is of more kinds than forty', () => expect(cases.length).toBeGreaterThan(130));
});

describe('What fails behind the broker', () => {
  const failing = (intercept: (call: AwsCall) => ReturnType<typeof stsError> | undefined) => {
    const aws = inProcessAws({ clock: () => NOW });
    aws.intercept = intercept;
    return makeApi({ aws });
  };
  const sts =
    (name: string, status = 400) =>
    () =>
      failing((call) => (call.service === 'sts' ? stsError(name, 'not this time', status) : undefined));
  const table =
    (action: string, name: string, status = 400) =>
    () =>
      failing((call) => (call.action === action ? dynamoDbError(name, 'not this time', status) : undefined));

  test.each<[string, () => Api, number, string, boolean]>([
    ['the role trusts somebody else', sts('AccessDenied', 403), 403, 'AccessDenied', false],
    ['the policy is too large', sts('PackedPolicyTooLarge'), 400, 'PackedPolicyTooLarge', false],
    ['the session policy is wrong', sts('MalformedPolicyDocument'), 400, 'MalformedPolicyDocument', false],
    ['a parameter is wrong', sts('ValidationError'), 400, 'ValidationError', false],
    ['the region is off', sts('RegionDisabledException', 403), 403, 'RegionDisabledException', false],
    ['the broker’s own credentials have expired', sts('ExpiredToken', 403), 500, 'InternalFailure', false],
    ['STS throttles', sts('Throttling'), 400, 'Throttling', true],
    ['STS fails', sts('InternalFailure', 500), 500, 'InternalFailure', false],
    ['the caller asks too often', table('UpdateItem', 'ConditionalCheckFailedException'), 400, 'Throttling', true],
    ['the rate counter is down', table('UpdateItem', 'InternalServerError', 500), 503, 'ServiceUnavailable', false],
    ['the audit log is down', table('PutItem', 'InternalServerError', 500), 503, 'ServiceUnavailable', false],
  ])('%s: no credentials, and a code that SDKs know', async (_, make, status, code, says) => {
    const answer = await assumeRole(make(), { WebIdentityToken: good });
    expect(error(answer)).toEqual([status, code]);
    expect(answer.text).not.toContain('SecretAccessKey');
    expect(answer.headers['retry-after'] !== undefined).toBe(says);
    expect(element(answer.text, 'Type')).toBe(status < 500 ? 'Sender' : 'Receiver');
  });

  it('an identity provider that cannot be reached is worth another try', async () => {
    const fetch = () => Promise.reject(new Error('down'));
    const answer = await assumeRole(makeApi({ fetch }), { WebIdentityToken: good });
    expect(error(answer)).toEqual([400, 'IDPCommunicationError']);
  });

  it('an identity provider without usable keys is told from a bad token', async () => {
    const answer = await assumeRole(makeApi({ fetch: identityProviders({ keys: 'none' }) }), {
      WebIdentityToken: good,
    });
    expect(error(answer)).toEqual([400, 'IDPCommunicationError']);
  });
});

describe('Every fault', () => {
  /** SDKs repeat these by themselves; what repeating cannot mend is not among them. */
  const REPEATED = ['Throttling', 'IDPCommunicationError', 'ServiceUnavailable', 'InternalFailure'];

  it('has an error of AWS, and is repeated by SDKs only where that makes sense', async () => {
    const repeated: string[] = [];
    for (const code of await faultCodes()) {
      const problem = problemOf(new Fault(code, 'exact and secret'), { requestId: 'r', sessionId: 's' });
      const refusal = refusalOf(code, problem);
      expect(refusal.message).toMatch(/\(session s\)$/);
      expect(refusal.message).not.toContain('secret, exact');
      expect(refusal.status >= 500).toBe(['ServiceUnavailable', 'InternalFailure'].includes(refusal.code));
      if (REPEATED.includes(refusal.code)) repeated.push(code);
    }
    for (const code of ['sts_access_denied', 'sts_request_invalid', 'access_denied', 'request_signed']) {
      expect(repeated).not.toContain(code);
    }
    expect(repeated).toEqual(expect.arrayContaining(['rate_limited', 'idp_unavailable', 'audit_unavailable']));
  });

  it('is escaped, whatever it says', async () => {
    const api = makeApi();
    const answer = await assumeRole(api, { WebIdentityToken: good, '<&">': 'x' });
    expect(answer.text).not.toMatch(/<&|&">/);
    expect(error(answer)).toEqual([400, 'ValidationError']);
  });
});
