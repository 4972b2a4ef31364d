import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileCondition, contextOf, firstUnmet } from '../../lib/iam/condition.ts';
import { newSessionId, roleSessionName, SESSION_ID_TAG } from '../../lib/session-id.ts';
import { listOf, type PolicyStatement, parseTemplate } from './cloudformation.ts';
import { jsonencoded } from './hcl.ts';
import { ROOT } from './packaged.ts';

const cloudFormation = parseTemplate(readFileSync(join(ROOT, 'examples', 'target-role.yml'), 'utf8'));
const terraform = readFileSync(join(ROOT, 'examples', 'target-role.tf'), 'utf8');

const properties = cloudFormation.Resources['Role']?.Properties ?? {};
const trust = properties['AssumeRolePolicyDocument'] as { Version: string; Statement: PolicyStatement[] };

/** `BrokerRoleArn` in CloudFormation is `broker_role_arn` in Terraform. */
function inSnakeCase(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member: unknown) => {
    if (key !== 'Ref' || typeof member !== 'string') return member;
    return member.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
  });
}

describe('the two templates', () => {
  test('describe the same trust policy', () => {
    expect(jsonencoded(terraform, 'assume_role_policy')).toEqual(inSnakeCase(trust));
  });

  test('have the same settings', () => {
    const variables = [...terraform.matchAll(/^variable "(\w+)"/gm)].map(([, name]) => ({ Ref: name }));
    const parameters = Object.keys(cloudFormation.Parameters ?? {}).map((Ref) => ({ Ref }));
    expect(variables).toEqual(inSnakeCase(parameters));
  });
});

test('the trust policy trusts one role, by ARN', () => {
  for (const { Effect, Principal } of trust.Statement) {
    expect({ Effect, Principal }).toEqual({ Effect: 'Allow', Principal: { AWS: { Ref: 'BrokerRoleArn' } } });
  }
  expect(trust.Statement.map(({ Action }) => Action)).toEqual([
    'sts:AssumeRole',
    'sts:SetSourceIdentity',
    'sts:TagSession',
  ]);
});

describe('the trust policy, evaluated', () => {
  const given: Record<string, string | string[]> = {
    ExternalId: 'daypass-prod',
    AllowedTagKeys: ['daypass:*', 'team'],
  };

  /** Whether a call with this context would pass: each of the three actions needs a statement that holds. */
  function passes(context: Record<string, string[]>): boolean {
    return trust.Statement.every(({ Condition }) => {
      const block = Object.entries(Condition ?? {}).map(([operator, keys]) => {
        const values = Object.entries(keys).map(([key, value]) => [key, listOf(parameter(value))] as const);
        return [operator, Object.fromEntries(values)] as const;
      });
      const { condition, problems } = compileCondition(Object.fromEntries(block));
      expect(problems).toEqual([]);
      return firstUnmet(condition, contextOf(context)) === undefined;
    });
  }

  function parameter(value: unknown): string | string[] {
    if (typeof value === 'object' && value !== null && 'Ref' in value) return given[String(value.Ref)] ?? [];
    return value as string | string[];
  }

  const sessionId = newSessionId(Date.UTC(2026, 10, 22));
  const call = {
    'sts:ExternalId': ['daypass-prod'],
    'sts:RoleSessionName': [roleSessionName(sessionId, 'dev@example.com')],
    'sts:SourceIdentity': ['dev@example.com'],
    'aws:TagKeys': [SESSION_ID_TAG, 'team'],
    [`aws:RequestTag/${SESSION_ID_TAG}`]: [sessionId],
  };

  test('lets the broker in', () => {
    expect(passes(call)).toBe(true);
  });

  test('lets the broker in with a username too long for the session name', () => {
    expect(passes({ ...call, 'sts:RoleSessionName': [roleSessionName(sessionId, 'x'.repeat(64))] })).toBe(true);
  });

  test.each<[string, Record<string, string[]>]>([
    ['another external id', { 'sts:ExternalId': ['daypass-test'] }],
    ['no external id', { 'sts:ExternalId': [] }],
    ['a session name without a session id', { 'sts:RoleSessionName': ['botocore-session-1700000000'] }],
    ['a session name that runs on after the session id', { 'sts:RoleSessionName': [`${sessionId}x`] }],
    ['no source identity', { 'sts:SourceIdentity': [] }],
    ['no session id tag', { 'aws:TagKeys': ['team'], [`aws:RequestTag/${SESSION_ID_TAG}`]: [] }],
    ['an empty session id tag', { [`aws:RequestTag/${SESSION_ID_TAG}`]: [''] }],
    ['a tag that was not agreed on', { 'aws:TagKeys': [SESSION_ID_TAG, 'team', 'admin'] }],
  ])('refuses %s', (_, change) => {
    const changed = Object.entries({ ...call, ...change }).filter(([, values]) => values.length > 0);
    expect(passes(Object.fromEntries(changed))).toBe(false);
  });
});

test('permissions and boundary are optional, and the session cap is AWS’s for chained roles', () => {
  expect(cloudFormation.Parameters?.['MaxSessionDuration']?.Default).toBe(3600);
  expect(properties['ManagedPolicyArns']['Fn::If']).toEqual([
    'HasManagedPolicies',
    { Ref: 'ManagedPolicyArns' },
    { Ref: 'AWS::NoValue' },
  ]);
  expect(properties['PermissionsBoundary']['Fn::If']).toEqual([
    'HasPermissionsBoundary',
    { Ref: 'PermissionsBoundaryArn' },
    { Ref: 'AWS::NoValue' },
  ]);
});
