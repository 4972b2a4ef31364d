import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HEAD } from '../access/policies.ts';
import { useCli } from './harness.ts';

const { cli, broker } = await useCli();
const BROKER = 'arn:aws:iam::444455556666:role/daypass-prod-eu-central-1-credentials';
const GRANTS = '  - { name: sre, roles: [prod/Admin], callers: { groups: [sre] }, session: { tags: { team: a } } }\n';

function policyFile(text = HEAD + GRANTS): string {
  const path = join(cli.directory, 'policy.yml');
  writeFileSync(path, text);
  return path;
}
const ask = (...more: string[]) => cli.run(['trust-policy', 'prod/Admin', '--policy', policyFile(), ...more]);

describe('trust-policy', () => {
  test('prints the document and nothing else, without asking anybody', async () => {
    const { code, stdout, stderr } = await ask('--broker-role', BROKER);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { Statement } = JSON.parse(stdout) as { Statement: { Principal: unknown }[] };
    expect(Statement.map(({ Principal }) => Principal)).toEqual(Array(3).fill({ AWS: BROKER }));
    expect(broker.server.seen).toEqual([]);
  });

  test('takes the broker’s role from the environment, and says more with --json', async () => {
    cli.env['DAYPASS_BROKER_ROLE'] = BROKER;
    const { stdout } = await ask('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      role: 'prod/Admin',
      arn: 'arn:aws:iam::222222222222:role/Admin',
      brokerRole: BROKER,
      quota: 2048,
    });
  });

  test.each([
    ['no broker role', [], 2, /--broker-role is not given/],
    ['what is no role', ['--broker-role', 'arn:aws:iam::1:root'], 2, /not the ARN of a role/],
    [
      'another partition',
      ['--broker-role', BROKER.replace('arn:aws:', 'arn:aws-cn:')],
      1,
      /partition aws, the broker is not/,
    ],
  ] as const)('refuses %s', async (_, more, code, message) => {
    const result = await ask(...more);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(message);
    expect(result.stdout).toBe('');
  });

  test('knows the nearest role', async () => {
    const words = ['trust-policy', 'prod/Admim', '--policy', policyFile(), '--broker-role', BROKER];
    const { code, stderr } = await cli.run(words);
    expect(code).toBe(1);
    expect(stderr).toContain('hint: did you mean prod/Admin?');
  });

  test('says when it needs a higher quota, and refuses what IAM takes from nobody', async () => {
    const withTags = (count: number): string => {
      const tags = Array.from({ length: count }, (_, index) => `${'k'.repeat(90)}${index}: v`).join(', ');
      return `${HEAD}  - { name: g, roles: [prod/Admin], callers: everyone, session: { tags: { ${tags} } } }\n`;
    };
    const words = ['trust-policy', 'prod/Admin', '--broker-role', BROKER, '--policy'];
    const large = await cli.run([...words, policyFile(withTags(20))]);
    expect(large.code).toBe(0);
    expect(large.stderr).toContain('over IAM’s default of 2048');
    const tooLarge = await cli.run([...words, policyFile(withTags(49))]);
    expect(tooLarge.code).toBe(1);
    expect(tooLarge.stderr).toContain('IAM takes 4096');
  });
});
