import { storedPolicy } from '../../../../dev/aws/store/stored-policy.ts';
import {
  type Attempt,
  CALLER_ACCOUNT,
  CALLER_ROLE,
  CALLER_SESSION,
  CALLER_USER,
  documentOf,
  type Scene,
  type Statements,
  TARGET,
  TARGET_ACCOUNT,
} from './attempt.ts';
import type { Case } from './cases.ts';

/** What AWS refuses for what policies say, and for who signs. */

const ELSEWHERE = '333333333333';
const OTHER = `arn:aws:iam::${ELSEWHERE}:role/other`;
const ACCOUNT = { AWS: CALLER_ACCOUNT };
const CALLER = { AWS: CALLER_ROLE };

const allow = (Action: string | string[], more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});
const deny = (Action: string | string[], more: object = {}): object => ({
  Effect: 'Deny',
  Action,
  Resource: '*',
  ...more,
});
const trust = (more: object = {}): Statements => [{ Effect: 'Allow', Action: 'sts:*', Principal: CALLER, ...more }];
const trustIf = (Condition: object, more: object = {}): Statements => trust({ Condition, ...more });
const trustOnly = (Action: string | string[]): Statements => trust({ Action });
const tags = (...pairs: [string, string][]): Attempt['Tags'] => pairs.map(([Key, Value]) => ({ Key, Value }));

function denied(about: string, refused: Attempt, accepted: Attempt, says = /sts:AssumeRole/): Case {
  return { about, refused, accepted, code: 'AccessDenied', status: 403, says };
}

const TRUST: readonly Case[] = [
  denied(
    'an external id that only a pattern fits, compared as text',
    { ExternalId: 'tenant-9', trust: trustIf({ StringEquals: { 'sts:ExternalId': 'tenant-*' } }) },
    { ExternalId: 'tenant-9', trust: trustIf({ StringLike: { 'sts:ExternalId': 'tenant-*' } }) },
  ),
  denied(
    'a role that trusts another account',
    { trust: trust({ Principal: { AWS: ELSEWHERE } }) },
    { trust: trust({ Principal: ACCOUNT }) },
  ),
  denied(
    'a role that trusts another role',
    { trust: trust({ Principal: { AWS: OTHER } }) },
    { trust: trust({ Principal: { AWS: [OTHER, CALLER_ROLE] } }) },
  ),
  denied(
    'a role that trusts a role of that name in another account',
    { trust: trust({ Principal: { AWS: CALLER_ROLE.replace(CALLER_ACCOUNT, ELSEWHERE) } }) },
    { trust: trust() },
  ),
  denied(
    'a role that trusts another session of the caller’s role',
    { trust: trust({ Principal: { AWS: CALLER_SESSION.replace('first', 'second') } }) },
    { trust: trust({ Principal: { AWS: CALLER_SESSION } }) },
  ),
  denied(
    'a role that trusts the user whose session it is not',
    { trust: trust({ Principal: { AWS: CALLER_USER } }) },
    { by: 'user', trust: trust({ Principal: { AWS: CALLER_USER } }) },
  ),
  denied(
    'a role that trusts a user of that name without the path',
    { by: 'user', trust: trust({ Principal: { AWS: CALLER_USER.replace('team/', '') } }) },
    { by: 'user', trust: trust({ Principal: { AWS: CALLER_USER } }) },
  ),
  denied(
    'a role that trusts a service',
    { trust: trust({ Principal: { Service: 'lambda.amazonaws.com' } }) },
    { trust: trust({ Principal: { Service: 'lambda.amazonaws.com', AWS: CALLER_ROLE } }) },
  ),
  denied(
    'a role that trusts an identity provider',
    { trust: trust({ Principal: { Federated: 'accounts.google.com' } }) },
    { trust: trust({ Principal: '*' }) },
  ),
  denied(
    'a role whose trust leaves the call out',
    { trust: trustOnly('sts:TagSession') },
    { trust: trustOnly(['sts:TagSession', 'sts:AssumeRole']) },
  ),
  denied(
    'a role that is for web identities',
    { trust: trustOnly('sts:AssumeRoleWithWebIdentity') },
    { trust: trustOnly('sts:assumerole') },
  ),
  denied(
    'a role whose trust denies the caller what another statement allows',
    { trust: [...trust(), { Effect: 'Deny', Principal: CALLER, Action: 'sts:AssumeRole' }] },
    { trust: [...trust(), { Effect: 'Deny', Principal: { AWS: OTHER }, Action: 'sts:AssumeRole' }] },
  ),
  denied(
    'a role whose trust denies everybody of whom a condition holds',
    {
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { StringLike: { 'sts:RoleSessionName': 'sec*' } },
        },
      ],
    },
    {
      RoleSessionName: 'third',
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { StringLike: { 'sts:RoleSessionName': 'sec*' } },
        },
      ],
    },
  ),
  denied(
    'one condition of two',
    {
      ExternalId: 'one',
      trust: trustIf({ StringEquals: { 'sts:ExternalId': 'one', 'aws:PrincipalAccount': ELSEWHERE } }),
    },
    {
      ExternalId: 'one',
      trust: trustIf({ StringEquals: { 'sts:ExternalId': 'one', 'aws:PrincipalAccount': CALLER_ACCOUNT } }),
    },
  ),
  denied(
    'a role of the own account that trusts the account only, for a caller without a policy',
    { sameAccount: true, identity: [], trust: trust({ Principal: ACCOUNT }) },
    { sameAccount: true, identity: [], trust: trust() },
    /because no identity-based policy allows the sts:AssumeRole action$/,
  ),
  denied(
    'a role of the own account that does not trust the caller, whatever its own policy',
    { sameAccount: true, trust: trust({ Principal: { AWS: OTHER } }) },
    { sameAccount: true, trust: trust({ Principal: ACCOUNT }) },
    /because no role trust policy allows the sts:AssumeRole action$/,
  ),
];

