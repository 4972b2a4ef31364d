import { describe, expect, it, test } from 'vitest';
import { POLICY_KINDS, type PolicyKind } from '../../lib/iam/document.ts';
import { MAX_POLICY_CHARACTERS } from '../../lib/iam/document-limits.ts';
import { parseDocument } from '../../lib/iam/parse-document.ts';
import { formatPath } from '../../lib/iam/policy-problem.ts';
import { INVALID_DOCUMENTS, INVALID_STATEMENTS, R, S, T, V } from './invalid-documents.ts';

type Json = Record<string, unknown>;

function problemsOf(kind: PolicyKind, document: unknown) {
  const parsed = parseDocument(document as never, kind);
  // A document without problems must be there, one with a fatal problem must not.
  expect(parsed.document === undefined).toBe(parsed.problems.some(({ fatal }) => fatal));
  return parsed.problems.map(({ code, path, fatal }) => `${fatal ? 'fatal' : 'refused'} ${code} ${formatPath(path)}`);
}
const of = (statement: unknown, kind: PolicyKind = 'identity') => problemsOf(kind, { ...V, Statement: [statement] });

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
  test.each(INVALID_DOCUMENTS)('in a document: %s', (_sentence, kind, document, expected) => {
    expect(problemsOf(kind, document)).toEqual(expected);
  });

  test.each(INVALID_STATEMENTS)('in a statement: %s', (_sentence, statement, expected, kind) => {
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
