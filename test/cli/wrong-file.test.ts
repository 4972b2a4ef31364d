import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useCli } from './harness.ts';

/** Somebody who names the wrong file, or misspells an action, hears just that. */

const { cli } = await useCli();

const IAM = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObjet', Resource: '*' }] };
const REQUEST = {
  request: {
    principal: 'arn:aws:iam::111122223333:user/dana',
    action: 's3:GetObjet',
    resource: 'arn:aws:s3:::bucket/key',
    resourceAccountId: '111122223333',
  },
  identityPolicies: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }],
};

const FILES: Readonly<Record<string, string>> = {
  'access.yml': readFileSync('dev/access.yml', 'utf8'),
  'iam.json': JSON.stringify(IAM),
  'iam-pretty.json': JSON.stringify(IAM, undefined, 2),
  'iam.yml': 'Version: 2012-10-17\nStatement:\n  - { Effect: Allow, Action: "s3:*", Resource: "*" }\n',
  'tests.yml': readFileSync('examples/access-policies/small-team.test.yml', 'utf8'),
  'requests.json': JSON.stringify(REQUEST),
  'empty.yml': '',
  'binary.yml': '\u0000\u0001\u0002',
};

function inFolder(): void {
  const folder = join(cli.directory, 'files');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  cli.cwd = folder;
}

describe('A file of another command is named for what it is', () => {
  test.each<[string[], string, string]>([
    [['check', 'iam.json'], 'iam.json is an IAM policy document, no access policy', 'daypass policy lint iam.json'],
    [['check', 'iam-pretty.json'], 'iam-pretty.json is an IAM policy document', 'daypass policy lint'],
    [['check', 'iam.yml'], 'iam.yml is an IAM policy document', 'daypass policy lint iam.yml'],
    [['check', 'tests.yml'], 'tests.yml is tests of an access policy', 'daypass test tests.yml'],
    [['check', 'requests.json'], 'requests.json is requests for the simulation', 'daypass simulate requests.json'],
    [
      ['explain', 'prod/Admin', '--policy', 'iam.json', '--as', 'x'],
      'iam.json is an IAM policy',
      'policy lint iam.json',
    ],
    [['who-can', 'prod/Admin', '--policy', 'tests.yml'], 'tests.yml is tests of', 'daypass test tests.yml'],
    [['diff', 'access.yml', 'iam.json'], 'iam.json is an IAM policy document', 'daypass policy lint iam.json'],
    [
      ['policy', 'lint', 'access.yml'],
      'this is an access policy, no policy document of IAM',
      'daypass check access.yml',
    ],
    [['policy', 'lint', 'requests.json'], 'this is requests for the simulation', 'daypass simulate requests.json'],
    [['simulate', 'iam.json'], 'iam.json is an IAM policy document, no requests', 'daypass policy lint iam.json'],
    [['simulate', 'access.yml'], 'access.yml is an access policy', 'daypass check access.yml'],
  ])('%j', async (args, message, hint) => {
    inFolder();
    const { code, stdout, stderr } = await cli.run(args);
    expect(code).toBe(1);
    const said = stdout + stderr;
    expect(said).toContain(message);
    expect(said).toContain(hint);
    expect(said.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });

  test.each<[string[], number, string]>([
    [['check', 'empty.yml'], 1, 'the access policy is empty'],
    [['check', '.'], 5, '. cannot be read (EISDIR)'],
    [['check', 'absent.yml'], 5, 'absent.yml cannot be read (ENOENT)'],
    [['check', 'binary.yml'], 1, 'binary.yml:1:'],
    [['policy', 'lint', 'empty.yml'], 1, 'empty'],
    [['simulate', 'empty.yml'], 1, 'empty.yml'],
    [['simulate', 'binary.yml'], 1, 'not JSON'],
  ])('%j is a clear error', async (args, code, message) => {
    inFolder();
    const result = await cli.run(args);
    expect(result.code).toBe(code);
    expect(result.stdout + result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/\bat .*\.[cm]?[jt]s:\d/);
  });

  test('and the right ones are taken', async () => {
    inFolder();
    expect((await cli.run(['check', 'access.yml'])).code).toBe(0);
    expect((await cli.run(['policy', 'lint', 'iam.yml'])).stdout).not.toContain('document_other');
    expect((await cli.run(['simulate', 'requests.json'])).code).toBe(0);
  });
});

describe('A misspelt action', () => {
  test('of a simulated request is told, once, beside the answer', async () => {
    inFolder();
    writeFileSync(join(cli.cwd ?? '', 'twice.json'), JSON.stringify([REQUEST, REQUEST]));
    const { code, stdout, stderr } = await cli.run(['simulate', 'twice.json']);
    expect([code, stdout.trimEnd().split('\n').length]).toEqual([0, 2]);
    expect(stderr.match(/Amazon S3 has no action "s3:GetObjet"/g)).toHaveLength(1);
    expect(stderr).toContain('did you mean s3:GetObject?');
  });

  test('of a service that is not there is told too', async () => {
    inFolder();
    const other = { ...REQUEST, request: { ...REQUEST.request, action: 's4:GetObject' } };
    writeFileSync(join(cli.cwd ?? '', 'service.json'), JSON.stringify(other));
    expect((await cli.run(['simulate', 'service.json'])).stderr).toContain('there is no service "s4"');
  });
});
