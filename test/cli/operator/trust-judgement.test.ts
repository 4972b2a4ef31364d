import { describe, expect, it, test } from 'vitest';
import { trustFindings } from '../../../cli/operator/checks/trust.ts';
import { judgeTrust, type TrustQuestion } from '../../../cli/operator/checks/trust-judgement.ts';
import { trustPolicyFor } from '../../../lib/access/trust-policy.ts';
import { parseDocument } from '../../../lib/iam/parse-document.ts';
import { policyOf } from '../../access/policies.ts';

const BROKER = 'arn:aws:iam::444455556666:role/daypass-prod-eu-central-1-credentials';
const policy = policyOf(`
  - name: sre
    roles: [prod/Admin]
    callers: { groups: [sre] }
    session: { tags: { team: "\${claim:team}", tier: gold } }
  - name: all
    roles: [prod/*]
    callers: { groups: [all] }
`);
const [, readOnly, admin] = policy.roles;
if (readOnly === undefined || admin === undefined) throw new Error('no roles');

const ACTIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
const EXTERNAL_ID = { 'sts:ExternalId': 'daypass-prod' };

/** One statement that trusts the broker with its external id, changed. */
function trust(change: object = {}, ...more: object[]): string {
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: BROKER },
    Action: ACTIONS,
    Condition: { StringEquals: EXTERNAL_ID },
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...change }, ...more] });
}

function question(trustPolicy: string, change: Partial<TrustQuestion> = {}): TrustQuestion {
  return {
    policy,
    role: admin as NonNullable<typeof admin>,
    brokerRoleArn: BROKER,
    username: 'someone@example.com',
    trustPolicy,
    roleTags: {},
    brokerPolicies: undefined,
    now: Date.UTC(2026, 10, 25),
    ...change,
  };
}
const judge = (trustPolicy: string, change: Partial<TrustQuestion> = {}) => judgeTrust(question(trustPolicy, change));
const reasons = (trustPolicy: string, change: Partial<TrustQuestion> = {}) =>
  judge(trustPolicy, change).refusals.map(({ failure }) => failure.message);

describe('a trust policy that fits', () => {
  it.each([
    ['one statement for the three actions', trust()],
    ['the one that is printed', JSON.stringify(trustPolicyFor(policy, admin, BROKER).document)],
    [
      'the broker’s account, limited to its role',
      trust({
        Principal: { AWS: 'arn:aws:iam::444455556666:root' },
        Condition: { StringEquals: EXTERNAL_ID, ArnEquals: { 'aws:PrincipalArn': BROKER } },
      }),
    ],
    [
      'a tag of the role itself',
      trust({ Condition: { StringEquals: { ...EXTERNAL_ID, 'aws:ResourceTag/owner': 'sre' } } }),
    ],
    [
      'a deny for those without a session id',
      trust(
        {},
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:AssumeRole',
          Condition: { Null: { 'aws:RequestTag/daypass:session-id': 'true' } },
        },
      ),
    ],
  ])('%s: lets the broker in for each grant, and has no hole', (_, text) => {
    expect(judge(text, { roleTags: { owner: 'sre' } })).toEqual({
      refusals: [],
      dependsOn: [],
      grants: 2,
      holes: [],
      others: [],
    });
  });
});

