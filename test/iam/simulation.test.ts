import { describe, expect, it, test } from 'vitest';
import { simulate } from '../../lib/iam/simulation.ts';
import type { Json } from '../../lib/json.ts';
import { HOME, OBJECT, SESSION, USER } from './ask.ts';

const REQUEST = { principal: USER, action: 's3:GetObject', resource: OBJECT, resourceAccountId: HOME, context: {} };
const ALLOW = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
const SILENT = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }] };
const run = (entry: unknown, explain = false) => simulate(entry as Json, { explain });
const decide = (entry: unknown) => run(entry).result?.decision;

describe('an entry', () => {
  test.each<[string, object, string]>([
    ['without policies', {}, 'implicitlyDenied'],
    ['with an identity policy', { identityPolicies: [ALLOW] }, 'allowed'],
    ['with one document where a list may be', { identityPolicies: ALLOW }, 'allowed'],
    [
      'with null for what is not there',
      { identityPolicies: [ALLOW], resourcePolicy: null, sessionPolicies: null, serviceControlPolicies: null },
      'allowed',
    ],
    ['with a resource policy', { resourcePolicy: { Statement: { ...ALLOW.Statement[0], Principal: '*' } } }, 'allowed'],
    [
      'with a list of one resource policy',
      { resourcePolicy: [{ Statement: { ...ALLOW.Statement[0], Principal: '*' } }] },
      'allowed',
    ],
    ['with an empty list of boundaries', { identityPolicies: [ALLOW], permissionBoundaries: [] }, 'allowed'],
    ['with a silent boundary', { identityPolicies: [ALLOW], permissionBoundaries: [SILENT] }, 'implicitlyDenied'],
    [
      'with two session policies, one of which allows',
      { request: { ...REQUEST, principal: SESSION }, identityPolicies: [ALLOW], sessionPolicies: [SILENT, ALLOW] },
      'allowed',
    ],
    [
      'with levels that allow',
      { identityPolicies: [ALLOW], serviceControlPolicies: [[ALLOW], [SILENT, ALLOW]] },
      'allowed',
    ],
    [
      'with a silent level',
      { identityPolicies: [ALLOW], serviceControlPolicies: [[ALLOW], [SILENT]] },
      'implicitlyDenied',
    ],
    ['with an empty level', { identityPolicies: [ALLOW], serviceControlPolicies: [[ALLOW], []] }, 'implicitlyDenied'],
    [
      'with empty levels of resource control policies',
      { identityPolicies: [ALLOW], resourceControlPolicies: [[], []] },
      'allowed',
    ],
    [
      'in the management account',
      { identityPolicies: [ALLOW], serviceControlPolicies: [[SILENT]], managementAccountId: HOME },
      'allowed',
    ],
    [
      'of a service-linked role',
      {
        request: { ...REQUEST, principal: SESSION, serviceLinkedRole: true },
        identityPolicies: [ALLOW],
        serviceControlPolicies: [[SILENT]],
      },
      'allowed',
    ],
    [
      'with context values of every kind',
      {
        request: { ...REQUEST, context: { a: 'x', b: ['y', 'z'], c: true, d: 5 } },
        identityPolicies: [
          {
            Statement: {
              Effect: 'Allow',
              Action: '*',
              Resource: '*',
              Condition: { StringEquals: { a: 'x', b: 'z' }, Bool: { c: 'true' }, NumericEquals: { d: '5' } },
            },
          },
        ],
      },
      'allowed',
    ],
    ['with members of somebody’s own', { identityPolicies: [ALLOW], expected: 'x', description: 'y' }, 'allowed'],
    [
      'whose trust policy is given as the resource’s',
      {
        request: { ...REQUEST, action: 'sts:AssumeRole', resource: `arn:aws:iam::${HOME}:role/x` },
        resourcePolicy: { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: USER } } },
      },
      'allowed',
    ],
  ])('%s', (_sentence, entry, decision) => {
    const { result, problems } = run({ request: REQUEST, ...entry });
    expect(problems).toEqual([]);
    expect(result?.decision).toBe(decision);
  });

  it('without an account of the resource is about the principal’s own', () => {
    const { resourceAccountId: _, ...request } = REQUEST;
    expect(decide({ request, identityPolicies: [ALLOW] })).toBe('allowed');
    expect(
      decide({
        request: { ...request, resource: 'arn:aws:sqs:eu:999999999999:q', action: 'sqs:X' },
        identityPolicies: [{ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }],
      }),
    ).toBe('implicitlyDenied');
  });

  it('keeps its name, and has none when it has none', () => {
    expect(run({ name: 'n', request: REQUEST }).result).toHaveProperty('name', 'n');
    expect(run({ request: REQUEST }).result).not.toHaveProperty('name');
  });
});