const EXTERNAL_ID: readonly Case[] = [
  ['none where one is demanded', undefined, 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['another tenant’s', 'tenant-2', 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['one that differs in case', 'Tenant-1', 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['one with something after it', 'tenant-11', 'tenant-1', { StringEquals: { 'sts:ExternalId': 'tenant-1' } }],
  ['one that a pattern does not fit', 'other-1', 'tenant-9', { StringLike: { 'sts:ExternalId': 'tenant-?' } }],
  ['one where none may be', 'tenant-1', undefined, { Null: { 'sts:ExternalId': 'true' } }],
].map(([what, refused, accepted, condition]) => {
  const call = (id: unknown): Attempt => ({
    trust: trustIf(condition as object),
    ...(id !== undefined && { ExternalId: id as string }),
  });
  return denied(`an external id: ${String(what)}`, call(refused), call(accepted));
});

const SOURCE_IDENTITY: readonly Case[] = [
  denied(
    'a source identity that the trust policy lets nobody set',
    { SourceIdentity: 'dana', trust: trustOnly('sts:AssumeRole') },
    { SourceIdentity: 'dana', trust: trustOnly(['sts:AssumeRole', 'sts:SetSourceIdentity']) },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity that the caller’s policy does not let it set',
    { SourceIdentity: 'dana', identity: [allow('sts:AssumeRole')] },
    { SourceIdentity: 'dana', identity: [allow(['sts:AssumeRole', 'sts:SetSourceIdentity'])] },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity of another domain',
    { SourceIdentity: 'dana@example.org', trust: trustIf({ StringLike: { 'sts:SourceIdentity': '*@example.com' } }) },
    { SourceIdentity: 'dana@example.com', trust: trustIf({ StringLike: { 'sts:SourceIdentity': '*@example.com' } }) },
  ),
  denied(
    'no source identity where one must be',
    { trust: trustIf({ Null: { 'sts:SourceIdentity': 'false' } }) },
    { SourceIdentity: 'dana', trust: trustIf({ Null: { 'sts:SourceIdentity': 'false' } }) },
  ),
  denied(
    'a source identity changed on the way',
    { session: { SourceIdentity: 'dana' }, SourceIdentity: 'kim' },
    { session: { SourceIdentity: 'dana' }, SourceIdentity: 'dana' },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity that comes along and may not be set',
    { session: { SourceIdentity: 'dana' }, trust: trustOnly('sts:AssumeRole') },
    { session: {}, trust: trustOnly('sts:AssumeRole') },
    /sts:SetSourceIdentity/,
  ),
  denied(
    'a source identity that came along and is another than the trust policy wants',
    { session: { SourceIdentity: 'kim' }, trust: trustIf({ StringEquals: { 'aws:SourceIdentity': 'dana' } }) },
    { session: { SourceIdentity: 'dana' }, trust: trustIf({ StringEquals: { 'aws:SourceIdentity': 'dana' } }) },
  ),
];

const TEAM = tags(['team', 'payments']);

const TAGS: readonly Case[] = [
  denied(
    'tags that the trust policy does not take',
    { Tags: TEAM, trust: trustOnly('sts:AssumeRole') },
    { trust: trustOnly('sts:AssumeRole') },
    /sts:TagSession/,
  ),
  denied(
    'tags that the caller’s policy does not let it pass',
    { Tags: TEAM, identity: [allow('sts:AssumeRole')] },
    { Tags: TEAM, identity: [allow(['sts:AssumeRole', 'sts:TagSession'])] },
    /sts:TagSession/,
  ),
  denied(
    'tags that a boundary keeps the caller from passing',
    { Tags: TEAM, boundary: [allow('sts:AssumeRole')] },
    { Tags: TEAM, boundary: [allow('sts:*')] },
    /sts:TagSession.*because no permissions boundary allows/,
  ),
  denied(
    'tags that come along and are not taken',
    { session: { Tags: TEAM, TransitiveTagKeys: ['team'] }, trust: trustOnly('sts:AssumeRole') },
    { session: { Tags: TEAM }, trust: trustOnly('sts:AssumeRole') },
    /sts:TagSession/,
  ),
  denied(
    'another value of a tag',
    { Tags: TEAM, trust: trustIf({ StringEquals: { 'aws:RequestTag/team': 'platform' } }) },
    { Tags: tags(['team', 'platform']), trust: trustIf({ StringEquals: { 'aws:RequestTag/team': 'platform' } }) },
  ),
  denied(
    'a tag that must be there',
    { trust: trustIf({ Null: { 'aws:RequestTag/team': 'false' } }) },
    { Tags: TEAM, trust: trustIf({ Null: { 'aws:RequestTag/team': 'false' } }) },
  ),
  denied(
    'a tag that is not the caller’s own',
    {
      session: { Tags: TEAM },
      Tags: tags(['team', 'platform']),
      trust: trustIf({ StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' } }),
    },
    {
      session: { Tags: TEAM },
      Tags: TEAM,
      trust: trustIf({ StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' } }),
    },
  ),
  denied(
    'a tag key that may not be set',
    {
      Tags: tags(['team', 'a'], ['admin', 'yes']),
      trust: trustIf({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'project'] } }),
    },
    { Tags: TEAM, trust: trustIf({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'project'] } }) },
  ),
  denied(
    'without a tag key that must be set',
    { Tags: tags(['project', 'x']), trust: trustIf({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'team' } }) },
    {
      Tags: tags(['project', 'x'], ['team', 'a']),
      trust: trustIf({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'team' } }),
    },
  ),
  denied(
    'a transitive key that may not be',
    { Tags: TEAM, TransitiveTagKeys: ['team'], trust: trustIf({ Null: { 'sts:TransitiveTagKeys': 'true' } }) },
    { Tags: TEAM, trust: trustIf({ Null: { 'sts:TransitiveTagKeys': 'true' } }) },
  ),
  denied(
    'without a key that must be transitive',
    { Tags: TEAM, trust: trustIf({ 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': 'team' } }) },
    {
      Tags: TEAM,
      TransitiveTagKeys: ['team'],
      trust: trustIf({ 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': 'team' } }),
    },
  ),
  {
    about: 'a tag that comes along, set anew',
    refused: { session: { Tags: TEAM, TransitiveTagKeys: ['team'] }, Tags: tags(['TEAM', 'platform']) },
    accepted: { session: { Tags: TEAM }, Tags: tags(['TEAM', 'platform']) },
    code: 'InvalidParameterValue',
    says: /transitive tag key/,
  },
  denied(
    'a caller whose role has another tag than the trust policy wants',
    { callerTags: { team: 'sales' }, trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }) },
    { callerTags: { team: 'payments' }, trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }) },
  ),
  denied(
    'a caller whose session’s tag has taken the place of its role’s',
    {
      callerTags: { team: 'payments' },
      session: { Tags: tags(['Team', 'sales']) },
      trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }),
    },
    {
      callerTags: { team: 'payments' },
      session: { Tags: tags(['other', 'sales']) },
      trust: trustIf({ StringEquals: { 'aws:PrincipalTag/team': 'payments' } }),
    },
  ),
];

