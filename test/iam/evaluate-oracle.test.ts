import fc from 'fast-check';
import { expect, test } from 'vitest';
import { simulate } from '../../lib/iam/simulation.ts';
import type { Json } from '../../lib/json.ts';
import { AWAY, HOME } from './ask.ts';
import { type OracleDocument, type OracleInput, type OracleRequest, type OracleStatement, oracle } from './oracle.ts';

/**
 * 100,000 random pairs of policies and requests: 10,000 sets of policies, ten requests to each. The words are few, so
 * that policies and requests meet often, and each decision is frequent.
 */
const POLICY_SETS = 10_000;
const REQUESTS = 10;

const one = <T>(...values: T[]) => fc.constantFrom(...values);
const oneOrMore = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: item }, { weight: 1, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }) });

const PRINCIPALS = [
  `arn:aws:iam::${HOME}:user/alice`,
  `arn:aws:iam::${HOME}:user/bob`,
  `arn:aws:iam::${HOME}:role/app`,
  `arn:aws:iam::${HOME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX`,
  `arn:aws:sts::${HOME}:assumed-role/app/run`,
  `arn:aws:sts::${HOME}:assumed-role/app/walk`,
  `arn:aws:sts::${HOME}:federated-user/alice`,
  `arn:aws:iam::${HOME}:root`,
  `arn:aws:iam::${AWAY}:user/alice`,
  'lambda.amazonaws.com',
  'anonymous',
];
const RESOURCES = [
  'arn:aws:s3:::bucket',
  'arn:aws:s3:::bucket/a',
  'arn:aws:s3:::bucket/alice/b',
  'arn:aws:s3:::bucket/*',
  `arn:aws:sqs:eu:${HOME}:q`,
  `arn:aws:kms:eu:${HOME}:key/1`,
  `arn:aws:iam::${HOME}:role/app`,
  '*',
];
const action = one(
  '*',
  '*',
  's3:*',
  's3:Get*',
  'S3:getobject',
  's3:GetObjec?',
  's3:PutObject',
  'sqs:*',
  'kms:Decrypt',
  'sts:*',
  '*:*Object',
);
const resource = one(
  '*',
  '*',
  'arn:aws:s3:::bucket',
  'arn:aws:s3:::bucket/*',
  'arn:aws:s3:::bucket/${aws:username}/*',
  "arn:aws:s3:::bucket/${aws:username, 'a'}",
  'arn:aws:s3:::bucket/${*}',
  'arn:aws:s3:::bucket/?',
  'arn:aws:*:*:*:*',
  `arn:aws:sqs:*:${HOME}:q`,
  'arn:aws:kms:e?:*:key/*',
  'arn:aws:iam::*:role/a*',
);
const awsPrincipal = one('*', HOME, AWAY, `arn:aws:iam::${HOME}:root`, ...PRINCIPALS.slice(0, 7));
const principal = fc.oneof(
  fc.constant('*' as const),
  oneOrMore(awsPrincipal).map((AWS) => ({ AWS })),
  oneOrMore(awsPrincipal).map((AWS) => ({ AWS })),
  one({ Service: 'lambda.amazonaws.com' }, { Service: ['sns.amazonaws.com'] }),
);
const prefix = one('', '', '', 'ForAnyValue:', 'ForAllValues:');
const text = one(
  'a',
  'A',
  'b',
  'a*',
  '?',
  '',
  '${aws:username}',
  '${*}',
  "${aws:none, 'a'}",
  '${aws:none}',
  '${aws:username}*',
);
const arn = one('arn:aws:sns:*:*:t', 'arn:aws:sns:eu:1:?', 'arn:aws:sns:eu:1:${aws:username}');
const clause = fc.oneof(
  fc.tuple(
    prefix,
    one('StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'),
    one('', '', 'IfExists'),
    one('aws:x', 'AWS:X', 'aws:y'),
    oneOrMore(text),
  ),
  fc.tuple(one(''), one('Bool'), one('', 'IfExists'), one('aws:z'), one('true', 'false')),
  fc.tuple(prefix, one('NumericLessThan'), one('', 'IfExists'), one('aws:n'), one('5', '10')),
  fc.tuple(prefix, one('ArnLike', 'ArnNotLike'), one('', 'IfExists'), one('aws:arn'), oneOrMore(arn)),
  fc.tuple(one(''), one('Null'), one(''), one('aws:x', 'aws:z'), one('true', 'false')),
);
const condition = fc.array(clause, { minLength: 1, maxLength: 2 }).map((clauses) => {
  const block: Record<string, Record<string, string | string[]>> = {};
  for (const [set, name, suffix, key, values] of clauses) {
    const operator = `${set}${name}${suffix}`;
    block[operator] = { ...block[operator], [key]: values };
  }
  return block;
});

