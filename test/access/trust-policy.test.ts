import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { brokerCalls, brokerSession } from '../../lib/access/broker-call.ts';
import type { AccessPolicy, Role } from '../../lib/access/policy.ts';
import { brokerPermissions, TRUST_POLICY_QUOTA, trustPolicyFor } from '../../lib/access/trust-policy.ts';
import { parseDocument } from '../../lib/iam/parse-document.ts';
import { type AssumeRoleCall, checkTrust } from '../../lib/iam/trust.ts';
import { parseTemplate, resourcesOf } from '../deploy/cloudformation.ts';
import { ROOT } from '../support/imports.ts';
import { policyOf } from './policies.ts';

const BROKER = 'arn:aws:iam::444455556666:role/daypass-prod-eu-central-1-credentials';

const TAGGED = `
  - name: team
    roles: [prod/Admin]
    callers: { groups: [sre] }
    session:
      tags: { team: "\${claim:team}", cost-center: shared }
      transitiveTagKeys: [team]
  - name: plain
    roles: [prod/*]
    callers: { groups: [all] }
  - name: never
    effect: deny
    roles: [prod/*]
    callers: { employment: [contractor] }
`;

function roleOf(policy: AccessPolicy, id: string): Role {
  const role = policy.roles.find((candidate) => candidate.id === id);
  if (role === undefined) throw new Error(id);
  return role;
}

const policy = policyOf(TAGGED);
const admin = roleOf(policy, 'prod/Admin');
const readOnly = roleOf(policy, 'prod/ReadOnly');

describe('the trust policy of a role', () => {
  it('is the one of examples/target-role.yml with its parameters filled in', () => {
    const template = parseTemplate(readFileSync(join(ROOT, 'examples', 'target-role.yml'), 'utf8'));
    const [, role] = resourcesOf(template, 'AWS::IAM::Role')[0] ?? [];
    const parameters: Record<string, unknown> = {
      BrokerRoleArn: BROKER,
      ExternalId: 'daypass-prod',
      AllowedTagKeys: ['daypass:*', 'cost-center', 'team'],
    };
    const written = JSON.stringify(role?.Properties['AssumeRolePolicyDocument']);
    const filled: unknown = JSON.parse(written, (_, value: unknown) =>
      typeof value === 'object' && value !== null && 'Ref' in value ? parameters[String(value.Ref)] : value,
    );
    expect(trustPolicyFor(policy, admin, BROKER).document).toEqual(filled);
  });

  it('asks for no external id when the access policy has none', () => {
    const { document } = trustPolicyFor(policy, readOnly, BROKER);
    expect(JSON.stringify(document)).not.toContain('sts:ExternalId');
  });

  it('names the tags of grants that give the role, and of no other', () => {
    const keys = (role: Role) => JSON.stringify(trustPolicyFor(policy, role, BROKER).document);
    expect(keys(admin)).toContain('"aws:TagKeys":["daypass:*","cost-center","team"]');
    expect(keys(readOnly)).toContain('"aws:TagKeys":["daypass:*"]');
  });

  it('says how many characters IAM counts, and is far below its quota', () => {
    const { document, size } = trustPolicyFor(policy, admin, BROKER);
    expect(size).toBe(JSON.stringify(document).replace(/\s/g, '').length);
    expect(size).toBeLessThan(TRUST_POLICY_QUOTA);
  });

  it('has the size that a policy with too many tags has, for the caller to judge', () => {
    const tags = Array.from({ length: 49 }, (_, index) => `${'k'.repeat(60)}${index}: v`).join(', ');
    const wide = policyOf(
      `\n  - name: g\n    roles: [prod/Admin]\n    callers: everyone\n    session: { tags: { ${tags} } }\n`,
    );
    expect(trustPolicyFor(wide, roleOf(wide, 'prod/Admin'), BROKER).size).toBeGreaterThan(TRUST_POLICY_QUOTA);
  });

  it.each([
    ['another partition', 'arn:aws-cn:iam::444455556666:role/x'],
    ['no role', 'arn:aws:iam::444455556666:user/x'],
  ])('is not made for a broker of %s', (_, arn) => {
    expect(() => trustPolicyFor(policy, admin, arn)).toThrow(RangeError);
  });
});

describe('the trust policy, evaluated', () => {
  const trust = parseDocument(JSON.stringify(trustPolicyFor(policy, admin, BROKER).document), 'trust').document;
  if (trust === undefined) throw new Error('unreadable');
  const passes = (change: Partial<AssumeRoleCall>): boolean => {
    const [first] = brokerCalls(policy, admin, { brokerRoleArn: BROKER, username: 'dana@example.com' });
    if (first === undefined) throw new Error('no call');
    return checkTrust({
      ...first.call,
      trustPolicy: { place: 'trust', document: trust },
      policies: { identity: [{ place: 'broker', document: brokerPermissions() }] },
      ...change,
    }).succeeds;
  };

  test('lets the broker in with what it sends', () => {
    expect(passes({})).toBe(true);
  });

  test.each<[string, Partial<AssumeRoleCall>]>([
    ['another external id', { externalId: 'daypass-test' }],
    ['a session name without a session id', { roleSessionName: 'botocore-session-1700000000' }],
    ['no tags', { tags: {} }],
    ['an empty session id', { tags: { 'daypass:session-id': '' } }],
    ['a tag that no grant sets', { tags: { 'daypass:session-id': '0'.repeat(26), admin: 'yes' } }],
    ['another role of the broker’s account', { caller: brokerSession('arn:aws:iam::444455556666:role/other') }],
    [
      'a role of that name in another account',
      { caller: brokerSession(BROKER.replace('444455556666', '777788889999')) },
    ],
  ])('refuses %s', (_, change) => {
    expect(passes(change)).toBe(false);
  });
});

describe('the calls of the broker', () => {
  const calls = brokerCalls(policy, admin, { brokerRoleArn: BROKER, username: 'dana@example.com' });

  it('are two for each grant that gives the role: with the username in the session’s name, and without', () => {
    expect(calls.map(({ grant }) => grant)).toEqual(['team', 'team', 'plain', 'plain']);
    expect(calls.map(({ call }) => call.roleSessionName.length)).toEqual([43, 26, 43, 26]);
  });

  it('carry the grant’s tags, the session id, transitive keys and external id', () => {
    const [{ call } = { call: undefined }] = calls;
    expect(call).toMatchObject({
      externalId: 'daypass-prod',
      transitiveTagKeys: ['team'],
      sourceIdentity: 'dana@example.com',
    });
    expect(call?.tags).toMatchObject({ 'cost-center': 'shared' });
    expect(Object.keys(call?.tags ?? {})).toContain('daypass:session-id');
  });

  it('say which values stand in for those of a caller', () => {
    expect(calls[0]?.standIns).toContain('aws:RequestTag/team');
    expect(calls[0]?.standIns).not.toContain('aws:RequestTag/cost-center');
  });

  it('are what any grant would send when there is none', () => {
    const lonely = policyOf(`\n  - name: g\n    roles: [prod/Admin]\n    callers: everyone\n`);
    const [call] = brokerCalls(lonely, roleOf(lonely, 'dev/Developer'), { brokerRoleArn: BROKER, username: 'dana' });
    expect(call?.grant).toBeUndefined();
    expect(Object.keys(call?.call.tags ?? {})).toEqual(['daypass:session-id']);
  });
});
