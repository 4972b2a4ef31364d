import { describe, expect, it, test } from 'vitest';
import { formatArn, parseArn, parseRoleArn, partitionOfRegion, stsEndpoint } from '../../lib/iam/arn.ts';

describe('ARNs', () => {
  test.each([
    'arn:aws:iam::111122223333:role/ReadOnly',
    'arn:aws-cn:s3:::bucket/key:with:colons',
    'arn:aws-us-gov:sns:us-gov-west-1:111122223333:topic',
  ])('%s is the same after parsing and formatting', (text) => {
    const arn = parseArn(text);
    expect(arn && formatArn(arn)).toBe(text);
  });

  test.each([
    '',
    'arn',
    'arn:aws:iam::111122223333',
    'ARN:aws:iam::1:role/x',
    'arn::iam::1:x',
    'arn:aws::::x',
    'arn:aws:iam::1:',
  ])('%j is no ARN', (text) => expect(parseArn(text)).toBeUndefined());

  it('keeps the resource whole, colons included', () => {
    expect(parseArn('arn:aws:logs:eu-west-1:111122223333:log-group:a:*')?.resource).toBe('log-group:a:*');
  });

  it('reads a role with a path', () => {
    expect(parseRoleArn('arn:aws:iam::111122223333:role/team/a/Deploy')).toEqual({
      partition: 'aws',
      accountId: '111122223333',
      path: '/team/a/',
      name: 'Deploy',
    });
  });

  test.each([
    'arn:aws:iam::111122223333:user/A',
    'arn:aws:iam::111122223333:role/',
    'arn:aws:iam::111122223333:role/*',
    'arn:aws:iam::111122223333:role/a*/B',
    'arn:aws:iam::111122223333:role/a?/B',
    'arn:aws:iam::11112222333:role/A',
    'arn:aws:iam::1111222233334:role/A',
    'arn:aws:iam:eu-west-1:111122223333:role/A',
    'arn:aws:sts::111122223333:assumed-role/A/b',
    'arn:aws-mars:iam::111122223333:role/A',
    'arn:constructor:iam::111122223333:role/A',
    'arn:aws:iam::111122223333:role/A b',
    'arn:aws:iam::111122223333:role/A\n',
    `arn:aws:iam::111122223333:role/${'A'.repeat(65)}`,
    'arn:aws:iam::١١١١٢٢٢٢٣٣٣٣:role/A',
  ])('%j is no role', (text) => expect(parseRoleArn(text)).toBeUndefined());
});

describe('partitions', () => {
  test.each([
    ['eu-west-1', 'aws'],
    ['us-east-1', 'aws'],
    ['ap-southeast-4', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['moon-base-1', undefined],
    ['eu-west-1.evil.example', undefined],
    ['', undefined],
  ])('region %j is in %j', (region, partition) => expect(partitionOfRegion(region)).toBe(partition));

  test.each([
    ['eu-central-1', 'https://sts.eu-central-1.amazonaws.com'],
    ['cn-northwest-1', 'https://sts.cn-northwest-1.amazonaws.com.cn'],
    ['us-gov-east-1', 'https://sts.us-gov-east-1.amazonaws.com'],
  ])('STS of %s is asked at %s', (region, endpoint) => expect(stsEndpoint(region)).toBe(endpoint));

  test.each(['', 'moon-base-1', 'eu-west-1.evil.example', 'eu-west-1/@evil.example'])(
    'no STS endpoint is made of the region %j',
    (region) => expect(() => stsEndpoint(region)).toThrow(RangeError),
  );
});
