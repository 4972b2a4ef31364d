import { describe, expect, it, test } from 'vitest';
import { POLICY_KINDS, type PolicyKind } from '../../lib/iam/document.ts';
import { MAX_POLICY_CHARACTERS } from '../../lib/iam/document-limits.ts';
import { parseDocument } from '../../lib/iam/parse-document.ts';
import { formatPath } from '../../lib/iam/policy-problem.ts';

type Json = Record<string, unknown>;
const V = { Version: '2012-10-17' };
const S = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const R = { ...S, Principal: '*' };
const T = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } };

function problemsOf(kind: PolicyKind, document: unknown) {
  const parsed = parseDocument(document as never, kind);
  // A document without problems must be there, one with a fatal problem must not.
  expect(parsed.document === undefined).toBe(parsed.problems.some(({ fatal }) => fatal));
  return parsed.problems.map(({ code, path, fatal }) => `${fatal ? 'fatal' : 'refused'} ${code} ${formatPath(path)}`);
}
const of = (statement: unknown, kind: PolicyKind = 'identity') => problemsOf(kind, { ...V, Statement: [statement] });
const without = (statement: Json, ...names: string[]) =>
  Object.fromEntries(Object.entries(statement).filter(([name]) => !names.includes(name)));

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
describe('a document that is right has no problems', () => {
  test.each<[string, PolicyKind, Json]>([
    ['an identity policy', 'identity', { ...V, Id: 'x', Statement: [S] }],
    ['one statement without a list', 'identity', { ...V, Statement: S }],
    ['one without Version', 'identity', { Statement: S }],
    ['one of the older version', 'identity', { Version: '2008-10-17', Statement: S }],
    [
      'lists of one',
      'identity',
      { ...V, Statement: [{ Effect: 'Deny', NotAction: ['s3:*'], NotResource: ['arn:aws:s3:::b/*'] }] },
    ],
    [
      'a Sid',
      'identity',
      {
        ...V,
        Statement: [
          { ...S, Sid: 'One1' },
          { ...S, Sid: 'Two2' },
        ],
      },
    ],
    [
      'an empty Sid twice',
      'identity',
      {
        ...V,
        Statement: [
          { ...S, Sid: '' },
          { ...S, Sid: '' },
        ],
      },
    ],
    [
      'a condition with a number and a boolean',
      'identity',
      {
        ...V,
        Statement: { ...S, Condition: { NumericLessThan: { 'aws:n': 5 }, Bool: { 'aws:SecureTransport': true } } },
      },
    ],
    ['variables', 'identity', { ...V, Statement: { ...S, Resource: "arn:aws:s3:::b/${aws:username, 'x'}/${*}" } }],
    ['variables as text in the older version', 'identity', { Statement: { ...S, Resource: 'arn:aws:s3:::b/${' } }],
    ['a resource policy for everybody', 'resource', { ...V, Statement: R }],
    [
      'principals of every kind',
      'resource',
      {
        ...V,
        Statement: {
          ...S,
          Principal: {
            AWS: [
              '*',
              '111122223333',
              'arn:aws:iam::111122223333:root',
              'arn:aws:iam::111122223333:user/a/b',
              'arn:aws:iam::111122223333:role/r',
              'arn:aws:sts::111122223333:assumed-role/r/s',
              'arn:aws:sts::111122223333:federated-user/f',
              'AIDAJQABLZS4A3QDU576Q',
            ],
            Service: ['lambda.amazonaws.com', 'logs.eu-central-1.amazonaws.com', 's3.amazonaws.com.cn'],
            Federated: [
              'accounts.google.com',
              'arn:aws:iam::111122223333:oidc-provider/idp.example.com',
              'arn:aws:iam::111122223333:saml-provider/corp',
            ],
            CanonicalUser: 'a'.repeat(64),
          },
        },
      },
    ],
    [
      'NotPrincipal with Deny',
      'resource',
      { ...V, Statement: { ...S, Effect: 'Deny', NotPrincipal: { AWS: '111122223333' } } },
    ],
    ['a Sid with blanks in a resource policy', 'resource', { ...V, Statement: { ...R, Sid: 'Allow all of it' } }],
    ['a trust policy', 'trust', { ...V, Statement: T }],
    ['a service control policy', 'scp', { ...V, Statement: S }],
    ['RCPFullAWSAccess', 'rcp', { ...V, Statement: { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' } }],
    [
      'a resource control policy',
      'rcp',
      { ...V, Statement: { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' } },
    ],
    ['a session policy', 'session', { ...V, Statement: S }],
    ['a boundary', 'boundary', { ...V, Statement: S }],
  ])('%s', (_sentence, kind, document) => {
    expect(problemsOf(kind, document)).toEqual([]);
    expect(problemsOf(kind, JSON.stringify(document))).toEqual([]);
  });
});

describe('every problem is named with its path', () => {
  test.each<[string, PolicyKind, unknown, string[]]>([
    // The document
    ['a list', 'identity', [S], ['fatal document_invalid $']],
    ['a text that is no JSON', 'identity', '{"Version":', ['fatal json_invalid $']],
    ['a JSON text that is no object', 'identity', '"x"', ['fatal document_invalid $']],
    ['null', 'identity', 'null', ['fatal document_invalid $']],
    ['nothing', 'identity', '', ['fatal json_invalid $']],
    ['an empty object', 'identity', {}, ['fatal element_missing $.Statement']],
    ['an unknown element', 'identity', { ...V, Statement: S, Statements: [] }, ['fatal element_unknown $.Statements']],
    [
      'a version that is no version',
      'identity',
      { Version: '2012-10-18', Statement: S },
      ['fatal version_invalid $.Version'],
    ],
    ['a version that is a number', 'identity', { Version: 2012, Statement: S }, ['fatal version_invalid $.Version']],
    ['an Id that is no text', 'identity', { ...V, Id: 1, Statement: S }, ['fatal element_type $.Id']],
    ['a statement that is a text', 'identity', { ...V, Statement: 'x' }, ['fatal element_type $.Statement']],
    ['a statement that is null', 'identity', { ...V, Statement: [S, null] }, ['fatal element_type $.Statement[1]']],
    ['no statement in the list', 'identity', { ...V, Statement: [] }, ['refused element_empty $.Statement']],
    [
      'two with one Sid',
      'identity',
      { ...V, Statement: [{ ...S, Sid: 'A' }, S, { ...S, Sid: 'A' }] },
      ['refused sid_duplicate $.Statement[2].Sid'],
    ],
    [
      'a single statement has no index',
      'identity',
      { ...V, Statement: { ...S, Effect: 'x' } },
      ['fatal effect_invalid $.Statement.Effect'],
    ],
    [
      '__proto__ as an element',
      'identity',
      '{"__proto__":{},"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
      ['fatal element_unknown $.__proto__'],
    ],
    [
      'constructor as an element',
      'identity',
      { constructor: 1, Statement: S },
      ['fatal element_unknown $.constructor'],
    ],
  ])('in a document: %s', (_sentence, kind, document, expected) => {
    expect(problemsOf(kind, document)).toEqual(expected);
  });

  test.each<[string, unknown, string[], PolicyKind?]>([
    // Elements
    [
      'an empty object',
      {},
      [
        'fatal element_missing $.Statement[0].Effect',
        'fatal element_missing $.Statement[0].Action',
        'fatal element_missing $.Statement[0].Resource',
      ],
    ],
    ['an unknown element', { ...S, Actions: [] }, ['fatal element_unknown $.Statement[0].Actions']],
    [
      'an element in another case',
      { ...without(S, 'Action'), action: '*' },
      ['fatal element_unknown $.Statement[0].action', 'fatal element_missing $.Statement[0].Action'],
    ],
    ['Effect in another case', { ...S, Effect: 'allow' }, ['fatal effect_invalid $.Statement[0].Effect']],
    ['Effect as a list', { ...S, Effect: ['Allow'] }, ['fatal effect_invalid $.Statement[0].Effect']],
    ['a Sid that is a number', { ...S, Sid: 1 }, ['fatal element_type $.Statement[0].Sid']],
    ['a Sid with a blank', { ...S, Sid: 'a b' }, ['refused sid_invalid $.Statement[0].Sid']],
    ['Action and NotAction', { ...S, NotAction: 'x:y' }, ['fatal element_conflict $.Statement[0].NotAction']],
    ['Resource and NotResource', { ...S, NotResource: '*' }, ['fatal element_conflict $.Statement[0].NotResource']],
    ['Action as a number', { ...S, Action: 1 }, ['fatal element_type $.Statement[0].Action']],
    ['Action as an object', { ...S, Action: { a: 1 } }, ['fatal element_type $.Statement[0].Action']],
    ['one action of a list as null', { ...S, Action: ['s3:*', null] }, ['fatal element_type $.Statement[0].Action[1]']],
    ['a list in a list', { ...S, Action: [['s3:*']] }, ['fatal element_type $.Statement[0].Action[0]']],
    ['no action in the list', { ...S, Action: [] }, ['refused element_empty $.Statement[0].Action']],
    ['no resource in the list', { ...S, Resource: [] }, ['refused element_empty $.Statement[0].Resource']],
    // Actions
    [
      'an action without a service',
      { ...S, Action: ['s3:*', 'GetObject'] },
      ['refused action_invalid $.Statement[0].Action[1]'],
    ],
    ['an action with a comma', { ...S, Action: 's3:Get,Put' }, ['refused action_invalid $.Statement[0].Action']],
    [
      'an action with a wildcard in its service',
      { ...S, Action: 's*:Get' },
      ['refused action_invalid $.Statement[0].Action'],
    ],
    ['an action without a name', { ...S, Action: 's3:' }, ['refused action_invalid $.Statement[0].Action']],
    ['an empty action', { ...S, Action: '' }, ['refused action_invalid $.Statement[0].Action']],
    [
      'a NotAction that is none',
      { ...without(S, 'Action'), NotAction: ['x'] },
      ['refused action_invalid $.Statement[0].NotAction[0]'],
    ],
    // Resources
    ['a resource that is no ARN', { ...S, Resource: 'bucket/*' }, ['refused resource_invalid $.Statement[0].Resource']],
    [
      'a resource with too few fields',
      { ...S, Resource: ['*', 'arn:aws:s3'] },
      ['refused resource_invalid $.Statement[0].Resource[1]'],
    ],
    [
      'a resource that names nothing',
      { ...S, Resource: 'arn:aws:s3:::' },
      ['refused resource_invalid $.Statement[0].Resource'],
    ],
    [
      'a variable before the fifth colon',
      { ...S, Resource: 'arn:aws:${x}:::b' },
      ['refused resource_invalid $.Statement[0].Resource'],
    ],
    [
      'a variable that is not closed',
      { ...S, Resource: 'arn:aws:s3:::b/${aws:username' },
      ['refused resource_invalid $.Statement[0].Resource'],
    ],
    [
      'a variable without a name',
      { ...S, Resource: 'arn:aws:s3:::b/${}' },
      ['refused resource_invalid $.Statement[0].Resource'],
    ],
    // Conditions
    ['a condition that is a list', { ...S, Condition: [] }, ['fatal element_type $.Statement[0].Condition']],
    [
      'an operator that is a text',
      { ...S, Condition: { StringEquals: 'x' } },
      ['fatal element_type $.Statement[0].Condition.StringEquals'],
    ],
    [
      'an unknown operator',
      { ...S, Condition: { StringEqual: { a: 'b' } } },
      ['fatal condition_operator_unknown $.Statement[0].Condition.StringEqual'],
    ],
    [
      'an operator without a key',
      { ...S, Condition: { StringEquals: {} } },
      ['fatal condition_empty $.Statement[0].Condition.StringEquals'],
    ],
    [
      'a key without a value',
      { ...S, Condition: { StringEquals: { 'aws:x': [] } } },
      ['fatal condition_empty $.Statement[0].Condition.StringEquals["aws:x"]'],
    ],
    [
      'a value that is null',
      { ...S, Condition: { StringEquals: { 'aws:x': ['a', null] } } },
      ['fatal element_type $.Statement[0].Condition.StringEquals["aws:x"][1]'],
    ],
    [
      'a single value that is no address',
      { ...S, Condition: { IpAddress: { 'aws:SourceIp': 'x' } } },
      ['fatal condition_value_invalid $.Statement[0].Condition.IpAddress["aws:SourceIp"]'],
    ],
    [
      'one value of several that is no address',
      { ...S, Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', 'x'] } } },
      ['fatal condition_value_invalid $.Statement[0].Condition.IpAddress["aws:SourceIp"][1]'],
    ],
    [
      'a variable in a number',
      { ...S, Condition: { NumericEquals: { 'aws:n': '${aws:m}' } } },
      ['fatal condition_value_invalid $.Statement[0].Condition.NumericEquals["aws:n"]'],
    ],
    [
      'a variable in an address',
      { ...S, Condition: { IpAddress: { 'aws:SourceIp': '${aws:m}' } } },
      ['fatal condition_value_invalid $.Statement[0].Condition.IpAddress["aws:SourceIp"]'],
    ],
    [
      'a variable in a text that is none',
      { ...S, Condition: { StringEquals: { 'aws:x': '${' } } },
      ['fatal condition_value_invalid $.Statement[0].Condition.StringEquals["aws:x"]'],
    ],
    [
      '__proto__ as an operator',
      JSON.parse('{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"__proto__":{"a":"b"}}}'),
      ['fatal condition_operator_unknown $.Statement[0].Condition.__proto__'],
    ],
    [
      '__proto__ as a kind of principal',
      JSON.parse('{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"__proto__":"x"}}'),
      ['fatal principal_invalid $.Statement[0].Principal.__proto__'],
      'resource',
    ],
    // What belongs to which kind
    ['a principal in an identity policy', R, ['refused element_not_allowed $.Statement[0].Principal']],
    ['a principal in a boundary', R, ['refused element_not_allowed $.Statement[0].Principal'], 'boundary'],
    ['a principal in a session policy', R, ['refused element_not_allowed $.Statement[0].Principal'], 'session'],
    ['a principal in a service control policy', R, ['refused element_not_allowed $.Statement[0].Principal'], 'scp'],
    [
      'a NotPrincipal in an identity policy',
      { ...S, NotPrincipal: '*' },
      ['refused element_not_allowed $.Statement[0].NotPrincipal'],
    ],
    ['no principal in a resource policy', S, ['refused element_missing $.Statement[0].Principal'], 'resource'],
    [
      'no principal in a trust policy',
      without(T, 'Principal'),
      ['refused element_missing $.Statement[0].Principal'],
      'trust',
    ],
    [
      'no resource in a resource policy',
      without(R, 'Resource'),
      ['refused element_missing $.Statement[0].Resource'],
      'resource',
    ],
    [
      'no resource in a service control policy',
      without(S, 'Resource'),
      ['fatal element_missing $.Statement[0].Resource'],
      'scp',
    ],
    [
      'a resource in a trust policy',
      { ...T, Resource: '*' },
      ['refused element_not_allowed $.Statement[0].Resource'],
      'trust',
    ],
    [
      'a NotPrincipal in a trust policy',
      { ...without(T, 'Principal'), Effect: 'Deny', NotPrincipal: '*' },
      ['refused element_not_allowed $.Statement[0].NotPrincipal'],
      'trust',
    ],
    [
      'a NotPrincipal with Allow',
      { ...S, NotPrincipal: { AWS: '111122223333' } },
      ['refused element_not_allowed $.Statement[0].NotPrincipal'],
      'resource',
    ],
    ['an allow in a resource control policy', R, ['refused element_not_allowed $.Statement[0].Effect'], 'rcp'],
    [
      'a NotAction in a resource control policy',
      { Effect: 'Deny', Principal: '*', NotAction: 's3:*', Resource: '*' },
      ['refused element_not_allowed $.Statement[0].NotAction'],
      'rcp',
    ],
    [
      'somebody named in a resource control policy',
      { ...R, Effect: 'Deny', Principal: { AWS: '111122223333' } },
      ['refused principal_invalid $.Statement[0].Principal'],
      'rcp',
    ],
    // Principals
    [
      'Principal and NotPrincipal',
      { ...R, NotPrincipal: '*' },
      ['fatal element_conflict $.Statement[0].NotPrincipal'],
      'resource',
    ],
    [
      'a principal that is a number',
      { ...S, Principal: 1 },
      ['fatal element_type $.Statement[0].Principal'],
      'resource',
    ],
    [
      'a principal that is a list',
      { ...S, Principal: ['*'] },
      ['fatal element_type $.Statement[0].Principal'],
      'resource',
    ],
    [
      'a principal that is an ARN without a kind',
      { ...S, Principal: 'arn:aws:iam::111122223333:root' },
      ['refused principal_invalid $.Statement[0].Principal'],
      'resource',
    ],
    [
      'a kind that is none',
      { ...S, Principal: { Aws: '*' } },
      ['fatal principal_invalid $.Statement[0].Principal.Aws'],
      'resource',
    ],
    ['no kind', { ...S, Principal: {} }, ['refused element_empty $.Statement[0].Principal'], 'resource'],
    [
      'a kind with a number',
      { ...S, Principal: { AWS: [1] } },
      ['fatal element_type $.Statement[0].Principal.AWS[0]'],
      'resource',
    ],
    [
      'an account with 11 digits',
      { ...S, Principal: { AWS: '11112222333' } },
      ['refused principal_invalid $.Statement[0].Principal.AWS'],
      'resource',
    ],
    [
      'a wildcard in an ARN',
      { ...S, Principal: { AWS: ['*', 'arn:aws:iam::111122223333:user/*'] } },
      ['refused principal_invalid $.Statement[0].Principal.AWS[1]'],
      'resource',
    ],
    [
      'a group',
      { ...S, Principal: { AWS: 'arn:aws:iam::111122223333:group/g' } },
      ['refused principal_invalid $.Statement[0].Principal.AWS'],
      'resource',
    ],
    [
      'a bucket',
      { ...S, Principal: { AWS: 'arn:aws:s3:::b' } },
      ['refused principal_invalid $.Statement[0].Principal.AWS'],
      'resource',
    ],
    [
      'a service that is a word',
      { ...S, Principal: { Service: 'lambda' } },
      ['refused principal_invalid $.Statement[0].Principal.Service'],
      'resource',
    ],
    [
      'a provider that is none',
      { ...S, Principal: { Federated: ['arn:aws:iam::111122223333:user/x'] } },
      ['refused principal_invalid $.Statement[0].Principal.Federated[0]'],
      'resource',
    ],
    [
      'a canonical user that is none',
      { ...S, Principal: { CanonicalUser: 'abc' } },
      ['refused principal_invalid $.Statement[0].Principal.CanonicalUser'],
      'resource',
    ],
  ])('in a statement: %s', (_sentence, statement, expected, kind) => {
    expect(of(statement, kind)).toEqual(expected);
  });

  it('and all of them, not only the first', () => {
    const document = { Version: 'x', Statement: [{ ...S, Effect: 'x', Action: [] }, { ...S, Sid: 2 }, 3] };
    expect(problemsOf('identity', document)).toEqual([
      'fatal version_invalid $.Version',
      'fatal effect_invalid $.Statement[0].Effect',
      'refused element_empty $.Statement[0].Action',
      'fatal element_type $.Statement[1].Sid',
      'fatal element_type $.Statement[2]',
    ]);
  });

  it('with what was probably meant', () => {
    const { problems } = parseDocument(
      { Statement: { ...S, Resources: 'x', Condition: { StringEqual: { a: 'b' } } } },
      'identity',
    );
    expect(problems.map(({ hint }) => hint)).toEqual(['did you mean Resource?', 'did you mean StringEquals?']);
  });
});

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
describe('size', () => {
  const sized = (length: number) => {
    const empty = JSON.stringify({ Id: '', Statement: [] });
    return JSON.stringify({ Id: 'x'.repeat(length - empty.length), Statement: [] });
  };
  test.each(POLICY_KINDS)('of %s policies is limited, and one character decides', (kind) => {
    const limit = MAX_POLICY_CHARACTERS[kind];
    expect(problemsOf(kind, sized(limit))).not.toContain('refused document_too_large $');
    expect(problemsOf(kind, sized(limit + 1))).toContain('refused document_too_large $');
  });
  it('does not count white space', () => {
    expect(problemsOf('session', `${sized(2_048)}${' \n\t\r'.repeat(1_000)}`)).toEqual([
      'refused element_empty $.Statement',
    ]);
  });
});

describe('hostile documents get an answer in linear time', () => {
  const plain = JSON.stringify(S);
  test.each<[string, () => string, string | undefined]>([
    [
      '10 MB of one text',
      () => JSON.stringify({ ...V, Statement: { ...S, Resource: `arn:aws:s3:::${'x'.repeat(10_000_000)}` } }),
      undefined,
    ],
    [
      '10 MB of wildcards',
      () => JSON.stringify({ ...V, Statement: { ...S, Resource: `arn:aws:s3:::${'*?'.repeat(5_000_000)}` } }),
      undefined,
    ],
    [
      '10 MB of variables',
      () => JSON.stringify({ ...V, Statement: { ...S, Resource: `arn:aws:s3:::${'${a}'.repeat(2_500_000)}` } }),
      undefined,
    ],
    [
      '10 MB of variables that are not closed',
      () => JSON.stringify({ ...V, Statement: { ...S, Resource: `arn:aws:s3:::${'${'.repeat(5_000_000)}` } }),
      'resource_invalid',
    ],
    ['100,000 statements', () => `{"Statement":[${Array<string>(100_000).fill(plain).join()}]}`, undefined],
    [
      '100,000 statements that are wrong',
      () => `{"Statement":[${Array<string>(100_000).fill('{"Efect":"Allow"}').join()}]}`,
      'element_unknown',
    ],
    [
      'a million actions',
      () => JSON.stringify({ Statement: { ...S, Action: Array<string>(1_000_000).fill('s3:*') } }),
      undefined,
    ],
    [
      'a million unknown elements',
      () => `{${Array.from({ length: 1_000_000 }, (_, index) => `"e${index}":1`).join()}}`,
      'element_unknown',
    ],
    [
      'a million unknown operators',
      () =>
        `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{${Array.from({ length: 1_000_000 }, (_, index) => `"String${index}":{}`).join()}}}}`,
      'condition_operator_unknown',
    ],
    ['a list nested 100,000 deep', () => `{"Statement":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'element_type'],
    [
      'an action nested 100,000 deep',
      () => `{"Statement":{"Effect":"Allow","Resource":"*","Action":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'element_type',
    ],
    [
      'objects nested 100,000 deep',
      () => `${'{"Statement":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      'element_unknown',
    ],
    ['more text than is read', () => ' '.repeat(32 * 1024 * 1024 + 1), 'document_too_large'],
    [
      'half of a surrogate pair',
      () => JSON.stringify({ Statement: { ...S, Resource: 'arn:aws:s3:::\ud800' } }),
      undefined,
    ],
  ])('%s', (_sentence, text, code) => {
    const { document, problems } = parseDocument(text(), 'identity');
    const codes = problems.map((problem) => problem.code);
    if (code === undefined) expect(document).toBeDefined();
    else expect(codes).toContain(code);
    expect(problems.length).toBeLessThan(1_100);
  });
});
