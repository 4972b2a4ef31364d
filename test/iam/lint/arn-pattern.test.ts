import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compileGlob } from '../../../lib/iam/glob.ts';
import { arnPattern, overlaps, typePattern } from '../../../lib/iam/lint/arn-pattern.ts';

function overlap(pattern: string, type: string): boolean | undefined {
  const parts = arnPattern(pattern);
  const parsed = typePattern(type);
  return parts === undefined || parsed === undefined ? undefined : overlaps(parts, parsed);
}

const BUCKET = 'arn:${Partition}:s3:::${BucketName}';
const OBJECT = 'arn:${Partition}:s3:::${BucketName}/${ObjectName}';
const TABLE = 'arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}';
const PARAMETER = 'arn:${Partition}:ssm:${Region}:${Account}:parameter/${ParameterNameWithoutLeadingSlash}';
const GROUP = 'arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}';

describe('a pattern and a resource type', () => {
  test.each<[string, string, boolean | undefined]>([
    ['arn:aws:s3:::b', BUCKET, true],
    ['arn:aws:s3:::b*', BUCKET, true],
    ['arn:aws:s3:::b/*', BUCKET, false],
    ['arn:aws:s3:::b/', BUCKET, false],
    ['arn:aws:s3:::*/x', BUCKET, false],
    ['arn:aws:s3:::${aws:username}', BUCKET, true],
    ['arn:aws:s3:::${aws:username}/x', BUCKET, false],
    ['arn:aws:s3:*', BUCKET, true],
    ['arn:aws:s3*', BUCKET, true],
    ['arn:*', BUCKET, true],
    ['arn:aws:s3', BUCKET, undefined],
    ['b', BUCKET, undefined],
    ['arn:aws:s3:*:*:b', BUCKET, true],
    ['arn:aws:s3:eu-central-1::b', BUCKET, false],
    ['arn:aws:s3::111122223333:b', BUCKET, false],
    ['arn:aws:sqs:::b', BUCKET, false],
    ['arn:aws:s3:::b', OBJECT, false],
    ['arn:aws:s3:::b*', OBJECT, true],
    ['arn:aws:s3:::b/a/c', OBJECT, true],
    ['arn:aws:s3:::b?c', OBJECT, true],
    ['arn:aws:s3:::b?', OBJECT, false],
    ['arn:aws:dynamodb:eu-central-1:111122223333:table/t', TABLE, true],
    ['arn:aws:dynamodb:*:*:table/t', TABLE, true],
    ['arn:aws:dynamodb:*:*:table/', TABLE, false],
    ['arn:aws:dynamodb:*:*:table/t/index/i', TABLE, false],
    ['arn:aws:dynamodb::*:table/t', TABLE, false],
    ['arn:aws:dynamodb:*::table/t', TABLE, false],
    ['arn:aws:dynamodb:*:*:*', TABLE, true],
    ['arn:aws:dynamodb:*:*:tab*', TABLE, true],
    ['arn:aws:dynamodb:*:*:Table/t', TABLE, false],
    ['arn:aws:logs:*:*:log-group:/aws/lambda/f:*', GROUP, true],
    ['arn:aws:logs:*:*:log-groups:x', GROUP, false],
    ['arn:aws:ssm:*::parameter/aws/service/*', PARAMETER, true],
    ['arn:aws:ssm:*::parameter/orders/*', PARAMETER, false],
    ['arn:aws:constructor:*::parameter/orders/*', PARAMETER, false],
  ])('%s, %s: %s', (pattern, type, expected) => expect(overlap(pattern, type)).toBe(expected));
});

/** Every text of up to seven letters of a small alphabet. */
const TEXTS = ((): string[] => {
  const texts = [''];
  for (let from = 0, length = 0; length < 7; length++) {
    const to = texts.length;
    for (; from < to; from++) for (const letter of 'a/b') texts.push(`${texts[from] ?? ''}${letter}`);
  }
  return texts;
})();

it('have something in common exactly when there is a text that is both', () => {
  const tokens = fc.array(fc.constantFrom('a', 'b', '/', '*', '?'), { minLength: 1, maxLength: 4 });
  const types = fc.array(fc.constantFrom('a', 'b', '/', '${BucketName}', '${Other}'), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(tokens, types, (pattern, type) => {
      const { matches } = compileGlob(pattern.join(''));
      // A placeholder is some text; a bucket's name is one without a slash.
      const fits = new RegExp(`^${type.join('').replaceAll('${BucketName}', '[^/]+').replaceAll('${Other}', '.+')}$`);
      const common = TEXTS.some((text) => matches(text) && fits.test(text));
      expect(overlap(`arn:aws:s3:::${pattern.join('')}`, `arn:aws:s3:::${type.join('')}`)).toBe(common);
    }),
    { numRuns: 2_000 },
  );
});
