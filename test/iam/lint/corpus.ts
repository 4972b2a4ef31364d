import type { PolicyKind } from '../../../lib/iam/document.ts';

export type Statement = Readonly<Record<string, unknown>>;

/** A policy as people write them, in which the linter finds no error. */
export interface Sample {
  readonly kind: PolicyKind;
  readonly statements: readonly Statement[];
}

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const REGION = 'eu-central-1';
const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
const role = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;

function allow(
  Action: string | readonly string[],
  Resource: string | readonly string[],
  Condition?: unknown,
): Statement {
  return { Effect: 'Allow', Action, Resource, ...(Condition !== undefined && { Condition }) };
}

const identity = (...statements: Statement[]): Sample => ({ kind: 'identity', statements });
const resource = (...statements: Statement[]): Sample => ({ kind: 'resource', statements });
const trust = (...statements: Statement[]): Sample => ({ kind: 'trust', statements });

export const SAMPLES = {
  // Identity policies
  s3Read: identity(
    allow('s3:ListBucket', 'arn:aws:s3:::reports', { StringLike: { 's3:prefix': ['eu/*', 'us/*'] } }),
    allow(['s3:GetObject', 's3:GetObjectVersion'], 'arn:aws:s3:::reports/*'),
  ),
  s3Home: identity(
    allow(['s3:ListAllMyBuckets', 's3:GetBucketLocation'], '*'),
    allow('s3:ListBucket', 'arn:aws:s3:::home', { StringLike: { 's3:prefix': ['${aws:username}/*'] } }),
    allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], 'arn:aws:s3:::home/${aws:username}/*'),
  ),
  s3EncryptedUpload: identity(
    allow('s3:PutObject', 'arn:aws:s3:::uploads/*', { StringEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } }),
    allow(['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], 'arn:aws:s3:::uploads/*'),
    allow('s3:ListBucketMultipartUploads', 'arn:aws:s3:::uploads'),
  ),
  dynamodbTable: identity(
    allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
      [arn('dynamodb', 'table/orders'), arn('dynamodb', 'table/orders/index/*')],
    ),
  ),
  dynamodbLeadingKeys: identity(
    allow(['dynamodb:GetItem', 'dynamodb:Query'], arn('dynamodb', 'table/games'), {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['${www.amazon.com:user_id}'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    }),
  ),
  lambdaBasic: identity(
    allow('logs:CreateLogGroup', arn('logs', '*')),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn('logs', 'log-group:/aws/lambda/orders:*')),
  ),
  lambdaInVpc: identity(
    allow(['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'], '*'),
  ),
  lambdaDeploy: identity(
    allow(
      ['lambda:UpdateFunctionCode', 'lambda:PublishVersion', 'lambda:UpdateAlias', 'lambda:GetFunction'],
      arn('lambda', 'function:orders*'),
    ),
    allow('iam:PassRole', role('orders-function'), { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } }),
  ),
  sqsConsumer: identity(
    allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      arn('sqs', 'orders'),
    ),
  ),
  snsPublisher: identity(allow('sns:Publish', arn('sns', 'alerts'))),
  kmsUse: identity(
    allow(['kms:Decrypt', 'kms:GenerateDataKey'], arn('kms', 'key/1234abcd-12ab-34cd-56ef-1234567890ab'), {
      StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com`, 'kms:EncryptionContext:app': 'orders' },
    }),
  ),
  kmsGrant: identity(
    allow('kms:CreateGrant', arn('kms', 'key/*'), {
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
      'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'GenerateDataKey'] },
      Null: { 'kms:GrantOperations': false },
    }),
  ),
  secrets: identity(
    allow(
      ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
      arn('secretsmanager', 'secret:orders/*'),
      {
        StringEquals: { 'secretsmanager:ResourceTag/team': '${aws:PrincipalTag/team}' },
      },
    ),
  ),
  parameters: identity(
    allow(['ssm:GetParameter', 'ssm:GetParametersByPath'], arn('ssm', 'parameter/orders/*')),
    allow('ssm:DescribeParameters', '*'),
  ),
  sessionManager: identity(
    allow('ssm:StartSession', arn('ec2', 'instance/*'), { StringLike: { 'ssm:resourceTag/team': 'orders' } }),
    allow(['ssm:TerminateSession', 'ssm:ResumeSession'], 'arn:aws:ssm:*:*:session/${aws:username}-*'),
  ),
  ec2Operators: identity(
    allow('ec2:Describe*', '*'),
    allow(['ec2:StartInstances', 'ec2:StopInstances'], arn('ec2', 'instance/*'), {
      StringEquals: { 'ec2:ResourceTag/team': 'orders' },
    }),
  ),
  ec2Launch: identity(
    allow('ec2:RunInstances', [
      'arn:aws:ec2:*::image/ami-*',
      arn('ec2', 'instance/*'),
      arn('ec2', 'subnet/subnet-0a1b2c3d'),
      arn('ec2', 'network-interface/*'),
      arn('ec2', 'security-group/*'),
      arn('ec2', 'volume/*'),
      arn('ec2', 'key-pair/*'),
    ]),
    allow('ec2:CreateTags', arn('ec2', 'instance/*'), { StringEquals: { 'ec2:CreateAction': 'RunInstances' } }),
  ),
  ec2TypesAndTags: identity(
    allow('ec2:RunInstances', arn('ec2', 'instance/*'), {
      StringLike: { 'ec2:InstanceType': ['t4g.*', 'm7g.*'] },
      StringEquals: { 'aws:RequestTag/team': 'orders' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'cost-centre'] },
      Null: { 'aws:TagKeys': 'false' },
    }),
  ),
  ecrPush: identity(
    allow('ecr:GetAuthorizationToken', '*'),
    allow(
      [
        'ecr:BatchCheckLayerAvailability',
        'ecr:InitiateLayerUpload',
        'ecr:UploadLayerPart',
        'ecr:CompleteLayerUpload',
        'ecr:PutImage',
      ],
      arn('ecr', 'repository/team/orders'),
    ),
  ),
  ecsDeploy: identity(
    allow(['ecs:UpdateService', 'ecs:DescribeServices'], arn('ecs', 'service/main/orders')),
    allow('ecs:RegisterTaskDefinition', '*'),
    allow('iam:PassRole', [role('orders-task'), role('orders-execution')], {
      StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    }),
  ),
  cloudformation: identity(
    allow(
      ['cloudformation:CreateStack', 'cloudformation:UpdateStack', 'cloudformation:DescribeStacks'],
      arn('cloudformation', 'stack/orders-*/*'),
    ),
    allow('cloudformation:ValidateTemplate', '*'),
  ),
  metrics: identity(
    allow('cloudwatch:PutMetricData', '*', { StringEquals: { 'cloudwatch:namespace': 'orders' } }),
    allow(['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'], arn('cloudwatch', 'alarm:orders-*')),
  ),
  stepFunctions: identity(
    allow('states:StartExecution', arn('states', 'stateMachine:orders')),
    allow(['states:DescribeExecution', 'states:StopExecution'], arn('states', 'execution:orders:*')),
  ),
  eventBridge: identity(allow('events:PutEvents', arn('events', 'event-bus/orders'))),
  kinesis: identity(allow(['kinesis:PutRecord', 'kinesis:PutRecords'], arn('kinesis', 'stream/orders'))),
  assumeNamedRoles: identity(
    allow(['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], [`arn:aws:iam::${OTHER}:role/deploy-*`]),
  ),
  ownAccessKeys: identity(
    allow(
      ['iam:ListAccessKeys', 'iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:UpdateAccessKey'],
      `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`,
    ),
    allow('iam:GetAccountPasswordPolicy', '*'),
  ),
  delegatedRoles: identity(
    allow(['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:PutRolePolicy'], `arn:aws:iam::${ACCOUNT}:role/app/*`, {
      ArnLike: { 'iam:PermissionsBoundary': `arn:aws:iam::${ACCOUNT}:policy/app-boundary` },
    }),
  ),
  needsMfa: identity(
    allow(['ec2:TerminateInstances'], arn('ec2', 'instance/*'), {
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' },
      IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/32'] },
      DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' },
    }),
  ),
  denyOtherRegions: identity(
    {
      Effect: 'Deny',
      NotAction: ['iam:*', 'sts:*', 'cloudfront:*'],
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': [REGION] } },
    },
    allow('ec2:Describe*', '*'),
  ),
  route53: identity(
    allow('route53:ChangeResourceRecordSets', 'arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ', {
      'ForAllValues:StringEquals': { 'route53:ChangeResourceRecordSetsRecordTypes': ['TXT'] },
      Null: { 'route53:ChangeResourceRecordSetsRecordTypes': 'false' },
    }),
    allow('route53:GetChange', 'arn:aws:route53:::change/*'),
  ),
  apiInvoke: identity(allow('execute-api:Invoke', arn('execute-api', 'a1b2c3d4e5/prod/GET/orders/*'))),
  cognito: identity(allow('cognito-idp:AdminGetUser', arn('cognito-idp', `userpool/${REGION}_AbCdEfGhI`))),
  rdsConnect: identity(allow('rds-db:connect', arn('rds-db', 'dbuser:db-ABCDEFGHIJKL01234/app'))),
  china: identity(
    allow('s3:GetObject', 'arn:aws-cn:s3:::berichte/*'),
    allow('sqs:SendMessage', `arn:aws-cn:sqs:cn-north-1:${ACCOUNT}:q`),
  ),

  // Resource policies
  bucketTls: resource({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: ['arn:aws:s3:::reports', 'arn:aws:s3:::reports/*'],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }),
  bucketOrganization: resource({
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::shared/*',
    Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
  }),
  bucketLogs: resource({
    Sid: 'Access logs of S3',
    Effect: 'Allow',
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::logs/*',
    Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::reports' }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
  }),
  keyPolicy: resource(
    {
      Sid: 'Own account',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Principal: { AWS: role('orders-function') },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
    },
  ),
  queueFromTopic: resource({
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arn('sqs', 'orders'),
    Condition: { ArnEquals: { 'aws:SourceArn': arn('sns', 'alerts') } },
  }),
  secretShared: resource({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${OTHER}:role/reader` },
    Action: 'secretsmanager:GetSecretValue',
    Resource: '*',
  }),
  functionFromApi: resource({
    Effect: 'Allow',
    Principal: { Service: 'apigateway.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: arn('lambda', 'function:orders'),
    Condition: { ArnLike: { 'AWS:SourceArn': arn('execute-api', 'a1b2c3d4e5/*/GET/orders') } },
  }),
  repository: resource({
    Effect: 'Allow',
    Principal: { AWS: [OTHER, '777788889999'] },
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: '*',
  }),

  // Trust policies
  trustLambda: trust({ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }),
  trustScheduler: trust({
    Effect: 'Allow',
    Principal: { Service: 'scheduler.amazonaws.com' },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
  }),
  trustVendor: trust({
    Effect: 'Allow',
    Principal: { AWS: OTHER },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': 'a1b2c3' } },
  }),
  trustBroker: trust(
    {
      Effect: 'Allow',
      Principal: { AWS: role('broker') },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'daypass-prod' }, StringLike: { 'sts:RoleSessionName': '?*' } },
    },
    {
      Effect: 'Allow',
      Principal: { AWS: role('broker') },
      Action: 'sts:SetSourceIdentity',
      Condition: { StringLike: { 'sts:SourceIdentity': '?*' } },
    },
    {
      Effect: 'Allow',
      Principal: { AWS: role('broker') },
      Action: 'sts:TagSession',
      Condition: {
        'ForAllValues:StringLike': { 'aws:TagKeys': ['team', 'daypass:*'] },
        Null: { 'aws:TagKeys': 'false' },
        StringLike: { 'aws:RequestTag/team': '?*' },
      },
    },
  ),
  trustGitHub: trust({
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
      StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:example/orders:ref:refs/heads/*' },
    },
  }),
  trustCluster: trust({
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.eks.${REGION}.amazonaws.com/id/A1B2C3D4E5` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        [`oidc.eks.${REGION}.amazonaws.com/id/A1B2C3D4E5:aud`]: 'sts.amazonaws.com',
        [`oidc.eks.${REGION}.amazonaws.com/id/A1B2C3D4E5:sub`]: 'system:serviceaccount:orders:web',
      },
    },
  }),
  trustPods: trust({
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
  }),
  trustSaml: trust({
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/corp` },
    Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
    Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
  }),
  trustIdentityPool: trust({
    Effect: 'Allow',
    Principal: { Federated: 'cognito-identity.amazonaws.com' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { 'cognito-identity.amazonaws.com:aud': `${REGION}:12345678-1234-1234-1234-123456789012` },
      'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'authenticated' },
    },
  }),

  // Limits
  boundary: {
    kind: 'boundary',
    statements: [
      allow(['s3:*', 'dynamodb:*', 'logs:*', 'lambda:*'], '*'),
      { Effect: 'Deny', Action: ['iam:*', 'organizations:*'], Resource: '*' },
    ],
  },
  session: {
    kind: 'session',
    statements: [
      allow(
        ['s3:GetObject', 's3:ListBucket'],
        ['arn:aws:s3:::reports', 'arn:aws:s3:::reports/${aws:PrincipalTag/team}/*'],
      ),
    ],
  },
  scpRegions: {
    kind: 'scp',
    statements: [
      allow('*', '*'),
      {
        Effect: 'Deny',
        NotAction: ['iam:*', 'organizations:*', 'route53:*', 'support:*'],
        Resource: '*',
        Condition: {
          StringNotEquals: { 'aws:RequestedRegion': [REGION] },
          ArnNotLike: { 'aws:PrincipalARN': 'arn:aws:iam::*:role/break-glass' },
        },
      },
    ],
  },
  scpGuard: {
    kind: 'scp',
    statements: [
      { Effect: 'Deny', Action: ['cloudtrail:StopLogging', 'cloudtrail:DeleteTrail'], Resource: '*' },
      {
        Effect: 'Deny',
        Action: 'ec2:RunInstances',
        Resource: 'arn:aws:ec2:*:*:instance/*',
        Condition: { StringNotEquals: { 'ec2:MetadataHttpTokens': 'required' } },
      },
      { Effect: 'Deny', Action: 'organizations:LeaveOrganization', Resource: '*' },
    ],
  },
  rcpOrganization: {
    kind: 'rcp',
    statements: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:*', 'sqs:*', 'kms:*', 'secretsmanager:*', 'sts:AssumeRole'],
        Resource: '*',
        Condition: {
          StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' },
          BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
        },
      },
    ],
  },
} as const satisfies Readonly<Record<string, Sample>>;

export type SampleName = keyof typeof SAMPLES;

export function documentOf({ statements }: Sample): Readonly<Record<string, unknown>> {
  return { Version: '2012-10-17', Statement: statements };
}