describe('a trust policy that keeps the broker out', () => {
  test.each<[string, string, RegExp, readonly string[]]>([
    [
      'wrong external id',
      trust({ Condition: { StringEquals: { 'sts:ExternalId': 'other' } } }),
      /StringEquals on sts:ExternalId/,
      ['sre', 'all'],
    ],
    [
      'no tagging',
      trust({ Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }),
      /sts:TagSession: no statement/,
      ['sre', 'all'],
    ],
    [
      'no source identity',
      trust({ Action: ['sts:AssumeRole', 'sts:TagSession'] }),
      /sts:SetSourceIdentity: no statement/,
      ['sre', 'all'],
    ],
    [
      'somebody else',
      trust({ Principal: { AWS: 'arn:aws:iam::444455556666:role/other' } }),
      /to others, not to this caller/,
      ['sre', 'all'],
    ],
    [
      'a tag that one grant does not set',
      trust({ Condition: { StringEquals: { ...EXTERNAL_ID, 'aws:RequestTag/tier': 'gold' } } }),
      /aws:RequestTag\/tier/,
      ['all'],
    ],
    [
      'a limit on tag keys',
      trust({
        Condition: {
          StringEquals: EXTERNAL_ID,
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['daypass:session-id', 'team'] },
        },
      }),
      /aws:TagKeys/,
      ['sre'],
    ],
    [
      'an explicit deny',
      trust({}, { Effect: 'Deny', Principal: '*', Action: 'sts:TagSession' }),
      /denied by trust policy, statement 1/,
      ['sre', 'all'],
    ],
  ])('%s: says which action and for which grants', (_, text, message, grants) => {
    const { refusals } = judge(text);
    expect(refusals[0]?.failure.message).toMatch(message);
    expect(refusals[0]?.failure.side).toBe('trust');
    expect(refusals[0]?.grants).toEqual(grants);
  });

  test('a broker whose own policies do not allow it is told apart', () => {
    const { document } = parseDocument(
      { Statement: { Effect: 'Allow', Action: 'sts:*', Resource: readOnly.arn } },
      'identity',
    );
    const identity = document === undefined ? [] : [{ place: 'inline policy', document }];
    const [refusal] = judge(trust(), { brokerPolicies: { identity } }).refusals;
    expect(refusal?.failure.side).toBe('caller');
    const [finding] = trustFindings(question(trust(), { brokerPolicies: { identity } }));
    expect(finding).toMatchObject({ check: 'role.broker', status: 'failed' });
  });

  test('one that is no policy is told with its place', () => {
    expect(judge('{"Statement": [{"Effect": "allow"}]}').unreadable).toMatch(/^\$\.Statement\[0\]/);
    expect(trustFindings(question('<html>'))[0]).toMatchObject({ check: 'role.trust', status: 'failed' });
  });
});

