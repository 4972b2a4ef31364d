import { randomBytes } from 'node:crypto';
import { type Attempt, TARGET, TARGET_ACCOUNT } from './attempt.ts';
import type { Case } from './cases.ts';

/** What AWS refuses for the form of the request, before it looks at any policy. */

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 's3:Get*', Resource: '*' },
});
const tags = (...pairs: [string, string][]): Attempt['Tags'] => pairs.map(([Key, Value]) => ({ Key, Value }));
const manyTags = (count: number): Attempt['Tags'] =>
  tags(...Array.from({ length: count }, (_, index): [string, string] => [`k${index}`, 'v']));
const arns = (count: number): Attempt['PolicyArns'] =>
  Array.from({ length: count }, (_, index) => ({ arn: `arn:aws:iam::${TARGET_ACCOUNT}:policy/P${index}` }));
const noise = (length: number): string => randomBytes(length).toString('base64url').slice(0, length);
const noisyTags = (count: number): Attempt['Tags'] =>
  tags(...Array.from({ length: count }, (_, index): [string, string] => [`key${index}`, noise(256)]));
const policyOf = (length: number): string => `${POLICY.slice(0, -1)}${' '.repeat(length - POLICY.length)}}`;
const statement = (members: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [members] });

const invalid = (about: string, refused: Case['refused'], accepted: Case['accepted'], says?: RegExp): Case => ({
  about,
  refused,
  accepted,
  code: 'ValidationError',
  ...(says === undefined ? {} : { says }),
});
const malformed = (about: string, policy: string, accepted = POLICY): Case => ({
  about: `a session policy ${about}`,
  refused: { Policy: policy },
  accepted: { Policy: accepted },
  code: 'MalformedPolicyDocument',
});
const parameter = (about: string, refused: Case['refused'], accepted: Case['accepted']): Case => ({
  about,
  refused,
  accepted,
  code: 'InvalidParameterValue',
});
export const REQUEST_CASES: readonly Case[] = [
  invalid(
    'a session name of one character',
    { RoleSessionName: 'a' },
    { RoleSessionName: 'ab' },
    /roleSessionName.*greater than or equal to 2/,
  ),
  invalid(
    'a session name of 65 characters',
    { RoleSessionName: 'a'.repeat(65) },
    { RoleSessionName: 'a'.repeat(64) },
    /less than or equal to 64/,
  ),
  invalid('an empty session name', { RoleSessionName: '' }, { RoleSessionName: 'ok' }),
  invalid('a session name with a space', { RoleSessionName: 'a b' }, { RoleSessionName: 'a_b' }, /regular expression/),
  invalid('a session name with a slash', { RoleSessionName: 'a/b' }, { RoleSessionName: 'a-b' }),
  invalid('a session name with a colon', { RoleSessionName: 'a:b' }, { RoleSessionName: 'a=b' }),
  invalid('a session name with an umlaut', { RoleSessionName: 'jürgen' }, { RoleSessionName: 'juergen' }),
  invalid('a session name with the Kelvin sign', { RoleSessionName: '\u212aelvin' }, { RoleSessionName: 'Kelvin' }),
  invalid('a session name with the long s', { RoleSessionName: 'se\u017fsion' }, { RoleSessionName: 'session' }),
  invalid('a session name with a line feed', { RoleSessionName: 'ab\n' }, { RoleSessionName: 'ab,' }),
  invalid('a session name with a fullwidth letter', { RoleSessionName: '\uff41b' }, { RoleSessionName: 'ab@' }),
  invalid('a source identity of one character', { SourceIdentity: 'a' }, { SourceIdentity: 'ab' }, /sourceIdentity/),
  invalid('a source identity of 65 characters', { SourceIdentity: 'a'.repeat(65) }, { SourceIdentity: 'a'.repeat(64) }),
  invalid(
    'a source identity with a colon, so none in the name space aws:',
    { SourceIdentity: 'aws:dev' },
    { SourceIdentity: 'aws.dev' },
  ),
  invalid('a source identity with a space', { SourceIdentity: 'Dana Weber' }, { SourceIdentity: 'Dana.Weber' }),
  invalid(
    'a source identity with a Cyrillic letter',
    { SourceIdentity: 'd\u0435v@example.com' },
    { SourceIdentity: 'dev@example.com' },
  ),
  invalid('a source identity with an exclamation mark', { SourceIdentity: 'dev!' }, { SourceIdentity: 'dev+x' }),
  invalid('an external id of one character', { ExternalId: 'a' }, { ExternalId: 'ab' }, /externalId/),
  invalid('an external id of 1,225 characters', { ExternalId: 'a'.repeat(1225) }, { ExternalId: 'a'.repeat(1224) }),
  invalid('an external id with a space', { ExternalId: 'a b' }, { ExternalId: 'a:/b' }),
  invalid('an external id with a star', { ExternalId: 'tenant*' }, { ExternalId: 'tenant-' }),
  invalid(
    'a duration of 899 seconds',
    { DurationSeconds: 899 },
    { DurationSeconds: 900 },
    /greater than or equal to 900/,
  ),
  invalid('a duration of zero', { DurationSeconds: 0 }, { DurationSeconds: 901 }),
  invalid('a negative duration', { DurationSeconds: -900 }, { DurationSeconds: 1000 }),
  invalid(
    'a duration of 43,201 seconds',
    { DurationSeconds: 43_201 },
    { DurationSeconds: 3600 },
    /less than or equal to 43200/,
  ),
  invalid(
    'a duration over an hour for a chained caller, whatever the role allows',
    { maxSessionDuration: 7200, DurationSeconds: 3601 },
    { maxSessionDuration: 7200, DurationSeconds: 3600 },
    /1 hour session limit for roles assumed by role chaining/,
  ),
  invalid('51 tags', { Tags: manyTags(51) }, { Tags: manyTags(50) }, /tags/),
  invalid('a tag with an empty key', { Tags: tags(['', 'v']) }, { Tags: tags(['k', 'v']) }, /tags\.1\.member\.key/),
  invalid(
    'a tag key of 129 characters',
    { Tags: tags(['k'.repeat(129), 'v']) },
    { Tags: tags(['k'.repeat(128), 'v']) },
  ),
  invalid(
    'a tag value of 257 characters',
    { Tags: tags(['k', 'v'.repeat(257)]) },
    { Tags: tags(['k', 'v'.repeat(256)]) },
    /tags\.1\.member\.value/,
  ),
  invalid('a tag value with a star', { Tags: tags(['k', 'a*']) }, { Tags: tags(['k', 'a@']) }),
  invalid(
    'a tag value with a dollar and braces',
    { Tags: tags(['k', '${aws:username}']) },
    { Tags: tags(['k', 'aws:username']) },
  ),
  invalid('a tag value with a question mark', { Tags: tags(['k', 'a?']) }, { Tags: tags(['k', 'a.']) }),
  invalid('a tag value with a comma', { Tags: tags(['k', 'a,b']) }, { Tags: tags(['k', 'a:b']) }),
  invalid('a tag value with a line feed', { Tags: tags(['k', 'a\nb']) }, { Tags: tags(['k', 'a b']) }),
  invalid('a tag key with a hash', { Tags: tags(['#k', 'v']) }, { Tags: tags(['schlüssel', 'größe']) }),
  invalid(
    'an inline policy of 2,049 characters',
    { Policy: policyOf(2049) },
    { Policy: policyOf(2048) },
    /policy.*2048/,
  ),
  invalid('an empty inline policy', { Policy: '' }, { Policy: POLICY }),
  invalid(
    'an inline policy with a character over U+00FF',
    { Policy: POLICY.replace('s3:Get*', 's3:Get*\u0100') },
    { Policy: statement({ Sid: 'A', Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::b/\u00e9' }) },
  ),
  invalid('an inline policy with a NUL', { Policy: `${POLICY}\u0000` }, { Policy: `${POLICY}\t\r\n` }),
  invalid('eleven policy ARNs', { PolicyArns: arns(11) }, { PolicyArns: arns(10) }, /policyArns/),
  invalid('a policy ARN of 19 characters', { PolicyArns: [{ arn: 'arn:aws:iam::aws:po' }] }, { PolicyArns: arns(1) }),
  invalid(
    'inline and managed policies over 2,048 characters together',
    { Policy: policyOf(2030), PolicyArns: arns(1) },
    { Policy: policyOf(2000), PolicyArns: arns(1) },
    /together/,
  ),
  invalid('a role ARN that is too short', { RoleArn: 'arn:aws:iam' }, { RoleArn: TARGET }, /roleArn/),
  invalid(
    'a role ARN that is a name',
    { RoleArn: 'a-role-name-that-is-long-enough' },
    { RoleArn: TARGET },
    /is invalid/,
  ),
  invalid('a role ARN with a short account', { RoleArn: 'arn:aws:iam::11111111111:role/target' }, { RoleArn: TARGET }),
  invalid('the ARN of a user', { RoleArn: 'arn:aws:iam::111111111111:user/target' }, { RoleArn: TARGET }),
  invalid(
    'the ARN of a role of another service',
    { RoleArn: 'arn:aws:s3:::111111111111:role/target' },
    { RoleArn: TARGET },
  ),
  invalid(
    'two constraints broken at once, named both',
    { RoleSessionName: 'a', DurationSeconds: 1 },
    {},
    /^2 validation errors.*roleSessionName.*durationSeconds/,
  ),
  parameter('a tag twice', { Tags: tags(['team', 'a'], ['team', 'b']) }, { Tags: tags(['team', 'a'], ['teams', 'b']) }),
  parameter(
    'tags whose keys differ in case only',
    { Tags: tags(['Team', 'a'], ['team', 'b']) },
    { Tags: tags(['Team', 'a'], ['team2', 'b']) },
  ),
  parameter('a tag in the name space aws:', { Tags: tags(['aws:team', 'a']) }, { Tags: tags(['aws-team', 'a']) }),
  parameter('a tag in the name space AWS:', { Tags: tags(['AWS:team', 'a']) }, { Tags: tags(['my:aws:team', 'a']) }),
  parameter(
    'a transitive key without its tag',
    { Tags: tags(['team', 'a']), TransitiveTagKeys: ['other'] },
    { Tags: tags(['team', 'a']), TransitiveTagKeys: ['team'] },
  ),
  parameter(
    "another account's managed policy",
    { PolicyArns: [{ arn: 'arn:aws:iam::444455556666:policy/P' }] },
    { PolicyArns: arns(1) },
  ),
  parameter(
    "another partition's managed policy",
    { PolicyArns: [{ arn: 'arn:aws-cn:iam::aws:policy/P' }] },
    { PolicyArns: arns(2) },
  ),
  parameter('an ARN that is no policy', { PolicyArns: [{ arn: TARGET }] }, { PolicyArns: arns(3) }),
  malformed('that is not JSON', '{"Version":'),
  malformed('that is a list', '[]'),
  malformed('with an unknown version', POLICY.replace('2012', '2013')),
  malformed('without a statement', '{"Version":"2012-10-17"}'),
  malformed('with a principal', statement({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' })),
  malformed('without an effect', statement({ Action: '*', Resource: '*' })),
  malformed('with the effect in lower case', statement({ Effect: 'allow', Action: '*', Resource: '*' })),
  malformed('without an action', statement({ Effect: 'Allow', Resource: '*' })),
  malformed(
    'with action and not-action',
    statement({ Effect: 'Allow', Action: '*', NotAction: 's3:*', Resource: '*' }),
  ),
  malformed(
    'without a resource',
    statement({ Effect: 'Allow', Action: '*' }),
    statement({ Effect: 'Allow', NotAction: 'iam:*', Resource: ['*'] }),
  ),
  malformed('with an action that names no service', statement({ Effect: 'Allow', Action: 'GetObject', Resource: '*' })),
  malformed(
    'with a member IAM does not know',
    statement({ Effect: 'Allow', Action: '*', Resource: '*', Principals: [] }),
  ),
  malformed(
    'with an object as a condition value',
    statement({ Effect: 'Allow', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:x': {} } } }),
    statement({ Effect: 'Deny', Action: '*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': false } } }),
  ),
  {
    about: 'tags that pack to more than there is room for',
    refused: { Tags: noisyTags(30) },
    accepted: { Tags: noisyTags(10) },
    code: 'PackedPolicyTooLarge',
    status: 400,
    says: /consumes \d{3}% of allotted space/,
  },
];
