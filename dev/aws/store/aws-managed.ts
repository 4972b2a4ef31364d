/**
 * Some of the policies that AWS has in every account. Names, paths and intent are AWS's; the documents are short ones
 * of this project, not AWS's own, which list every action of dozens of services.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
export interface AwsManagedPolicy {
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly statements: readonly object[];
}

const READ_SERVICES = [
  'cloudformation',
  'cloudtrail',
  'cloudwatch',
  'dynamodb',
  'ec2',
  'ecs',
  'iam',
  'kms',
  'lambda',
  'logs',
  'organizations',
  'rds',
  's3',
  'sns',
  'sqs',
  'ssm',
  'sts',
];
const READ_ACTIONS = [
  ...READ_SERVICES.flatMap((service) => [`${service}:Get*`, `${service}:List*`, `${service}:Describe*`]),
  'dynamodb:BatchGet*',
  'dynamodb:Query',
  'dynamodb:Scan',
  'cloudtrail:LookupEvents',
  'logs:FilterLogEvents',
];

function allow(Action: string | readonly string[], more: object = {}): object {
  return { Effect: 'Allow', Action, Resource: '*', ...more };
}

function policy(name: string, description: string, statements: readonly object[], path = '/'): AwsManagedPolicy {
  return { path, name, description, statements };
}

export const AWS_MANAGED: readonly AwsManagedPolicy[] = [
  policy('AdministratorAccess', 'Full access to AWS services and resources.', [allow('*')]),
  policy('PowerUserAccess', 'Full access except for the management of users, groups and the organization.', [
    { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
    allow(['iam:ListRoles', 'organizations:DescribeOrganization', 'account:ListRegions']),
  ]),
  policy('ReadOnlyAccess', 'Read-only access to AWS services and resources.', [allow(READ_ACTIONS)]),
  policy('SecurityAudit', 'Read access to security configuration metadata.', [
    allow([
      'iam:Get*',
      'iam:List*',
      'iam:Generate*',
      's3:GetBucket*',
      's3:ListAllMyBuckets',
      'organizations:Describe*',
    ]),
  ]),
  policy('IAMFullAccess', 'Full access to IAM.', [allow(['iam:*', 'organizations:DescribeAccount'])]),
  policy('IAMReadOnlyAccess', 'Read-only access to IAM.', [
    allow(['iam:Get*', 'iam:List*', 'iam:GenerateCredentialReport', 'iam:SimulatePrincipalPolicy']),
  ]),
  policy('AmazonS3FullAccess', 'Full access to all buckets.', [allow('s3:*')]),
  policy('AmazonS3ReadOnlyAccess', 'Read-only access to all buckets.', [
    allow(['s3:Get*', 's3:List*', 's3:Describe*']),
  ]),
  policy('AmazonDynamoDBReadOnlyAccess', 'Read-only access to DynamoDB.', [
    allow([
      'dynamodb:BatchGetItem',
      'dynamodb:Describe*',
      'dynamodb:List*',
      'dynamodb:Get*',
      'dynamodb:Query',
      'dynamodb:Scan',
    ]),
  ]),
  policy('AmazonEC2ReadOnlyAccess', 'Read-only access to EC2.', [allow('ec2:Describe*')]),
  policy('CloudWatchReadOnlyAccess', 'Read-only access to CloudWatch.', [
    allow([
      'cloudwatch:Get*',
      'cloudwatch:List*',
      'cloudwatch:Describe*',
      'logs:Get*',
      'logs:Describe*',
      'logs:Filter*',
    ]),
  ]),
  policy('AWSDenyAll', 'Denies everything.', [{ Sid: 'DenyAll', Effect: 'Deny', Action: '*', Resource: '*' }]),
  policy(
    'AWSLambdaBasicExecutionRole',
    'Lets a function write its log.',
    [allow(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'])],
    '/service-role/',
  ),
  policy(
    'ViewOnlyAccess',
    'Lists resources, without what is in them.',
    [allow(['ec2:Describe*', 's3:ListAllMyBuckets', 'iam:List*', 'iam:GetAccountSummary', 'dynamodb:ListTables'])],
    '/job-function/',
  ),
];
