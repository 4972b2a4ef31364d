import { describe, expect, it, test } from 'vitest';
import { allUnmet, compileCondition, contextOf, firstUnmet } from '../../lib/iam/condition.ts';

type Row = readonly [operator: string, wanted: readonly string[], given: readonly string[] | undefined, holds: boolean];

function holds(operator: string, wanted: readonly string[], given: readonly string[] | undefined): boolean {
  const { condition, problems } = compileCondition({ [operator]: { 'test:Key': wanted } });
  expect(problems).toEqual([]);
  return firstUnmet(condition, contextOf(given === undefined ? {} : { 'test:Key': given })) === undefined;
}

const T = true;
const F = false;
const ARN = 'arn:aws:s3:::bucket/key';

const ROWS: readonly Row[] = [
  // String
  ['StringEquals', ['a'], ['a'], T],
  ['StringEquals', ['a'], ['A'], F],
  ['StringEquals', ['a'], ['ab'], F],
  ['StringEquals', ['a*'], ['ab'], F],
  ['StringEquals', ['a*'], ['a*'], T],
  ['StringEquals', ['a', 'b'], ['b'], T],
  ['StringEquals', ['a'], undefined, F],
  ['StringEquals', [''], [''], T],
  ['StringEquals', [''], undefined, F],
  ['StringEquals', ['a'], ['b', 'a'], T],
  ['StringNotEquals', ['a'], ['b'], T],
  ['StringNotEquals', ['a'], ['a'], F],
  ['StringNotEquals', ['a', 'b'], ['b'], F],
  ['StringNotEquals', ['a', 'b'], ['c'], T],
  ['StringNotEquals', ['a'], undefined, T],
  ['StringNotEquals', ['a'], ['b', 'a'], F],
  ['StringNotEquals', ['a'], ['b', 'c'], T],
  ['StringEqualsIgnoreCase', ['Admin'], ['aDMIN'], T],
  ['StringEqualsIgnoreCase', ['Admin'], ['admins'], F],
  ['StringEqualsIgnoreCase', ['kim'], ['\u212aim'], F],
  ['StringEqualsIgnoreCase', ['s'], ['\u017f'], F],
  ['StringEqualsIgnoreCase', ['a'], undefined, F],
  ['StringNotEqualsIgnoreCase', ['Admin'], ['ADMIN'], F],
  ['StringNotEqualsIgnoreCase', ['Admin'], ['other'], T],
  ['StringNotEqualsIgnoreCase', ['Admin'], undefined, T],
  ['StringLike', ['team-*'], ['team-a'], T],
  ['StringLike', ['team-*'], ['Team-a'], F],
  ['StringLike', ['team-?'], ['team-ab'], F],
  ['StringLike', ['*'], [''], T],
  ['StringLike', ['*'], undefined, F],
  ['StringLike', ['x', 'te*'], ['team'], T],
  ['StringNotLike', ['team-*'], ['team-a'], F],
  ['StringNotLike', ['team-*'], ['ops'], T],
  ['StringNotLike', ['team-*'], undefined, T],
  ['StringNotLike', ['a*', 'b*'], ['c', 'b1'], F],
  ['StringNotLike', ['a*', 'b*'], ['c', 'd'], T],
  // Numeric
  ['NumericEquals', ['10'], ['10'], T],
  ['NumericEquals', ['10'], ['10.0'], T],
  ['NumericEquals', ['10'], ['1e1'], T],
  ['NumericEquals', ['10'], ['11'], F],
  ['NumericEquals', ['10'], ['ten'], F],
  ['NumericEquals', ['10'], [''], F],
  ['NumericEquals', ['0'], [''], F],
  ['NumericEquals', ['0'], ['-0'], T],
  ['NumericEquals', ['16'], ['0x10'], F],
  ['NumericEquals', ['10'], [' 10'], F],
  ['NumericEquals', ['10'], undefined, F],
  ['NumericEquals', ['9007199254740991'], ['9007199254740993'], F],
  ['NumericNotEquals', ['10'], ['11'], T],
  ['NumericNotEquals', ['10'], ['10'], F],
  ['NumericNotEquals', ['10', '11'], ['11'], F],
  ['NumericNotEquals', ['10'], undefined, T],
  ['NumericLessThan', ['10'], ['9.99'], T],
  ['NumericLessThan', ['10'], ['10'], F],
  ['NumericLessThan', ['10'], ['9'], T],
  ['NumericLessThan', ['9'], ['10'], F],
  ['NumericLessThan', ['10'], ['-1e3'], T],
  ['NumericLessThan', ['10'], ['NaN'], F],
  ['NumericLessThan', ['10'], undefined, F],
  ['NumericLessThan', ['5', '20'], ['10'], T],
  ['NumericLessThanEquals', ['10'], ['10'], T],
  ['NumericLessThanEquals', ['10'], ['10.1'], F],
  ['NumericLessThanEquals', ['10'], undefined, F],
  ['NumericGreaterThan', ['10'], ['11'], T],
  ['NumericGreaterThan', ['10'], ['10'], F],
  ['NumericGreaterThan', ['10'], ['Infinity'], F],
  ['NumericGreaterThan', ['10'], undefined, F],
  ['NumericGreaterThanEquals', ['10'], ['10'], T],
  ['NumericGreaterThanEquals', ['10'], ['9'], F],
  ['NumericGreaterThanEquals', ['10'], undefined, F],
  // Date
  ['DateEquals', ['2026-01-31T09:30:00Z'], ['2026-01-31T10:30:00+01:00'], T],
  ['DateEquals', ['2026-01-31'], ['2026-01-31T00:00:00Z'], T],
  ['DateEquals', ['2026-01'], ['2026-01-01T00:00Z'], T],
  ['DateEquals', ['1769850000'], ['2026-01-31T09:00:00Z'], T],
  ['DateEquals', ['2026-01-31'], ['2026-02-30'], F],
  ['DateEquals', ['2026-01-31'], undefined, F],
  ['DateNotEquals', ['2026-01-31'], ['2026-02-01'], T],
  ['DateNotEquals', ['2026-01-31'], ['2026-01-31T00:00:00.000Z'], F],
  ['DateNotEquals', ['2026-01-31'], undefined, T],
  ['DateLessThan', ['2022-01-02'], ['2021-12-30T00:00:00Z'], T],
  ['DateLessThan', ['2021-12-30'], ['2022-01-02'], F],
  ['DateLessThan', ['2026-01-31T00:00:00Z'], ['2026-01-30T23:59:59.999Z'], T],
  ['DateLessThan', ['2026-01-31'], ['2026-01-31'], F],
  ['DateLessThan', ['2026-01-31'], ['soon'], F],
  ['DateLessThan', ['2026-01-31'], undefined, F],
  ['DateLessThanEquals', ['2026-01-31'], ['2026-01-31'], T],
  ['DateLessThanEquals', ['2026-01-31'], ['2026-01-31T00:00:01Z'], F],
  ['DateLessThanEquals', ['2026-01-31'], undefined, F],
  ['DateGreaterThan', ['2026-01-31'], ['2026-02-01T00:00Z'], T],
  ['DateGreaterThan', ['2026-01-31'], ['2026-01-31'], F],
  ['DateGreaterThan', ['1769850000'], ['1769850001'], T],
  ['DateGreaterThan', ['2026-01-31'], undefined, F],
  ['DateGreaterThanEquals', ['2026-01-31'], ['2026-01-31'], T],
  ['DateGreaterThanEquals', ['2026-01-31'], ['2026-01-30'], F],
  ['DateGreaterThanEquals', ['2026-01-31'], undefined, F],
  // Bool
  ['Bool', ['true'], ['true'], T],
  ['Bool', ['true'], ['TRUE'], T],
  ['Bool', ['true'], ['false'], F],
  ['Bool', ['false'], ['false'], T],
  ['Bool', ['false'], ['0'], F],
  ['Bool', ['true'], ['yes'], F],
  ['Bool', ['false'], undefined, F],
  ['Bool', ['true', 'false'], ['false'], T],
  // Binary
  ['BinaryEquals', ['QmluYXJ5'], ['QmluYXJ5'], T],
  ['BinaryEquals', ['QQ=='], ['QR=='], T],
  ['BinaryEquals', ['QQ=='], ['Qg=='], F],
  ['BinaryEquals', ['QQ=='], ['QQ'], F],
  ['BinaryEquals', ['QQ=='], undefined, F],
  // IP address
  ['IpAddress', ['203.0.113.0/24'], ['203.0.113.255'], T],
  ['IpAddress', ['203.0.113.0/24'], ['203.0.114.0'], F],
  ['IpAddress', ['203.0.113.7'], ['203.0.113.7'], T],
  ['IpAddress', ['203.0.113.7/24'], ['203.0.113.1'], T],
  ['IpAddress', ['0.0.0.0/0'], ['198.51.100.1'], T],
  ['IpAddress', ['0.0.0.0/0'], ['2001:db8::1'], F],
  ['IpAddress', ['::/0'], ['198.51.100.1'], F],
  ['IpAddress', ['2001:db8::/32'], ['2001:0DB8:ffff::1'], T],
  ['IpAddress', ['2001:db8::/32'], ['2001:db9::1'], F],
  ['IpAddress', ['2001:db8::1'], ['2001:db8:0:0:0:0:0:1'], T],
  ['IpAddress', ['203.0.113.0/24'], ['::ffff:203.0.113.9'], T],
  ['IpAddress', ['::ffff:203.0.113.0/120'], ['203.0.113.9'], T],
  ['IpAddress', ['10.0.0.0/8'], ['010.0.0.1'], F],
  ['IpAddress', ['10.0.0.0/8'], ['10.0.0'], F],
  ['IpAddress', ['10.0.0.0/8'], ['10.0.0.1/32'], F],
  ['IpAddress', ['10.0.0.0/8'], ['10.0.0.256'], F],
  ['IpAddress', ['10.0.0.0/8', '192.0.2.0/24'], ['192.0.2.1'], T],
  ['IpAddress', ['10.0.0.0/8'], undefined, F],
  ['NotIpAddress', ['10.0.0.0/8'], ['192.0.2.1'], T],
  ['NotIpAddress', ['10.0.0.0/8'], ['10.1.1.1'], F],
  ['NotIpAddress', ['10.0.0.0/8', '192.0.2.0/24'], ['192.0.2.1'], F],
  ['NotIpAddress', ['10.0.0.0/8'], ['::ffff:10.1.1.1'], F],
  ['NotIpAddress', ['10.0.0.0/8'], undefined, T],
  // ARN
  ['ArnEquals', [ARN], [ARN], T],
  ['ArnEquals', ['arn:aws:s3:::bucket/*'], [ARN], T],
  ['ArnEquals', [ARN], ['arn:aws:s3:::bucket/other'], F],
  ['ArnEquals', [ARN], undefined, F],
  ['ArnLike', ['arn:*:s3:::*'], [ARN], T],
  ['ArnLike', ['arn:aws:*:bucket/key:x:y'], [ARN], F],
  ['ArnLike', ['arn:aws:sns:*:111122223333:*'], ['arn:aws:sns:eu-west-1:111122223333:a:b'], T],
  ['ArnLike', ['arn:aws:sns:*:111122223333:*'], ['arn:aws:sns:eu-west-1:evil:111122223333:b'], F],
  ['ArnLike', ['arn:aws:s3:::bucket/???'], [ARN], T],
  ['ArnLike', ['arn:aws:s3:::bucket/*'], ['not an arn'], F],
  ['ArnNotEquals', [ARN], ['arn:aws:s3:::b'], T],
  ['ArnNotEquals', [ARN], [ARN], F],
  ['ArnNotEquals', [ARN], undefined, T],
  ['ArnNotLike', ['arn:aws:s3:::*'], [ARN], F],
  ['ArnNotLike', ['arn:aws:s3:::*'], ['arn:aws:sns:::x'], T],
  ['ArnNotLike', ['arn:aws:s3:::*'], undefined, T],
  // IfExists
  ['StringEqualsIfExists', ['a'], undefined, T],
  ['StringEqualsIfExists', ['a'], ['a'], T],
  ['StringEqualsIfExists', ['a'], ['b'], F],
  ['StringNotEqualsIfExists', ['a'], undefined, T],
  ['StringNotEqualsIfExists', ['a'], ['a'], F],
  ['StringLikeIfExists', ['a*'], ['b'], F],
  ['NumericLessThanIfExists', ['5'], undefined, T],
  ['NumericLessThanIfExists', ['5'], ['6'], F],
  ['DateGreaterThanIfExists', ['2026-01-01'], undefined, T],
  ['BoolIfExists', ['true'], undefined, T],
  ['BoolIfExists', ['true'], ['false'], F],
  ['BinaryEqualsIfExists', ['QQ=='], undefined, T],
  ['IpAddressIfExists', ['10.0.0.0/8'], undefined, T],
  ['IpAddressIfExists', ['10.0.0.0/8'], ['192.0.2.1'], F],
  ['NotIpAddressIfExists', ['10.0.0.0/8'], ['10.0.0.1'], F],
  ['ArnLikeIfExists', ['arn:aws:s3:::*'], undefined, T],
  // Null
  ['Null', ['true'], undefined, T],
  ['Null', ['true'], ['a'], F],
  ['Null', ['true'], [], T],
  ['Null', ['false'], undefined, F],
  ['Null', ['false'], ['a'], T],
  ['Null', ['false'], [''], T],
  ['Null', ['FALSE'], ['a'], T],
  ['Null', ['true', 'false'], undefined, T],
  // Present without a value is the same as absent
  ['StringEquals', ['a'], [], F],
  ['StringNotEquals', ['a'], [], T],
  ['StringEqualsIfExists', ['a'], [], T],
  // ForAnyValue
  ['ForAnyValue:StringEquals', ['a', 'b'], ['x', 'b'], T],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['x', 'y'], F],
  ['ForAnyValue:StringEquals', ['a'], undefined, F],
  ['ForAnyValue:StringEquals', ['a'], [], F],
  ['ForAnyValue:StringEquals', [''], [''], F],
  ['ForAnyValue:StringLike', ['*'], [''], F],
  ['ForAnyValue:StringLike', ['te*'], ['x', 'team'], T],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b'], F],
  ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'c'], T],
  ['ForAnyValue:StringNotEquals', ['a'], undefined, F],
  ['ForAnyValue:StringNotEquals', ['a'], [], F],
  ['ForAnyValue:StringNotLike', ['a*'], ['a1', 'b1'], T],
  ['ForAnyValue:StringNotLike', ['a*'], ['a1', 'a2'], F],
  ['ForAnyValue:NumericGreaterThan', ['5'], ['1', '6'], T],
  ['ForAnyValue:NumericGreaterThan', ['5'], ['1', '2'], F],
  ['ForAnyValue:IpAddress', ['10.0.0.0/8'], ['192.0.2.1', '10.0.0.1'], T],
  ['ForAnyValue:ArnLike', ['arn:aws:s3:::*'], ['x', ARN], T],
  ['ForAnyValue:StringEqualsIfExists', ['a'], undefined, T],
  ['ForAnyValue:StringEqualsIfExists', ['a'], ['b'], F],
  ['ForAnyValue:Bool', ['true'], ['false', 'true'], T],
  // ForAllValues
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b', 'a'], T],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], F],
  ['ForAllValues:StringEquals', ['a'], undefined, T],
  ['ForAllValues:StringEquals', ['a'], [], T],
  ['ForAllValues:StringEquals', ['a'], [''], T],
  ['ForAllValues:StringEquals', ['a'], ['', 'b'], F],
  ['ForAllValues:StringLike', ['team-*'], ['team-a', 'team-b'], T],
  ['ForAllValues:StringLike', ['team-*'], ['team-a', 'ops'], F],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd'], T],
  ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'a'], F],
  ['ForAllValues:StringNotEquals', ['a'], undefined, T],
  ['ForAllValues:NumericLessThan', ['5'], ['1', '2'], T],
  ['ForAllValues:NumericLessThan', ['5'], ['1', 'x'], F],
  ['ForAllValues:NotIpAddress', ['10.0.0.0/8'], ['192.0.2.1', '10.0.0.1'], F],
  ['ForAllValues:StringEqualsIfExists', ['a'], undefined, T],
  ['ForAllValues:StringEqualsIfExists', ['a'], ['b'], F],
];