function statement(principals: 'none' | 'some'): fc.Arbitrary<OracleStatement> {
  return fc
    .tuple(
      fc.nat(99),
      oneOrMore(action),
      oneOrMore(resource),
      principal,
      fc.option(condition, { freq: 2, nil: undefined }),
    )
    .map(([dice, actions, resources, who, block]) => ({
      Effect: dice % 5 === 0 ? 'Deny' : 'Allow',
      ...(dice % 11 === 0 ? { NotAction: actions } : { Action: actions }),
      ...(dice % 13 === 0 ? { NotResource: resources } : { Resource: resources }),
      ...(principals === 'none' ? {} : dice % 10 === 0 ? { NotPrincipal: who } : { Principal: who }),
      ...(block === undefined ? {} : { Condition: block }),
    }));
}

function document(principals: 'none' | 'some'): fc.Arbitrary<OracleDocument> {
  return fc
    .tuple(
      one('2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17', undefined),
      fc.array(statement(principals), { minLength: 1, maxLength: 3 }),
    )
    .map(([Version, Statement]) => ({ ...(Version !== undefined && { Version: Version as '2012-10-17' }), Statement }));
}

const some = <T>(item: fc.Arbitrary<T>, maxLength: number) => fc.array(item, { maxLength });
const rarely = <T>(item: fc.Arbitrary<T[]>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([] as T[]) }, { weight: 1, arbitrary: item });
const policies = fc.record({
  identityPolicies: some(document('none'), 2),
  resourcePolicy: some(document('some'), 1),
  permissionBoundaries: rarely(some(document('none'), 1)),
  sessionPolicies: rarely(some(document('none'), 2)),
  serviceControlPolicies: rarely(some(some(document('none'), 2), 2)),
  resourceControlPolicies: rarely(some(some(document('none'), 1), 2)),
  managementAccountId: one(undefined, undefined, HOME),
});
const values = <T>(item: fc.Arbitrary<T>) => fc.option(fc.array(item, { maxLength: 2 }), { nil: undefined });
const request: fc.Arbitrary<OracleRequest> = fc
  .tuple(
    one(...PRINCIPALS),
    one('s3:GetObject', 's3:GetObject', 's3:PutObject', 'sqs:SendMessage', 'kms:Decrypt', 'sts:AssumeRole'),
    one(...RESOURCES),
    one(HOME, HOME, AWAY),
    fc.record({
      'aws:x': values(one('a', 'A', 'b', 'ab', '', '*')),
      'aws:y': values(one('a', 'b')),
      'aws:z': values(one('true', 'FALSE')),
      'aws:n': values(one('1', '7', '20')),
      'aws:arn': values(one('arn:aws:sns:eu:1:t', 'arn:aws:sns:eu:1:alice', 'no arn')),
      'AWS:username': values(one('alice', 'a', '*')),
    }),
  )
  .map(([who, what, on, owner, keys]) => ({
    principal: who,
    action: what,
    resource: on,
    resourceAccountId: owner,
    context: Object.fromEntries(Object.entries(keys).filter(([, given]) => given !== undefined)) as Record<
      string,
      string[]
    >,
  }));

test('decides as a second, naive evaluator does, on 100,000 random pairs of policies and requests', () => {
  const seen = { allowed: 0, implicitlyDenied: 0, explicitlyDenied: 0 };
  fc.assert(
    fc.property(policies, fc.array(request, { minLength: REQUESTS, maxLength: REQUESTS }), (given, requests) => {
      const { managementAccountId, ...rest } = given;
      for (const asked of requests) {
        const input: OracleInput = {
          request: asked,
          ...rest,
          ...(managementAccountId !== undefined && { managementAccountId }),
        };
        const { result, problems } = simulate(input as unknown as Json, { explain: false });
        const expected = oracle(input);
        if (result?.decision !== expected) {
          expect({ asked, decision: result?.decision, trace: result?.trace, problems }).toMatchObject({
            decision: expected,
          });
        }
        seen[expected]++;
      }
    }),
    { numRuns: POLICY_SETS },
  );
  const total = seen.allowed + seen.implicitlyDenied + seen.explicitlyDenied;
  expect(total).toBeGreaterThanOrEqual(POLICY_SETS * REQUESTS);
  // A comparison in which one decision hardly ever came up would prove little.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(total / 20);
}, 120_000);
