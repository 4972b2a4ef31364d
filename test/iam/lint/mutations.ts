import type { FindingCode } from '../../../lib/iam/lint/finding.ts';
import type { SampleName } from './corpus.ts';

type Path = readonly (string | number)[];

/** One mistake planted in a sample: what is put where (`undefined` takes it away), and what must be said of it. */
export interface Mutation {
  readonly sample: SampleName;
  /** From the first statement, unless it starts with `$`. */
  readonly path: Path;
  readonly value: unknown;
  readonly code: FindingCode;
  /** Where it must be said; where it was planted when left out. */
  readonly at?: Path;
  readonly hint?: RegExp;
}

const mutations: Mutation[] = [];

function plant(
  sample: SampleName,
  path: Path,
  value: unknown,
  code: FindingCode,
  more: Pick<Mutation, 'at' | 'hint'> = {},
): void {
  mutations.push({ sample, path, value, code, ...more });
}

const REGION = 'eu-central-1';
const ACCOUNT = '111122223333';
const GITHUB = 'token.actions.githubusercontent.com';

// Actions
plant('s3Read', ['Action'], 's3:ListBukcet', 'action_unknown', { hint: /s3:ListBucket\?/ });
plant('s3Read', ['Action'], 's3:ListObjectsV2', 'action_unknown', { hint: /s3:ListBucket/ });
plant('s3Home', ['Action', 0], 's3:ListBuckets', 'action_unknown', { hint: /s3:ListAllMyBuckets/ });
plant('dynamodbTable', ['Action', 0], 'dynamodb:GetItems', 'action_unknown', { hint: /dynamodb:GetItem\?/ });
plant('dynamodbTable', ['Action', 0], 'dynamo:GetItem', 'service_unknown', { hint: /dynamodb:/ });
plant('sqsConsumer', ['Action', 0], 'sqs:Recieve*', 'action_matches_nothing');
plant('snsPublisher', ['Action'], 'sns:Publsih', 'action_unknown', { hint: /sns:Publish\?/ });
plant('snsPublisher', ['Action'], 'SNS:Publish', 'action_case');
plant('ec2Operators', ['Action'], 'ec2:describe?', 'action_matches_nothing');
plant('lambdaInVpc', ['Action', 0], 'ec2:CreateNetworkInterfaces', 'action_unknown', {
  hint: /ec2:CreateNetworkInterface\?/,
});
plant('lambdaDeploy', ['Action', 3], 'lambda:invoke', 'action_unknown', { hint: /lambda:InvokeFunction/ });
plant('sqsConsumer', ['Action', 3], 'sqs:*', 'action_redundant', { at: ['Action', 0] });
plant('sqsConsumer', ['Action', 1], 'sqs:receivemessage', 'action_redundant');
plant('denyOtherRegions', ['NotAction', 2], 'cloudfornt:*', 'service_unknown', { hint: /cloudfront/ });
plant('denyOtherRegions', ['NotAction', 0], 'iam:Acces*', 'action_matches_nothing');