describe('condition operators', () => {
  it('are tested with more than 150 rows', () => expect(ROWS.length).toBeGreaterThanOrEqual(150));

  test.each(ROWS)('%s %j on %j: %s', (operator, wanted, given, expected) => {
    expect(holds(operator, wanted, given)).toBe(expected);
  });
});

describe('a condition block', () => {
  const { condition } = compileCondition({
    StringEquals: { 'claim:a': ['1'], 'claim:b': ['2'] },
    NumericLessThan: { n: ['5'] },
  });

  test.each([
    [{ 'claim:a': ['1'], 'claim:b': ['2'], n: ['4'] }, []],
    [{ 'claim:a': ['1'], 'claim:b': ['x'], n: ['4'] }, ['claim:b']],
    [{ 'claim:a': ['1'], n: ['9'] }, ['claim:b', 'n']],
    [{}, ['claim:a', 'claim:b', 'n']],
  ])('needs every operator and every key: %j', (context, unmet) => {
    expect(allUnmet(condition, contextOf(context)).map((clause) => clause.key)).toEqual(unmet);
    expect(firstUnmet(condition, contextOf(context))?.key).toBe(unmet[0]);
  });

  it('compares key names without case', () => {
    const { condition: one } = compileCondition({ StringEquals: { 'AWS:sourceip': ['x'] } });
    expect(firstUnmet(one, contextOf({ 'aws:SourceIp': ['x'] }))).toBeUndefined();
  });

  it('that is empty always holds', () => {
    expect(firstUnmet(compileCondition({}).condition, contextOf({}))).toBeUndefined();
  });
});

