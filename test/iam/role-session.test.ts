import { describe, expect, it, test } from 'vitest';
import { judgeSession, type RoleSession, type SessionAct } from '../../lib/iam/role-session.ts';

const NOW = Date.UTC(2026, 0, 31, 9);

const statements = (...all: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: all });
const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 's3:*', Resource: '*', ...more });
const policy = (...all: object[]) => ({ place: 'policy', document: statements(...all) });

const SESSION: RoleSession = {
  roleArn: 'arn:aws:iam::111122223333:role/teams/Developer',
  sessionName: '01J00000000000000000000000-dana@example.com',
  sourceIdentity: 'dana@example.com',
  roleTags: { Team: 'none', stage: 'dev' },
  sessionTags: { team: 'payments' },
  identity: [policy(allow())],
  boundary: undefined,
  session: [],
};
const ACT: SessionAct = { action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key', context: {}, now: NOW };

function judge(session: Partial<RoleSession> = {}, act: Partial<SessionAct> = {}) {
  const judging = judgeSession({ ...SESSION, ...session });
  if ('unreadable' in judging) throw new Error(JSON.stringify(judging.unreadable));
  return judging.judge({ ...ACT, ...act });
}

describe('what a session may do', () => {
  test.each<[string, Partial<RoleSession>, string]>([
    ['what an identity policy allows', {}, 'allowed'],
    ['nothing without one', { identity: [] }, 'denied'],
    ['not what one of several denies', { identity: [policy(allow()), policy(allow({ Effect: 'Deny' }))] }, 'denied'],
    ['what the boundary allows too', { boundary: policy(allow({ Action: 's3:Get*' })) }, 'allowed'],
    ['not what the boundary leaves out', { boundary: policy(allow({ Action: 's3:Put*' })) }, 'denied'],
    [
      'what the session policy allows too',
      { session: [policy(allow({ Resource: 'arn:aws:s3:::bucket/*' }))] },
      'allowed',
    ],
    [
      'not what the session policy leaves out',
      { session: [policy(allow({ Resource: 'arn:aws:s3:::other/*' }))] },
      'denied',
    ],
    [
      'what one of two session policies allows',
      { session: [policy(allow({ Action: 's3:Put*' })), policy(allow())] },
      'allowed',
    ],
    ['not what a session policy allows alone', { identity: [], session: [policy(allow())] }, 'denied'],
  ])('is %s', (_, session, verdict) => {
    expect(judge(session).verdict).toBe(verdict);
  });

  test.each<[string, object]>([
    ['the role’s tags', { StringEquals: { 'aws:PrincipalTag/stage': 'dev' } }],
    [
      'the session’s tag in the place of the role’s, whatever its case',
      { StringEquals: { 'aws:PrincipalTag/Team': 'payments' } },
    ],
    ['the role’s ARN, path and all', { ArnEquals: { 'aws:PrincipalArn': SESSION.roleArn } }],
    ['its account', { StringEquals: { 'aws:PrincipalAccount': '111122223333' } }],
    ['who is behind it', { StringEquals: { 'aws:SourceIdentity': 'dana@example.com' } }],
    ['what it is', { StringEquals: { 'aws:PrincipalType': 'AssumedRole' } }],
    ['no second factor', { Bool: { 'aws:MultiFactorAuthPresent': 'false' } }],
    ['that it came by HTTPS', { Bool: { 'aws:SecureTransport': 'true' } }],
    [
      'the time',
      {
        DateLessThan: { 'aws:CurrentTime': '2026-01-31T09:00:01Z' },
        DateGreaterThan: { 'aws:TokenIssueTime': '2026-01-31T08:59:59Z' },
      },
    ],
  ])('is decided on %s', (_, Condition) => {
    const { verdict, unknownKeys } = judge({ identity: [policy(allow({ Condition }))] });
    expect([verdict, unknownKeys]).toEqual(['allowed', []]);
  });

  it('fills the session’s tags into policy variables', () => {
    const identity = [policy(allow({ Resource: 'arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*' }))];
    const on = (key: string) => judge({ identity }, { resource: `arn:aws:s3:::bucket/${key}` }).verdict;
    expect([on('payments/a'), on('none/a'), on('search/a')]).toEqual(['allowed', 'denied', 'denied']);
  });

  it('names the condition keys that it knows nothing of, and decides as if the request had none', () => {
    const Condition = { StringEquals: { 's3:prefix': 'a', 'aws:SourceVpce': 'vpce-1' } };
    const { verdict, unknownKeys } = judge({ identity: [policy(allow({ Condition }), allow({ Action: 'ec2:*' }))] });
    expect([verdict, unknownKeys]).toEqual(['denied', ['s3:prefix']]);
    const denying = judge({
      identity: [
        policy(allow(), allow({ Effect: 'Deny', Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } })),
      ],
    });
    expect([denying.verdict, denying.unknownKeys]).toEqual(['denied', ['aws:SourceVpce']]);
  });

  it('is undecided where a Deny hangs on a key that it knows nothing of', () => {
    const Condition = { StringEquals: { 's3:VersionId': 'x' } };
    const identity = [policy(allow(), allow({ Effect: 'Deny', Condition }))];
    expect(judge({ identity })).toMatchObject({ verdict: 'undecided', unknownKeys: ['s3:VersionId'] });
    expect(judge({ identity }, { context: { 's3:VersionId': ['y'] } })).toMatchObject({ verdict: 'allowed' });
    expect(judge({ identity }, { context: { 's3:VersionId': ['x'] } })).toMatchObject({ verdict: 'denied' });
    // All tags are known: one that is not there is not unknown.
    const byTag = [
      policy(allow(), allow({ Effect: 'Deny', Condition: { StringEquals: { 'aws:PrincipalTag/none': 'x' } } })),
    ];
    expect(judge({ identity: byTag })).toMatchObject({ verdict: 'allowed', unknownKeys: [] });
  });

  it('takes what is given, also in the place of what it would fill in, whatever the case of the key', () => {
    const Condition = {
      IpAddress: { 'aws:SourceIp': '198.51.100.0/24' },
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
    };
    const identity = [policy(allow({ Condition }))];
    const context = { 'aws:sourceip': ['198.51.100.7'], 'AWS:MultiFactorAuthPresent': ['true'] };
    expect(judge({ identity }).verdict).toBe('denied');
    expect(judge({ identity }, { context })).toMatchObject({ verdict: 'allowed', unknownKeys: [] });
  });
});

