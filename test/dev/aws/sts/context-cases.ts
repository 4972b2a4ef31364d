import {
  CALLER_ACCOUNT,
  CALLER_ROLE,
  CALLER_SESSION,
  CALLER_USER,
  documentOf,
  type Scene,
  TARGET,
  TARGET_ACCOUNT,
} from './attempt.ts';
import type { Case } from './cases.ts';
import { ACCOUNT, denied, trust, trustIf } from './statements.ts';

/** What conditions refuse for who calls, from where, when, and with which second factor. */

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

export const CONTEXT_CASES: readonly Case[] = [...CONTEXT, ...SECOND_FACTOR];
