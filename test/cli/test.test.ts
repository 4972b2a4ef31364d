import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/imports.ts';
import { Cli } from './harness.ts';

/** Tests that run tests: the command as it is installed, on files of its own. */

const cli = await Cli.build();
afterAll(() => cli.remove());

const folder = join(cli.directory, 'work');
beforeEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** The command's output without the path of its folder. */
async function run(...args: string[]) {
  const { code, stdout, stderr } = await cli.run(['test', ...args.map((arg) => arg.replace('@', folder))]);
  return { code, stdout: stdout.replaceAll(folder, '@'), stderr: stderr.replaceAll(folder, '@') };
}

const POLICY = `version: 1
issuers:
  corp: { issuer: https://idp.example.com, audience: [daypass], algorithms: [RS256], username: email }
accounts:
  prod: { id: "111122223333" }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::111122223333:role/ReadOnly" }
grants:
  - { name: reads, roles: [prod/ReadOnly], callers: { groups: [engineering] } }
  - { name: never, effect: deny, roles: [prod/ReadOnly], callers: { employment: [contractor] } }
`;
const READS = `  - name: an engineer reads
    caller: { groups: [engineering] }
    role: prod/ReadOnly
    expect: allow
`;
const WRONG = `  - name: "an outsider reads #1 \\\\ \\u001b[31m"
    caller: { groups: [sales] }
    role: prod/ReadOnly
    expect: allow
`;
const CONTRACTOR = `  - name: a contractor does not
    claims: claims/contractor.json
    role: prod/ReadOnly
    expect: deny
    because: never
`;
const FILES = {
  'access.yml': POLICY,
  'tests/access.test.yml': `policy: ../access.yml\ncases:\n${READS}${CONTRACTOR}`,
  'tests/claims/contractor.json': '{ "groups": ["engineering"], "employment": "contractor" }',
};