const CONTEXT: readonly Case[] = [
  denied(
    'another session name',
    { trust: trustIf({ StringEquals: { 'sts:RoleSessionName': 'run-1' } }) },
    { RoleSessionName: 'run-1', trust: trustIf({ StringEquals: { 'sts:RoleSessionName': 'run-1' } }) },
  ),
  denied(
    'a session name that is not the user’s own',
    {
      by: 'user',
      trust: trustIf({ StringEquals: { 'sts:RoleSessionName': '${aws:username}' } }, { Principal: ACCOUNT }),
    },
    {
      by: 'user',
      RoleSessionName: 'caller',
      trust: trustIf({ StringEquals: { 'sts:RoleSessionName': '${aws:username}' } }, { Principal: ACCOUNT }),
    },
  ),
  denied(
    'a variable of a document that is too old for variables',
    { by: 'user', RoleSessionName: 'caller', prepare: (scene) => trustOfOldVersion(scene, '${aws:username}') },
    { by: 'user', RoleSessionName: 'caller', prepare: (scene) => trustOfOldVersion(scene, 'caller') },
  ),
  denied(
    'everybody, but of another organization',
    {
      trust: trustIf({ StringEquals: { 'aws:PrincipalOrgID': 'o-another' } }, { Principal: '*' }),
      prepare: inOneOrganization,
    },
    { prepare: (scene) => trustOfOwnOrganization(scene) },
  ),
  denied(
    'everybody of an organization, for one who is in none',
    { trust: trustIf({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } }, { Principal: '*' }) },
    { trust: trustIf({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } }, { Principal: '*' }), prepare: inOneOrganization },
  ),
  denied(
    'everybody under a unit, for one who is under the root',
    {
      trust: trustIf({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-*/r-*/ou-*' } }, { Principal: '*' }),
      prepare: underRoot,
    },
    {
      trust: trustIf({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-*/r-*/ou-*' } }, { Principal: '*' }),
      prepare: inOneOrganization,
    },
  ),
  denied(
    'another principal’s ARN',
    {
      trust: trustIf(
        { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${CALLER_ACCOUNT}:role/other*` } },
        { Principal: ACCOUNT },
      ),
    },
    {
      trust: trustIf(
        { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${CALLER_ACCOUNT}:role/call*` } },
        { Principal: ACCOUNT },
      ),
    },
  ),
  denied(
    'the ARN of the session where the role’s is compared',
    { trust: trustIf({ ArnEquals: { 'aws:PrincipalArn': CALLER_SESSION } }, { Principal: ACCOUNT }) },
    { trust: trustIf({ ArnEquals: { 'aws:PrincipalArn': CALLER_ROLE } }, { Principal: ACCOUNT }) },
  ),
  denied(
    'a session where users are wanted',
    { trust: trustIf({ StringEquals: { 'aws:PrincipalType': 'User' } }, { Principal: ACCOUNT }) },
    { by: 'user', trust: trustIf({ StringEquals: { 'aws:PrincipalType': 'User' } }, { Principal: ACCOUNT }) },
  ),
  denied(
    'another session’s user id',
    { trust: trustIf({ StringLike: { 'aws:userid': 'AROA*:second' } }) },
    { trust: trustIf({ StringLike: { 'aws:userid': 'AROA*:first' } }) },
  ),
  denied(
    'an address outside the network',
    { trust: trustIf({ IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/32'] } }) },
    { trust: trustIf({ IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '127.0.0.0/8'] } }) },
  ),
  denied(
    'an address that is not exempt from a deny',
    {
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
        },
      ],
    },
    {
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { NotIpAddress: { 'aws:SourceIp': '127.0.0.1' } },
        },
      ],
    },
  ),
  denied(
    'another region',
    { region: 'us-east-1', trust: trustIf({ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } }) },
    { region: 'eu-central-1', trust: trustIf({ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } }) },
  ),
  denied(
    'before its time',
    { trust: trustIf({ DateGreaterThan: { 'aws:CurrentTime': '2099-01-01T00:00:00Z' } }) },
    { trust: trustIf({ DateLessThan: { 'aws:CurrentTime': '2099-01-01T00:00:00Z' } }) },
  ),
  denied(
    'a session issued before it was revoked',
    {
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { DateLessThan: { 'aws:TokenIssueTime': '2099-01-01T00:00:00Z' } },
        },
      ],
    },
    {
      trust: [
        ...trust(),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:*',
          Condition: { DateLessThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' } },
        },
      ],
    },
  ),
];