describe('what nobody knows beforehand', () => {
  test.each([
    ['the organization', { 'aws:PrincipalOrgID': 'o-abcdefghij' }, ['aws:PrincipalOrgID']],
    ['who asks', { 'sts:SourceIdentity': 'dana@corp.example' }, ['sts:SourceIdentity']],
    ['the value of a claim', { 'aws:RequestTag/team': 'payments' }, ['aws:RequestTag/team']],
  ])('%s: is no failure, but is said', (_, condition, keys) => {
    const only = policyOf(
      '\n  - { name: sre, roles: [prod/Admin], callers: { groups: [sre] }, session: { tags: { team: "${claim:team}" } } }\n',
    );
    const text = trust({ Condition: { StringEquals: { ...EXTERNAL_ID, ...condition } } });
    expect(judge(text, { policy: only })).toMatchObject({ refusals: [], dependsOn: keys, holes: [] });
    expect(trustFindings(question(text, { policy: only }))[0]).toMatchObject({
      check: 'role.trust',
      status: 'warning',
    });
  });

  test('the username can be given, and then it is decided', () => {
    const text = trust({
      Condition: { StringEquals: EXTERNAL_ID, StringLike: { 'sts:SourceIdentity': '*@corp.example' } },
    });
    expect(judge(text, { username: 'dana@corp.example' }).dependsOn).toEqual(['sts:SourceIdentity']);
    const one = policyOf('\n  - { name: g, roles: [prod/Admin], callers: { groups: [sre] } }\n');
    expect(judge(text, { policy: one }).dependsOn).toEqual(['sts:SourceIdentity']);
  });

  test('a wrong external id is not hidden behind it', () => {
    const condition = { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij', 'sts:ExternalId': 'other' } };
    expect(reasons(trust({ Condition: condition })).length).toBeGreaterThan(0);
  });
});

describe('a hole', () => {
  test.each<[string, string, readonly string[]]>([
    ['no condition on the external id', trust({ Condition: {} }), ['noExternalId', 'otherExternalId']],
    ['any external id', trust({ Condition: { StringLike: { 'sts:ExternalId': 'daypass-*' } } }), ['otherExternalId']],
    ['only if there is one', trust({ Condition: { StringEqualsIfExists: EXTERNAL_ID } }), ['noExternalId']],
    [
      'a second statement without it',
      trust({}, { Effect: 'Allow', Principal: { AWS: BROKER }, Action: 'sts:*' }),
      ['noExternalId', 'otherExternalId'],
    ],
    [
      'the address instead of the external id',
      trust({ Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }),
      ['noExternalId', 'otherExternalId'],
    ],
    [
      'no condition, for whoever leaves out the person',
      trust({ Condition: {}, Action: ['sts:AssumeRole', 'sts:TagSession'] }),
      ['noExternalId', 'otherExternalId'],
    ],
    [
      'no condition, for whoever leaves out person and tags',
      trust({ Condition: {}, Action: 'sts:AssumeRole' }),
      ['noExternalId', 'otherExternalId'],
    ],
    ['everybody', trust({ Principal: '*' }), ['anybody', 'brokersAccount']],
    [
      'everybody of the organization',
      trust({ Principal: '*', Condition: { StringEquals: { ...EXTERNAL_ID, 'aws:PrincipalOrgID': 'o-abcdefghij' } } }),
      ['brokersAccount'],
    ],
    ['the broker’s account', trust({ Principal: { AWS: '444455556666' } }), ['brokersAccount']],
  ])('%s is found', (_, text, holes) => {
    expect([...judge(text).holes].sort()).toEqual([...holes].sort());
  });

  test('everybody is a failure, the account a warning, each with the policy to attach', () => {
    const width = (text: string) => trustFindings(question(text)).find(({ check }) => check === 'role.width');
    expect(width(trust({ Principal: '*' }))).toMatchObject({ status: 'failed' });
    const account = width(trust({ Principal: { AWS: 'arn:aws:iam::444455556666:root' } }));
    expect(account).toMatchObject({ status: 'warning' });
    expect(account?.data?.['trustPolicy']).toEqual(trustPolicyFor(policy, admin, BROKER).document);
  });

  test('others who are trusted by name are named', () => {
    const others = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::777788889999:role/Ops', Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    };
    expect(judge(trust({}, others)).others).toEqual(['arn:aws:iam::777788889999:role/Ops', 'ec2.amazonaws.com']);
  });

  test('others of accounts that the access policy does not know are a warning, of its own are not', () => {
    const width = (principal: object) => {
      const others = { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' };
      return trustFindings(question(trust({}, others))).find(({ check }) => check === 'role.width');
    };
    for (const stranger of ['arn:aws:iam::777788889999:root', 'arn:aws:iam::777788889999:role/Ops', '777788889999']) {
      expect(width({ AWS: ['arn:aws:iam::444455556666:role/Other', stranger] })).toMatchObject({
        status: 'warning',
        message: `also trusts accounts that the access policy does not know: ${stranger}`,
      });
    }
    expect(width({ Service: 'ec2.amazonaws.com' })).toMatchObject({ status: 'ok' });
    const own = `arn:aws:iam::${admin.accountId}:role/Ops`;
    expect(width({ AWS: own })).toMatchObject({ status: 'ok', message: `also trusts ${own}` });
  });

  test('an external id that only the trust policy has is told as that', () => {
    const found = trustFindings(question(trust(), { role: readOnly }));
    expect(found.find(({ check }) => check === 'role.external-id')).toMatchObject({
      status: 'failed',
      hint: 'set `externalId` of the role in the access policy',
    });
  });
});