describe('test', () => {
  it('runs what is below a directory, and says so', async () => {
    write(FILES);
    expect(await run('@')).toEqual({
      code: 0,
      stdout: '@/tests/access.test.yml\n  ok    an engineer reads\n  ok    a contractor does not\n',
      stderr: 'daypass: 2 checks in 1 file: 2 passed, 0 failed\n',
    });
  });

  it('fails with what was expected, what came, where and why', async () => {
    write({ ...FILES, 'tests/access.test.yml': `policy: ../access.yml\ncases:\n${READS}${WRONG}` });
    const { code, stdout, stderr } = await run('@/tests');
    expect(code).toBe(1);
    expect(stdout).toBe(`@/tests/access.test.yml
  ok    an engineer reads
  FAIL  an outsider reads #1 \\ \\u{1b}[31m
        expected allow, got deny: no_grant
        at @/tests/access.test.yml:7:11
        | Denied: prod/ReadOnly, because no grant that names it is for this caller.
        | The grants that name it:
        |   grant reads is not for you: groups must be engineering, and is sales
        |   deny never does not apply: employment must be contractor, and is absent
`);
    expect(stderr).toBe('daypass: 2 checks in 1 file: 1 passed, 1 failed\n');
  });

  it('prints TAP 14, whatever the names hold', async () => {
    write({ ...FILES, 'a.test.yml': `policy: access.yml\ncases:\n${WRONG}`, 'b.test.yaml': 'cases: 7\n' });
    const { code, stdout } = await run('--tap', '@');
    expect(code).toBe(1);
    const { mismatches, ...rest } = tap(stdout);
    expect(rest).toEqual({
      version: 'TAP version 14',
      plan: '1..4',
      points: [
        'not ok 1 - an outsider reads \\#1 \\\\ \\u{1b}[31m',
        'not ok 2 - @/b.test.yaml',
        'ok 3 - an engineer reads',
        'ok 4 - a contractor does not',
      ],
    });
    expect(mismatches).toEqual([
      ['expected allow, got deny: no_grant'],
      ['@/b.test.yaml:1:8: error: expected a list, not a number [value_invalid]'],
    ]);
  });

  it('prints JSON', async () => {
    write(FILES);
    const { code, stdout } = await run('--json', '@');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      files: [
        {
          file: '@/tests/access.test.yml',
          problems: [],
          results: [
            { name: 'an engineer reads', passed: true, decidedBy: 'reads', position: { line: 3, column: 11 } },
            { name: 'a contractor does not', passed: true, decidedBy: 'never', outcome: 'deny: explicit_deny (never)' },
          ],
        },
      ],
      coverage: [{ policy: '@/access.yml', covered: 2, percent: 100 }],
    });
  });

  it('takes --policy before the policy that a file names', async () => {
    write({ ...FILES, 'other.yml': POLICY.replace('engineering', 'sales') });
    const { code, stdout } = await run('@', '--policy', '@/other.yml');
    expect([code, stdout]).toEqual([1, expect.stringContaining('FAIL  an engineer reads')]);
  });

  it('lists which grants decided a case, and holds them to a minimum', async () => {
    write({ ...FILES, 'tests/access.test.yml': `policy: ../access.yml\ncases:\n${READS}` });
    const { code, stdout, stderr } = await run('@', '--coverage', '--min-coverage', '51');
    expect(code).toBe(1);
    expect(stdout).toContain(
      '@/access.yml: 1 of 2 grants decided a case (50 %)\n     1×  reads\n  never  deny never\n',
    );
    expect(stderr).toContain('@/access.yml: 50 % of its grants decided a case, less than 51 %; never: never');
    expect((await run('@', '--min-coverage', '50')).code).toBe(0);
  });

  it.each([
    ['there is no test', { 'access.yml': POLICY }, 'there is no *.test.yml here'],
    ['a file is no test file', { ...FILES, 'x.test.yml': 'cases: []\n' }, '1 file could not be used'],
    ['a policy is not there', { 'x.test.yml': `policy: no.yml\ncases:\n${READS}` }, '1 file could not be used'],
    [
      'a policy has a mistake',
      { ...FILES, 'access.yml': POLICY.replace('engineering', '""') },
      '1 file could not be used',
    ],
    [
      'claims are no object',
      { ...FILES, 'tests/claims/contractor.json': '["contractor"]' },
      '1 file could not be used',
    ],
  ])('is not green when %s', async (_, files, said) => {
    write(files);
    const { code, stderr } = await run('@');
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
    expect(stderr).not.toMatch(/ {4}at |went wrong/);
  });

  it('is not green when a file that was named is not there', async () => {
    write(FILES);
    const { code, stdout } = await run('@/tests/access.test.yml', '@/tests/acess.test.yml');
    expect([code, stdout]).toEqual([1, expect.stringContaining('@/tests/acess.test.yml cannot be read (ENOENT)')]);
  });

  it('leaves out node_modules and hidden folders, and takes each file once', async () => {
    write({ ...FILES, 'node_modules/x/a.test.yml': 'cases: 7', '.git/a.test.yml': 'cases: 7', 'tests/a.yml': '7' });
    expect(await run('@', '@/tests', '@/tests/access.test.yml')).toMatchObject({
      code: 0,
      stderr: 'daypass: 2 checks in 1 file: 2 passed, 0 failed\n',
    });
  });

  it.each([
    [['--tap', '--json'], '--tap and --json are two forms; name one'],
    [['--min-coverage', '101'], '--min-coverage 101 is not a whole number from 0 to 100'],
    [['--min-coverage', '1e1'], '--min-coverage 1e1 is not a whole number from 0 to 100'],
  ])('refuses %j', async (options, said) => {
    write(FILES);
    const { code, stderr } = await run('@', ...options);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });

  it('runs thousands of checks', async () => {
    const cases = Array.from({ length: 20_000 }, (_, n) => READS.replace('reads', `reads ${n}`)).join('');
    write({ ...FILES, 'many.test.yml': `policy: access.yml\ncases:\n${cases}` });
    const { code, stderr } = await run('@/many.test.yml');
    expect([code, stderr]).toEqual([0, 'daypass: 20000 checks in 1 file: 20000 passed, 0 failed\n']);
  });

  it('passes on the examples that are shipped', async () => {
    cpSync(join(ROOT, 'examples', 'access-policies'), folder, { recursive: true });
    const { code, stderr } = await run('@', '--min-coverage', '100');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^daypass: \d+ checks in 5 files: \d+ passed, 0 failed\n$/),
    ]);
  });
});

/** A reader of TAP 14 that takes what the command prints and nothing else. */
function tap(text: string) {
  const [version, plan, ...lines] = text.trimEnd().split('\n');
  const points: string[] = [];
  const mismatches: unknown[] = [];
  let isBlock = false;
  for (const line of lines) {
    if (line === '  ---') isBlock = true;
    else if (line === '  ...') isBlock = false;
    else if (isBlock) {
      const [, name, value = ''] = /^ {2}(at|mismatches): (.*)$/.exec(line) ?? [];
      const read: unknown = JSON.parse(value);
      if (name === 'mismatches') mismatches.push(read);
    } else if (!line.startsWith('#')) points.push(line);
  }
  return { version, plan, points, mismatches };
}