describe('mistakes are found when compiling', () => {
  test.each([
    ['StringEqual', ['a'], 'condition_operator_unknown', 'StringEquals'],
    ['stringequals', ['a'], 'condition_operator_unknown', 'StringEquals'],
    ['ForAnyValues:StringEquals', ['a'], 'condition_operator_unknown', undefined],
    ['ForAnyValue:StringEqualsIfExist', ['a'], 'condition_operator_unknown', undefined],
    ['NullIfExists', ['true'], 'condition_operator_unknown', undefined],
    ['ForAllValues:Null', ['true'], 'condition_operator_unknown', undefined],
    ['IfExists', ['a'], 'condition_operator_unknown', undefined],
    ['StringMatches', ['^a$'], 'condition_operator_unknown', undefined],
    ['', ['a'], 'condition_operator_unknown', undefined],
    ['toString', ['a'], 'condition_operator_unknown', undefined],
    ['__proto__x', ['a'], 'condition_operator_unknown', undefined],
    ['NumericEquals', ['ten'], 'condition_value_invalid', undefined],
    ['NumericEquals', ['1e400'], 'condition_value_invalid', undefined],
    ['NumericEquals', ['9007199254740993'], 'condition_value_invalid', undefined],
    ['DateLessThan', ['2026-02-30'], 'condition_value_invalid', undefined],
    ['DateLessThan', ['2026-01-01T10:00:00'], 'condition_value_invalid', undefined],
    ['DateLessThan', ['12/30/21'], 'condition_value_invalid', undefined],
    ['DateLessThan', ['2026-13'], 'condition_value_invalid', undefined],
    ['Bool', ['yes'], 'condition_value_invalid', undefined],
    ['Null', ['maybe'], 'condition_value_invalid', undefined],
    ['BinaryEquals', ['Q'], 'condition_value_invalid', undefined],
    ['IpAddress', ['10.0.0.0/33'], 'condition_value_invalid', undefined],
    ['IpAddress', ['10.0.0.0/'], 'condition_value_invalid', undefined],
    ['IpAddress', ['10.0.0.0/08'], 'condition_value_invalid', undefined],
    ['IpAddress', ['010.0.0.0/8'], 'condition_value_invalid', undefined],
    ['IpAddress', ['2001:db8::1::2'], 'condition_value_invalid', undefined],
    ['IpAddress', ['1:2:3:4:5:6:7'], 'condition_value_invalid', undefined],
    ['IpAddress', ['1:2:3:4:5:6:7::8'], 'condition_value_invalid', undefined],
    ['IpAddress', ['1:2:3:4:5:6::8'], undefined, undefined],
    ['IpAddress', ['1:2:3:4:5:6:7:8::'], 'condition_value_invalid', undefined],
    ['IpAddress', ['fe80::1%eth0'], 'condition_value_invalid', undefined],
    ['NotIpAddress', ['example.com'], 'condition_value_invalid', undefined],
    ['ArnLike', ['*'], 'condition_value_invalid', undefined],
    ['ArnEquals', ['arn:aws:s3'], 'condition_value_invalid', undefined],
    ['StringEquals', [], 'condition_empty', undefined],
  ])('%s %j: %s', (operator, values, code, near) => {
    const [problem] = compileCondition({ [operator]: { key: values } }).problems;
    expect(problem?.code).toBe(code);
    if (near !== undefined) expect(problem?.hint).toContain(near);
  });

  it('names every wrong value and where it stands', () => {
    const { problems } = compileCondition({ IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', 'x', 'y'] } });
    expect(problems.map((problem) => problem.path)).toEqual([
      ['IpAddress', 'aws:SourceIp', 1],
      ['IpAddress', 'aws:SourceIp', 2],
    ]);
  });
});
