import { describe, expect, it, test } from 'vitest';
import { parseRequester } from '../../lib/iam/requester.ts';
import { type AssumeRoleCall, checkTrust } from '../../lib/iam/trust.ts';
import type { JsonObject } from '../../lib/json.ts';
import { ALLOW_ALL, AWAY, allow, deny, document, HOME, ROLE, ROOT, SESSION, SILENT, USER } from './ask.ts';

/**
 * Calls that STS refuses, each with the twin that differs in one thing and is accepted.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
interface Call extends Partial<Omit<AssumeRoleCall, 'caller' | 'trustPolicy' | 'policies'>> {
  readonly by?: string;
  readonly trust?: readonly JsonObject[];
  readonly identity?: readonly JsonObject[];
  readonly boundary?: readonly JsonObject[];
  readonly session?: readonly JsonObject[];
  readonly scp?: readonly JsonObject[];
  readonly rcp?: readonly JsonObject[];
}

const ALL = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
const PROVIDER = `arn:aws:iam::${HOME}:oidc-provider/idp.example.com`;

function trusting(condition?: JsonObject, rest: JsonObject = {}): JsonObject[] {
  const block = condition === undefined ? {} : { Condition: condition };
  return [{ Effect: 'Allow', Action: ALL, Principal: { AWS: HOME }, ...block, ...rest }];
}

function check(call: Call) {
  const { by = SESSION, trust = trusting(), identity = ALLOW_ALL, boundary, session, scp, rcp, ...rest } = call;
  const caller = parseRequester(by);
  if (caller === undefined) throw new Error(`nobody is ${by}`);
  const list = (
    statements: readonly JsonObject[] | undefined,
    kind: 'identity' | 'boundary' | 'session' | 'scp' | 'rcp',
  ) => (statements === undefined ? [] : [document(statements, kind, '2012-10-17')]);
  return checkTrust({
    operation: 'AssumeRole',
    roleArn: `arn:aws:iam::${AWAY}:role/target`,
    roleSessionName: 'run-1',
    ...rest,
    caller,
    trustPolicy: document(trust, 'trust', '2012-10-17', 'trustPolicy'),
    policies: {
      identity: list(identity, 'identity'),
      boundary: list(boundary, 'boundary'),
      session: list(session, 'session'),
      serviceControl: scp === undefined ? [] : [list(scp, 'scp')],
      resourceControl: rcp === undefined ? [] : [list(rcp, 'rcp')],
    },
  });
}

type Side = 'trust' | 'caller' | 'organization' | 'request';
type Pair = readonly [what: string, refused: Call, twin: Call, side: Side, action?: string];

const at = (roleArn: string): Call => ({ roleArn });
const here = at(`arn:aws:iam::${HOME}:role/target`);
const only = (actions: string | string[], rest: JsonObject = {}): JsonObject[] =>
  trusting(undefined, { Action: actions, ...rest });
const externalId = (id: string) => trusting({ StringEquals: { 'sts:ExternalId': id } });
const web = (condition: JsonObject): JsonObject[] => [
  {
    Effect: 'Allow',
    Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Principal: { Federated: PROVIDER },
    Condition: condition,
  },
];
const token: Call = {
  by: PROVIDER,
  operation: 'AssumeRoleWithWebIdentity',
  identity: [],
  trust: web({ StringEquals: { 'idp.example.com:aud': 'daypass' } }),
};
const aud = { 'idp.example.com:aud': ['daypass'] };

const PAIRS: readonly Pair[] = [
  // Who is trusted
  ['trusts another account', { trust: trusting(undefined, { Principal: { AWS: '333333333333' } }) }, {}, 'trust'],
  [
    'trusts another role',
    { trust: trusting(undefined, { Principal: { AWS: `${ROLE}2` } }) },
    { trust: trusting(undefined, { Principal: { AWS: ROLE } }) },
    'trust',
  ],
  [
    'trusts another session',
    { trust: trusting(undefined, { Principal: { AWS: `${SESSION}2` } }) },
    { trust: trusting(undefined, { Principal: { AWS: SESSION } }) },
    'trust',
  ],
  [
    'trusts another user',
    { by: USER, trust: trusting(undefined, { Principal: { AWS: `${USER}2` } }) },
    { by: USER, trust: trusting(undefined, { Principal: { AWS: USER } }) },
    'trust',
  ],
  [
    'trusts a service',
    { trust: trusting(undefined, { Principal: { Service: 'ec2.amazonaws.com' } }) },
    { by: 'ec2.amazonaws.com', trust: trusting(undefined, { Principal: { Service: 'ec2.amazonaws.com' } }) },
    'trust',
  ],
  [
    'trusts another service',
    { by: 'ec2.amazonaws.com', trust: trusting(undefined, { Principal: { Service: 'ecs.amazonaws.com' } }) },
    {
      by: 'ec2.amazonaws.com',
      trust: trusting(undefined, { Principal: { Service: ['ecs.amazonaws.com', 'ec2.amazonaws.com'] } }),
    },
    'trust',
  ],
  ['trusts nobody', { trust: [] }, {}, 'trust'],
  [
    'denies the account',
    { trust: [...trusting(), { Effect: 'Deny', Action: '*', Principal: { AWS: HOME } }] },
    { trust: [...trusting(), { Effect: 'Deny', Action: '*', Principal: { AWS: AWAY } }] },
    'trust',
  ],
  [
    'denies the role',
    { trust: [...trusting(), { Effect: 'Deny', Action: 'sts:*', Principal: { AWS: ROLE } }] },
    { trust: [...trusting(), { Effect: 'Deny', Action: 'sts:*', Principal: { AWS: `${ROLE}2` } }] },
    'trust',
  ],
  [
    'trusts by a wildcard in an ARN',
    { trust: trusting(undefined, { Principal: { AWS: `arn:aws:iam::${HOME}:role/*` } }) },
    { trust: trusting({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HOME}:role/*` } }) },
    'trust',
  ],
  // The caller's own account
  ['the caller has no policy', { identity: [] }, {}, 'caller'],
  [
    'the caller may assume another role',
    { identity: [allow('sts:AssumeRole', `arn:aws:iam::${AWAY}:role/other`)] },
    { identity: [allow('sts:AssumeRole', `arn:aws:iam::${AWAY}:role/target`)] },
    'caller',
  ],
  [
    'the caller’s policy denies',
    { identity: [...ALLOW_ALL, deny('sts:AssumeRole')] },
    { identity: [...ALLOW_ALL, deny('sts:AssumeRole', `arn:aws:iam::${AWAY}:role/other`)] },
    'caller',
  ],
  ['the caller’s boundary is silent', { boundary: SILENT }, { boundary: ALLOW_ALL }, 'caller'],
  ['the caller’s session policy is silent', { session: SILENT }, { session: ALLOW_ALL }, 'caller'],
  [
    'the caller’s session policy denies',
    { session: [...ALLOW_ALL, deny('sts:*')] },
    { session: [...ALLOW_ALL, deny('s3:*')] },
    'caller',
  ],
  ['a service control policy is silent', { scp: SILENT }, { scp: ALLOW_ALL }, 'organization'],
  [
    'a service control policy denies',
    { scp: [...ALLOW_ALL, deny('sts:AssumeRole')] },
    { scp: [...ALLOW_ALL, deny('sts:GetFederationToken')] },
    'organization',
  ],
  [
    'a resource control policy denies',
    { rcp: [{ ...deny('sts:*'), Principal: '*' }] },
    { rcp: [{ ...deny('s3:*'), Principal: '*' }] },
    'organization',
  ],
  ['the root user', { by: ROOT }, { by: USER }, 'request'],
  [
    'somebody anonymous',
    { by: 'anonymous', trust: trusting(undefined, { Principal: '*' }) },
    { trust: trusting(undefined, { Principal: '*' }) },
    'request',
  ],
  // Within one account
  ['within the account, the account is named and the caller has no policy', { ...here, identity: [] }, here, 'caller'],
  [
    'within the account, another role is named',
    { ...here, trust: trusting(undefined, { Principal: { AWS: `${ROLE}2` } }) },
    { ...here, identity: [], trust: trusting(undefined, { Principal: { AWS: ROLE } }) },
    'trust',
  ],
  [
    'within the account, the caller’s policy is not enough',
    { ...here, trust: trusting(undefined, { Principal: { AWS: AWAY } }) },
    here,
    'trust',
  ],
  [
    'within the account, the role is named and its boundary is silent',
    { ...here, identity: [], boundary: SILENT, trust: trusting(undefined, { Principal: { AWS: ROLE } }) },
    { ...here, identity: [], boundary: SILENT, trust: trusting(undefined, { Principal: { AWS: SESSION } }) },
    'caller',
  ],
  [
    'a role that assumes itself without being trusted',
    { roleArn: ROLE, trust: trusting(undefined, { Principal: { AWS: `${ROLE}2` } }) },
    { roleArn: ROLE, trust: trusting(undefined, { Principal: { AWS: ROLE } }) },
    'trust',
  ],
  // sts:ExternalId
  ['no external id', { trust: externalId('one') }, { trust: externalId('one'), externalId: 'one' }, 'trust'],
  [
    'another external id',
    { trust: externalId('one'), externalId: 'two' },
    { trust: externalId('two'), externalId: 'two' },
    'trust',
  ],
  [
    'an external id in another case',
    { trust: externalId('one'), externalId: 'ONE' },
    { trust: trusting({ StringEqualsIgnoreCase: { 'sts:ExternalId': 'one' } }), externalId: 'ONE' },
    'trust',
  ],
  [
    'an external id where none may be',
    { trust: trusting({ Null: { 'sts:ExternalId': 'true' } }), externalId: 'one' },
    { trust: trusting({ Null: { 'sts:ExternalId': 'true' } }) },
    'trust',
  ],
  [
    'an external id that a pattern does not fit',
    { trust: trusting({ StringLike: { 'sts:ExternalId': 'daypass-*' } }), externalId: 'x' },
    { trust: trusting({ StringLike: { 'sts:ExternalId': 'daypass-*' } }), externalId: 'daypass-prod' },
    'trust',
  ],
  // sts:RoleSessionName
  [
    'another session name',
    { trust: trusting({ StringEquals: { 'sts:RoleSessionName': 'run-2' } }) },
    { trust: trusting({ StringEquals: { 'sts:RoleSessionName': 'run-1' } }) },
    'trust',
  ],
  [
    'a session name that is not the user’s',
    { by: USER, trust: trusting({ StringLike: { 'sts:RoleSessionName': '${aws:username}' } }) },
    {
      by: USER,
      roleSessionName: 'alice',
      trust: trusting({ StringLike: { 'sts:RoleSessionName': '${aws:username}' } }),
    },
    'trust',
  ],
  // sts:SourceIdentity, sts:SetSourceIdentity
  [
    'a source identity that the trust policy lets nobody set',
    { sourceIdentity: 'dana', trust: only('sts:AssumeRole') },
    { trust: only('sts:AssumeRole') },
    'trust',
    'sts:SetSourceIdentity',
  ],
  [
    'a source identity that the caller may not set',
    { sourceIdentity: 'dana', identity: [allow('sts:AssumeRole')] },
    { sourceIdentity: 'dana', identity: [allow(['sts:AssumeRole', 'sts:SetSourceIdentity'])] },
    'caller',
    'sts:SetSourceIdentity',
  ],
  [
    'another source identity',
    { sourceIdentity: 'dana', trust: trusting({ StringEquals: { 'sts:SourceIdentity': ['kim', 'lee'] } }) },
    { sourceIdentity: 'kim', trust: trusting({ StringEquals: { 'sts:SourceIdentity': ['kim', 'lee'] } }) },
    'trust',
  ],
  [
    'no source identity where one must be',
    { trust: trusting({ Null: { 'sts:SourceIdentity': 'false' } }) },
    { sourceIdentity: 'dana', trust: trusting({ Null: { 'sts:SourceIdentity': 'false' } }) },
    'trust',
  ],
  [
    'a source identity of another domain',
    { sourceIdentity: 'dana@example.org', trust: trusting({ StringLike: { 'sts:SourceIdentity': '*@example.com' } }) },
    { sourceIdentity: 'dana@example.com', trust: trusting({ StringLike: { 'sts:SourceIdentity': '*@example.com' } }) },
    'trust',
  ],
  [
    'an inherited source identity that may not be passed on',
    { inherited: { sourceIdentity: 'dana' }, trust: only('sts:AssumeRole') },
    { inherited: { sourceIdentity: 'dana' } },
    'trust',
    'sts:SetSourceIdentity',
  ],
  [
    'an inherited source identity, changed',
    { inherited: { sourceIdentity: 'dana' }, sourceIdentity: 'kim' },
    { inherited: { sourceIdentity: 'dana' }, sourceIdentity: 'dana' },
    'request',
  ],
  [
    'somebody else’s inherited source identity',
    { inherited: { sourceIdentity: 'dana' }, trust: trusting({ StringEquals: { 'aws:SourceIdentity': 'kim' } }) },
    { inherited: { sourceIdentity: 'kim' }, trust: trusting({ StringEquals: { 'aws:SourceIdentity': 'kim' } }) },
    'trust',
  ],
  // Tags
  [
    'tags that the trust policy does not take',
    { tags: { team: 'a' }, trust: only('sts:AssumeRole') },
    { trust: only('sts:AssumeRole') },
    'trust',
    'sts:TagSession',
  ],
  [
    'tags that the caller may not pass',
    { tags: { team: 'a' }, identity: [allow('sts:AssumeRole')] },
    { tags: { team: 'a' }, identity: [allow(['sts:AssumeRole', 'sts:TagSession'])] },
    'caller',
    'sts:TagSession',
  ],
  [
    'tags that a session policy does not take',
    { tags: { team: 'a' }, session: [allow('sts:AssumeRole')] },
    { tags: { team: 'a' }, session: [allow('sts:*')] },
    'caller',
    'sts:TagSession',
  ],
  [
    'tags that a service control policy denies',
    { tags: { team: 'a' }, scp: [...ALLOW_ALL, deny('sts:TagSession')] },
    { scp: [...ALLOW_ALL, deny('sts:TagSession')] },
    'organization',
    'sts:TagSession',
  ],
  [
    'another value of a tag',
    { tags: { team: 'a' }, trust: trusting({ StringEquals: { 'aws:RequestTag/team': 'b' } }) },
    { tags: { team: 'b' }, trust: trusting({ StringEquals: { 'aws:RequestTag/team': 'b' } }) },
    'trust',
  ],
  [
    'a tag that is missing',
    { trust: trusting({ StringLike: { 'aws:RequestTag/team': '*' } }) },
    { tags: { team: 'a' }, trust: trusting({ StringLike: { 'aws:RequestTag/team': '*' } }) },
    'trust',
  ],
  [
    'a tag that is not the principal’s',
    {
      tags: { team: 'a' },
      context: { 'aws:PrincipalTag/team': ['b'] },
      trust: trusting({ StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' } }),
    },
    {
      tags: { team: 'b' },
      context: { 'aws:PrincipalTag/team': ['b'] },
      trust: trusting({ StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' } }),
    },
    'trust',
  ],
  [
    'a tag key that may not be set',
    { tags: { team: 'a', admin: 'x' }, trust: trusting({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } }) },
    { tags: { team: 'a' }, trust: trusting({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } }) },
    'trust',
  ],
  [
    'a tag key that must be set',
    { tags: { other: 'a' }, trust: trusting({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['team'] } }) },
    { tags: { other: 'a', team: 'b' }, trust: trusting({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['team'] } }) },
    'trust',
  ],
  [
    'tags where none may be',
    { tags: { team: 'a' }, trust: trusting({ Null: { 'aws:TagKeys': 'true' } }) },
    { trust: trusting({ Null: { 'aws:TagKeys': 'true' } }) },
    'trust',
  ],
  [
    'a transitive key that may not be',
    {
      tags: { team: 'a' },
      transitiveTagKeys: ['team'],
      trust: trusting({ Null: { 'sts:TransitiveTagKeys': 'true' } }),
    },
    { tags: { team: 'a' }, trust: trusting({ Null: { 'sts:TransitiveTagKeys': 'true' } }) },
    'trust',
  ],
  [
    'a key that must be transitive',
    {
      tags: { team: 'a', x: 'y' },
      transitiveTagKeys: ['x'],
      trust: trusting({ 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': 'team' } }),
    },
    {
      tags: { team: 'a' },
      transitiveTagKeys: ['team'],
      trust: trusting({ 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': 'team' } }),
    },
    'trust',
  ],
  [
    'a transitive key that is no tag',
    { tags: { team: 'a' }, transitiveTagKeys: ['other'] },
    { tags: { team: 'a' }, transitiveTagKeys: ['Team'] },
    'request',
  ],
  [
    'inherited tags that the trust policy does not take',
    { inherited: { transitiveTagKeys: ['team'] }, trust: only('sts:AssumeRole') },
    { inherited: { transitiveTagKeys: ['team'] } },
    'trust',
    'sts:TagSession',
  ],
  [
    'an inherited tag, set anew',
    { inherited: { transitiveTagKeys: ['team'] }, tags: { Team: 'x' } },
    { inherited: { transitiveTagKeys: ['team'] }, tags: { other: 'x' } },
    'request',
  ],
  // Further keys
  [
    'another principal’s ARN',
    { trust: trusting({ ArnEquals: { 'aws:PrincipalArn': `${ROLE}2` } }) },
    { trust: trusting({ ArnEquals: { 'aws:PrincipalArn': ROLE } }) },
    'trust',
  ],
  [
    'a session’s ARN, which is the role’s to conditions',
    { trust: trusting({ ArnEquals: { 'aws:PrincipalArn': SESSION } }) },
    { trust: trusting({ ArnEquals: { 'aws:PrincipalArn': ROLE } }) },
    'trust',
  ],
  [
    'another principal’s account',
    { trust: trusting({ StringEquals: { 'aws:PrincipalAccount': AWAY } }) },
    { trust: trusting({ StringEquals: { 'aws:PrincipalAccount': HOME } }) },
    'trust',
  ],
  [
    'another organization',
    {
      context: { 'aws:PrincipalOrgID': ['o-2'] },
      trust: trusting({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }, { Principal: '*' }),
    },
    {
      context: { 'aws:PrincipalOrgID': ['o-1'] },
      trust: trusting({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }, { Principal: '*' }),
    },
    'trust',
  ],
  [
    'no organization',
    { trust: trusting({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }, { Principal: '*' }) },
    {
      context: { 'aws:PrincipalOrgID': ['o-1'] },
      trust: trusting({ StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }, { Principal: '*' }),
    },
    'trust',
  ],
  [
    'another address',
    {
      context: { 'aws:SourceIp': ['198.51.100.7'] },
      trust: trusting({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
    },
    {
      context: { 'aws:SourceIp': ['203.0.113.7'] },
      trust: trusting({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
    },
    'trust',
  ],
  [
    'an address that is denied',
    {
      context: { 'aws:SourceIp': ['198.51.100.7'] },
      trust: [
        ...trusting(),
        {
          Effect: 'Deny',
          Action: 'sts:AssumeRole',
          Principal: '*',
          Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
        },
      ],
    },
    {
      context: { 'aws:SourceIp': ['203.0.113.7'] },
      trust: [
        ...trusting(),
        {
          Effect: 'Deny',
          Action: 'sts:AssumeRole',
          Principal: '*',
          Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
        },
      ],
    },
    'trust',
  ],
  [
    'no second factor',
    {
      context: { 'aws:MultiFactorAuthPresent': ['false'] },
      trust: trusting({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
    },
    {
      context: { 'aws:MultiFactorAuthPresent': ['true'] },
      trust: trusting({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
    },
    'trust',
  ],
  [
    'long-term keys, which say nothing of a second factor',
    { by: USER, trust: trusting({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }) },
    { by: USER, trust: trusting({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }) },
    'trust',
  ],
  [
    'one condition of two',
    { externalId: 'one', trust: trusting({ StringEquals: { 'sts:ExternalId': 'one', 'aws:PrincipalAccount': AWAY } }) },
    { externalId: 'one', trust: trusting({ StringEquals: { 'sts:ExternalId': 'one', 'aws:PrincipalAccount': HOME } }) },
    'trust',
  ],
  // AssumeRoleWithWebIdentity
  [
    'a token for another audience',
    { ...token, context: { 'idp.example.com:aud': ['other'] } },
    { ...token, context: aud },
    'trust',
  ],
  ['a token without an audience', token, { ...token, context: aud }, 'trust'],
  [
    'a token of another provider',
    { ...token, context: aud, by: `${PROVIDER}.evil` },
    { ...token, context: aud },
    'trust',
  ],
  [
    'a token of another subject',
    {
      ...token,
      context: { 'idp.example.com:sub': ['b'] },
      trust: web({ StringEquals: { 'idp.example.com:sub': 'a' } }),
    },
    {
      ...token,
      context: { 'idp.example.com:sub': ['a'] },
      trust: web({ StringEquals: { 'idp.example.com:sub': 'a' } }),
    },
    'trust',
  ],
  [
    'a token for a role that takes AssumeRole only',
    {
      ...token,
      context: aud,
      trust: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Federated: PROVIDER } }],
    },
    { ...token, context: aud },
    'trust',
  ],
  [
    'a token with tags that are not taken',
    {
      ...token,
      context: aud,
      tags: { team: 'a' },
      trust: [{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: PROVIDER } }],
    },
    { ...token, context: aud, tags: { team: 'a' } },
    'trust',
    'sts:TagSession',
  ],
  [
    'a token with a source identity that is not taken',
    {
      ...token,
      context: aud,
      sourceIdentity: 'dana',
      trust: [{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: PROVIDER } }],
    },
    { ...token, context: aud, sourceIdentity: 'dana' },
    'trust',
    'sts:SetSourceIdentity',
  ],
  ['a token with an external id', { ...token, context: aud, externalId: 'one' }, { ...token, context: aud }, 'request'],
  ['credentials where a token belongs', { ...token, by: USER, context: aud }, { ...token, context: aud }, 'request'],
  [
    'a token where credentials belong',
    { by: PROVIDER, trust: trusting(undefined, { Principal: { Federated: PROVIDER } }) },
    { by: USER },
    'request',
  ],
];

describe('a call that fails, and its twin that succeeds', () => {
  it('are at least 60 pairs', () => expect(PAIRS.length).toBeGreaterThanOrEqual(60));

  test.each(PAIRS.map(([what, refused, twin, side, action]) => ({ what, refused, twin, side, action })))(
    '$what ($side)',
    ({ refused, twin, side, action }) => {
      const result = check(refused);
      expect(result.succeeds).toBe(false);
      expect(result.failures[0]?.side).toBe(side);
      if (action !== undefined) {
        expect(result.failures.map((failure) => failure.action)).toEqual([action]);
        expect(result.steps[0]?.evaluation.decision).toBe('allowed');
      }
      expect(check(twin)).toMatchObject({ succeeds: true, failures: [] });
    },
  );
});

describe('what a failure says', () => {
  test.each<[string, Call, string]>([
    [
      'which condition does not hold',
      { trust: externalId('one') },
      'sts:AssumeRole: statement 0 of the trust policy would allow it, but its condition StringEquals on sts:ExternalId does not hold',
    ],
    [
      'that others are trusted',
      { trust: trusting(undefined, { Principal: { AWS: AWAY } }) },
      'sts:AssumeRole: the trust policy allows it to others, not to this caller',
    ],
    ['that nobody is', { trust: only('sts:TagSession') }, 'sts:AssumeRole: no statement of the trust policy allows it'],
    [
      'which statement denies',
      { trust: [...trusting(), { Effect: 'Deny', Action: '*', Principal: '*' }] },
      'sts:AssumeRole: denied by trustPolicy, statement 1',
    ],
    ['never the external id', { trust: externalId('s3cret') }, 'sts:ExternalId'],
  ])('%s', (_sentence, call, text) => {
    const [failure] = check(call).failures;
    expect(failure?.message).toContain(text);
    expect(failure?.message).not.toContain('s3cret');
  });

  it('is said for every action that fails', () => {
    const { steps, failures } = check({ tags: { a: 'b' }, sourceIdentity: 'dana', trust: [] });
    expect(steps.map(({ action }) => action)).toEqual(ALL);
    expect(failures.map(({ action }) => action)).toEqual(ALL);
  });
});