// Resources
plant('s3Read', ['$', 'Statement', 1, 'Resource'], 'arn:aws:s3:::reports', 'resource_unsupported', {
  hint: /\/\$\{ObjectName\}/,
});
plant('s3Read', ['Resource'], 'arn:aws:s3:::reports/*', 'resource_unsupported');
plant('s3Home', ['$', 'Statement', 1, 'Action'], ['s3:ListBucket', 's3:GetObject'], 'action_not_on_resources', {
  at: ['$', 'Statement', 1, 'Action', 1],
});
plant('s3Home', ['Resource'], 'arn:aws:s3:::*', 'action_without_resources', { at: ['Action', 0] });
plant('ec2Operators', ['Resource'], 'arn:aws:ec2:*:*:instance/*', 'action_mostly_without_resources', {
  at: ['Action'],
});
plant(
  'ec2Operators',
  ['$', 'Statement', 0],
  { Effect: 'Allow', Action: 'ec2:DescribeReserved*', Resource: 'arn:aws:ec2:*:*:x' },
  'action_without_resources',
  { at: ['Action'] },
);
plant('ec2Operators', ['$', 'Statement', 1, 'Action', 0], 'ec2:DescribeInstances', 'action_without_resources');
plant('dynamodbTable', ['Resource', 0], 'arn:aws:dynamodb:::table/orders', 'resource_unsupported');
plant('dynamodbTable', ['Resource', 1], `arn:aws:dynamodb:${REGION}:${ACCOUNT}:orders`, 'resource_unsupported');
plant('dynamodbTable', ['Resource', 0], `arn:aws:dynamdb:${REGION}:${ACCOUNT}:table/orders`, 'arn_invalid', {
  hint: /dynamodb/,
});
plant('dynamodbTable', ['Resource', 0], `arn:aws:dynamodb:europe:${ACCOUNT}:table/orders`, 'arn_invalid');
plant('dynamodbTable', ['Resource', 0], `arn:aws:dynamodb:${REGION}:11112222333:table/orders`, 'arn_invalid');
plant('dynamodbTable', ['Resource', 0], `arn:amazon:dynamodb:${REGION}:${ACCOUNT}:table/orders`, 'arn_invalid');
plant('dynamodbTable', ['Resource', 0], `arn:aws:dynamodb:cn-north-1:${ACCOUNT}:table/orders`, 'arn_invalid');
plant('china', ['$', 'Statement', 1, 'Resource'], `arn:aws-cn:sqs:${REGION}:${ACCOUNT}:q`, 'arn_invalid');
plant(
  'lambdaBasic',
  ['$', 'Statement', 1, 'Resource'],
  `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/orders`,
  'resource_unsupported',
);
plant('parameters', ['Resource'], `arn:aws:ssm:${REGION}:${ACCOUNT}:/orders/*`, 'resource_unsupported');
plant('kmsUse', ['Resource'], `arn:aws:kms:${REGION}:${ACCOUNT}:alias/orders`, 'resource_unsupported');
plant('kmsUse', ['Resource'], `arn:aws:kms::${ACCOUNT}:key/*`, 'resource_unsupported');
plant(
  'lambdaDeploy',
  ['$', 'Statement', 1, 'Resource'],
  `arn:aws:iam:${REGION}:${ACCOUNT}:role/orders-function`,
  'resource_unsupported',
);
plant('snsPublisher', ['Resource'], `arn:aws:sqs:${REGION}:${ACCOUNT}:alerts`, 'resource_unsupported');
plant('ec2Launch', ['Resource', 0], `arn:aws:ec2:${REGION}:${ACCOUNT}:image/ami-1`, 'resource_unsupported');
plant('stepFunctions', ['Resource'], `arn:aws:states:${REGION}:${ACCOUNT}:execution:orders:*`, 'resource_unsupported');
plant('bucketTls', ['Resource', 0], 'reports', 'resource_invalid');
plant('bucketOrganization', ['Resource'], 'arn:aws:s3:::shared', 'resource_unsupported');
plant('scpGuard', ['$', 'Statement', 1, 'Resource'], 'arn:aws:ec2:*:*:instances/*', 'resource_unsupported');

