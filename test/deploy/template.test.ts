import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { INDEXES } from '../../lib/store/table.ts';
import { type Resource, resourcesOf, type Template } from './cloudformation.ts';
import { FUNCTIONS, type Package, packaged, ROOT } from './packaged.ts';

let built: Package;
let template: Template;

beforeAll(async () => {
  built = await packaged();
  template = built.template;
});

const resource = (name: string): Resource => {
  const found = template.Resources[name];
  if (!found) throw new Error(`no resource ${name}`);
  return found;
};

describe('routes', () => {
  test('each route is there once, and its own function serves it', () => {
    const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, route]) => {
      const integration = route.Properties['Target']['Fn::Join'][1][1]['Ref'] as string;
      const target = resource(integration).Properties['IntegrationUri']['Fn::GetAtt'][0] as string;
      return `${route.Properties['RouteKey']} → ${target}`;
    });
    expect(routes.sort()).toEqual([
      'GET / → PortalLambdaFunction',
      'GET /.well-known/daypass → PublicLambdaFunction',
      'GET /assets/{file} → PublicLambdaFunction',
      'GET /assignment/accounts → SsoLambdaFunction',
      'GET /assignment/roles → SsoLambdaFunction',
      'GET /audit → PortalLambdaFunction',
      'GET /authorize → SsoLambdaFunction',
      'GET /device → SsoLambdaFunction',
      'GET /federation/credentials → CredentialsLambdaFunction',
      'GET /roles/{account}/{role} → PortalLambdaFunction',
      'GET /sessions → PortalLambdaFunction',
      'GET /sign-in → SigninLambdaFunction',
      'GET /sign-in/{issuer} → SigninLambdaFunction',
      'GET /sign-in/{issuer}/callback → SigninLambdaFunction',
      'GET /signed-out → SigninLambdaFunction',
      'GET /start → SsoLambdaFunction',
      'GET /v1/audit → AuditLambdaFunction',
      'GET /v1/audit/proof → AuditLambdaFunction',
      'GET /v1/authorize → SsoLambdaFunction',
      'GET /v1/container/{account}/{role} → CredentialsLambdaFunction',
      'GET /v1/health → PublicLambdaFunction',
      'GET /v1/openapi.json → PublicLambdaFunction',
      'GET /v1/roles → CatalogueLambdaFunction',
      'GET /v1/whoami → CatalogueLambdaFunction',
      'HEAD /start → SsoLambdaFunction',
      'POST / → CredentialsLambdaFunction',
      'POST /authorize → SsoLambdaFunction',
      'POST /client/register → SsoLambdaFunction',
      'POST /device → SsoLambdaFunction',
      'POST /device/decision → SsoLambdaFunction',
      'POST /device_authorization → SsoLambdaFunction',
      'POST /logout → SsoLambdaFunction',
      'POST /preferences → PortalLambdaFunction',
      'POST /roles/{account}/{role}/console → CredentialsLambdaFunction',
      'POST /roles/{account}/{role}/credentials → CredentialsLambdaFunction',
      'POST /sign-out → SigninLambdaFunction',
      'POST /token → SsoLambdaFunction',
      'POST /v1/authorize → SsoLambdaFunction',
      'POST /v1/console → CredentialsLambdaFunction',
      'POST /v1/credentials → CredentialsLambdaFunction',
      'POST /v1/explain → CatalogueLambdaFunction',
      'POST /v1/token → CredentialsLambdaFunction',
    ]);
  });

  test('every function is asked in payload format 2.0', () => {
    for (const [, { Properties }] of resourcesOf(template, 'AWS::ApiGatewayV2::Integration')) {
      expect(Properties['PayloadFormatVersion']).toBe('2.0');
    }
  });

  test('the stage throttles', () => {
    const settings = resource('HttpApiStage').Properties['DefaultRouteSettings'];
    expect(settings.ThrottlingRateLimit).toBeGreaterThan(0);
    expect(settings.ThrottlingBurstLimit).toBeGreaterThan(0);
  });

  test('browsers of other origins get no CORS headers', () => {
    expect(resource('HttpApi').Properties['CorsConfiguration']).toBeUndefined();
  });

  test('with a domain, the execute-api address is off', () => {
    expect(resource('HttpApi').Properties['DisableExecuteApiEndpoint']).toEqual({
      'Fn::If': ['HasDomain', true, false],
    });
  });
});

