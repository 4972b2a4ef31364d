import { beforeAll, describe, expect, test } from 'vitest';
import { compileGlob } from '../../lib/iam/glob.ts';
import {
  auditKey,
  authorizationCodeKey,
  browserSessionKey,
  deviceHash,
  deviceRequestKey,
  INDEXES,
  preferencesKey,
  REGISTRATION_KEY,
  rateKey,
  signInAttemptKey,
  toolSessionKey,
  usedTokenKey,
  userCodeGuessesKey,
  userCodeKey,
} from '../../lib/store/table.ts';
import {
  listOf,
  type PolicyStatement,
  type Resource,
  resourcesOf,
  statementsOf,
  type Template,
} from './cloudformation.ts';
import { ASSUMABLE, FUNCTIONS, packaged } from './packaged.ts';

let template: Template;

beforeAll(async () => {
  ({ template } = await packaged());
});

const roleOf = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}Role`;

function role(name: string): Resource {
  const found = template.Resources[roleOf(name)];
  if (!found) throw new Error(`no role for ${name}`);
  return found;
}

const statements = (name: string): PolicyStatement[] => statementsOf(role(name));

const TABLE = { 'Fn::GetAtt': ['SessionsTable', 'Arn'] };

/** Every action each function may take, by statement. What is not here is not allowed. */
const ALLOWED: Record<(typeof FUNCTIONS)[number], Record<string, string[]>> = {
  credentials: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    AssumeRolesOfThePolicy: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    AppendRecords: ['dynamodb:PutItem'],
    CountRequests: ['dynamodb:UpdateItem'],
    ReadBackRecords: ['dynamodb:GetItem'],
    FindWaitingRecords: ['dynamodb:Query'],
    FindBrowserSession: ['dynamodb:GetItem'],
    KeepToolSessions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    KeepPreferences: ['dynamodb:GetItem', 'dynamodb:PutItem'],
  },
  catalogue: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    AppendRecords: ['dynamodb:PutItem'],
    CountRequests: ['dynamodb:UpdateItem'],
    ReadBackRecords: ['dynamodb:GetItem'],
  },
  audit: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    AppendRecords: ['dynamodb:PutItem'],
    CountRequests: ['dynamodb:UpdateItem'],
    ReadBackRecords: ['dynamodb:GetItem'],
    ReadRecords: ['dynamodb:Query', 'dynamodb:BatchGetItem'],
    ReadRecordIndexes: ['dynamodb:Query'],
    ReadLedger: ['s3:GetObject'],
    TellMissingFiles: ['s3:ListBucket'],
  },
  export: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    ReadRecords: ['dynamodb:Query'],
    WriteExport: ['s3:PutObject', 's3:AbortMultipartUpload'],
  },
  portal: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    AppendRecords: ['dynamodb:PutItem'],
    CountRequests: ['dynamodb:UpdateItem'],
    ReadBackRecords: ['dynamodb:GetItem'],
    FindBrowserSession: ['dynamodb:GetItem'],
    KeepPreferences: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    ReadRecords: ['dynamodb:Query', 'dynamodb:BatchGetItem'],
    ReadRecordIndexes: ['dynamodb:Query'],
  },
  signin: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    AppendRecords: ['dynamodb:PutItem'],
    CountRequests: ['dynamodb:UpdateItem'],
    ReadBackRecords: ['dynamodb:GetItem'],
    KeepBrowserSessions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
  },
  sso: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    AppendRecords: ['dynamodb:PutItem'],
    CountRequests: ['dynamodb:UpdateItem'],
    ReadBackRecords: ['dynamodb:GetItem'],
    FindBrowserSession: ['dynamodb:GetItem'],
    KeepToolSessions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
  },
  public: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  },
  seal: {
    WriteOwnLog: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    CloseSessionsAndMoveHead: ['dynamodb:PutItem'],
    ReadRecordsAndHead: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
    FindWaitingRecords: ['dynamodb:Query'],
    MarkSealed: ['dynamodb:UpdateItem'],
    WriteLedger: ['s3:GetObject', 's3:PutObject'],
    TellMissingFiles: ['s3:ListBucket'],
    SignCheckpoints: ['kms:Sign', 'kms:GetPublicKey'],
  },
};

describe.each(FUNCTIONS)('the role of %s', (name) => {
  test('is its own', () => {
    const users = resourcesOf(template, 'AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties['Role']['Fn::GetAtt'][0] === roleOf(name),
    );
    expect(users.map(([id]) => id)).toEqual([`${roleOf(name).slice(0, -4)}LambdaFunction`]);
  });

  test('can be taken by Lambda only, has no managed policies and takes the permissions boundary', () => {
    const { Properties } = role(name);
    expect(Properties['AssumeRolePolicyDocument'].Statement).toEqual([
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
    expect(Properties['ManagedPolicyArns']).toBeUndefined();
    expect(Properties['PermissionsBoundary']['Fn::If'][0]).toBe('HasPermissionsBoundary');
  });

  test('allows exactly these actions', () => {
    const found = Object.fromEntries(statements(name).map(({ Sid, Action }) => [Sid, listOf(Action)]));
    expect(found).toEqual(ALLOWED[name]);
    expect(statements(name)).toHaveLength(Object.keys(ALLOWED[name]).length);
  });

  test('every statement is a plain Allow of named actions on named resources', () => {
    for (const statement of statements(name)) {
      expect(statement.Effect).toBe('Allow');
      expect(Object.keys(statement)).not.toContain('NotAction');
      expect(Object.keys(statement)).not.toContain('NotResource');
      for (const action of listOf(statement.Action)) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
      for (const resource of listOf(statement.Resource)) expect(resource).not.toBe('*');
    }
  });

  test('writes to its own log group only', () => {
    const log = statements(name).find(({ Sid }) => Sid === 'WriteOwnLog');
    const resource = log?.Resource as { 'Fn::GetAtt': string[] } | undefined;
    const group = resource?.['Fn::GetAtt'][0] ?? '';
    expect(template.Resources[group]?.Properties['LogGroupName']).toBe(`/aws/lambda/daypass-prod-${name}`);
  });

  test('touches no table but its own', () => {
    for (const statement of statements(name)) {
      if (!listOf(statement.Action).some((action) => action.startsWith('dynamodb:'))) continue;
      const { unsealed, ...audit } = INDEXES;
      const index = ({ name: indexName }: { readonly name: string }) => ({
        'Fn::Sub': `\${SessionsTable.Arn}/index/${indexName}`,
      });
      const byStatement: Record<string, unknown[]> = {
        ReadRecordIndexes: Object.values(audit).map(index),
        FindWaitingRecords: [index(unsealed)],
      };
      expect(listOf(statement.Resource)).toEqual(byStatement[statement.Sid ?? ''] ?? [TABLE]);
    }
  });
});

test('only the credentials function may call STS, and only for the roles of the access policy', () => {
  for (const name of FUNCTIONS) {
    const sts = statements(name).filter(({ Action }) => listOf(Action).some((action) => action.startsWith('sts:')));
    expect(sts.map(({ Resource }) => Resource)).toEqual(name === 'credentials' ? [ASSUMABLE] : []);
  }
});

test('there are no roles or policies besides', () => {
  expect(
    resourcesOf(template, 'AWS::IAM::Role')
      .map(([id]) => id)
      .sort(),
  ).toEqual(FUNCTIONS.map(roleOf).sort());
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  expect(types.filter((type) => type.startsWith('AWS::IAM::') && type !== 'AWS::IAM::Role')).toEqual([]);
});

describe('the keys of the table', () => {
  const session = '01KAN000000000000000000000';
  const keys = {
    record: auditKey(session, 'intent').pk,
    counter: rateKey('https://idp.example.com', 'someone', 0).pk,
    usedToken: usedTokenKey('https://idp.example.com', 'jti').pk,
    browserSession: browserSessionKey('secret').pk,
    attempt: signInAttemptKey('state').pk,
    preferences: preferencesKey('corp', 'someone').pk,
    guesses: userCodeGuessesKey('someone', 0).pk,
    registrations: REGISTRATION_KEY.pk,
    toolSession: toolSessionKey('id').pk,
    code: authorizationCodeKey('code').pk,
    device: deviceRequestKey(deviceHash('code')).pk,
    userCode: userCodeKey('BCDFGHJK').pk,
  };

  const reachable = (name: string, action: string): string[] => {
    const globs = statements(name)
      .filter(
        ({ Action, Sid }) =>
          listOf(Action).includes(action) && !['ReadRecordIndexes', 'FindWaitingRecords'].includes(Sid ?? ''),
      )
      .flatMap(({ Condition }) => listOf(Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] as string[]));
    return Object.entries(keys).flatMap(([kind, key]) =>
      globs.some((glob) => compileGlob(glob).matches(key)) ? [kind] : [],
    );
  };

  const SERVES_BROWSERS: Readonly<Record<string, { put: string[]; get: string[] }>> = {
    credentials: {
      put: ['preferences', 'toolSession', 'code'],
      get: ['browserSession', 'preferences', 'toolSession', 'code'],
    },
    portal: { put: ['preferences'], get: ['browserSession', 'preferences'] },
    signin: { put: ['browserSession', 'attempt'], get: ['browserSession', 'attempt'] },
    sso: {
      put: ['registrations', 'toolSession', 'code', 'device', 'userCode'],
      get: ['browserSession', 'registrations', 'toolSession', 'code', 'device', 'userCode'],
    },
  };

  test.each(['credentials', 'catalogue', 'audit', 'portal', 'signin', 'sso'])(
    '%s creates records and used tokens, updates counters only, and reaches what its browsers need',
    (name) => {
      const { put, get } = SERVES_BROWSERS[name] ?? { put: [], get: [] };
      expect(reachable(name, 'dynamodb:PutItem')).toEqual(['record', 'usedToken', ...put]);
      expect(reachable(name, 'dynamodb:UpdateItem')).toEqual(['counter', 'guesses']);
      expect(reachable(name, 'dynamodb:GetItem')).toEqual(['record', 'usedToken', ...get]);
    },
  );

  test('only the sign-in deletes, and only sessions and attempts of browsers', () => {
    const deleting = FUNCTIONS.filter((name) => reachable(name, 'dynamodb:DeleteItem').length > 0);
    expect(deleting).toEqual(['signin']);
    expect(reachable('signin', 'dynamodb:DeleteItem')).toEqual(['browserSession', 'attempt']);
  });

  test.each(['audit', 'export', 'portal'])('%s queries records only', (name) => {
    expect(reachable(name, 'dynamodb:Query')).toEqual(['record']);
  });
});

test('the export may write below its prefix of the bucket that is named, and only where one is', () => {
  const policies = role('export').Properties['Policies'];
  expect(policies[0].PolicyDocument.Statement[2]).toEqual({
    'Fn::If': [
      'HasExportBucket',
      expect.objectContaining({
        Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${ExportBucket}/daypass-prod/*' },
      }),
      { Ref: 'AWS::NoValue' },
    ],
  });
});