function underRoot({ organization }: Scene): void {
  organization([], CALLER_ACCOUNT);
}

function inOneOrganization({ organization }: Scene): void {
  organization([CALLER_ACCOUNT, TARGET_ACCOUNT]);
}

function trustOfOwnOrganization(scene: Scene): void {
  const { organization } = scene.organization([CALLER_ACCOUNT, TARGET_ACCOUNT]);
  const statements = trustIf({ StringEquals: { 'aws:PrincipalOrgID': organization.id } }, { Principal: '*' });
  replaceTrust(scene, documentOf(statements));
}

function trustOfOldVersion(scene: Scene, value: string): void {
  const statements = trustIf({ StringEquals: { 'sts:RoleSessionName': value } }, { Principal: ACCOUNT });
  replaceTrust(scene, JSON.stringify({ Version: '2008-10-17', Statement: statements }));
}

function replaceTrust({ aws, now }: Scene, trustPolicy: string): void {
  const { roles } = aws.state;
  const target = roles.byArn(TARGET);
  if (target !== undefined) roles.delete(target);
  roles.create({ arn: TARGET, trustPolicy }, now());
}

const WITH_FACTOR = trustIf({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, { Principal: ACCOUNT });

const SECOND_FACTOR: readonly Case[] = [
  denied(
    'long-term keys where a second factor must be shown',
    { by: 'user', trust: WITH_FACTOR },
    { by: 'user', trust: WITH_FACTOR, secondFactor: shownFactor },
  ),
  denied(
    'a session of a role, which never shows one',
    { trust: WITH_FACTOR },
    { trust: trustIf({ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, { Principal: ACCOUNT }) },
  ),
  denied(
    'a second factor’s code that is wrong',
    { by: 'user', secondFactor: wrongFactor },
    { by: 'user', secondFactor: shownFactor },
    /invalid MFA one time pass code/,
  ),
  denied(
    'a second factor’s code of ten minutes ago',
    { by: 'user', secondFactor: (scene) => withDelay(scene, 600) },
    { by: 'user', secondFactor: (scene) => withDelay(scene, 0) },
    /invalid MFA one time pass code/,
  ),
  denied(
    'somebody else’s second factor',
    { by: 'user', secondFactor: othersFactor },
    { by: 'user', secondFactor: shownFactor },
    /invalid MFA one time pass code/,
  ),
  {
    about: 'a second factor’s code without the device',
    refused: { by: 'user', TokenCode: '123456' },
    accepted: { by: 'user', secondFactor: shownFactor },
    code: 'ValidationError',
    says: /serialNumber/,
  },
];

interface Shown {
  readonly SerialNumber: string;
  readonly TokenCode: string;
}

function shownFactor(scene: Scene): Shown {
  const { serialNumber, code } = scene.device();
  return { SerialNumber: serialNumber, TokenCode: code() };
}

function wrongFactor(scene: Scene): Shown {
  const { SerialNumber, TokenCode } = shownFactor(scene);
  return { SerialNumber, TokenCode: TokenCode === '000000' ? '000001' : '000000' };
}

function withDelay(scene: Scene, seconds: number): Shown {
  const factor = shownFactor(scene);
  scene.later(seconds);
  return factor;
}

function othersFactor(scene: Scene): Shown {
  const { users } = scene.aws.state;
  const { serialNumber, code } = scene.device(users.create({ arn: `${CALLER_USER}-2` }, scene.now()));
  return { SerialNumber: serialNumber, TokenCode: code() };
}

const CALLERS_SIDE: readonly Case[] = [
  denied(
    'a caller without any policy, across accounts',
    { identity: [] },
    {},
    /no identity-based policy allows the sts:AssumeRole/,
  ),
  denied(
    'a caller whose policy allows something else',
    { identity: [allow('s3:*')] },
    { identity: [allow(['s3:*', 'sts:Assume*'])] },
  ),
  denied(
    'a caller whose policy allows another role',
    { identity: [allow('sts:*', { Resource: OTHER })] },
    { identity: [allow('sts:*', { Resource: [OTHER, TARGET] })] },
  ),
  denied(
    'a caller whose policy allows everything but this',
    { identity: [{ Effect: 'Allow', NotAction: 'sts:AssumeRole', Resource: '*' }] },
    { identity: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }] },
  ),
  denied(
    'a caller whose policy excepts this role',
    { identity: [{ Effect: 'Allow', Action: 'sts:*', NotResource: `arn:aws:iam::${TARGET_ACCOUNT}:role/*` }] },
    { identity: [{ Effect: 'Allow', Action: 'sts:*', NotResource: `arn:aws:iam::${ELSEWHERE}:role/*` }] },
  ),
  denied(
    'a caller whose policy denies',
    { identity: [allow('*'), deny('sts:AssumeRole', { Resource: TARGET })] },
    { identity: [allow('*'), deny('sts:AssumeRole', { Resource: OTHER })] },
    /with an explicit deny in an identity-based policy$/,
  ),
  denied(
    'a caller whose policy wants an external id that is not given',
    { identity: [allow('sts:*', { Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } } })] },
    { ExternalId: 'x-1', identity: [allow('sts:*', { Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } } })] },
  ),
  denied(
    'a caller whose policy wants another tag of the role',
    {
      targetTags: { team: 'sales' },
      identity: [allow('sts:*', { Condition: { StringEquals: { 'iam:ResourceTag/team': 'payments' } } })],
    },
    {
      targetTags: { team: 'payments' },
      identity: [allow('sts:*', { Condition: { StringEquals: { 'iam:ResourceTag/team': 'payments' } } })],
    },
  ),
  denied(
    'a caller whose policy keeps to its own account',
    {
      identity: [
        allow('sts:*'),
        deny('*', { Condition: { StringNotEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } } }),
      ],
    },
    {
      identity: [
        allow('sts:*'),
        deny('*', { Condition: { StringEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } } }),
      ],
    },
  ),
  denied(
    'a user whose group does not allow it',
    { by: 'user', identity: [], group: [allow('s3:*')] },
    { by: 'user', identity: [], group: [allow('sts:*')] },
  ),
  denied(
    'a user whose group denies what its own policy allows',
    { by: 'user', group: [deny('sts:AssumeRole')] },
    { by: 'user', group: [deny('sts:AssumeRoleWithSAML')] },
    /with an explicit deny in an identity-based policy$/,
  ),
  denied(
    'a caller whose boundary does not allow it',
    { boundary: [allow('s3:*')] },
    { boundary: [allow(['s3:*', 'sts:AssumeRole'])] },
    /because no permissions boundary allows the sts:AssumeRole action$/,
  ),
  denied(
    'a caller whose boundary denies it',
    { boundary: [allow('*'), deny('sts:AssumeRole')] },
    { boundary: [allow('*'), deny('sts:AssumeRole', { Resource: OTHER })] },
    /with an explicit deny in a permissions boundary$/,
  ),
  denied(
    'a user whose boundary does not allow it',
    { by: 'user', boundary: [allow('s3:*')] },
    { by: 'user', boundary: [allow('sts:*')] },
  ),
  denied(
    'a caller whose boundary is all it has: a boundary gives nothing',
    { identity: [], boundary: [allow('*')] },
    { identity: [allow('sts:*')], boundary: [allow('*')] },
  ),
  denied(
    'a session whose own policy does not allow it',
    { session: { Policy: documentOf([allow('s3:*')]) } },
    { session: { Policy: documentOf([allow(['s3:*', 'sts:AssumeRole'])]) } },
    /because no session policy allows the sts:AssumeRole action$/,
  ),
  denied(
    'a session whose own policy denies it',
    { session: { Policy: documentOf([allow('*'), deny('sts:*')]) } },
    { session: { Policy: documentOf([allow('*'), deny('sts:*', { Resource: OTHER })]) } },
    /with an explicit deny in a session policy$/,
  ),
  denied(
    'a session whose managed policies do not allow it',
    { session: { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }] } },
    { session: { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/AdministratorAccess' }] } },
    /because no session policy allows/,
  ),
  denied(
    'a session whose policy is all it has: a session policy gives nothing',
    { identity: [], session: { Policy: documentOf([allow('*')]) } },
    { session: { Policy: documentOf([allow('*')]) } },
  ),
];