/** Where browsers reach the broker: a setting of the deployment, not a word of a request. */
const ORIGIN = {
  'Fn::If': [
    'HasDomain',
    { 'Fn::Sub': 'https://${DomainName}' },
    { 'Fn::Sub': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}' },
  ],
};

describe('functions', () => {
  test('every file in functions/ is one function', () => {
    const files = readdirSync(join(ROOT, 'functions')).filter((name) => name.endsWith('.ts'));
    expect(files.map((name) => name.slice(0, -3)).sort()).toEqual([...FUNCTIONS].sort());
    const handlers = resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties['Handler']);
    expect(handlers.sort()).toEqual(FUNCTIONS.map((name) => `dist/functions/${name}.handler`).sort());
  });

  test.each(FUNCTIONS)('%s carries its own bundle and, if it decides, the access policy, nothing else', (name) => {
    const policy = name === 'seal' || name === 'export' ? [] : ['dist/access.json'];
    expect(built.archives[name]).toEqual([...policy, `dist/functions/${name}.cjs`]);
  });

  test('each runs on Node 24, arm64, and ends before the gateway gives up', () => {
    for (const [, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      // Nobody waits for the ledger’s keeper and for the export.
      const own = { 'dist/functions/seal.handler': 120, 'dist/functions/export.handler': 900 };
      expect(Properties['Timeout']).toBeLessThanOrEqual(own[Properties['Handler'] as keyof typeof own] ?? 29);
    }
  });

  test('their environment names the table, the policy and the rate, and holds no secret', () => {
    for (const [, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
      const ledger = {
        DAYPASS_LEDGER_BUCKET: { Ref: 'LedgerBucket' },
        DAYPASS_LEDGER_KEY_ID: { 'Fn::GetAtt': ['LedgerKey', 'Arn'] },
        DAYPASS_LEDGER_ORIGIN: 'daypass/daypass-prod',
        DAYPASS_WITNESSES: '',
        DAYPASS_REQUIRED_WITNESSES: '0',
      };
      expect(Properties['Environment'].Variables).toEqual({
        DAYPASS_TABLE: 'daypass-prod',
        DAYPASS_POLICY_FILE: 'dist/access.json',
        DAYPASS_RATE_LIMIT_PER_MINUTE: '60',
        ...(Properties['Handler'] === 'dist/functions/seal.handler' && ledger),
        ...(Properties['Handler'] === 'dist/functions/credentials.handler' && { DAYPASS_MAX_SEAL_LAG_MINUTES: '' }),
        ...(Properties['Handler'] === 'dist/functions/audit.handler' && {
          DAYPASS_LEDGER_BUCKET: { Ref: 'LedgerBucket' },
        }),
        ...(/(credentials|portal|signin|sso)\.handler$/.test(Properties['Handler']) && { DAYPASS_ORIGIN: ORIGIN }),
        ...(Properties['Handler'] === 'dist/functions/export.handler' && {
          DAYPASS_EXPORT_BUCKET: '',
          DAYPASS_EXPORT_PREFIX: 'daypass-prod/',
          DAYPASS_EXPORT_FORMAT: 'jsonl',
        }),
      });
    }
  });

  test('the export runs each hour, where there is a bucket, and the ledger’s keeper each minute', () => {
    const rules = resourcesOf(template, 'AWS::Events::Rule').map(([, { Properties }]) => Properties);
    expect(rules).toEqual([
      expect.objectContaining({
        ScheduleExpression: 'cron(30 * * * ? *)',
        State: { 'Fn::If': ['HasExportBucket', 'ENABLED', 'DISABLED'] },
      }),
      expect.objectContaining({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' }),
    ]);
    expect(template.Conditions?.['HasExportBucket']).toEqual({
      'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'ExportBucket' }, ''] }],
    });
    expect(template.Parameters?.['ExportBucket']?.Default).toBe('');
  });

  test('no old version stays callable', () => {
    expect(resourcesOf(template, 'AWS::Lambda::Version')).toEqual([]);
  });

  test('only the gateway may invoke them, the ledger’s keeper and the export only the clock', () => {
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission');
    expect(permissions).toHaveLength(FUNCTIONS.length);
    for (const [, { Properties }] of permissions) {
      const keeper = /SealLambdaFunction|ExportLambdaFunction/.test(JSON.stringify(Properties['FunctionName']));
      expect(Properties['Principal']).toBe(keeper ? 'events.amazonaws.com' : 'apigateway.amazonaws.com');
      expect(Properties['SourceArn']).toBeDefined();
    }
    expect(resourcesOf(template, 'AWS::Lambda::Url')).toEqual([]);
  });
});

describe('table', () => {
  test('it is on demand, encrypted, recoverable and outlives the stack', () => {
    const table = resource('SessionsTable');
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(table.Properties).toMatchObject({
      TableName: 'daypass-prod',
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
  });

  test('its indexes are those that the code queries', () => {
    const indexes = resource('SessionsTable').Properties['GlobalSecondaryIndexes'] as unknown[];
    expect(indexes).toEqual(
      Object.values(INDEXES).map(({ name, key }) => ({
        IndexName: name,
        KeySchema: [
          { AttributeName: key, KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    );
  });
});

describe('ledger', () => {
  test('its bucket keeps every version of every file, takes TLS only, is nobody’s but ours and outlives the stack', () => {
    const bucket = resource('LedgerBucket');
    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(bucket.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: { Ref: 'LedgerLockMode' }, Days: { Ref: 'LedgerRetentionDays' } } },
      },
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect(resource('LedgerBucketPolicy').Properties['PolicyDocument'].Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': false } } }),
    ]);
  });

  test('its key can sign only, and is not lost with the stack', () => {
    const key = resource('LedgerKey');
    expect(key).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(key.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  });
});

describe('logs', () => {
  test('each function and the gateway have a log group of their own, kept for more than a year', () => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties);
    expect(groups.map((group) => group['LogGroupName']).sort()).toEqual([
      '/aws/http-api/daypass-prod',
      ...FUNCTIONS.map((name) => `/aws/lambda/daypass-prod-${name}`).sort(),
    ]);
    for (const group of groups) expect(group['RetentionInDays']).toBeGreaterThan(365);
  });

  test('the access log holds nothing that a client wrote', () => {
    const format = resource('HttpApiStage').Properties['AccessLogSettings'].Format as string;
    expect(format).not.toContain('\n');
    const variables = Object.values(JSON.parse(format) as Record<string, string>);
    expect(variables.sort()).toEqual([
      '$context.error.responseType',
      '$context.httpMethod',
      '$context.identity.sourceIp',
      '$context.integration.requestId',
      '$context.integrationLatency',
      '$context.requestId',
      '$context.requestTimeEpoch',
      '$context.responseLatency',
      '$context.responseLength',
      '$context.routeKey',
      '$context.status',
    ]);
  });
});

describe('artifacts', () => {
  test('the bucket of the packages is private, encrypted, versioned and speaks TLS only', () => {
    expect(resource('ServerlessDeploymentBucket').Properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      VersioningConfiguration: { Status: 'Enabled' },
    });
    const statements = resource('ServerlessDeploymentBucketPolicy').Properties['PolicyDocument'].Statement;
    expect(statements).toMatchObject([{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': false } } }]);
  });
});

describe('settings', () => {
  const settings = {
    domainName: 'daypass.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/0',
    hostedZoneId: 'Z0',
    alarmEmail: 'oncall@example.com',
    alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:oncall',
    denialsPerFiveMinutes: '7',
    reservedConcurrency: '20',
    permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
  };
  let set: Template;

  beforeAll(async () => {
    ({ template: set } = await packaged({ ...settings, table: 'restored', rateLimitPerMinute: '5' }, 'test'));
  });

  test.each(Object.entries(settings))('%s reaches the template', (name, value) => {
    expect(set.Parameters?.[`${name[0]?.toUpperCase()}${name.slice(1)}`]?.Default).toBe(value);
  });

  test('the table and the rate reach table and functions', () => {
    expect(set.Resources['SessionsTable']?.Properties['TableName']).toBe('restored');
    expect(set.Resources['CredentialsLambdaFunction']?.Properties['Environment'].Variables).toMatchObject({
      DAYPASS_TABLE: 'restored',
      DAYPASS_RATE_LIMIT_PER_MINUTE: '5',
    });
  });

  test('all are optional: each parameter has a default', () => {
    const parameters = Object.entries(template.Parameters ?? {});
    expect(parameters.filter(([, { Default }]) => Default === undefined)).toEqual([]);
    expect(parameters.length).toBeGreaterThan(0);
  });
});
