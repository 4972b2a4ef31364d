import { describe, expect, it, test } from 'vitest';
import { makeRequest } from '../../lib/iam/statement-match.ts';
import {
  ALLOW_ALL,
  AWAY,
  allow,
  ask,
  deny,
  expectDecision,
  FEDERATED,
  HOME,
  type Letter,
  OBJECT,
  type Question,
  ROLE,
  ROOT,
  SESSION,
  SILENT,
  to,
  USER,
} from './ask.ts';

type Case = readonly [sentence: string, question: Question, letter: Letter];

/** One group of cases, each a rule of the documentation. */
function rule(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    test.each(cases.map(([sentence, question, letter]) => ({ sentence, question, letter })))(
      '$sentence: $letter',
      ({ question, letter }) => {
        expectDecision(question, letter);
      },
    );
  });
}

const granted: Question = { identity: ALLOW_ALL, resource: [to(USER)] };

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html
rule('an explicit deny anywhere is final', [
  ['in an identity policy', { ...granted, identity: [...ALLOW_ALL, deny()] }, 'X'],
  ['in an identity policy that allows nothing', { ...granted, identity: [deny()] }, 'X'],
  ['in the resource’s policy', { ...granted, resource: [to(USER), to('*', deny())] }, 'X'],
  ['in the resource’s policy, for the account', { ...granted, resource: [to(USER), to(ROOT, deny())] }, 'X'],
  ['in the boundary', { ...granted, boundary: [...ALLOW_ALL, deny()] }, 'X'],
  ['in the session policy', { ...granted, by: SESSION, session: [...ALLOW_ALL, deny()] }, 'X'],
  [
    'in the session policy, though the session itself is named',
    { by: SESSION, resource: [to(SESSION)], session: [deny()] },
    'X',
  ],
  ['in the boundary, though the user itself is named', { resource: [to(USER)], boundary: [deny()] }, 'X'],
  ['in the root’s service control policy', { ...granted, scp: [[...ALLOW_ALL, deny()], ALLOW_ALL] }, 'X'],
  ['in the account’s service control policy', { ...granted, scp: [ALLOW_ALL, [...ALLOW_ALL, deny()]] }, 'X'],
  ['in a resource control policy', { ...granted, rcp: [[to('*', deny())]] }, 'X'],
  ['on the role, for its session', { by: SESSION, identity: ALLOW_ALL, resource: [to(ROLE, deny())] }, 'X'],
  ['on the user, for its federated session', { by: FEDERATED, resource: [to(FEDERATED), to(USER, deny())] }, 'X'],
  [
    'across accounts, in the identity policy',
    { account: AWAY, identity: [...ALLOW_ALL, deny()], resource: [to(USER)] },
    'X',
  ],
  [
    'across accounts, in the resource’s policy',
    { account: AWAY, identity: ALLOW_ALL, resource: [to(USER), to(USER, deny())] },
    'X',
  ],
  ['even where nothing would allow', { identity: [deny()] }, 'X'],
  ['to the root user too', { by: ROOT, resource: [to(ROOT, deny())] }, 'X'],
  ['but not for another action', { ...granted, identity: [...ALLOW_ALL, deny('s3:PutObject')] }, 'A'],
  ['but not for another resource', { ...granted, identity: [...ALLOW_ALL, deny('*', 'arn:aws:s3:::other/*')] }, 'A'],
  ['but not for another principal', { ...granted, resource: [to(USER), to(`${USER}2`, deny())] }, 'A'],
  [
    'but not when its condition does not hold',
    {
      ...granted,
      identity: [...ALLOW_ALL, deny('*', '*', { Condition: { StringEquals: { 'aws:a': 'b' } } })],
    },
    'A',
  ],
  [
    'but not in an identity policy of somebody anonymous',
    { by: 'anonymous', identity: [deny()], resource: [to('*')] },
    'A',
  ],
]);

// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
rule('service control policies allow at every level or not at all', [
  ['no level at all is no organization', { identity: ALLOW_ALL, scp: [] }, 'A'],
  ['one level that allows', { identity: ALLOW_ALL, scp: [ALLOW_ALL] }, 'A'],
  ['three levels that allow', { identity: ALLOW_ALL, scp: [ALLOW_ALL, ALLOW_ALL, ALLOW_ALL] }, 'A'],
  ['the root is silent', { identity: ALLOW_ALL, scp: [SILENT, ALLOW_ALL] }, 'I'],
  ['a unit is silent', { identity: ALLOW_ALL, scp: [ALLOW_ALL, SILENT, ALLOW_ALL] }, 'I'],
  ['the account is silent', { identity: ALLOW_ALL, scp: [ALLOW_ALL, SILENT] }, 'I'],
  ['a level without a statement', { identity: ALLOW_ALL, scp: [ALLOW_ALL, []] }, 'I'],
  ['one statement among several of a level is enough', { identity: ALLOW_ALL, scp: [[...SILENT, allow()]] }, 'A'],
  ['they grant nothing', { scp: [ALLOW_ALL] }, 'I'],
  ['they limit what a resource’s policy grants', { resource: [to(USER)], scp: [SILENT] }, 'I'],
  [
    'they limit what a resource’s policy grants to a session',
    { by: SESSION, resource: [to(SESSION)], scp: [SILENT] },
    'I',
  ],
  ['they limit the root user of a member account', { by: ROOT, scp: [SILENT] }, 'I'],
  ['they let the root user of a member account', { by: ROOT, scp: [ALLOW_ALL] }, 'A'],
  ['they do not limit the management account', { identity: ALLOW_ALL, scp: [SILENT], management: HOME }, 'A'],
  ['they do not deny in the management account', { identity: ALLOW_ALL, scp: [[deny()]], management: HOME }, 'A'],
  [
    'they limit a member though there is a management account',
    { identity: ALLOW_ALL, scp: [SILENT], management: AWAY },
    'I',
  ],
  [
    'they do not limit service-linked roles',
    {
      by: `arn:aws:iam::${HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
      identity: ALLOW_ALL,
      scp: [SILENT],
    },
    'A',
  ],
  [
    'they do not deny service-linked roles',
    {
      by: `arn:aws:iam::${HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
      identity: ALLOW_ALL,
      scp: [[deny('*')]],
    },
    'A',
  ],
  [
    'they limit a role that only calls itself service-linked',
    {
      by: `arn:aws:iam::${HOME}:role/AWSServiceRoleForX`,
      identity: ALLOW_ALL,
      scp: [SILENT],
    },
    'I',
  ],
  [
    'they do not limit services',
    { by: 'lambda.amazonaws.com', resource: [to({ Service: 'lambda.amazonaws.com' })], scp: [SILENT] },
    'A',
  ],
  ['they do not deny somebody anonymous', { by: 'anonymous', resource: [to('*')], scp: [[deny()]] }, 'A'],
  [
    'they limit requests to other accounts',
    { account: AWAY, identity: ALLOW_ALL, resource: [to(USER)], scp: [SILENT] },
    'I',
  ],
  ['they and a boundary must both allow', { identity: ALLOW_ALL, boundary: SILENT, scp: [ALLOW_ALL] }, 'I'],
  [
    'they allow under a condition that holds',
    {
      identity: ALLOW_ALL,
      scp: [[allow('*', '*', { Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } } })]],
      context: { 'aws:RequestedRegion': 'eu-central-1' },
    },
    'A',
  ],
  [
    'they do not under one that does not hold',
    {
      identity: ALLOW_ALL,
      scp: [[allow('*', '*', { Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } } })]],
      context: { 'aws:RequestedRegion': 'us-east-1' },
    },
    'I',
  ],
]);

// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html
rule('resource control policies only take away', [
  ['a level holds RCPFullAWSAccess whatever else', { identity: ALLOW_ALL, rcp: [[]] }, 'A'],
  ['RCPFullAWSAccess itself', { identity: ALLOW_ALL, rcp: [[to('*', allow('*'))]] }, 'A'],
  ['they grant nothing', { rcp: [[to('*', allow('*'))]] }, 'I'],
  ['a deny at the root', { identity: ALLOW_ALL, rcp: [[to('*', deny())], []] }, 'X'],
  ['a deny at the account', { identity: ALLOW_ALL, rcp: [[], [to('*', deny())]] }, 'X'],
  ['a deny of another action', { identity: ALLOW_ALL, rcp: [[to('*', deny('s3:PutObject'))]] }, 'A'],
  ['a deny of another resource', { identity: ALLOW_ALL, rcp: [[to('*', deny('*', 'arn:aws:s3:::other'))]] }, 'A'],
  [
    'they reach requesters of other organizations',
    { account: AWAY, identity: ALLOW_ALL, resource: [to(USER)], rcp: [[to('*', deny())]] },
    'X',
  ],
  ['they reach somebody anonymous', { by: 'anonymous', resource: [to('*')], rcp: [[to('*', deny())]] }, 'X'],
  ['they reach services', { by: 's3.amazonaws.com', resource: [to('*')], rcp: [[to('*', deny())]] }, 'X'],
  ['they reach the root user', { by: ROOT, rcp: [[to('*', deny())]] }, 'X'],
  [
    'not the resources of the management account',
    { identity: ALLOW_ALL, rcp: [[to('*', deny())]], management: HOME },
    'A',
  ],
  [
    'the resources of members, for callers from the management account too',
    {
      account: AWAY,
      identity: ALLOW_ALL,
      resource: [to(USER)],
      rcp: [[to('*', deny())]],
      management: HOME,
    },
    'X',
  ],
  [
    'not service-linked roles',
    {
      by: `arn:aws:iam::${HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
      identity: ALLOW_ALL,
      rcp: [[to('*', deny())]],
    },
    'A',
  ],
  [
    'a deny to others than the organization’s, for a member',
    {
      identity: ALLOW_ALL,
      rcp: [[to('*', deny('s3:*', '*', { Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' } } }))]],
      context: { 'aws:PrincipalOrgID': 'o-1' },
    },
    'A',
  ],
  [
    'a deny to others than the organization’s, for a stranger',
    {
      account: AWAY,
      identity: ALLOW_ALL,
      resource: [to(USER)],
      rcp: [[to('*', deny('s3:*', '*', { Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' } } }))]],
      context: { 'aws:PrincipalOrgID': 'o-2' },
    },
    'X',
  ],
]);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
rule('a resource’s policy names principals of every kind', [
  ['nobody is named: the statement applies to nobody', { resource: [allow()] }, 'I'],
  ['nobody is named: the deny applies to nobody', { identity: ALLOW_ALL, resource: [deny()] }, 'A'],
  ['somebody anonymous, and everybody is named', { by: 'anonymous', resource: [to('*')] }, 'A'],
  ['somebody anonymous, and every AWS principal is named', { by: 'anonymous', resource: [to({ AWS: '*' })] }, 'A'],
  ['somebody anonymous, and only an account is named', { by: 'anonymous', resource: [to(ROOT)] }, 'I'],
  ['somebody anonymous, and there is no policy', { by: 'anonymous' }, 'I'],
  ['somebody anonymous, for whom identity policies are none', { by: 'anonymous', identity: ALLOW_ALL }, 'I'],
  ['a service that is named', { by: 'lambda.amazonaws.com', resource: [to({ Service: 'lambda.amazonaws.com' })] }, 'A'],
  [
    'one service of several',
    { by: 'sns.amazonaws.com', resource: [to({ Service: ['sqs.amazonaws.com', 'sns.amazonaws.com'] })] },
    'A',
  ],
  ['another service', { by: 'sns.amazonaws.com', resource: [to({ Service: 'sqs.amazonaws.com' })] }, 'I'],
  ['a service, and everybody is named', { by: 'sns.amazonaws.com', resource: [to('*')] }, 'A'],
  ['a service, and nothing is said', { by: 'sns.amazonaws.com', identity: ALLOW_ALL }, 'I'],
  [
    'a service denied',
    { by: 'sns.amazonaws.com', resource: [to('*'), to({ Service: 'sns.amazonaws.com' }, deny())] },
    'X',
  ],
  ['a canonical user', { by: 'a'.repeat(64), resource: [to({ CanonicalUser: 'a'.repeat(64) })] }, 'A'],
  ['another canonical user', { by: 'a'.repeat(64), resource: [to({ CanonicalUser: 'b'.repeat(64) })] }, 'I'],
  [
    'an identity provider',
    {
      by: `arn:aws:iam::${HOME}:oidc-provider/idp.example.com`,
      resource: [to({ Federated: `arn:aws:iam::${HOME}:oidc-provider/idp.example.com` })],
    },
    'A',
  ],
  [
    'another identity provider',
    {
      by: `arn:aws:iam::${HOME}:oidc-provider/idp.example.com`,
      resource: [to({ Federated: `arn:aws:iam::${HOME}:oidc-provider/idp.example.org` })],
    },
    'I',
  ],
  ['a user named as a service', { resource: [to({ Service: USER })] }, 'I'],
  ['one user of a list', { resource: [to({ AWS: [`${USER}2`, USER] })] }, 'A'],
  [
    'a user with a path, by its whole ARN',
    { by: `arn:aws:iam::${HOME}:user/a/b/alice`, resource: [to(`arn:aws:iam::${HOME}:user/a/b/alice`)] },
    'A',
  ],
  ['a user with a path, by another path', { by: `arn:aws:iam::${HOME}:user/a/alice`, resource: [to(USER)] }, 'I'],
  [
    'a session, by its role’s ARN with a path',
    { by: SESSION, resource: [to(`arn:aws:iam::${HOME}:role/team/app`)] },
    'A',
  ],
  [
    'a session, by the role of that name in another account',
    { by: SESSION, resource: [to(`arn:aws:iam::${AWAY}:role/app`)] },
    'I',
  ],
  [
    'a session, by a role whose name only starts so',
    { by: SESSION, resource: [to(`arn:aws:iam::${HOME}:role/application`)] },
    'I',
  ],
  ['a session, by a user of that name', { by: SESSION, resource: [to(`arn:aws:iam::${HOME}:user/app`)] }, 'I'],
  ['a wildcard in an ARN is none', { resource: [to(`arn:aws:iam::${HOME}:user/*`)] }, 'I'],
  ['names compare with case', { resource: [to(`arn:aws:iam::${HOME}:user/Alice`)] }, 'I'],
  ['a principal in a text, which AWS refuses, is that principal', { resource: [{ ...allow(), Principal: USER }] }, 'A'],
  ['a principal that was deleted names nobody', { resource: [to('AIDAJQABLZS4A3QDU576Q')] }, 'I'],
  ['a principal in an identity policy has no meaning', { identity: [to(`${USER}2`)] }, 'A'],
]);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
const not = (principal: string | string[], statement = deny()) => ({ ...statement, NotPrincipal: { AWS: principal } });
rule('NotPrincipal is everybody else', [
  ['a deny to all but the user, for the user', { identity: ALLOW_ALL, resource: [not(USER)] }, 'A'],
  ['a deny to all but the user, for another', { by: `${USER}2`, identity: ALLOW_ALL, resource: [not(USER)] }, 'X'],
  ['a deny to all but two, for one of them', { identity: ALLOW_ALL, resource: [not([`${USER}2`, USER])] }, 'A'],
  [
    'a deny to all but the role, for its session',
    { by: SESSION, identity: ALLOW_ALL, resource: [not([ROLE, SESSION, ROOT])] },
    'A',
  ],
  ['a deny to all but the account, for its user', { identity: ALLOW_ALL, resource: [not(ROOT)] }, 'X'],
  ['a deny to all but the account, for its root user', { by: ROOT, resource: [not(ROOT)] }, 'A'],
  [
    'a deny to all but the user and its account, for the user',
    { identity: ALLOW_ALL, resource: [not([USER, ROOT])] },
    'A',
  ],
  [
    'a deny to all but the user and its account, for another user of it',
    { by: `${USER}2`, identity: ALLOW_ALL, resource: [not([USER, ROOT])] },
    'X',
  ],
  [
    'a deny to all but a session, its role and account, for another session of the role',
    { by: `${SESSION}2`, identity: ALLOW_ALL, resource: [not([ROLE, SESSION, ROOT])] },
    'X',
  ],
  [
    'a deny to all but the role and its account, for a session',
    { by: SESSION, identity: ALLOW_ALL, resource: [not([ROLE, ROOT])] },
    'X',
  ],
  [
    'a deny to all but the role, for whatever session of it',
    { by: ROLE, identity: ALLOW_ALL, resource: [not([ROLE, ROOT])] },
    'A',
  ],
  [
    'a deny to all but the account, for a stranger',
    { by: `arn:aws:iam::${AWAY}:user/x`, identity: ALLOW_ALL, resource: [not(ROOT)] },
    'X',
  ],
  ['a deny to all but the user, for somebody anonymous', { by: 'anonymous', resource: [to('*'), not(USER)] }, 'X'],
  [
    'a deny to all but the user, for the user with a boundary',
    { identity: ALLOW_ALL, boundary: ALLOW_ALL, resource: [not(USER)] },
    'X',
  ],
  [
    'a deny to all but the role, for its session with a boundary',
    { by: SESSION, identity: ALLOW_ALL, boundary: ALLOW_ALL, resource: [not([ROLE, SESSION, ROOT])] },
    'X',
  ],
  [
    'a deny to all but the user, with a boundary, of another action',
    { identity: ALLOW_ALL, boundary: ALLOW_ALL, resource: [not(USER, deny('s3:PutObject'))] },
    'A',
  ],
  [
    'a deny to all but services, for a service',
    { by: 'sns.amazonaws.com', resource: [to('*'), { ...deny(), NotPrincipal: { Service: 'sns.amazonaws.com' } }] },
    'A',
  ],
  [
    'an allow to all but another, which AWS refuses, is one for the user',
    { resource: [not(`${USER}2`, allow())] },
    'A',
  ],
  ['an allow to all but the user is none for the user', { resource: [not(USER, allow())] }, 'I'],
  ['an allow to nobody but everybody', { resource: [{ ...allow(), NotPrincipal: '*' }] }, 'I'],
]);

// https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
const KEY: Question = { action: 'kms:Decrypt', on: `arn:aws:kms:eu-central-1:${HOME}:key/1`, identity: ALLOW_ALL };
const AWAY_KEY: Question = { ...KEY, on: `arn:aws:kms:eu-central-1:${AWAY}:key/1`, account: AWAY };
const decrypt = allow('kms:Decrypt');
rule('a key’s policy must allow, even in its account', [
  ['no key policy', KEY, 'I'],
  ['it names the account, and an identity policy allows', { ...KEY, resource: [to(ROOT, decrypt)] }, 'A'],
  ['it names the account, and no identity policy allows', { ...KEY, identity: [], resource: [to(ROOT, decrypt)] }, 'I'],
  ['it names the user', { ...KEY, identity: [], resource: [to(USER, decrypt)] }, 'A'],
  ['it names another user', { ...KEY, resource: [to(`${USER}2`, decrypt)] }, 'I'],
  ['it names the account for another action', { ...KEY, resource: [to(ROOT, allow('kms:Encrypt'))] }, 'I'],
  ['it names the account, and a boundary is silent', { ...KEY, resource: [to(ROOT, decrypt)], boundary: SILENT }, 'I'],
  ['it names the role of the session', { ...KEY, by: SESSION, identity: [], resource: [to(ROLE, decrypt)] }, 'A'],
  ['it denies the account', { ...KEY, resource: [to(ROOT, decrypt), to(ROOT, deny('kms:*'))] }, 'X'],
  ['not even for the root user', { ...KEY, by: ROOT, identity: [] }, 'I'],
  [
    'for the root user when it names the account',
    { ...KEY, by: ROOT, identity: [], resource: [to(ROOT, decrypt)] },
    'A',
  ],
  ['another account’s key, both allow', { ...AWAY_KEY, resource: [to(ROOT, decrypt)] }, 'A'],
  [
    'another account’s key, only the key policy allows',
    { ...AWAY_KEY, identity: [], resource: [to(USER, decrypt)] },
    'I',
  ],
  ['another account’s key, only the identity policy allows', AWAY_KEY, 'I'],
  ['what is about no key needs none', { ...KEY, action: 'kms:ListKeys', on: '*' }, 'A'],
  [
    'what is about an alias needs none',
    { ...KEY, action: 'kms:DeleteAlias', on: `arn:aws:kms:eu-central-1:${HOME}:alias/mine` },
    'A',
  ],
]);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_compare-resource-policies.html
const ASSUME: Question = {
  action: 'sts:AssumeRole',
  on: `arn:aws:iam::${HOME}:role/target`,
  resourceKind: 'trust',
  identity: ALLOW_ALL,
};
const AWAY_ASSUME: Question = { ...ASSUME, on: `arn:aws:iam::${AWAY}:role/target`, account: AWAY };
const trust = (principal: string, effect = 'Allow') => ({
  Effect: effect,
  Action: 'sts:AssumeRole',
  Principal: { AWS: principal },
});
rule('a role’s trust policy must allow, even in its account', [
  ['no trust policy', ASSUME, 'I'],
  ['it names the account, and an identity policy allows', { ...ASSUME, resource: [trust(ROOT)] }, 'A'],
  ['it names the account, and no identity policy allows', { ...ASSUME, identity: [], resource: [trust(ROOT)] }, 'I'],
  ['it names the user', { ...ASSUME, identity: [], resource: [trust(USER)] }, 'A'],
  ['it names another user', { ...ASSUME, resource: [trust(`${USER}2`)] }, 'I'],
  ['it names the session’s role', { ...ASSUME, by: SESSION, identity: [], resource: [trust(ROLE)] }, 'A'],
  [
    'it names the session’s role, whose session policy is silent',
    { ...ASSUME, by: SESSION, session: SILENT, resource: [trust(ROLE)] },
    'I',
  ],
  ['it names everybody', { ...ASSUME, identity: [], resource: [trust('*')] }, 'A'],
  ['it denies', { ...ASSUME, resource: [trust(ROOT), trust(USER, 'Deny')] }, 'X'],
  ['across accounts both allow', { ...AWAY_ASSUME, resource: [trust(ROOT)] }, 'A'],
  ['across accounts only the trust policy allows', { ...AWAY_ASSUME, identity: [], resource: [trust(USER)] }, 'I'],
  ['across accounts only the identity policy allows', AWAY_ASSUME, 'I'],
  ['what is done to the role is another matter', { ...ASSUME, action: 'iam:GetRole' }, 'A'],
]);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
const acts = (pattern: string | string[], action = 's3:GetObject', key = 'Action'): Question => ({
  action,
  identity: [{ Effect: 'Allow', [key]: pattern, Resource: '*' }],
});
rule('actions match without case and with wildcards', [
  ['itself', acts('s3:GetObject'), 'A'],
  ['in lower case', acts('s3:getobject'), 'A'],
  ['in upper case, service too', acts('S3:GETOBJECT'), 'A'],
  ['asked in another case', acts('s3:GetObject', 'S3:gEToBJECT'), 'A'],
  ['everything', acts('*'), 'A'],
  ['everything of the service', acts('s3:*'), 'A'],
  ['a beginning', acts('s3:Get*'), 'A'],
  ['an end', acts('s3:*Object'), 'A'],
  ['a middle', acts('s3:*tObj*'), 'A'],
  ['one letter', acts('s3:GetObjec?'), 'A'],
  ['one letter too many', acts('s3:GetObject?'), 'I'],
  ['a beginning without a wildcard', acts('s3:Get'), 'I'],
  ['more than the beginning', acts('s3:GetObjectAcl'), 'I'],
  ['another service', acts('s4:*'), 'I'],
  ['a service whose name goes on', acts('s3-object-lambda:GetObject'), 'I'],
  ['one of a list', acts(['ec2:*', 's3:Get*']), 'A'],
  ['none of a list', acts(['ec2:*', 's3:Put*']), 'I'],
  ['with a comma, which is no list', acts('s3:GetObject,PutObject'), 'I'],
  ['with a blank at the end', acts('s3:GetObject '), 'I'],
  ['with nothing after the colon', acts('s3:'), 'I'],
  ['all but another', acts('s3:PutObject', 's3:GetObject', 'NotAction'), 'A'],
  ['all but itself', acts('s3:GetObject', 's3:GetObject', 'NotAction'), 'I'],
  ['all but itself in another case', acts('S3:getobject', 's3:GetObject', 'NotAction'), 'I'],
  ['all but a list with itself', acts(['ec2:*', 's3:Get*'], 's3:GetObject', 'NotAction'), 'I'],
  ['all but a list without itself', acts(['ec2:*', 's3:Put*'], 's3:GetObject', 'NotAction'), 'A'],
  ['all but everything', acts('*', 's3:GetObject', 'NotAction'), 'I'],
]);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
const lies = (pattern: string | string[], on = OBJECT, key = 'Resource'): Question => ({
  on,
  identity: [{ Effect: 'Allow', Action: '*', [key]: pattern }],
});
const QUEUE = `arn:aws:sqs:eu-central-1:${HOME}:queue`;
rule('resources match by the fields of their ARN', [
  ['itself', lies(OBJECT), 'A'],
  ['in another case', lies('arn:aws:s3:::bucket/KEY'), 'I'],
  ['everything', lies('*'), 'A'],
  ['every object of the bucket', lies('arn:aws:s3:::bucket/*'), 'A'],
  ['the bucket is not its objects', lies('arn:aws:s3:::bucket'), 'I'],
  ['the objects are not the bucket', lies('arn:aws:s3:::bucket/*', 'arn:aws:s3:::bucket'), 'I'],
  ['a wildcard spans slashes', lies('arn:aws:s3:::bucket/*', 'arn:aws:s3:::bucket/a/b/c'), 'A'],
  [
    'a wildcard in the middle spans slashes',
    lies('arn:aws:s3:::bucket/*/test/*', 'arn:aws:s3:::bucket/1/2/test/3/object.jpg'),
    'A',
  ],
  [
    'a wildcard in the middle may be empty',
    lies('arn:aws:s3:::bucket/*/test/*', 'arn:aws:s3:::bucket//test/object.jpg'),
    'A',
  ],
  ['its slashes must be there', lies('arn:aws:s3:::bucket/*/test/*', 'arn:aws:s3:::bucket/1-test/object.jpg'), 'I'],
  ['and both of them', lies('arn:aws:s3:::bucket/*/test/*', 'arn:aws:s3:::bucket/test/object.jpg'), 'I'],
  ['one letter', lies('arn:aws:s3:::bucket/ke?'), 'A'],
  ['one letter is not none', lies('arn:aws:s3:::bucket/key?'), 'I'],
  ['a beginning of the bucket’s name', lies('arn:aws:s3:::buck*'), 'A'],
  ['any region', lies(`arn:aws:sqs:*:${HOME}:queue`, QUEUE), 'A'],
  ['any account', lies('arn:aws:sqs:eu-central-1:*:queue', QUEUE), 'A'],
  ['any partition', lies(`arn:*:sqs:eu-central-1:${HOME}:queue`, QUEUE), 'A'],
  ['regions that start so', lies(`arn:aws:sqs:eu-*:${HOME}:queue`, QUEUE), 'A'],
  ['regions that start otherwise', lies(`arn:aws:sqs:us-*:${HOME}:queue`, QUEUE), 'I'],
  ['another account', lies(`arn:aws:sqs:*:${AWAY}:queue`, QUEUE), 'I'],
  ['another partition', lies('arn:aws-cn:s3:::bucket/key'), 'I'],
  [
    'a wildcard in a field does not reach the next',
    lies(`arn:aws:sqs:*:${HOME}:queue`, `arn:aws:sqs:eu:x:${HOME}:queue`),
    'I',
  ],
  [
    'the last field keeps its colons',
    lies('arn:aws:logs:*:*:log-group:a*', `arn:aws:logs:eu-central-1:${HOME}:log-group:app:log-stream:x`),
    'A',
  ],
  [
    'a wildcard of the last field spans colons',
    lies('arn:aws:logs:*:*:*', `arn:aws:logs:eu-central-1:${HOME}:log-group:app:*`),
    'A',
  ],
  ['a wildcard at the end stands for the fields that follow', lies('arn:aws:s3*'), 'A'],
  ['but not for another service', lies('arn:aws:sqs*'), 'I'],
  ['one of a list', lies(['arn:aws:s3:::other/*', 'arn:aws:s3:::bucket/*']), 'A'],
  ['none of a list', lies(['arn:aws:s3:::other/*', 'arn:aws:s3:::third/*']), 'I'],
  ['what is no ARN matches nothing', lies('bucket/*'), 'I'],
  ['all but another', lies('arn:aws:s3:::other/*', OBJECT, 'NotResource'), 'A'],
  ['all but itself', lies('arn:aws:s3:::bucket/*', OBJECT, 'NotResource'), 'I'],
  ['all but a list with itself', lies(['arn:aws:s3:::x', 'arn:aws:s3:::bucket/*'], OBJECT, 'NotResource'), 'I'],
  ['an action on nothing in particular, and everything', lies('*', '*'), 'A'],
  ['an action on nothing in particular, and something', lies('arn:aws:s3:::bucket/*', '*'), 'I'],
  ['an action on nothing in particular, and all but something', lies('arn:aws:s3:::bucket/*', '*', 'NotResource'), 'A'],
]);

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
const home = (resource: string, context: Question['context'] = {}, rest: Partial<Question> = {}): Question => ({
  on: 'arn:aws:s3:::bucket/alice/x',
  identity: [allow('*', resource)],
  context,
  ...rest,
});
const when = (
  operator: string,
  key: string,
  value: string | string[],
  context: Question['context'] = {},
  effect = allow,
): Question => ({
  identity: [...(effect === deny ? ALLOW_ALL : []), effect('*', '*', { Condition: { [operator]: { [key]: value } } })],
  context,
});
rule('policy variables are filled from the request', [
  ['in a resource', home('arn:aws:s3:::bucket/${aws:username}/*', { 'aws:username': 'alice' }), 'A'],
  ['with another value', home('arn:aws:s3:::bucket/${aws:username}/*', { 'aws:username': 'bob' }), 'I'],
  ['whose key compares without case', home('arn:aws:s3:::bucket/${AWS:UserName}/*', { 'aws:username': 'alice' }), 'A'],
  ['without a value nothing matches', home('arn:aws:s3:::bucket/${aws:username}/*'), 'I'],
  ['without a value not even a star beside it matches', home('arn:aws:s3:::bucket/*${aws:username}*'), 'I'],
  [
    'with two values nothing matches',
    home('arn:aws:s3:::bucket/${aws:username}/*', { 'aws:username': ['alice', 'bob'] }),
    'I',
  ],
  [
    'without a value a NotResource excludes nothing',
    {
      identity: [{ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::bucket/${aws:username}' }],
    },
    'A',
  ],
  ['with a default', home("arn:aws:s3:::bucket/${aws:username, 'alice'}/*"), 'A'],
  [
    'with a default that is not used',
    home("arn:aws:s3:::bucket/${aws:username, 'alice'}/*", { 'aws:username': 'bob' }),
    'I',
  ],
  ['with an empty default', home("arn:aws:s3:::bucket/${aws:username, ''}alice/*"), 'A'],
  ['a star in a value is a character', home('arn:aws:s3:::bucket/${aws:username}', { 'aws:username': '*' }), 'I'],
  [
    'a star in a value is that character',
    home('arn:aws:s3:::bucket/${aws:username}', { 'aws:username': '*' }, { on: 'arn:aws:s3:::bucket/*' }),
    'A',
  ],
  [
    'a question mark in a value is a character',
    home('arn:aws:s3:::bucket/${aws:username}/x', { 'aws:username': 'alic?' }),
    'I',
  ],
  [
    'a dollar in a value starts no variable',
    home('arn:aws:s3:::bucket/${aws:a}/*', { 'aws:a': '${aws:b}', 'aws:b': 'alice' }),
    'I',
  ],
  ['${*} is a star and no wildcard', home('arn:aws:s3:::bucket/${*}', {}, { on: 'arn:aws:s3:::bucket/*' }), 'A'],
  ['${*} matches nothing else', home('arn:aws:s3:::bucket/${*}'), 'I'],
  ['${?} is a question mark', home('arn:aws:s3:::bucket/a${?}', {}, { on: 'arn:aws:s3:::bucket/a?' }), 'A'],
  ['${?} matches no other letter', home('arn:aws:s3:::bucket/a${?}', {}, { on: 'arn:aws:s3:::bucket/ab' }), 'I'],
  ['${$} is a dollar sign', home('arn:aws:s3:::bucket/${$}{x}', {}, { on: 'arn:aws:s3:::bucket/${x}' }), 'A'],
  [
    'a tag of the principal',
    home('arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*', { 'aws:PrincipalTag/team': 'alice' }),
    'A',
  ],
  ['two in one resource', home('arn:aws:s3:::bucket/${aws:a}/${aws:b}', { 'aws:a': 'alice', 'aws:b': 'x' }), 'A'],
  ['not before the fifth colon', home('arn:aws:${aws:s}:::bucket/*', { 'aws:s': 's3' }), 'I'],
  [
    'not in documents of the older version',
    home('arn:aws:s3:::bucket/${aws:username}/*', { 'aws:username': 'alice' }, { version: '2008-10-17' }),
    'I',
  ],
  [
    'not in documents without a version',
    home('arn:aws:s3:::bucket/${aws:username}/*', { 'aws:username': 'alice' }, { version: undefined }),
    'I',
  ],
  [
    'there they are text',
    home('arn:aws:s3:::bucket/${aws:username}', {}, { version: undefined, on: 'arn:aws:s3:::bucket/${aws:username}' }),
    'A',
  ],
  ['in StringEquals', when('StringEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v', 'aws:y': 'v' }), 'A'],
  ['in StringEquals, another value', when('StringEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v', 'aws:y': 'w' }), 'I'],
  ['in StringEquals, no value', when('StringEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v' }), 'I'],
  [
    'in StringEquals, beside a value that matches',
    when('StringEquals', 'aws:x', ['${aws:y}', 'v'], { 'aws:x': 'v' }),
    'A',
  ],
  [
    'in StringEqualsIgnoreCase',
    when('StringEqualsIgnoreCase', 'aws:x', '${aws:y}', { 'aws:x': 'V', 'aws:y': 'v' }),
    'A',
  ],
  [
    'in StringLike, its own star is a wildcard',
    when('StringLike', 'aws:x', '${aws:y}/*', { 'aws:x': 'v/w', 'aws:y': 'v' }),
    'A',
  ],
  [
    'in StringLike, the value’s star is none',
    when('StringLike', 'aws:x', '${aws:y}', { 'aws:x': 'v/w', 'aws:y': '*' }),
    'I',
  ],
  ['in StringLike, ${*}', when('StringLike', 'aws:x', 'a${*}b', { 'aws:x': 'a*b' }), 'A'],
  ['in StringLike, ${*} is no wildcard', when('StringLike', 'aws:x', 'a${*}b', { 'aws:x': 'aXb' }), 'I'],
  [
    'in StringNotEquals, another value',
    when('StringNotEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v', 'aws:y': 'w' }),
    'A',
  ],
  [
    'in StringNotEquals, the same value',
    when('StringNotEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v', 'aws:y': 'v' }),
    'I',
  ],
  [
    'in StringNotEquals, no value: the statement is invalid',
    when('StringNotEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v' }),
    'I',
  ],
  [
    'in StringNotEquals of a deny, no value: the statement is invalid',
    when('StringNotEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v' }, deny),
    'A',
  ],
  [
    'in StringNotEquals of a deny, another value',
    when('StringNotEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v', 'aws:y': 'w' }, deny),
    'X',
  ],
  ['in StringEqualsIfExists, no key', when('StringEqualsIfExists', 'aws:x', '${aws:y}'), 'A'],
  ['in ForAnyValue', when('ForAnyValue:StringEquals', 'aws:x', '${aws:y}', { 'aws:x': ['u', 'v'], 'aws:y': 'v' }), 'A'],
  ['in ForAllValues, no value', when('ForAllValues:StringEquals', 'aws:x', '${aws:y}', { 'aws:x': ['u', 'v'] }), 'I'],
  [
    'in ArnLike, a field',
    when('ArnLike', 'aws:x', 'arn:aws:sns:*:*:${aws:y}', { 'aws:x': `arn:aws:sns:eu:${HOME}:t`, 'aws:y': 't' }),
    'A',
  ],
  ['in ArnEquals, a whole ARN', when('ArnEquals', 'aws:x', '${aws:y}', { 'aws:x': USER, 'aws:y': USER }), 'A'],
  ['in ArnEquals, what is no ARN', when('ArnEquals', 'aws:x', '${aws:y}', { 'aws:x': 'v', 'aws:y': 'v' }), 'I'],
  ['in ArnNotEquals, no value', when('ArnNotEquals', 'aws:x', '${aws:y}', { 'aws:x': USER }), 'I'],
]);

// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and the pages that reserved.ts names
rule('some things no policy decides', [
  ['who one is may always be asked', { action: 'sts:GetCallerIdentity', on: '*' }, 'A'],
  [
    'even when it is denied',
    { action: 'sts:GetCallerIdentity', on: '*', identity: [deny('*')], session: [deny('*')], by: SESSION },
    'A',
  ],
  ['but not by nobody', { action: 'sts:GetCallerIdentity', on: '*', by: 'anonymous' }, 'I'],
  [
    'AWS managed policies can be read',
    { action: 'iam:GetPolicy', on: 'arn:aws:iam::aws:policy/ReadOnlyAccess', identity: ALLOW_ALL },
    'A',
  ],
  [
    'AWS managed policies cannot be changed',
    { action: 'iam:CreatePolicyVersion', on: 'arn:aws:iam::aws:policy/ReadOnlyAccess', identity: ALLOW_ALL },
    'I',
  ],
  [
    'roles of Identity Center can be read',
    { action: 'iam:GetRole', on: `arn:aws:iam::${HOME}:role/aws-reserved/sso.amazonaws.com/X`, identity: ALLOW_ALL },
    'A',
  ],
  [
    'roles of Identity Center cannot be changed',
    { action: 'iam:DeleteRole', on: `arn:aws:iam::${HOME}:role/aws-reserved/sso.amazonaws.com/X`, identity: ALLOW_ALL },
    'I',
  ],
  [
    'AWS’s key aliases cannot be changed',
    { action: 'kms:DeleteAlias', on: `arn:aws:kms:eu-central-1:${HOME}:alias/aws/s3`, identity: ALLOW_ALL },
    'I',
  ],
  [
    'a deny of such a change is explicit',
    { action: 'kms:DeleteAlias', on: `arn:aws:kms:eu-central-1:${HOME}:alias/aws/s3`, identity: [deny('kms:*')] },
    'X',
  ],
]);

describe('the account of a resource', () => {
  const accountOf = (resource: string, resourceAccountId?: string) =>
    makeRequest({
      requester: { kind: 'anonymous', text: 'anonymous' },
      action: 's3:GetObject',
      resource,
      resourceAccountId,
      context: () => undefined,
    }).resourceAccountId;

  test.each([
    ['is the one that its ARN names', QUEUE, undefined, HOME],
    ['is the one that the request names, if any', QUEUE, AWAY, AWAY],
    ['is unknown where neither names one', OBJECT, undefined, undefined],
    ['is not AWS itself', 'arn:aws:iam::aws:policy/ReadOnlyAccess', undefined, undefined],
  ])('%s', (_sentence, resource, given, expected) => {
    expect(accountOf(resource, given)).toBe(expected);
  });

  it('that nobody names is taken for the requester’s own', () => {
    expectDecision({ identity: ALLOW_ALL, on: OBJECT, account: undefined }, 'A');
  });

  it('does not matter to those who belong to no account', () => {
    expect(ask({ by: 'anonymous' }).sameAccount).toBeUndefined();
  });
});

describe('the trace', () => {
  it('names the statement that decided and says why each other did not', () => {
    const { layers, reason } = ask({
      identity: [
        allow('ec2:*'),
        allow('*', 'arn:aws:s3:::other/*'),
        allow('*', '*', { Condition: { StringEquals: { 'aws:a': 'b' }, Bool: { 'aws:c': 'true' } } }),
        allow('s3:*', '*', { Sid: 'It' }),
      ],
    });
    expect(reason).toBe('identityPolicyGrants');
    expect(layers.identity.statements.map(({ match }) => match)).toEqual([
      { applies: false, mismatch: 'action' },
      { applies: false, mismatch: 'resource' },
      { applies: false, mismatch: 'condition', operator: 'StringEquals', key: 'aws:a' },
      { applies: true, grade: undefined },
    ]);
    expect(layers.identity.allowing.map(({ statement, place }) => [statement.sid, statement.index, place])).toEqual([
      ['It', 3, 'identity'],
    ]);
  });

  it('says at which level of the organization nothing allows', () => {
    const { layers, reason } = ask({ identity: ALLOW_ALL, scp: [ALLOW_ALL, SILENT, SILENT] });
    expect(reason).toBe('serviceControlLevel');
    expect(layers.serviceControl.blockedLevel).toBe(1);
  });

  it('says how closely a resource’s policy names who asks', () => {
    const grade = (by: string, principal: string) => {
      const [statement] = ask({ by, resource: [to(principal)] }).layers.resource.statements;
      return statement?.match.applies === true ? statement.match.grade : undefined;
    };
    expect([grade(SESSION, SESSION), grade(SESSION, ROLE), grade(SESSION, ROOT), grade(SESSION, USER)]).toEqual([
      'itself',
      'entity',
      'account',
      undefined,
    ]);
  });

  it('is whole also when something denies at once', () => {
    const { layers } = ask({ identity: [deny(), allow()], resource: [to(USER)], scp: [ALLOW_ALL] });
    expect(layers.identity.statements).toHaveLength(2);
    expect(layers.resource.statements).toHaveLength(1);
    expect(layers.serviceControl.statements).toHaveLength(1);
  });
});
