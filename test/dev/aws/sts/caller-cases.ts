import { CALLER_ACCOUNT, documentOf, type Scene, type Statements, TARGET, TARGET_ACCOUNT } from './attempt.ts';
import type { Case } from './cases.ts';
import { allow, denied, deny, ELSEWHERE, OTHER } from './statements.ts';

/** What the caller’s own side refuses: policies, groups, boundary, session policy, organization. */

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

export const CALLER_CASES: readonly Case[] = [...CALLERS_SIDE, ...ORGANIZATION];