describe('an entry that cannot be answered says where it is wrong', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'x', '$'],
    ['a list', [], '$'],
    ['null', null, '$'],
    ['no request', {}, '$.request'],
    ['a name that is a number', { name: 1, request: REQUEST }, '$.name'],
    ['no principal', { request: { ...REQUEST, principal: undefined } }, '$.request.principal'],
    ['a principal that is nobody', { request: { ...REQUEST, principal: 'alice' } }, '$.request.principal'],
    ['a principal with a wildcard', { request: { ...REQUEST, principal: `${USER}*` } }, '$.request.principal'],
    [
      'a group as the principal',
      { request: { ...REQUEST, principal: `arn:aws:iam::${HOME}:group/g` } },
      '$.request.principal',
    ],
    ['no action', { request: { ...REQUEST, action: '' } }, '$.request.action'],
    ['an action with a wildcard', { request: { ...REQUEST, action: 's3:*' } }, '$.request.action'],
    ['an action without a service', { request: { ...REQUEST, action: 'GetObject' } }, '$.request.action'],
    ['a resource that is no ARN', { request: { ...REQUEST, resource: 'bucket' } }, '$.request.resource'],
    [
      'a resource of a megabyte',
      { request: { ...REQUEST, resource: `arn:aws:s3:::${'x'.repeat(1e6)}` } },
      '$.request.resource',
    ],
    ['an account of 11 digits', { request: { ...REQUEST, resourceAccountId: '1' } }, '$.request.resourceAccountId'],
    ['a management account that is a number', { request: REQUEST, managementAccountId: 1 }, '$.managementAccountId'],
    ['a context that is a list', { request: { ...REQUEST, context: [] } }, '$.request.context'],
    [
      'a context value that is an object',
      { request: { ...REQUEST, context: { 'aws:x': {} } } },
      '$.request.context["aws:x"]',
    ],
    [
      'a context key twice',
      { request: { ...REQUEST, context: { 'aws:x': 'a', 'AWS:X': 'b' } } },
      '$.request.context["AWS:X"]',
    ],
    ['a member of the request misspelt', { request: { ...REQUEST, resourceArn: 'x' } }, '$.request.resourceArn'],
    ['a policy field misspelt', { request: REQUEST, identityPolices: [] }, '$.identityPolices'],
    ['another policy field misspelt', { request: REQUEST, permissionsBoundaries: [] }, '$.permissionsBoundaries'],
    ['policies that are a text', { request: REQUEST, identityPolicies: 'x' }, '$.identityPolicies'],
    ['a document that is a text', { request: REQUEST, identityPolicies: ['x'] }, '$.identityPolicies[0]'],
    [
      'a document that is wrong',
      { request: REQUEST, identityPolicies: [ALLOW, { ...ALLOW, Version: 'x' }] },
      '$.identityPolicies[1].Version',
    ],
    [
      'a resource policy that is wrong',
      { request: REQUEST, resourcePolicy: { Statement: [{}] } },
      '$.resourcePolicy.Statement[0].Effect',
    ],
    ['a level that is a text', { request: REQUEST, serviceControlPolicies: ['x'] }, '$.serviceControlPolicies[0]'],
    ['levels that are an object', { request: REQUEST, serviceControlPolicies: ALLOW }, '$.serviceControlPolicies'],
    [
      'a document in a level that is wrong',
      { request: REQUEST, resourceControlPolicies: [[], [{ Statement: { Effect: 'deny' } }]] },
      '$.resourceControlPolicies[1][0].Statement.Effect',
    ],
  ])('%s', (_sentence, entry, path) => {
    const { result, problems } = run(entry);
    expect(result).toBeUndefined();
    expect(problems.find(({ fatal }) => fatal)?.path).toBe(path);
  });
});

it('a document that AWS would refuse is answered by its meaning, and told', () => {
  const { result, problems } = run({
    request: REQUEST,
    identityPolicies: [{ Statement: { ...ALLOW.Statement[0], Principal: '*' } }],
  });
  expect(result?.decision).toBe('allowed');
  expect(problems).toMatchObject([{ path: '$.identityPolicies[0].Statement.Principal', fatal: false }]);
});

describe('the explanation', () => {
  const explained = (entry: object) => run({ request: REQUEST, ...entry }, true).result?.explanation ?? [];
  const conditional = {
    Statement: [
      {
        Sid: 'Office',
        Effect: 'Allow',
        Action: 's3:*',
        Resource: '*',
        Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
      },
    ],
  };

  test.each<[string, object, string[]]>([
    ['says that nothing allows', {}, ['Denied: no policy allows it.', 'Identity policies do not allow it.']],
    [
      'names what allows',
      { identityPolicies: [ALLOW] },
      [
        'Allowed: an identity policy allows it.',
        'identityPolicies[0].Statement[0] allows it.',
        'Identity policies allow it.',
      ],
    ],
    [
      'names what came close',
      { identityPolicies: [conditional] },
      [
        'Denied: no policy allows it.',
        'Identity policies do not allow it.',
        'identityPolicies[0].Statement[0] “Office” does not apply: its condition IpAddress on aws:SourceIp does not hold.',
      ],
    ],
    [
      'names the boundary',
      { identityPolicies: [ALLOW], permissionBoundaries: [SILENT] },
      [
        'Denied: the permissions boundary does not allow it.',
        'Identity policies allow it.',
        'The permissions boundary does not allow it.',
      ],
    ],
    [
      'names the level',
      { identityPolicies: [ALLOW], serviceControlPolicies: [[ALLOW], [SILENT]] },
      [
        'Denied: a level of the service control policies does not allow it.',
        'Service control policies do not allow it at level 1.',
        'Identity policies allow it.',
      ],
    ],
    [
      'names what denies',
      { identityPolicies: [ALLOW, { Statement: { Sid: 'No', Effect: 'Deny', Action: '*', Resource: '*' } }] },
      [
        'Denied: a statement denies it, and a deny is final.',
        'identityPolicies[1].Statement[0] “No” denies it.',
        'Identity policies deny it.',
      ],
    ],
    [
      'names who is exempt',
      { identityPolicies: [ALLOW], serviceControlPolicies: [[SILENT]], managementAccountId: HOME },
      [
        'Allowed: an identity policy allows it.',
        'identityPolicies[0].Statement[0] allows it.',
        'Service control policies do not apply: the requester is in the organization’s management account.',
        'Identity policies allow it.',
      ],
    ],
  ])('%s', (_sentence, entry, sentences) => {
    expect(explained(entry)).toEqual(sentences);
  });

  it('is there only when asked for', () => expect(run({ request: REQUEST }).result).not.toHaveProperty('explanation'));
});