// Condition keys
plant(
  's3Read',
  ['$', 'Statement', 1, 'Condition'],
  { StringLike: { 's3:prefix': 'eu/*' } },
  'condition_key_unsupported',
  {
    at: ['$', 'Statement', 1, 'Condition', 'StringLike', 's3:prefix'],
  },
);
plant('s3Read', ['Action'], ['s3:ListBucket', 's3:GetBucketLocation'], 'condition_key_partly_unsupported', {
  at: ['Condition', 'StringLike', 's3:prefix'],
});
plant('s3Read', ['Condition'], { StringLike: { 's3:prefx': 'eu/*' } }, 'condition_key_unknown', {
  at: ['Condition', 'StringLike', 's3:prefx'],
  hint: /s3:prefix/,
});
plant(
  'bucketOrganization',
  ['Condition'],
  { StringEquals: { 'aws:PrincipalOrgId': 'o-1', 'aws:PrincipalOrganization': 'o-1' } },
  'condition_key_unknown',
  {
    at: ['Condition', 'StringEquals', 'aws:PrincipalOrganization'],
  },
);
plant('bucketTls', ['Condition'], { Bool: { 'aws:SecureTransprt': 'false' } }, 'condition_key_unknown', {
  at: ['Condition', 'Bool', 'aws:SecureTransprt'],
  hint: /aws:SecureTransport/,
});
plant('ec2TypesAndTags', ['Condition', 'StringEquals'], { 'aws:RequestTag/': 'orders' }, 'condition_key_unknown', {
  at: ['Condition', 'StringEquals', 'aws:RequestTag/'],
  hint: /aws:RequestTag\/\$\{TagKey\}/,
});
plant('ec2TypesAndTags', ['Condition', 'StringEquals'], { instanceType: 't4g.small' }, 'condition_key_unknown', {
  at: ['Condition', 'StringEquals', 'instanceType'],
});
plant('kmsUse', ['Condition', 'StringEquals'], { 'kmss:ViaService': 'x' }, 'condition_key_unknown', {
  at: ['Condition', 'StringEquals', 'kmss:ViaService'],
  hint: /kms:/,
});
plant(
  'kmsUse',
  ['Condition', 'StringEquals'],
  { 'kms:ViaService': 'x', 'KMS:viaservice': 'x' },
  'condition_key_duplicate',
  {
    at: ['Condition', 'StringEquals', 'KMS:viaservice'],
  },
);
plant(
  'metrics',
  ['$', 'Statement', 1, 'Condition'],
  { StringEquals: { 'cloudwatch:namespace': 'orders' } },
  'condition_key_unsupported',
  {
    at: ['$', 'Statement', 1, 'Condition', 'StringEquals', 'cloudwatch:namespace'],
  },
);
plant('apiInvoke', ['Condition'], { StringEquals: { 'aws:RequestTag/team': 'orders' } }, 'tag_key_unsupported', {
  at: ['Condition', 'StringEquals', 'aws:RequestTag/team'],
});

