import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AwsStandIn, BROKER_ACCOUNT, startAws } from '../../dev/aws/server.ts';
import { storedPolicy } from '../../dev/aws/store/stored-policy.ts';
import type { Explanation } from '../../lib/access/explanation.ts';
import { MISSING_MFA, problem } from './fake-broker.ts';
import { jwtFor, useCli } from './harness.ts';

const { cli, broker } = await useCli();

function file(name: string, content: unknown): string {
  const path = join(cli.directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const ALLOWED = {
  role: 'prod/Admin',
  allowed: true,
  session: {
    roleArn: `arn:aws:iam::${BROKER_ACCOUNT}:role/Admin`,
    accountId: BROKER_ACCOUNT,
    durationSeconds: 1800,
    durationLimitedBy: 'grant',
    requires: ['reason'],
    tags: { team: 'platform', 'daypass:session-id': '{sessionId}' },
    transitiveTagKeys: [],
    policyArns: [],
    sourceIdentity: 'sre@example.com',
    roleSessionName: '{sessionId}-sre@example.com',
  },
  missing: [],
} as const satisfies Explanation;

const DENIED = { role: 'prod/Admin', allowed: false, missing: [MISSING_MFA] } as const satisfies Explanation;

const answers = (json: unknown) => {
  broker.answers['/v1/explain'] = () => ({ json });
};

describe('explain, asked of the broker,', () => {
  it('says what the broker says, and exits 0 when the role is allowed', async () => {
    answers(ALLOWED);
    const { code, stdout, stderr } = await cli.run([
      'explain',
      'prod/Admin',
      '--reason',
      'disk full',
      '--duration',
      '1h',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'Allowed: prod/Admin.',
      'It lasts 30 min: the grant allows no more.',
      'The request must bring a reason.',
    ]);
    const [asked] = broker.server.seen.filter(({ path }) => path === '/v1/explain');
    expect([asked?.method, asked?.authorization]).toEqual(['POST', `Bearer ${jwtFor('u-1')}`]);
    expect(JSON.parse(asked?.body ?? '')).toEqual({ role: 'prod/Admin', reason: 'disk full', durationSeconds: 3600 });
    // To ask is not to have: no session was made.
    expect(broker.asked).toBe(0);
  });

  it('exits 1 when it is not, with what is missing and what to do', async () => {
    answers({ ...DENIED, missing: [MISSING_MFA, { kind: 'reason', message: 'say why' }] });
    expect(await cli.run(['explain', 'prod/Admin'])).toMatchObject({
      code: 1,
      stdout: 'Denied: prod/Admin.\nWhat is missing:\n  sign in with MFA: amr must include mfa\n  say why\n',
      stderr: 'hint: say why with --reason TEXT\n',
    });
  });

  it('tells whose rules decided when the broker does', async () => {
    const grant = { effect: 'allow', issuers: [], callers: {}, condition: {}, requires: [] };
    const detail = {
      policyDigest: 'd',
      reason: 'condition_unmet',
      grants: [{ ...grant, grant: 'sre-admin', outcome: 'condition_unmet', decides: false, why: ['sign in with MFA'] }],
    };
    answers({ ...DENIED, detail });
    const { stdout } = await cli.run(['explain', 'prod/Admin']);
    expect(stdout).toContain('  grant sre-admin is for you, but: sign in with MFA\n');
  });

  it.each(['a file', 'standard input'])('asks with a token from %s', async (where) => {
    const token = jwtFor('u-2');
    const path = where === 'a file' ? file('token', `${token}\n`) : '-';
    answers(DENIED);
    const child = cli.start(['explain', 'prod/Admin', '--token', path], { DAYPASS_TOKEN: '' }, `${token}\n`);
    expect((await child.finished).code).toBe(1);
    expect(broker.server.seen.at(-1)?.authorization).toBe(`Bearer ${token}`);
  });

  it('prints JSON that is the answer as it came', async () => {
    answers({ ...ALLOWED, session: { ...ALLOWED.session, sourceIdentity: 'a\u202eb' } });
    const { stdout } = await cli.run(['explain', 'prod/Admin', '--json']);
    expect(stdout).not.toContain('\u202e');
    expect(JSON.parse(stdout)).toEqual({ ...ALLOWED, session: { ...ALLOWED.session, sourceIdentity: 'a\u202eb' } });
  });

  it('lets no control character of the broker reach the terminal', async () => {
    answers({ ...DENIED, missing: [{ kind: 'denied', message: 'no \u001b[31m\nAllowed: prod/Admin.' }] });
    const { stdout } = await cli.run(['explain', 'prod/Admin']);
    expect(stdout).toBe('Denied: prod/Admin.\nWhat is missing:\n  no \\u{1b}[31m\\u{a}Allowed: prod/Admin.\n');
  });

  it.each<[string, unknown]>([
    ['text', 'yes'],
    ['nothing', {}],
    ['no verdict', { ...ALLOWED, allowed: 'yes' }],
    ['a verdict without a session', { ...ALLOWED, session: undefined }],
    ['a session of another shape', { ...ALLOWED, session: { ...ALLOWED.session, tags: 'x' } }],
    ['a session of no role', { ...ALLOWED, session: { ...ALLOWED.session, roleArn: undefined } }],
    ['a session without a name', { ...ALLOWED, session: { ...ALLOWED.session, roleSessionName: 7 } }],
    ['missing things that are no list', { ...DENIED, missing: 'mfa' }],
    ['a missing thing without words', { ...DENIED, missing: [{ kind: 'denied' }] }],
    ['grants of another shape', { ...DENIED, detail: { grants: [null] } }],
  ])('does not take %s for an explanation', async (_, json) => {
    answers(json);
    const { code, stdout, stderr } = await cli.run(['explain', 'prod/Admin']);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/in a way this daypass does not understand|nothing that a Daypass broker would say/);
  });

  it('passes a refusal on with its exit code', async () => {
    broker.answers['/v1/explain'] = () => problem(401, 'token_expired', 'Sign-in expired');
    expect(await cli.run(['explain', 'prod/Admin'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('token_expired'),
    });
  });

  it('finds an endpoint that what is on disk does not know yet, and says when the broker has none', async () => {
    const { explain: _, ...older } = broker.endpoints();
    let endpoints: object = older;
    broker.answers['/.well-known/daypass'] = () => ({ json: { version: '0', issuers: [], endpoints } });
    answers(ALLOWED);
    expect(await cli.run(['explain', 'prod/Admin'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('the broker has no “explain” endpoint'),
    });
    endpoints = broker.endpoints();
    expect((await cli.run(['explain', 'prod/Admin'])).code).toBe(0);
  });
});

const POLICY = `version: 1
issuers:
  corp: { issuer: https://idp.example.com, audience: [daypass], algorithms: [RS256], username: email }
  ci: { issuer: https://ci.example.com, audience: [daypass], algorithms: [RS256], username: sub, usernamePrefix: ci- }
accounts:
  prod: { id: "${BROKER_ACCOUNT}" }
roles:
  prod/Admin: { arn: "arn:aws:iam::${BROKER_ACCOUNT}:role/Admin" }
grants:
  - name: sre-admin
    issuers: [corp]
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition:
      ForAnyValue:StringEquals: { claim:amr: [mfa] }
      IpAddress: { aws:SourceIp: 198.51.100.0/24 }
    require: { reason: true }
    session:
      tags: { team: "\${claim:team}" }
      policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
`;
const SRE = {
  iss: 'https://idp.example.com',
  email: 'sam@example.com',
  groups: ['sre'],
  amr: ['mfa'],
  team: 'platform',
};
const OFFICE = ['--source-ip', '198.51.100.7', '--reason', 'x'];

describe('explain, decided here,', () => {
  beforeEach(() => {
    cli.env = {};
  });
  const policy = () => ['--policy', file('access.yml', POLICY)];

  it('decides for somebody with these claims, asks nobody, and says that nothing was verified', async () => {
    const { code, stdout, stderr } = await cli.run([
      'explain',
      'prod/Admin',
      '--as',
      file('c.json', SRE),
      ...policy(),
      ...OFFICE,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Allowed: prod\/Admin, by grant sre-admin\.\n/);
    expect(stderr).toBe('daypass: decided here by the access policy at hand; nothing about the caller was verified\n');
    expect(broker.server.seen).toEqual([]);
  });

  it('says of every grant what it would take', async () => {
    const claims = file('c.json', { ...SRE, amr: ['pwd'] });
    const { code, stdout } = await cli.run(['explain', 'prod/Admin', '--as', claims, ...policy()]);
    expect([code, stdout]).toEqual([
      1,
      `Denied: prod/Admin, because no grant that is for this caller has its conditions met.
The grants that name it:
  grant sre-admin is for you, but: sign in with MFA: amr must include mfa (it is pwd); aws:SourceIp must be 198.51.100.0/24 (it is absent); say why you need it: a reason is required
`,
    ]);
  });

  it('decides for the owner of a token, from a file, standard input or DAYPASS_TOKEN', async () => {
    const token = jwtFor('robot', 'https://ci.example.com', { groups: ['sre'] });
    const { stdout: fromFile } = await cli.run(['explain', 'prod/Admin', ...policy(), '--token', file('t', token)]);
    const input = cli.start(['explain', 'prod/Admin', ...policy(), '--token', '-'], {}, token);
    const { stdout: fromInput } = await input.finished;
    const { stdout: fromVariable } = await cli.run(['explain', 'prod/Admin', ...policy()], { DAYPASS_TOKEN: token });
    expect(fromFile).toContain('grant sre-admin is not for you: it is for callers of corp, and the issuer is ci');
    expect([fromInput, fromVariable]).toEqual([fromFile, fromFile]);
  });

  it('takes the issuer by name where the claims do not say', async () => {
    const { iss: _, ...claims } = SRE;
    const args = ['explain', 'prod/Admin', '--as', file('c.json', claims), ...policy(), ...OFFICE];
    expect(await cli.run(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('issuer_not_trusted') });
    expect((await cli.run([...args, '--issuer', 'corp'])).code).toBe(0);
  });

  it('refuses claims that a token would be refused for', async () => {
    const claims = file('c.json', { ...SRE, email: 'two words@example.com' });
    expect(await cli.run(['explain', 'prod/Admin', '--as', claims, ...policy()])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^daypass: a token with these claims would be refused: .*identity_not_representable/,
      ),
    });
  });

  it('suggests the role that was meant', async () => {
    const { code, stdout, stderr } = await cli.run(['explain', 'prod/Admn', '--as', file('c.json', SRE), ...policy()]);
    expect([code, stdout]).toEqual([1, 'Denied: prod/Admn, because the access policy has no such role.\n']);
    expect(stderr).toContain('hint: did you mean prod/Admin?');
  });

  it.each<[readonly string[], number, string]>([
    [['--as', 'c.json', '--token', 't'], 2, '--as and a token are two callers'],
    [['--token', 't', '--token-file', 't'], 2, '--token and --token-file are two tokens'],
    [['--source-ip', '198.51.100.7'], 2, '--source-ip goes with --as or --policy'],
    [['--issuer', 'corp'], 2, '--issuer goes with --as or --policy'],
    [['--as', 'nothing.json', '--policy', 'POLICY'], 5, 'nothing.json cannot be read (ENOENT)'],
    [['--as', 'POLICY', '--policy', 'POLICY'], 1, 'does not hold claims'],
    [['--as', 'CLAIMS', '--policy', 'CLAIMS'], 1, 'has 10 errors'],
    [['--as', 'CLAIMS', '--policy', 'POLICY', '--source-ip', '198.51.100.0/24'], 2, 'is no IP address'],
    [['--duration', '5m'], 2, 'is not between 15m and 12h'],
    [['--resource', '*'], 2, '--resource goes with --actions'],
    [['--actions', 's3:*'], 2, '“s3:*” is no action'],
    [['--actions', 's3:GetObject', '--resource', 'bucket'], 2, '“bucket” is neither an ARN nor *'],
    [['--actions', 's3:GetObject', '--context', 'aws:SourceIp'], 2, 'is not KEY=VALUE'],
  ])('refuses %j', async (args, code, said) => {
    const files: Record<string, string> = { POLICY: file('access.yml', POLICY), CLAIMS: file('c.json', SRE) };
    const result = await cli.run(['explain', 'prod/Admin', ...args.map((arg) => files[arg] ?? arg)], {
      DAYPASS_URL: broker.url,
    });
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(said);
    expect(result.stderr).not.toMatch(/ {4}at |went wrong/);
  });
});

describe('explain --actions', () => {
  let aws: AwsStandIn;
  const BUCKET = 'arn:aws:s3:::artifacts';
  const document = (...all: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: all });

  beforeAll(async () => {
    aws = await startAws({ port: 0 });
    const role = aws.createRole({
      arn: `arn:aws:iam::${BROKER_ACCOUNT}:role/Admin`,
      trustPolicy: document({ Effect: 'Allow', Principal: { AWS: BROKER_ACCOUNT }, Action: 'sts:AssumeRole' }),
    });
    role.inlinePolicies.set(
      'work',
      storedPolicy(
        document(
          { Sid: 'OwnTeam', Effect: 'Allow', Action: 's3:*', Resource: `${BUCKET}/\${aws:PrincipalTag/team}/*` },
          { Sid: 'Keys', Effect: 'Allow', Action: 'kms:*', Resource: '*' },
          {
            Sid: 'FromTheOffice',
            Effect: 'Allow',
            Action: 'ec2:DescribeInstances',
            Resource: '*',
            Condition: { IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } },
          },
        ),
        'identity',
      ),
    );
  });
  afterAll(() => aws.close());
  beforeEach(() => {
    answers(ALLOWED);
    Object.assign(cli.env, {
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
    });
  });

  const acts = async (...args: string[]) => {
    const { code, stdout } = await cli.run(['explain', 'prod/Admin', '--json', '--actions', ...args]);
    const { acts: judged } = JSON.parse(stdout) as { acts: { action: string; resource: string; verdict: string }[] };
    return { code, verdicts: judged.map(({ action, resource, verdict }) => `${action} ${resource} ${verdict}`) };
  };

  it('says what the session could do by the role’s real policies', async () => {
    expect(
      await acts('s3:GetObject', '--resource', `${BUCKET}/platform/a`, '--resource', `${BUCKET}/search/a`),
    ).toEqual({
      code: 1,
      verdicts: [`s3:GetObject ${BUCKET}/platform/a allowed`, `s3:GetObject ${BUCKET}/search/a denied`],
    });
    expect((await acts('s3:GetObject,s3:PutObject', '--resource', `${BUCKET}/platform/a`)).code).toBe(0);
  });

  it('limits it by the session’s own policies, managed ones included', async () => {
    const inline = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:Put*', Resource: '*' }] };
    answers({ ...ALLOWED, session: { ...ALLOWED.session, policy: inline } });
    const both = ['s3:GetObject,s3:PutObject', '--resource', `${BUCKET}/platform/a`];
    expect((await acts(...both)).verdicts.map((verdict) => verdict.split(' ')[2])).toEqual(['denied', 'allowed']);
    answers({ ...ALLOWED, session: { ...ALLOWED.session, policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] } });
    expect((await acts(...both)).verdicts.map((verdict) => verdict.split(' ')[2])).toEqual(['allowed', 'denied']);
  });

  it('says which condition keys it knows nothing of, and takes them from --context', async () => {
    const asked = ['explain', 'prod/Admin', '--actions', 'ec2:DescribeInstances'];
    const { code, stdout } = await cli.run(asked);
    expect(code).toBe(1);
    expect(stdout).toContain('  ec2:DescribeInstances on *: denied\n');
    expect(stdout).toContain('    Not known here, and taken as absent: aws:SourceIp.\n');
    expect((await cli.run([...asked, '--context', 'aws:SourceIp=198.51.100.7'])).code).toBe(0);
  });

  it('says what it has not read, and calls nothing allowed that a resource’s policy has to allow', async () => {
    const key = `arn:aws:kms:eu-central-1:${BROKER_ACCOUNT}:key/1`;
    const { code, stdout } = await cli.run(['explain', 'prod/Admin', '--actions', 'kms:Decrypt', '--resource', key]);
    expect(code).toBe(1);
    expect(stdout).toContain('allowed on this side; the resource’s policy has to allow it too\n');
    expect(stdout).toContain('Policies of the organization and of the resource were not read');
    expect(stdout).not.toContain('and does not');
  });

  it('does not look at a role that is not given', async () => {
    answers(DENIED);
    const before = aws.calls.list().length;
    const { code, stdout, stderr } = await cli.run(['explain', 'prod/Admin', '--actions', 's3:GetObject']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('there would be no session')]);
    expect(stdout).not.toContain('could do');
    expect(aws.calls.list().length).toBe(before);
  });

  it('fails, rather than guesses, when the role or its policies cannot be read', async () => {
    answers({ ...ALLOWED, session: { ...ALLOWED.session, roleArn: `arn:aws:iam::${BROKER_ACCOUNT}:role/Nobody` } });
    expect(await cli.run(['explain', 'prod/Admin', '--actions', 's3:GetObject'])).toMatchObject({
      code: 1,
      stdout: '',
    });
    answers({ ...ALLOWED, session: { ...ALLOWED.session, policyArns: ['arn:aws:iam::aws:policy/NoSuchPolicy'] } });
    expect(await cli.run(['explain', 'prod/Admin', '--actions', 's3:GetObject'])).toMatchObject({
      code: 1,
      stdout: '',
    });
    answers(ALLOWED);
    const without = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    expect(await cli.run(['explain', 'prod/Admin', '--actions', 's3:GetObject'], without)).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('no AWS credentials of your own were found'),
    });
  });
});
