import type { PolicyKind } from '../../lib/iam/document.ts';

type Json = Record<string, unknown>;

export const V = { Version: '2012-10-17' };
export const S = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
export const R = { ...S, Principal: '*' };
export const T = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } };

export const without = (statement: Json, ...names: string[]): Json =>
  Object.fromEntries(Object.entries(statement).filter(([name]) => !names.includes(name)));

/** What is wrong, the kind of policy, the document (a text is JSON), and each problem: its grade, code and path. */
export const INVALID_DOCUMENTS: readonly [string, PolicyKind, unknown, string[]][] = [
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
  ['constructor as an element', 'identity', { constructor: 1, Statement: S }, ['fatal element_unknown $.constructor']],
];

/** The same for the one statement of a document; of an identity policy unless the kind is given. */
export const INVALID_STATEMENTS: readonly [string, unknown, string[], PolicyKind?][] = [
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
  ['a principal that is a number', { ...S, Principal: 1 }, ['fatal element_type $.Statement[0].Principal'], 'resource'],
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
];