const ORGANIZATION: readonly Case[] = [
  denied(
    'a service control policy that denies it',
    { prepare: (scene) => attach(scene, 'scp', [deny('sts:AssumeRole')]) },
    { prepare: (scene) => attach(scene, 'scp', [deny('sts:AssumeRole', { Resource: OTHER })]) },
    /with an explicit deny in a service control policy$/,
  ),
  denied(
    'a level of service control policies that does not allow it',
    { prepare: (scene) => attach(scene, 'scp', [allow('s3:*')], { alone: true }) },
    { prepare: (scene) => attach(scene, 'scp', [allow('sts:*')], { alone: true }) },
    /because no service control policy allows the sts:AssumeRole action$/,
  ),
  denied(
    'a service control policy that meets every account but the management account',
    { prepare: (scene) => attachToRoot(scene, '999999999998') },
    { prepare: (scene) => attachToRoot(scene, CALLER_ACCOUNT) },
    /service control policy/,
  ),
  denied(
    'a resource control policy that keeps strangers out',
    { prepare: (scene) => perimeter(scene, [TARGET_ACCOUNT]) },
    { prepare: (scene) => perimeter(scene, [TARGET_ACCOUNT, CALLER_ACCOUNT]) },
    /explicit deny in a resource control policy$/,
  ),
];