describe('what needs the resource’s policy, which is not read,', () => {
  const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1';
  const OTHERS = 'arn:aws:sqs:eu-central-1:444455556666:queue';
  const decrypt = { action: 'kms:Decrypt', resource: KEY };
  const send = { action: 'sqs:SendMessage', resource: OTHERS };
  const both = [policy(allow({ Action: ['kms:*', 'sqs:*'] }))];

  test.each([
    ['a key', decrypt],
    ['a resource of another account', send],
  ])('is undecided when this side allows it: %s', (_, act) => {
    expect(judge({ identity: both }, act).verdict).toBe('undecided');
  });

  test.each<[string, Partial<RoleSession>]>([
    ['the identity policies allow nothing of it', {}],
    ['something denies it', { identity: [...both, policy(allow({ Effect: 'Deny', Action: '*' }))] }],
    ['the boundary leaves it out', { identity: both, boundary: policy(allow()) }],
    ['the session policy leaves it out', { identity: both, session: [policy(allow())] }],
  ])('is denied all the same when %s', (_, session) => {
    expect([judge(session, decrypt).verdict, judge(session, send).verdict]).toEqual(['denied', 'denied']);
  });
});

describe('judging a session', () => {
  test.each<[string, Partial<RoleSession>]>([
    ['an identity policy', { identity: [policy(allow()), { place: 'x', document: '{' }] }],
    ['the boundary', { boundary: { place: 'x', document: '{"Version":"2026-01-01","Statement":[]}' } }],
    ['a session policy', { session: [{ place: 'x', document: '[]' }] }],
  ])('is refused when %s cannot be read: it might deny anything', (_, session) => {
    expect(judgeSession({ ...SESSION, ...session })).toEqual({
      unreadable: [{ place: 'x', message: expect.any(String) }],
    });
  });

  it('is refused for what is no role, and for a name that no session has', () => {
    expect(() => judgeSession({ ...SESSION, roleArn: 'arn:aws:iam::111122223333:user/dana' })).toThrow(RangeError);
    expect(() => judgeSession({ ...SESSION, sessionName: 'a/b' })).toThrow(RangeError);
  });

  it('leaves nothing of one act for the next', () => {
    const judging = judgeSession({
      ...SESSION,
      identity: [policy(allow({ Condition: { StringEquals: { 's3:prefix': 'a' } } }), allow({ Action: 'ec2:*' }))],
    });
    if ('unreadable' in judging) throw new Error('unreadable');
    expect(judging.judge(ACT).unknownKeys).toEqual(['s3:prefix']);
    expect(judging.judge({ ...ACT, action: 'ec2:StartInstances' }).unknownKeys).toEqual([]);
  });
});
