import { describe, expect, test } from 'vitest';
import type { Fault } from '../../lib/fault.ts';
import type { AssumeRoleRequest } from '../../lib/sts/assume-role.ts';
import { checkStsLimits } from '../../lib/sts/limits.ts';

const REQUEST: AssumeRoleRequest = {
  roleArn: 'arn:aws:iam::111122223333:role/ReadOnly',
  region: 'eu-central-1',
  sessionId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  roleSessionName: '01ARZ3NDEKTSV4RRFFQ69G5FAV-dev@example.com',
  sourceIdentity: 'dev@example.com',
  durationSeconds: 3600,
  tags: {},
  transitiveTagKeys: [],
  policyArns: [],
};

const tags = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']));
const arns = (count: number) => Array.from({ length: count }, (_, index) => `arn:aws:iam::aws:policy/P${index}`);

function refusal(change: Partial<AssumeRoleRequest>): Fault | undefined {
  try {
    checkStsLimits({ ...REQUEST, ...change });
  } catch (error) {
    return error as Fault;
  }
  return undefined;
}

describe('a request is refused before the call, and the error names the limit', () => {
  test.each<[string, Partial<AssumeRoleRequest>, RegExp]>([
    ['a role ARN of a user', { roleArn: 'arn:aws:iam::111122223333:user/dev' }, /RoleArn is not/],
    ['a role ARN of another partition', { roleArn: 'arn:aws-iso:iam::111122223333:role/R' }, /RoleArn is not/],
    ['a role ARN with 11 digits', { roleArn: 'arn:aws:iam::11112222333:role/R' }, /RoleArn is not/],
    [
      'a role ARN of 2,049 characters',
      { roleArn: `arn:aws:iam::111122223333:role/${'r'.repeat(2018)}` },
      /RoleArn has at most 2048 characters, not 2049/,
    ],
    ['a role in China from Europe', { roleArn: 'arn:aws-cn:iam::111122223333:role/R' }, /not in the partition/],
    [
      'a role in GovCloud from China',
      { roleArn: 'arn:aws-us-gov:iam::111122223333:role/R', region: 'cn-north-1' },
      /not in the partition/,
    ],
    ['a role from GovCloud', { region: 'us-gov-west-1' }, /"us-gov-west-1" is not in the partition/],
    ['a role from nowhere', { region: 'moon-base-1' }, /not in the partition/],
    ['a session name of 1 character', { roleSessionName: 'a' }, /RoleSessionName: .* is 2–64/],
    ['a session name of 65 characters', { roleSessionName: 'a'.repeat(65) }, /RoleSessionName: .* is 2–64/],
    ['a session name with a space', { roleSessionName: 'a b' }, /RoleSessionName/],
    ['a session name with a slash', { roleSessionName: 'a/b' }, /RoleSessionName/],
    ['a session name with the Kelvin sign', { roleSessionName: 'a\u212a' }, /RoleSessionName/],
    ['a session name with a long s', { roleSessionName: 'a\u017f' }, /RoleSessionName/],
    ['a source identity of 1 character', { sourceIdentity: 'a' }, /SourceIdentity: .* is 2–64/],
    ['a source identity of 65 characters', { sourceIdentity: 'a'.repeat(65) }, /SourceIdentity: .* is 2–64/],
    ['a source identity that starts with aws:', { sourceIdentity: 'aws:dev' }, /SourceIdentity: .* is 2–64/],
    ['a source identity with a line end', { sourceIdentity: 'dev\n' }, /SourceIdentity/],
    ['899 seconds', { durationSeconds: 899 }, /at least 15 minutes/],
    ['3,601 seconds', { durationSeconds: 3601 }, /at most 3600 seconds, not 3601/],
    ['half a second', { durationSeconds: 1000.5 }, /at least/],
    ['not a number of seconds', { durationSeconds: Number.NaN }, /./],
    ['an external id of 1 character', { externalId: 'x' }, /external id is 2–1224/],
    ['an external id of 1,225 characters', { externalId: 'x'.repeat(1225) }, /external id/],
    ['an external id with a star', { externalId: 'x*' }, /external id/],
    ['50 tags beside the session id', { tags: tags(50) }, /at most 49 tags, not 50/],
    ['an empty tag key', { tags: { '': 'x' } }, /at least 1 character/],
    ['a tag key of 129 characters', { tags: { ['k'.repeat(129)]: 'x' } }, /at most 128/],
    ['a tag value of 257 characters', { tags: { key: 'v'.repeat(257) } }, /at most 256/],
    ['a tag value with a star', { tags: { key: '*' } }, /a tag value holds only/],
    ['a tag key that starts with AWS:', { tags: { 'AWS:x': 'y' } }, /reserved/],
    ['a tag key that starts with daypass:', { tags: { 'daypass:session-id': 'y' } }, /reserved/],
    ['tag keys that differ in case', { tags: { team: 'a', Team: 'b' } }, /the same to STS/],
    ['a transitive key that is no tag', { transitiveTagKeys: ['team'] }, /not among the tags/],
    ['11 policy ARNs', { policyArns: arns(11) }, /at most 10 policy ARNs, not 11/],
    ['a policy ARN of a role', { policyArns: ['arn:aws:iam::aws:role/R'] }, /not the ARN of a managed policy/],
    ['2,049 characters of policy', { policy: 'p'.repeat(2049) }, /at most 2048 characters together, not 2049/],
    [
      'policy and ARNs over 2,048 together',
      { policy: 'p'.repeat(2020), policyArns: arns(2) },
      /2048 characters together/,
    ],
    ['a policy with a character over U+00FF', { policy: '{"Sid":"\u0100"}' }, /U\+0020 to U\+00FF/],
    ['a policy with a vertical tab', { policy: '{}\u000b' }, /session policy holds only/],
  ])('%s', (_, change, message) => {
    const fault = refusal(change);
    expect(fault?.code).toBe('sts_limit_exceeded');
    expect(fault?.detail).toMatch(message);
  });
});

describe('a request at the limit is taken', () => {
  test.each<[string, Partial<AssumeRoleRequest>]>([
    ['as it is', {}],
    [
      'a role with a path in GovCloud',
      { roleArn: 'arn:aws-us-gov:iam::111122223333:role/team/a/R', region: 'us-gov-east-1' },
    ],
    ['a role in China from China', { roleArn: 'arn:aws-cn:iam::111122223333:role/R', region: 'cn-north-1' }],
    ['a session name of 64 characters', { roleSessionName: 'a'.repeat(64) }],
    ['a source identity of 2 characters', { sourceIdentity: 'ab' }],
    ['900 seconds', { durationSeconds: 900 }],
    ['an external id of 1,224 characters', { externalId: 'x'.repeat(1224) }],
    ['49 tags beside the session id', { tags: tags(49) }],
    ['a tag key of 128 and a value of 256', { tags: { ['k'.repeat(128)]: 'v'.repeat(256) } }],
    ['an empty tag value', { tags: { key: '' } }],
    ['tags in any script', { tags: { Größe: 'münchen 東京' } }],
    ['10 policy ARNs', { policyArns: arns(10) }],
    ['2,048 characters of policy', { policy: 'p'.repeat(2048) }],
    ['a transitive key that is a tag', { tags: { team: 'a' }, transitiveTagKeys: ['team'] }],
  ])('%s', (_, change) => expect(refusal(change)).toBeUndefined());
});