function attach(scene: Scene, kind: 'scp' | 'rcp', statements: Statements, { alone = false } = {}): void {
  const { organization, unit } = scene.organization([CALLER_ACCOUNT, TARGET_ACCOUNT]);
  organization.attach(kind, unit, 'theirs', documentOf(statements));
  if (alone) organization.detach(kind, unit, 'FullAWSAccess');
}

function attachToRoot(scene: Scene, management: string): void {
  const members = [CALLER_ACCOUNT, TARGET_ACCOUNT].filter((account) => account !== management);
  const { organization } = scene.organization(members, management);
  organization.attach('scp', organization.rootId, 'theirs', documentOf([deny('sts:*')]));
}

function perimeter(scene: Scene, members: readonly string[]): void {
  const { organization, unit } = scene.organization(members);
  const Condition = { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': organization.id } };
  organization.attach('rcp', unit, 'perimeter', documentOf([deny('sts:*', { Principal: '*', Condition })]));
}

const CHINESE = `arn:aws-cn:iam::${ELSEWHERE}:role/target`;
const NO_REASON = /sts:AssumeRole on resource: arn:aws[-a-z]*:iam::[^ ]+$/;

const PLACES: readonly Case[] = [
  denied('a role that does not exist', { RoleArn: `${TARGET}s` }, {}, NO_REASON),
  denied(
    'a role of that name in another account',
    { RoleArn: TARGET.replace(TARGET_ACCOUNT, ELSEWHERE) },
    {},
    NO_REASON,
  ),
  denied('a role of another partition', { RoleArn: CHINESE, prepare: inChina }, { prepare: inChina }, NO_REASON),
  denied('a role named in another case', { RoleArn: TARGET.replace('target', 'Target') }, {}, NO_REASON),
  denied(
    'a role named with a path that it does not have',
    { RoleArn: TARGET.replace('role/', 'role/team/') },
    {},
    NO_REASON,
  ),
  {
    about: 'a region that the account has not switched on',
    refused: { region: 'me-south-1' },
    accepted: { region: 'ap-south-1' },
    code: 'RegionDisabledException',
    status: 403,
  },
  {
    about: 'credentials taken to another partition',
    refused: { region: 'cn-north-1' },
    accepted: { region: 'eu-north-1' },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'a region that is none',
    refused: { region: 'mars-north-1' },
    accepted: { region: 'sa-east-1' },
    code: 'SignatureDoesNotMatch',
    status: 403,
  },
];

/** There it is, trusting everybody, and out of reach. */
function inChina({ aws }: Scene): void {
  aws.createRole({ arn: CHINESE, trustPolicy: documentOf(trust({ Principal: '*' })) });
}

const CREDENTIALS: readonly Case[] = [
  {
    about: 'credentials that have expired',
    refused: { session: { DurationSeconds: 900 }, prepare: ({ later }) => later(901) },
    accepted: { session: { DurationSeconds: 900 }, prepare: ({ later }) => later(840) },
    code: 'ExpiredToken',
    status: 403,
  },
  {
    about: 'a secret with one character changed',
    refused: { keys: (keys) => ({ ...keys, secretAccessKey: flipped(keys.secretAccessKey) }) },
    accepted: {},
    code: 'SignatureDoesNotMatch',
    status: 403,
  },
  {
    about: 'a session token with one character changed',
    refused: { keys: (keys) => ({ ...keys, sessionToken: flipped(keys.sessionToken ?? '') }) },
    accepted: {},
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'temporary keys without their session token',
    refused: { keys: ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey }) },
    accepted: { by: 'user', keys: ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey }) },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'an access key that nobody has',
    refused: { by: 'user', keys: (keys) => ({ ...keys, accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' }) },
    accepted: { by: 'user' },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'an access key that is switched off',
    refused: { by: 'user', prepare: (scene) => switchKeys(scene, [false]) },
    accepted: { by: 'user', prepare: (scene) => switchKeys(scene, [false, true]) },
    code: 'InvalidClientTokenId',
    status: 403,
  },
  {
    about: 'a clock that is twenty minutes behind',
    refused: { prepare: ({ later }) => later(20 * 60) },
    accepted: { prepare: ({ later }) => later(10 * 60) },
    code: 'SignatureDoesNotMatch',
    status: 403,
    says: /Signature expired/,
  },
  denied(
    'a session whose role was deleted, in an account that is trusted',
    { trust: trust({ Principal: ACCOUNT }), prepare: deleteCaller },
    { trust: trust({ Principal: ACCOUNT }) },
    NO_REASON,
  ),
  denied(
    'a session of a role that was deleted and made anew',
    { trust: trust({ Principal: ACCOUNT }), prepare: recreateAdministrator },
    { trust: trust({ Principal: ACCOUNT }) },
    NO_REASON,
  ),
  denied(
    'a session whose role was revoked',
    { prepare: (scene) => revoke(scene, 0) },
    { prepare: (scene) => revoke(scene, -3600) },
    /with an explicit deny in an identity-based policy$/,
  ),
  {
    about: 'a session longer than the role allows',
    refused: { by: 'user', maxSessionDuration: 7200, DurationSeconds: 7201 },
    accepted: { by: 'user', maxSessionDuration: 7200, DurationSeconds: 7200 },
    code: 'ValidationError',
    says: /exceeds the MaxSessionDuration set for this role/,
  },
];

function flipped(text: string): string {
  return (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
}

function switchKeys({ aws, user }: Scene, states: readonly boolean[]): void {
  for (const active of states) {
    for (const id of user.accessKeys.keys()) aws.state.credentials.switchAccessKey(id, active);
  }
}

function deleteCaller({ aws }: Scene): void {
  const role = aws.state.roles.byArn(CALLER_ROLE);
  if (role !== undefined) aws.state.roles.delete(role);
}

function recreateAdministrator(scene: Scene): void {
  deleteCaller(scene);
  const role = scene.aws.createRole({ arn: CALLER_ROLE, trustPolicy: documentOf(trust({ Principal: ACCOUNT })) });
  role.attachedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
}

/** As IAM's console revokes a role's sessions: all issued before a time are denied everything. */
function revoke({ aws, now, later }: Scene, seconds: number): void {
  later(2);
  const before = new Date(now() + seconds * 1000).toISOString();
  const role = aws.state.roles.byArn(CALLER_ROLE);
  const statements = [deny('*', { Condition: { DateLessThan: { 'aws:TokenIssueTime': before } } })];
  const document = documentOf(statements);
  role?.inlinePolicies.set('AWSRevokeOlderSessions', storedPolicy(document, 'identity'));
}

export const POLICY_CASES: readonly Case[] = [
  ...TRUST,
  ...EXTERNAL_ID,
  ...SOURCE_IDENTITY,
  ...TAGS,
  ...CONTEXT,
  ...SECOND_FACTOR,
  ...CALLERS_SIDE,
  ...ORGANIZATION,
  ...PLACES,
  ...CREDENTIALS,
];
