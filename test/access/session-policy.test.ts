import { describe, expect, it, test } from 'vitest';
import { type CompileOptions, compilePolicy } from '../../lib/access/compile.ts';
import { HEAD } from './policies.ts';

/** A grant with this session policy, on line 19 of the file. */
function compile(statement: string, options: CompileOptions = {}) {
  const policy = `{ Version: "2012-10-17", Statement: ${statement} }`;
  const grant = `  - name: g\n    roles: [prod/ReadOnly]\n    callers: { groups: [a] }\n    session: { policy: ${policy} }\n`;
  return compilePolicy(HEAD + grant, 'access.yml', options);
}

const rolesLeftAside = (diagnostics: ReturnType<typeof compile>['diagnostics']) =>
  diagnostics.filter(({ path }) => !path.startsWith('roles'));

describe('a session policy', () => {
  test.each([
    [
      'an action without a service',
      '{ Effect: Allow, Action: [GetObject], Resource: "*" }',
      'Action[0]',
      'action_invalid',
    ],
    ['a Sid with a blank', '{ Sid: "a b", Effect: Allow, Action: "s3:*", Resource: "*" }', 'Sid', 'sid_invalid'],
    [
      'a resource of three parts',
      '{ Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3" }',
      'Resource',
      'resource_invalid',
    ],
    [
      'a resource of three parts with a claim',
      '{ Effect: Allow, Action: "s3:*", Resource: "arn:aws:${claim:service}" }',
      'Resource',
      'resource_invalid',
    ],
    [
      'an IAM variable where none is replaced',
      '{ Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3::${aws:PrincipalAccount}:b" }',
      'Resource',
      'resource_invalid',
    ],
    [
      'an address that is none',
      '{ Effect: Allow, Action: "s3:*", Resource: "*", Condition: { IpAddress: { aws:SourceIp: x } } }',
      'Condition.IpAddress["aws:SourceIp"]',
      'condition_value_invalid',
    ],
  ])('is refused with %s, as STS would', (_what, statement, path, code) => {
    const { policy, diagnostics } = compile(statement);
    expect(policy).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { severity: 'error', code, path: `grants[0].session.policy.Statement.${path}`, line: 19 },
    ]);
  });

  test.each([
    ['in an account', 'Resource: "arn:aws:iam::${claim:account}:role/x"'],
    ['in a path', 'Resource: "arn:aws:s3:::b/${claim:team}/*"'],
    ['in a number', 'Resource: "*", Condition: { NumericLessThan: { s3:signatureAge: "${claim:age}" } }'],
    ['in an address', 'Resource: "*", Condition: { IpAddress: { aws:SourceIp: ["203.0.113.0/24", "${claim:net}"] } }'],
    ['for a whole ARN', 'Resource: "*", Condition: { ArnLike: { aws:SourceArn: "${claim:source}" } }'],
  ])('may hold a claim %s', (_where, rest) => {
    expect(rolesLeftAside(compile(`{ Effect: Allow, Action: "s3:*", ${rest} }`).diagnostics)).toEqual([]);
  });
});

describe('the lint of session policies', () => {
  const statement = '[{ Effect: Allow, Action: ["s3:GetObject"], Resource: "arn:aws:s3:::b/${claim:team}" }]';
  const finding = { code: 'doubtful', path: ['Statement', 0, 'Action', 0], at: 'value', message: 'look' } as const;

  it('is given each policy as it is written', () => {
    const seen: unknown[] = [];
    compile(statement, {
      lintSessionPolicy: (policy) => {
        seen.push(policy);
        return [];
      },
    });
    expect(seen).toMatchObject([{ Statement: [{ Resource: 'arn:aws:s3:::b/${claim:team}' }] }]);
  });

  it('has its findings at their place in the access policy', () => {
    const { policy, diagnostics } = compile(statement, { lintSessionPolicy: () => [{ ...finding, severity: 'info' }] });
    expect(policy).toBeDefined();
    expect(rolesLeftAside(diagnostics)).toEqual([
      {
        file: 'access.yml',
        line: 19,
        column: 87,
        severity: 'info',
        code: 'doubtful',
        path: 'grants[0].session.policy.Statement[0].Action[0]',
        message: 'look',
      },
    ]);
  });

  it('leaves no policy when it finds an error', () => {
    const options: CompileOptions = { lintSessionPolicy: () => [{ ...finding, severity: 'error' }] };
    expect(compile(statement, options).policy).toBeUndefined();
  });
});
