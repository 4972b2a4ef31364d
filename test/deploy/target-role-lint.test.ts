import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadServiceData } from '../../cli/service-data.ts';
import { compilePolicy } from '../../lib/access/compile.ts';
import { lintDocument } from '../../lib/iam/lint/lint-document.ts';
import { lintText } from '../../lib/iam/lint/lint-text.ts';
import { parseTemplate } from './cloudformation.ts';
import { jsonencoded } from './hcl.ts';
import { ROOT } from './packaged.ts';

const data = await loadServiceData();

/** What somebody would fill in, by the parameter's name in either template. */
const GIVEN: Readonly<Record<string, unknown>> = {
  BrokerRoleArn: 'arn:aws:iam::111122223333:role/daypass-prod-credentials',
  ExternalId: 'daypass-prod',
  AllowedTagKeys: ['daypass:*', 'team'],
};

function filledIn(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, member: unknown) => {
      if (typeof member !== 'object' || member === null || !('Ref' in member)) return member;
      const name = String(member.Ref).replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
      expect(Object.keys(GIVEN)).toContain(name);
      return GIVEN[name];
    },
    2,
  );
}

describe('the trust policy that a target role is given', () => {
  const read = (name: string) => readFileSync(join(ROOT, 'examples', name), 'utf8');
  const role = parseTemplate(read('target-role.yml')).Resources['Role']?.Properties ?? {};

  test.each([
    ['CloudFormation', role['AssumeRolePolicyDocument']],
    ['Terraform', jsonencoded(read('target-role.tf'), 'assume_role_policy')],
  ])('of %s has nothing that the linter minds', (_tool, trust) => {
    expect(lintText(filledIn(trust), undefined, data)).toEqual({ kind: 'trust', findings: [] });
  });
});

describe('the access policies that Daypass ships', () => {
  // Beside them lie their tests and the claims of those.
  const examples = readdirSync(join(ROOT, 'examples', 'access-policies'))
    .filter((name) => name.endsWith('.yml') && !name.endsWith('.test.yml'))
    .map((name) => `examples/access-policies/${name}`);

  test.each(['access.yml', 'dev/access.yml', ...examples])('%s has session policies without mistakes', (file) => {
    const { diagnostics } = compilePolicy(readFileSync(join(ROOT, file), 'utf8'), file, {
      lintSessionPolicy: (policy) => lintDocument(policy, 'session', data),
    });
    expect(diagnostics.filter(({ path, severity }) => severity === 'error' || path.includes('session.policy'))).toEqual(
      [],
    );
  });
});
