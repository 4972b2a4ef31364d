import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { useCli } from './harness.ts';

const { cli } = await useCli();
const folder = join(cli.directory, 'policies');

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

function file(name: string, content: string | Uint8Array | object): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, isText ? content : JSON.stringify(content, undefined, 2));
  return path;
}

function policy(...Statement: object[]): object {
  return { Version: '2012-10-17', Statement };
}

const GOOD = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/*' });
const WRONG = policy({ Effect: 'Allow', Action: ['s3:GetObjct'], Resource: 'arn:aws:s3:::reports/*' });
const BROAD = policy({ Effect: 'Allow', Action: '*', Resource: '*' });
const TRUST = policy({ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' });

describe('policy lint', () => {
  it('prints file:line:column, severity, message, code and hint, and the tally on standard error', async () => {
    const path = file('p.json', WRONG);
    const { code, stdout, stderr } = await cli.run(['policy', 'lint', path]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^\S+\/p\.json:7:9: error: Amazon S3 has no action "s3:GetObjct" \(as of [0-9-]+\) \[action_unknown\]\n/,
    );
    expect(stdout).toContain('\n  hint: did you mean s3:GetObject?\n');
    expect(stderr).toBe(`daypass: ${path} (read as an identity policy; --kind says otherwise): 1 error, 0 warnings\n`);
  });

  test.each<[string, object, string[], number, RegExp]>([
    ['a document that is right', GOOD, [], 0, /identity policy; .*: 0 errors, 0 warnings\n$/],
    ['a warning', BROAD, [], 0, /0 errors, 1 warning\n$/],
    ['a warning with --strict', BROAD, ['--strict'], 1, /0 errors, 1 warning\n$/],
    ['a trust policy', TRUST, [], 0, /read as a trust policy/],
    ['one of another kind', GOOD, ['--kind', 'session'], 0, /p\.json: 0 errors, 0 warnings\n$/],
    ['a document of the wrong kind', GOOD, ['--kind', 'resource'], 1, /1 error, /],
    ['a principal where none belongs', TRUST, ['--kind', 'identity'], 1, /2 errors, /],
  ])('answers to %s', async (_what, document, options, expected, tally) => {
    const { code, stderr } = await cli.run(['policy', 'lint', file('p.json', document), ...options]);
    expect(code).toBe(expected);
    expect(stderr).toMatch(tally);
  });

  it('prints one JSON object with --json', async () => {
    const paths = [file('a.json', WRONG), file('b.json', TRUST)];
    const { code, stdout, stderr } = await cli.run(['policy', 'lint', ...paths, '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      serviceData: expect.stringMatching(/^20[0-9-]+$/),
      files: [
        {
          file: paths[0],
          kind: 'identity',
          diagnostics: [
            {
              file: paths[0],
              line: 7,
              column: 9,
              severity: 'error',
              code: 'action_unknown',
              path: '$.Statement[0].Action[0]',
              message: expect.stringContaining('"s3:GetObjct"'),
              hint: 'did you mean s3:GetObject?',
            },
          ],
        },
        { file: paths[1], kind: 'trust', diagnostics: [] },
      ],
    });
  });

  it('reads standard input', () => {
    const { status, stdout, stderr } = spawnSync(cli.node, [cli.program, 'policy', 'lint', '-'], {
      input: JSON.stringify(WRONG),
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^-:1:\d+: error: /);
    expect(stderr).toContain('daypass: standard input (read as an identity policy');
  });

  it('reads every *.json below a directory, in order, and follows no link to a directory', async () => {
    file('b/two.json', WRONG);
    file('a.json', GOOD);
    file('b/readme.md', 'no policy');
    file('node_modules/x/package.json', '{}');
    symlinkSync(folder, join(folder, 'b', 'loop'));
    const { code, stderr } = await cli.run(['policy', 'lint', folder]);
    expect(code).toBe(1);
    const names = [...stderr.matchAll(/^daypass: (\S+\.json) /gm)].map(([, name]) => name);
    expect(names).toEqual([join(folder, 'a.json'), join(folder, 'b', 'two.json')]);
    expect(stderr).toContain('daypass: 2 files: 1 error, 0 warnings\n');
  });

  it('reads YAML by the name of the file, with its own lines', async () => {
    const path = file(
      'trust.yaml',
      'Version: 2012-10-17\nStatement:\n  - Effect: Allow\n    Principal: { AWS: "*" }\n    Action:\n      - sts:AssumeRol\n',
    );
    const { code, stdout } = await cli.run(['policy', 'lint', path]);
    expect(code).toBe(1);
    expect(stdout).toContain('trust.yaml:6:9: error: AWS Security Token Service has no action "sts:AssumeRol"');
    const broken = await cli.run(['policy', 'lint', file('x.yml', 'Version: 1\nVersion: 2\n')]);
    expect(broken.stdout).toContain('x.yml:2:1: error: this key stands here twice');
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['an empty file', '', /p\.json:1:1: error: not JSON: it is empty \[json_invalid\]/],
    ['a truncated file', '{\n "Version"', /p\.json:1:1: error: not JSON: the text ends before the object/],
    ['no object', '[]', /p\.json:1:1: error: a policy document is a JSON object \[document_invalid\]/],
    [
      'Latin-1',
      Buffer.from('{\n"Id":"\u00fc"}', 'latin1'),
      /p\.json:2:7: error: the byte here is no UTF-8.* \[encoding_invalid\]/,
    ],
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), /p\.json:1:1: error: the byte here is no UTF-8/],
    ['a program', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0xff), /p\.json:1:5: error: the byte here is no UTF-8/],
    ['a NUL', '\u0000', /p\.json:1:1: error: not JSON: /],
    [
      'a trailing comma after CR LF',
      '{\r\n"Version":"2012-10-17",\r\n}',
      /p\.json:2:23: error: not JSON: a comma before/,
    ],
  ])('says what is wrong with %s', async (_what, content, expected) => {
    const { code, stdout, stderr } = await cli.run(['policy', 'lint', file('p.json', content)]);
    expect(code).toBe(1);
    expect(stdout).toMatch(expected);
    expect(stderr).toMatch(/^daypass: \S+: 1 error, 0 warnings\n$/);
  });

  it('reads a byte order mark and does not count it', async () => {
    const { code, stdout } = await cli.run(['policy', 'lint', file('p.json', `\ufeff${JSON.stringify(WRONG)}`)]);
    expect(code).toBe(1);
    expect(stdout).toContain(`p.json:1:${JSON.stringify(WRONG).indexOf('"s3:') + 1}: error: `);
  });

  it('reads no more than there is use for of what has no end', async () => {
    const { code, stdout } = await cli.run(['policy', 'lint', '/dev/zero']);
    expect(code).toBe(1);
    expect(stdout).toContain('/dev/zero:1:1: error: more than 33554432 bytes');
  });

  test.each([
    ['a file that is not there', 'none.json', 'cannot be read (ENOENT)'],
    ['a directory without documents', '.', 'there is no *.json below'],
  ])('ends with exit code 5 for %s', async (_what, name, message) => {
    const { code, stdout, stderr } = await cli.run(['policy', 'lint', join(folder, name)]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('shows no control characters of the file', async () => {
    const hostile = policy({ Effect: 'Allow', Action: 's3:\u001b[2J', Resource: '*', '\u001b]0;x': 1 });
    const { stdout, stderr } = await cli.run(['policy', 'lint', file('p.json', hostile)]);
    expect(stdout).toContain('\\u{1b}');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(stdout + stderr).not.toMatch(/\u001b/);
  });

  test.each([
    [['policy', 'lint'], 'FILE is missing'],
    [
      ['policy', 'lint', 'x', '--kind', 'bucket'],
      '--kind is one of identity, boundary, session, scp, rcp, resource, trust',
    ],
    [['policy', 'lnit', 'x'], 'unknown command policy lnit'],
  ])('%j is a wrong command line', async (args, message) => {
    const { code, stderr } = await cli.run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('the service data', () => {
  it('travels with the command: its directory works anywhere, without the packages', () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'daypass-elsewhere-'));
    try {
      cpSync(dirname(cli.program), join(elsewhere, 'dist'), { recursive: true });
      const program = join(elsewhere, 'dist', 'daypass.cjs');
      const run = () =>
        spawnSync(cli.node, [program, 'policy', 'lint', '-'], {
          cwd: '/',
          input: JSON.stringify(WRONG),
          encoding: 'utf8',
        });
      expect(run()).toMatchObject({ status: 1, stdout: expect.stringContaining('[action_unknown]') });
      rmSync(join(elsewhere, 'dist', 'cli', 'service-data.jsonl'));
      expect(run()).toMatchObject({
        status: 5,
        stderr: expect.stringContaining('service-data.jsonl cannot be read (ENOENT)'),
      });
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});

describe('check', () => {
  const HEAD = `version: 1
issuers:
  corp: { issuer: https://idp.example.com, audience: [daypass], algorithms: [RS256], username: email }
accounts:
  prod: { id: "222222222222" }
roles:
  prod/Reader: { arn: "arn:aws:iam::222222222222:role/Reader" }
grants:
  - name: readers
    roles: [prod/Reader]
    callers: { groups: [readers] }
`;
  const session = (statement: string) =>
    file(
      'access.yml',
      `${HEAD}    session:\n      policy:\n        Version: "2012-10-17"\n        Statement:\n          - ${statement}\n`,
    );

  it('looks at session policies, at their place in the access policy', async () => {
    const path = session('{ Effect: Allow, Action: "s3:GetObjct", Resource: "arn:aws:s3:::b/${claim:team}/*" }');
    const { code, stdout, stderr } = await cli.run(['check', path]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /access\.yml:16:38: error: Amazon S3 has no action "s3:GetObjct" .* \[action_unknown\]\n {2}hint: did you mean s3:GetObject\?\n$/,
    );
    expect(stderr).toBe(`daypass: ${path}: 1 error, 0 warnings\n`);
  });

  it('takes claims for what they will be', async () => {
    const path = session(
      '{ Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::${claim:team}/*", Condition: { StringEquals: { aws:SourceVpce: "${claim:endpoint}" }, NumericLessThan: { s3:signatureAge: "${claim:age}" } } }',
    );
    expect(await cli.run(['check', path])).toMatchObject({ code: 0, stdout: '' });
  });

  it('warns of what a session policy fails to limit', async () => {
    const { code, stdout } = await cli.run(['check', session('{ Effect: Allow, Action: "*", Resource: "*" }')]);
    expect(code).toBe(0);
    expect(stdout).toContain('access.yml:16:38: warning: a session policy that allows everything limits nothing');
  });

  it('has the paths of findings in its JSON', async () => {
    const { stdout } = await cli.run(['check', session('{ Effect: Allow, Action: "s3:X", Resource: "*" }'), '--json']);
    expect(JSON.parse(stdout).diagnostics).toMatchObject([
      { severity: 'error', code: 'action_unknown', path: 'grants[0].session.policy.Statement[0].Action' },
    ]);
  });

  it('looks at the trust policies that it is given', async () => {
    const access = file('access.yml', HEAD);
    file('trust/good.json', TRUST);
    const bad = file('trust/bad.json', policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }));
    const { code, stdout, stderr } = await cli.run(['check', access, '--trust', join(folder, 'trust')]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `${bad}:6:20: error: every AWS account in the world can assume this role [trust_everyone]`,
    );
    expect(stderr).toContain(`daypass: ${bad}: 1 error, 0 warnings\n`);
    const json = await cli.run(['check', access, '--trust', bad, '--json']);
    expect(JSON.parse(json.stdout).trust).toMatchObject([{ file: bad, kind: 'trust' }]);
  });
});