// Operators
plant(
  'needsMfa',
  ['Condition'],
  { StringEquals: { 'aws:MultiFactorAuthPresent': 'true' } },
  'condition_compares_text',
  {
    at: ['Condition', 'StringEquals', 'aws:MultiFactorAuthPresent'],
    hint: /Bool/,
  },
);
plant('needsMfa', ['Condition'], { StringLike: { 'aws:SourceIp': '203.0.113.*' } }, 'condition_compares_text', {
  at: ['Condition', 'StringLike', 'aws:SourceIp'],
});
plant('needsMfa', ['Condition'], { Bool: { 'aws:PrincipalOrgID': 'true' } }, 'condition_type_mismatch', {
  at: ['Condition', 'Bool', 'aws:PrincipalOrgID'],
  hint: /StringEquals/,
});
plant(
  'needsMfa',
  ['Condition'],
  { NumericLessThan: { 'aws:MultiFactorAuthPresent': '1' } },
  'condition_type_mismatch',
  {
    at: ['Condition', 'NumericLessThan', 'aws:MultiFactorAuthPresent'],
  },
);
plant('needsMfa', ['Condition'], { IpAddress: { 'aws:SourceVpc': '203.0.113.0/24' } }, 'condition_type_mismatch', {
  at: ['Condition', 'IpAddress', 'aws:SourceVpc'],
});
plant('needsMfa', ['Condition', 'IpAddress', 'aws:SourceIp', 0], '10.1.0.0/16', 'source_ip_private');
plant('needsMfa', ['Condition', 'IpAddress', 'aws:SourceIp', 0], '203.0.113.0/33', 'condition_value_invalid');
plant('needsMfa', ['Condition', 'DateLessThan', 'aws:CurrentTime'], 'tomorrow', 'condition_value_invalid');
plant('ec2TypesAndTags', ['Condition', 'StringEquals'], { 'ec2:InstanceType': 't4g.*' }, 'wildcard_in_equals', {
  at: ['Condition', 'StringEquals', 'ec2:InstanceType'],
  hint: /StringLike/,
});
plant('trustBroker', ['Condition', 'StringEquals', 'sts:ExternalId'], 'daypass-*', 'wildcard_in_equals');
plant('ec2TypesAndTags', ['Condition'], { StringEquals: { 'aws:TagKeys': 'team' } }, 'set_operator_missing', {
  at: ['Condition', 'StringEquals', 'aws:TagKeys'],
});
plant(
  'ec2TypesAndTags',
  ['Condition'],
  { 'ForAnyValue:StringLike': { 'ec2:InstanceType': 't4g.*' } },
  'set_operator_needless',
  {
    at: ['Condition', 'ForAnyValue:StringLike', 'ec2:InstanceType'],
  },
);
plant('dynamodbLeadingKeys', ['Condition', 'Null'], undefined, 'for_all_values_of_nothing', {
  at: ['Condition', 'ForAllValues:StringEquals', 'dynamodb:LeadingKeys'],
  hint: /Null/,
});
plant(
  'needsMfa',
  ['Condition'],
  { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' }, Null: { 'aws:MultiFactorAuthPresent': 'false' } },
  'if_exists_never_absent',
  {
    at: ['Condition', 'BoolIfExists', 'aws:MultiFactorAuthPresent'],
  },
);
plant(
  'needsMfa',
  ['Condition'],
  { NullIfExists: { 'aws:MultiFactorAuthPresent': 'true' } },
  'condition_operator_unknown',
  {
    at: ['Condition', 'NullIfExists'],
  },
);

// What is granted
plant('s3Read', ['$', 'Statement', 1], { Effect: 'Allow', Action: '*', Resource: '*' }, 'grants_everything', {
  at: ['$', 'Statement', 1, 'Action'],
});
plant('s3Read', ['$', 'Statement', 1, 'Action'], '*', 'grants_every_action');
plant('s3Read', ['$', 'Statement', 1], { Effect: 'Allow', Action: ['s3:*'], Resource: '*' }, 'grants_whole_service', {
  at: ['$', 'Statement', 1, 'Action', 0],
});
plant(
  'lambdaDeploy',
  ['$', 'Statement', 1],
  { Effect: 'Allow', Action: 'iam:PassRole', Resource: '*' },
  'pass_role_everywhere',
  { at: ['$', 'Statement', 1, 'Action'] },
);
plant(
  'lambdaDeploy',
  ['$', 'Statement', 1],
  { Effect: 'Allow', Action: 'iam:P*', Resource: `arn:aws:iam::${ACCOUNT}:role/*` },
  'pass_role_everywhere',
  { at: ['$', 'Statement', 1, 'Action'] },
);
plant(
  'delegatedRoles',
  ['$', 'Statement', 0],
  { Effect: 'Allow', Action: ['iam:GetRole', 'iam:AttachRolePolicy'], Resource: '*' },
  'grants_escalation',
  { at: ['Action', 1] },
);
plant('assumeNamedRoles', ['Resource', 0], 'arn:aws:iam::*:role/*', 'assume_role_everywhere', { at: ['Action', 0] });
plant(
  'ec2Operators',
  ['$', 'Statement', 1],
  { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
  'allow_not_action',
  { at: ['$', 'Statement', 1, 'NotAction'] },
);
plant(
  's3Read',
  ['$', 'Statement', 1],
  { Effect: 'Allow', Action: 's3:GetObject', NotResource: 'arn:aws:s3:::secret/*' },
  'allow_not_resource',
  { at: ['$', 'Statement', 1, 'NotResource'] },
);
plant('boundary', ['Action'], '*', 'limits_nothing');
plant('session', ['$', 'Statement', 0], { Effect: 'Allow', Action: ['*'], Resource: ['*'] }, 'limits_nothing', {
  at: ['Action', 0],
});
plant('scpGuard', ['Action'], '*', 'denies_everything');

// Who is trusted
plant('bucketOrganization', ['Condition'], undefined, 'principal_everyone', { at: ['Principal', 'AWS'] });
plant('bucketOrganization', ['Condition'], { StringLike: { 'aws:PrincipalOrgID': '*' } }, 'principal_everyone', {
  at: ['Principal', 'AWS'],
});
plant('bucketOrganization', ['Principal', 'AWS'], 'AIDAJQABLZS4A3QDU576Q', 'principal_deleted');
plant('bucketLogs', ['Condition'], undefined, 'service_for_anyone', { at: ['Principal', 'Service'] });
plant('keyPolicy', ['$', 'Statement', 1, 'Principal'], undefined, 'element_missing');
plant('keyPolicy', ['$', 'Statement', 1, 'Principal', 'AWS'], `arn:aws:iam::${ACCOUNT}:role/*`, 'principal_invalid');
plant('repository', ['Principal', 'AWS', 1], `arn:aws:iam::${ACCOUNT}:group/readers`, 'principal_invalid');
plant('s3Read', ['Principal'], '*', 'element_not_allowed');
plant('session', ['Principal'], { AWS: ACCOUNT }, 'element_not_allowed');
plant('scpGuard', ['NotPrincipal'], '*', 'element_not_allowed');

// Trust
plant('trustLambda', ['Action'], 'lambda:InvokeFunction', 'trust_action_invalid');
plant('trustLambda', ['Action'], '*', 'trust_action_invalid');
plant('trustLambda', ['Resource'], '*', 'element_not_allowed');
plant('trustLambda', ['Principal'], { AWS: '*' }, 'trust_everyone', { at: ['Principal', 'AWS'] });
plant('trustVendor', ['Principal'], '*', 'trust_everyone');
plant('trustVendor', ['Condition'], undefined, 'external_id_missing', { at: ['Principal', 'AWS'] });
plant('trustScheduler', ['Condition'], undefined, 'service_for_anyone', { at: ['Principal', 'Service'] });
plant('trustGitHub', ['Action'], 'sts:AssumeRole', 'trust_action_principal', { at: ['Principal', 'Federated'] });
plant('trustSaml', ['Action', 0], 'sts:AssumeRoleWithWebIdentity', 'trust_action_principal', {
  at: ['Principal', 'Federated'],
});
plant('trustBroker', ['Action'], 'sts:AssumeRoleWithWebIdentity', 'trust_action_principal', {
  at: ['Principal', 'AWS'],
});
plant('trustGitHub', ['Condition', 'StringLike'], undefined, 'provider_subject_missing', {
  at: ['Principal', 'Federated'],
});
plant('trustGitHub', ['Condition'], undefined, 'provider_subject_missing', { at: ['Principal', 'Federated'] });
plant('trustGitHub', ['Condition', 'StringLike', `${GITHUB}:sub`], '*', 'provider_subject_wide');
plant('trustGitHub', ['Condition', 'StringLike', `${GITHUB}:sub`], 'repo:*', 'provider_subject_wide');
plant(
  'trustGitHub',
  ['Condition', 'StringLike', `${GITHUB}:sub`],
  ['repo:example/x:*', 'repo:exam*/x:*'],
  'provider_subject_wide',
  {
    at: ['Condition', 'StringLike', `${GITHUB}:sub`, 1],
  },
);
plant('trustGitHub', ['Condition', 'StringEquals'], undefined, 'provider_audience_missing', {
  at: ['Principal', 'Federated'],
});
plant(
  'trustCluster',
  ['Condition', 'StringEquals'],
  { 'oidc.eks.eu-central-1.amazonaws.com/id/OTHER:sub': 'x' },
  'provider_key_foreign',
  {
    at: ['Condition', 'StringEquals', 'oidc.eks.eu-central-1.amazonaws.com/id/OTHER:sub'],
  },
);
plant('trustIdentityPool', ['Condition', 'StringEquals'], undefined, 'provider_subject_missing', {
  at: ['Principal', 'Federated'],
});
plant('trustSaml', ['Condition'], undefined, 'provider_audience_missing', {
  at: ['Principal', 'Federated'],
  hint: /SAML:aud/,
});
plant('trustVendor', ['Action'], 'sts:AssumeRol', 'action_unknown', { hint: /sts:AssumeRole\?/ });

// Organizations
plant('rcpOrganization', ['Action', 1], 'ec2:*', 'rcp_service_unsupported');
plant('rcpOrganization', ['Action'], '*', 'rcp_every_action');
plant('rcpOrganization', ['Effect'], 'Allow', 'element_not_allowed');
plant('rcpOrganization', ['Principal'], { AWS: ACCOUNT }, 'principal_invalid');
plant('scpRegions', ['$', 'Statement', 1, 'NotAction', 0], 'iamm:*', 'service_unknown');

// The document
plant('s3Home', ['$', 'Version'], undefined, 'version_missing', { at: ['$'] });
plant('s3Home', ['$', 'Version'], '2008-10-17', 'variable_is_text', { at: ['$', 'Statement', 2, 'Resource'] });
plant('s3Home', ['$', 'Version'], '2012-10-18', 'version_invalid');
plant('s3Home', ['$', 'Version'], '2026-01-01', 'version_invalid');
plant('s3Home', ['$', 'Statement', 2, 'Resource'], 'arn:aws:s3:::home/${aws:usrename}/*', 'variable_unknown', {
  hint: /aws:username/,
});
plant('s3Home', ['$', 'Statement', 2, 'Resource'], 'arn:aws:s3:::home/${aws:username/*', 'resource_invalid');
plant('s3Home', ['Sid'], '', 'sid_empty');
plant('s3Home', ['Sid'], 'a b', 'sid_invalid');
plant('s3Home', ['Effect'], 'allow', 'effect_invalid');
plant('s3Home', ['Actions'], 's3:*', 'element_unknown');
plant(
  's3Read',
  ['$', 'Statement', 1],
  {
    Effect: 'Allow',
    Action: ['S3:listbucket'],
    Resource: ['arn:aws:s3:::reports'],
    Condition: { StringLike: { 's3:prefix': ['us/*', 'eu/*'] } },
  },
  'statement_duplicate',
);
plant(
  's3Read',
  ['$', 'Statement', 1],
  {
    Effect: 'Deny',
    Action: 's3:ListBucket',
    Resource: 'arn:aws:s3:::reports',
    Condition: { StringLike: { 's3:prefix': ['eu/*', 'us/*'] } },
  },
  'statement_cancelled',
  { at: ['$', 'Statement', 0] },
);
plant('session', ['Sid'], 'x'.repeat(1_700), 'document_nearly_full', { at: ['$'] });
plant('session', ['Sid'], 'x'.repeat(2_100), 'document_too_large', { at: ['$'] });
plant('scpGuard', ['Sid'], 'x'.repeat(5_200), 'document_too_large', { at: ['$'] });
plant('snsPublisher', ['Sid'], 'x'.repeat(7_000), 'document_above_default', { at: ['$'] });
plant('trustVendor', ['Sid'], 'x'.repeat(2_200), 'document_above_default', { at: ['$'] });
plant('bucketTls', ['Sid'], 'x'.repeat(21_000), 'document_above_default', { at: ['$'] });

export const MUTATIONS: readonly Mutation[] = mutations;
