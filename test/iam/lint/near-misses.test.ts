import { describe, expect, test } from 'vitest';
import { loadServiceData } from '../../../cli/service-data.ts';
import type { PolicyKind } from '../../../lib/iam/document.ts';
import type { LintCode } from '../../../lib/iam/lint/finding.ts';
import { lintDocument } from '../../../lib/iam/lint/lint-document.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';

const data = await loadServiceData();

const READ = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const EC2 = { Effect: 'Allow', Action: 'ec2:RunInstances', Resource: 'arn:aws:ec2:*:*:instance/*' };
const IAM = 'arn:aws:iam::111122223333';
const ROLE = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
const GITHUB = 'token.actions.githubusercontent.com';
const WORKFLOW = {
  Effect: 'Allow',
  Principal: { Federated: `${IAM}:oidc-provider/${GITHUB}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
};

/** What a rule must not be said of, though it looks like what it is said of: statements of one document. */
const NEAR_MISSES: readonly [LintCode, PolicyKind, string, ...object[]][] = [
  ['action_unknown', 'identity', 'an action in another case', { ...READ, Action: 'S3:GETOBJECT' }],
  ['service_unknown', 'identity', 'every action of every service', { ...READ, Action: '*:*' }],
  [
    'action_redundant',
    'identity',
    'two that share a beginning',
    { ...READ, Action: ['s3:GetObject', 's3:GetObjectVersion'] },
  ],
  [
    'action_redundant',
    'identity',
    'a pattern with ? beside one with *',
    { ...READ, Action: ['s3:GetObjec?', 's3:GetObject*'] },
  ],
  ['action_redundant', 'identity', 'one action in two statements', READ, { ...READ, Resource: 'arn:aws:s3:::c/*' }],
  ['resource_unsupported', 'identity', 'a star that reaches over the slash', { ...READ, Resource: 'arn:aws:s3:::b*' }],
  ['resource_unsupported', 'identity', 'a variable', { ...READ, Resource: 'arn:aws:s3:::${aws:username}' }],
  ['resource_unsupported', 'identity', 'an ARN that ends early in a star', { ...READ, Resource: 'arn:aws:s3:*' }],
  ['resource_unsupported', 'identity', 'a question mark', { ...READ, Resource: 'arn:aws:s3:::b?k' }],
  [
    'resource_unsupported',
    'identity',
    'everything but',
    { ...READ, Resource: undefined, NotResource: 'arn:aws:s3:::b' },
  ],
  [
    'resource_unsupported',
    'identity',
    'one of two actions knows it',
    { ...READ, Action: ['s3:GetObject', 's3:ListBucket'], Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] },
  ],
  [
    'resource_unsupported',
    'identity',
    'an unknown action may know it',
    { ...READ, Action: 's3:New', Resource: 'arn:aws:s3:::b' },
  ],
  [
    'action_without_resources',
    'identity',
    'everything among the resources',
    {
      Effect: 'Allow',
      Action: ['ec2:DescribeInstances', 'ec2:StopInstances'],
      Resource: ['*', 'arn:aws:ec2:*:*:instance/*'],
    },
  ],
  [
    'action_mostly_without_resources',
    'identity',
    'a whole service of which most works on resources',
    { ...READ, Action: 's3:*' },
  ],
  [
    'arn_invalid',
    'identity',
    'a policy of AWS',
    { Effect: 'Allow', Action: 'iam:GetPolicy', Resource: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
  ],
  ['arn_invalid', 'identity', 'wildcards in every field', { ...EC2, Resource: 'arn:*:ec2:eu-*:1111*:instance/*' }],
  ['arn_invalid', 'identity', 'the European sovereign cloud', { ...READ, Resource: 'arn:aws-eusc:s3:::b/*' }],
  [
    'arn_invalid',
    'identity',
    'a region that is new',
    { ...EC2, Resource: 'arn:aws:ec2:xx-north-9:111122223333:instance/*' },
  ],
  [
    'condition_key_unknown',
    'identity',
    'a key in another case',
    { ...READ, Condition: { StringEquals: { 'AWS:principalorgid': 'o' } } },
  ],
  [
    'condition_key_unknown',
    'identity',
    'a tag with a colon and a slash',
    { ...EC2, Condition: { StringEquals: { 'aws:RequestTag/a:b/c': 'o' } } },
  ],
  [
    'condition_key_unknown',
    'identity',
    'a claim of a provider',
    { ...READ, Condition: { StringEquals: { 'idp.example.com:sub': 'o', 'SAML:sub': 'x' } } },
  ],
  [
    'condition_key_unknown',
    'identity',
    'a key of sessions on instances',
    { ...READ, Condition: { ArnLike: { 'ec2:SourceInstanceArn': 'arn:aws:ec2:*:*:instance/*' } } },
  ],
  [
    'condition_key_unsupported',
    'identity',
    'a key that only the resource has',
    {
      Effect: 'Allow',
      Action: 'ec2:StopInstances',
      Resource: 'arn:aws:ec2:*:*:instance/*',
      Condition: { StringEquals: { 'ec2:ResourceTag/team': 'x' } },
    },
  ],
  [
    'condition_key_unsupported',
    'identity',
    'every action',
    { ...READ, Action: '*', Condition: { StringEquals: { 's3:prefix': 'x' } } },
  ],
  [
    'condition_key_unsupported',
    'identity',
    'all but some actions',
    { Effect: 'Deny', NotAction: 'iam:*', Resource: '*', Condition: { StringEquals: { 's3:prefix': 'x' } } },
  ],
  [
    'condition_key_unsupported',
    'identity',
    'an unknown action',
    { ...READ, Action: 's3:New', Condition: { StringEquals: { 's3:prefix': 'x' } } },
  ],
  [
    'condition_key_partly_unsupported',
    'identity',
    'an operator that holds without the key',
    {
      ...READ,
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: '*',
      Condition: { StringLikeIfExists: { 's3:prefix': 'x' } },
    },
  ],
  [
    'condition_key_partly_unsupported',
    'identity',
    'a negated operator',
    {
      ...READ,
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: '*',
      Condition: { StringNotLike: { 's3:prefix': 'x' } },
    },
  ],
  [
    'condition_key_partly_unsupported',
    'identity',
    'a Deny',
    {
      ...READ,
      Effect: 'Deny',
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: '*',
      Condition: { StringLike: { 's3:prefix': 'x' } },
    },
  ],
  [
    'condition_key_partly_unsupported',
    'identity',
    'a pattern',
    { ...READ, Action: 's3:*', Resource: '*', Condition: { StringLike: { 's3:prefix': 'x' } } },
  ],
  [
    'condition_compares_text',
    'identity',
    'an ARN',
    { ...READ, Condition: { StringLike: { 'aws:SourceArn': 'arn:*' } } },
  ],
  [
    'condition_type_mismatch',
    'identity',
    'Null, on any type',
    { ...READ, Condition: { Null: { 'aws:SourceIp': 'false', 'aws:CurrentTime': 'false' } } },
  ],
  [
    'condition_type_mismatch',
    'identity',
    'epoch seconds as a number',
    { ...READ, Condition: { NumericLessThan: { 'aws:EpochTime': '1893456000' } } },
  ],
  [
    'condition_type_mismatch',
    'identity',
    'a negated address',
    { ...READ, Condition: { NotIpAddressIfExists: { 'aws:SourceIp': '203.0.113.0/24' } } },
  ],
  [
    'set_operator_missing',
    'identity',
    'Null on a key of several values',
    { ...EC2, Condition: { Null: { 'aws:TagKeys': 'true' } } },
  ],
  [
    'set_operator_needless',
    'trust',
    'a claim that may be a list',
    {
      ...WORKFLOW,
      Principal: { Federated: 'cognito-identity.amazonaws.com' },
      Condition: { 'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' } },
    },
  ],
  [
    'for_all_values_of_nothing',
    'identity',
    'a Deny',
    { ...EC2, Effect: 'Deny', Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'x' } } },
  ],
  [
    'for_all_values_of_nothing',
    'identity',
    'a Null check in another case',
    { ...EC2, Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'x' }, Null: { 'AWS:tagkeys': ['False'] } } },
  ],
  [
    'resource_unsupported',
    'identity',
    'a service that AWS describes twice',
    {
      Effect: 'Allow',
      Action: ['elasticloadbalancing:AddTags', 'elasticloadbalancing:DeleteLoadBalancer'],
      Resource: [
        'arn:aws:elasticloadbalancing:*:*:targetgroup/*/*',
        'arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*',
      ],
    },
  ],
  [
    'for_all_values_of_nothing',
    'trust',
    'tags, of a call that is about tags',
    { ...ROLE, Action: 'sts:TagSession', Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': ['team'] } } },
  ],
  [
    'if_exists_never_absent',
    'identity',
    'Null that asks for it to be absent',
    {
      ...READ,
      Condition: { BoolIfExists: { 'aws:SecureTransport': 'true' }, Null: { 'aws:SecureTransport': 'true' } },
    },
  ],
  [
    'wildcard_in_equals',
    'identity',
    'a star that is written as a variable',
    { ...READ, Condition: { StringEquals: { 'aws:username': 'a${*}' } } },
  ],
  [
    'wildcard_in_equals',
    'identity',
    'a pattern',
    { ...READ, Condition: { StringNotLikeIfExists: { 'aws:username': 'a*' } } },
  ],
  [
    'source_ip_private',
    'identity',
    'a range that holds private addresses and others',
    { ...READ, Condition: { IpAddress: { 'aws:SourceIp': ['0.0.0.0/1', '172.0.0.0/8'] } } },
  ],
  [
    'source_ip_private',
    'identity',
    'the address within a VPC',
    { ...READ, Condition: { IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } } },
  ],
  [
    'variable_is_text',
    'identity',
    'a value of an operator without variables',
    { ...READ, Condition: { NumericEquals: { 's3:max-keys': '10' } } },
  ],
  ['variable_unknown', 'session', 'a claim of Daypass', { ...READ, Resource: 'arn:aws:s3:::b/${claim:team}/*' }],
  [
    'variable_unknown',
    'identity',
    'variables with defaults, tags and claims',
    { ...READ, Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/${saml:sub}/${idp.example.com:sub}/${*}" },
  ],
  [
    'statement_duplicate',
    'identity',
    'another value',
    { ...READ, Condition: { StringEquals: { 'aws:username': 'a' } } },
    { ...READ, Condition: { StringEquals: { 'aws:username': 'A' } } },
  ],
  [
    'statement_cancelled',
    'identity',
    'a Deny of less',
    READ,
    { ...READ, Effect: 'Deny', Resource: 'arn:aws:s3:::b/secret/*' },
  ],
  ['grants_everything', 'scp', 'a service control policy', { ...READ, Action: '*', Resource: '*' }],
  ['grants_everything', 'identity', 'a Deny', { ...READ, Effect: 'Deny', Action: '*', Resource: '*' }],
  [
    'grants_whole_service',
    'identity',
    'a condition limits it',
    { ...READ, Action: 's3:*', Resource: '*', Condition: { StringEquals: { 'aws:ResourceTag/x': 'y' } } },
  ],
  ['grants_whole_service', 'identity', 'a bucket limits it', { ...READ, Action: 's3:*' }],
  [
    'grants_escalation',
    'identity',
    'a boundary is asked for',
    {
      ...READ,
      Action: 'iam:PutRolePolicy',
      Resource: '*',
      Condition: { StringEquals: { 'iam:PermissionsBoundary': `${IAM}:policy/b` } },
    },
  ],
  [
    'grants_escalation',
    'identity',
    'a path limits it',
    { ...READ, Action: 'iam:PutRolePolicy', Resource: `${IAM}:role/app/*` },
  ],
  [
    'grants_escalation',
    'session',
    'a session policy only limits',
    { ...READ, Action: 'iam:PutRolePolicy', Resource: '*' },
  ],
  [
    'pass_role_everywhere',
    'identity',
    'the service is named',
    {
      ...READ,
      Action: 'iam:PassRole',
      Resource: '*',
      Condition: { StringEquals: { 'IAM:passedtoservice': 'lambda.amazonaws.com' } },
    },
  ],
  [
    'assume_role_everywhere',
    'identity',
    'a prefix',
    { ...READ, Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::*:role/deploy-*' },
  ],
  ['allow_not_action', 'identity', 'a Deny', { Effect: 'Deny', NotAction: 'iam:*', Resource: '*' }],
  ['allow_not_resource', 'identity', 'a Deny', { Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::b' }],
  [
    'limits_nothing',
    'boundary',
    'a condition limits it',
    { ...READ, Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } } },
  ],
  [
    'denies_everything',
    'identity',
    'a condition limits it',
    { ...READ, Effect: 'Deny', Action: '*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ],
  [
    'denies_everything',
    'resource',
    'for somebody',
    { ...READ, Effect: 'Deny', Principal: { AWS: '111122223333' }, Action: '*', Resource: '*' },
  ],
  ['principal_everyone', 'resource', 'a Deny', { ...READ, Effect: 'Deny', Principal: '*' }],
  [
    'principal_everyone',
    'resource',
    'a VPC endpoint',
    { ...READ, Principal: '*', Condition: { StringEquals: { 'AWS:sourceVpce': 'vpce-1' } } },
  ],
  [
    'principal_everyone',
    'resource',
    'KMS for an account',
    {
      ...READ,
      Principal: { AWS: '*' },
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:CallerAccount': '111122223333', 'kms:ViaService': 's3.eu-central-1.amazonaws.com' },
      },
    },
  ],
  [
    'service_for_anyone',
    'resource',
    'the source is named',
    {
      ...READ,
      Principal: { Service: 'sns.amazonaws.com' },
      Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:sns:*:111122223333:*' } },
    },
  ],
  ['service_for_anyone', 'trust', 'a service that acts for its own account only', ROLE],
  [
    'trust_everyone',
    'trust',
    'an organization',
    { ...ROLE, Principal: { AWS: '*' }, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } },
  ],
  ['external_id_missing', 'trust', 'a role', { ...ROLE, Principal: { AWS: `${IAM}:role/x` } }],
  [
    'external_id_missing',
    'trust',
    'an organization',
    { ...ROLE, Principal: { AWS: '111122223333' }, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } },
  ],
  [
    'trust_action_invalid',
    'trust',
    'every call that assumes',
    { ...ROLE, Action: ['sts:AssumeRole*', 'sts:SetContext'] },
  ],
  ['trust_action_principal', 'trust', 'tags alone', { ...WORKFLOW, Action: 'sts:TagSession' }],
  [
    'trust_action_principal',
    'trust',
    'both calls for both',
    {
      ...WORKFLOW,
      Principal: { ...WORKFLOW.Principal, AWS: `${IAM}:role/x` },
      Action: ['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity'],
    },
  ],
  [
    'provider_subject_missing',
    'trust',
    'the repository by its number',
    { ...WORKFLOW, Condition: { StringEquals: { [`${GITHUB}:repository_id`]: '123' } } },
  ],
  [
    'provider_subject_wide',
    'trust',
    'one claim of two is narrow',
    { ...WORKFLOW, Condition: { StringLike: { [`${GITHUB}:sub`]: '*', [`${GITHUB}:repository_owner_id`]: '123' } } },
  ],
  [
    'provider_subject_wide',
    'trust',
    'every repository of an owner',
    { ...WORKFLOW, Condition: { StringLike: { [`${GITHUB}:sub`]: 'repo:example/*' } } },
  ],
  [
    'provider_subject_missing',
    'trust',
    'a provider of one’s own',
    { ...WORKFLOW, Principal: { Federated: `${IAM}:oidc-provider/idp.example.com` } },
  ],
  [
    'provider_audience_missing',
    'trust',
    'the app is the audience',
    {
      ...WORKFLOW,
      Principal: { Federated: 'www.amazon.com' },
      Condition: { StringEquals: { 'www.amazon.com:app_id': 'x' } },
    },
  ],
  [
    'provider_key_foreign',
    'trust',
    'a key of the second provider',
    {
      ...WORKFLOW,
      Principal: { Federated: [`${IAM}:oidc-provider/idp.example.com`, 'accounts.google.com'] },
      Condition: { StringEquals: { 'ACCOUNTS.google.com:aud': 'x' } },
    },
  ],
  [
    'rcp_service_unsupported',
    'rcp',
    'RCPFullAWSAccess',
    { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' },
  ],
];

describe('it is not said', () => {
  test.each(NEAR_MISSES)('%s (%s): %s', (code, kind, _what, ...statements) => {
    const json = { Version: '2012-10-17', Statement: statements as unknown as Json };
    const found = lintDocument(JSON.parse(JSON.stringify(json)) as JsonObject, kind, data);
    expect(found.map((finding) => finding.code)).not.toContain(code);
  });
});
