import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { COMMANDS } from '../../cli/commands.ts';
import { escaped } from '../../cli/review/diff-markdown.ts';
import { useCli } from './harness.ts';

const { cli } = await useCli();

const HEAD = `version: 1
issuers:
  corp: { issuer: https://idp.example.com, audience: [daypass], algorithms: [RS256], username: email }
accounts: { prod: { id: "222222222222" } }
roles:
  prod/ReadOnly: { arn: "arn:aws:iam::222222222222:role/ReadOnly" }
  prod/Admin: { arn: "arn:aws:iam::222222222222:role/Admin" }
grants:
`;
const READERS = '  - { name: readers, roles: [prod/ReadOnly], callers: { groups: [eng] } }\n';
const ADMIN = `  - name: admin
    roles: [prod/Admin]
    callers: { groups: [sre] }
    condition: { ForAnyValue:StringEquals: { claim:amr: [mfa] } }
    duration: 30m
    require: { reason: true }
`;
const DENY = '  - { name: no-contractors, effect: deny, roles: ["prod/*"], callers: { employment: [contractor] } }\n';

let directory: string;
const file = (name: string, content: string): string => {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const claims = (name: string, content: object) => file(`callers/${name}.json`, JSON.stringify(content));

let old: string;
beforeEach(() => {
  directory = join(cli.directory, `review-${Math.random().toString(36).slice(2)}`);
  old = file('old.yml', HEAD + READERS + ADMIN + DENY);
  claims('ada', { email: 'ada@example.com', groups: ['eng'] });
  claims('sre', { email: 'sre@example.com', groups: ['sre'], amr: ['mfa'] });
  claims('tim', { email: 'tim@example.com', groups: ['sre'] });
});

describe('daypass who-can', () => {
  it('lists grants, conditions, claims and denies that reach a role', async () => {
    const { code, stdout } = await cli.run(['who-can', 'prod/Admin', '--policy', old]);
    expect(code).toBe(0);
    expect(stdout).toBe(`prod/Admin  arn:aws:iam::222222222222:role/Admin
  GRANT                WHO                     LONGEST         SESSION         CONDITIONS            IN THE POLICY
  admin                groups: sre             30 min (grant)  the whole role  some amr is mfa       ForAnyValue:StringEquals claim:amr: mfa
                                                                               a reason is required  require: reason
  deny no-contractors  employment: contractor                                  none
`);
  });

  it('names people who have it, and what is missing for those who are close', async () => {
    const { stdout } = await cli.run([
      'who-can',
      'prod/Admin',
      '--policy',
      old,
      '--callers',
      join(directory, 'callers'),
    ]);
    expect(stdout).toContain('  sre@example.com  has it by admin with a reason\n');
    expect(stdout).toContain('  tim@example.com  close by admin; must hold: some amr is mfa\n');
    expect(stdout).toContain('  no grant is for 1 other of 3\n');
  });

  it('takes a pattern, prints JSON, and says when nobody has something', async () => {
    const { stdout } = await cli.run(['who-can', '*', '--policy', file('p.yml', HEAD + READERS), '--json']);
    const reaches = JSON.parse(stdout) as { target: string; grants: { grant: string }[] }[];
    expect(reaches.map(({ target, grants }) => [target, grants.map(({ grant }) => grant)])).toEqual([
      ['prod/ReadOnly', ['readers']],
      ['prod/Admin', []],
    ]);
    const nobody = await cli.run(['who-can', 'prod/Admin', '--policy', file('p.yml', HEAD + READERS)]);
    expect(nobody.stdout).toContain('nobody: no grant gives it');
  });

  it('says which grant never matters, and why', async () => {
    const hidden = file(
      'p.yml',
      `${HEAD}${READERS}  - { name: none, effect: deny, roles: [prod/ReadOnly], callers: { groups: [eng] } }\n`,
    );
    const { stdout } = await cli.run(['who-can', 'prod/ReadOnly', '--policy', hidden]);
    expect(stdout).toContain('readers never matters: the deny "none" takes it from everyone it is for');
  });

  it('an unknown role is an error with the nearest name', async () => {
    const { code, stderr } = await cli.run(['who-can', 'prod/Admn', '--policy', old]);
    expect(code).toBe(1);
    expect(stderr).toContain('hint: did you mean prod/Admin?');
  });

  it('somebody who cannot be read is named, and the answer is not taken for whole', async () => {
    claims('bad', { email: 'x@y@z', groups: ['eng'] });
    file('callers/broken.json', '{');
    const { code, stderr } = await cli.run([
      'who-can',
      'prod/Admin',
      '--policy',
      old,
      '--callers',
      join(directory, 'callers'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('2 of those named by --callers could not be read');
    expect(stderr).toContain(
      'bad.json: entry 1: a token with these claims would be refused: email has more than one @',
    );
    expect(stderr).toContain('broken.json: the file: it is not a JSON object with claims');
  });
});

describe('daypass diff', () => {
  const wider = () => file('new.yml', HEAD + READERS + ADMIN.replace('[sre]', '[sre, eng]') + DENY);

  it('tells whether access widens, by grant and for people', async () => {
    const { code, stdout } = await cli.run(['diff', old, wider(), '--callers', join(directory, 'callers')]);
    expect(code).toBe(0);
    expect(stdout).toBe(`widens: somebody may get more than before
+ grant admin: groups may also be eng

3 callers compared: 1 difference
+ ada@example.com  prod/Admin  is close to it now; must hold: some amr is mfa
`);
    claims('eve', { email: 'eve@example.com', groups: ['eng'], amr: ['mfa'] });
    const { stdout: more } = await cli.run(['diff', old, wider(), '--callers', join(directory, 'callers')]);
    expect(more).toContain('+ eve@example.com  prod/Admin  gains it (for 1800 s, with a reason)');
  });

  it.each([
    [['--fail-on', 'widens'], 1],
    [['--fail-on', 'changes'], 1],
    [[], 0],
  ])('as a gate for wider access, with %j, ends with %i', async (options, code) => {
    expect(await cli.run(['diff', old, wider(), ...options])).toMatchObject({ code });
  });

  it('as a gate lets a narrower policy through', async () => {
    const narrower = file('new.yml', HEAD + READERS + DENY);
    const { code, stdout } = await cli.run(['diff', old, narrower, '--fail-on', 'changes']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `narrows: nobody gets more; somebody may get less
- grant admin: is gone: it gave prod/Admin
`,
    });
  });

  it('never reports a policy that cannot be read as unchanged', async () => {
    const broken = file('broken.yml', 'version: 1\n');
    expect(await cli.run(['diff', old, broken])).toMatchObject({ code: 1, stdout: '' });
    expect(await cli.run(['diff', broken, old])).toMatchObject({ code: 1, stdout: '' });
    expect(await cli.run(['diff', old, '/nowhere'])).toMatchObject({ code: 5, stdout: '' });
    expect(await cli.run(['diff', '-', '-'])).toMatchObject({ code: 2 });
  });

  it('prints Markdown in which no name can do anything', async () => {
    const hostile = file(
      'new.yml',
      HEAD + READERS + ADMIN + DENY.replace('[contractor]', '["@everyone", "a|b<img src=x>", "`x`", "[l](http://e)"]'),
    );
    const { stdout } = await cli.run(['diff', old, hostile, '--markdown']);
    expect(stdout).toMatch(/^### Access review: /);
    expect(stdout).not.toMatch(/@everyone|<img|`x`|\]\(http/);
    for (const row of stdout.split('\n').filter((line) => line.startsWith('| '))) {
      expect([5, 6]).toContain(row.split('|').length);
    }
    expect(escaped('\u202e\u0007')).toBe('\\u&#123;202e&#125;\\u&#123;7&#125;'.replaceAll('\\', '&#92;'));
  });

  it('tells by role whom it is about', async () => {
    const { stdout } = await cli.run(['diff', old, wider(), '--by-role']);
    expect(stdout).toContain('\n+ prod/Admin  groups: sre | eng  grant admin: groups may also be eng\n');
    const { stdout: json } = await cli.run(['diff', old, wider(), '--json']);
    expect(JSON.parse(json)).toMatchObject({ targets: [{ target: 'prod/Admin', direction: 'widens' }] });
  });

  it('prints no line and no control character that a proposed policy brings along', async () => {
    const hostile = String.raw`"\e[2J\e[1;1Hnarrows\n::stop-commands::x"`;
    const proposed = file(
      'new.yml',
      HEAD.replace('audience: [daypass]', `audience: [daypass, ${hostile}]`) +
        READERS +
        ADMIN.replace('[sre]', `[sre, ${hostile}]`).replace('claim:amr: [mfa]', `claim:amr: [mfa, ${hostile}]`) +
        DENY,
    );
    for (const args of [
      ['diff', old, proposed],
      ['who-can', 'prod/*', '--policy', proposed],
    ]) {
      const { stdout } = await cli.run(args);
      expect(stdout).toContain(String.raw`\u{1b}[2J\u{1b}[1;1Hnarrows\u{a}::stop-commands::x`);
      expect(stdout).not.toContain('\u001b');
      expect(stdout).not.toMatch(/^(::|narrows)/m);
    }
  });

  it('prints JSON with both digests', async () => {
    const { stdout } = await cli.run(['diff', old, wider(), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'widens',
      changes: [{ subject: 'grant admin', direction: 'widens' }],
    });
  });
});

describe('daypass replay', () => {
  const record = (more: object = {}) => ({
    schema: 1,
    phase: 'outcome',
    sessionId: '01M81T4DYQ9MKQA6RAF2W5X0SX',
    time: '2026-11-25T09:00:00.000Z',
    action: 'credentials',
    outcome: 'issued',
    caller: { issuer: 'corp', subject: 's', username: 'sre@example.com' },
    role: 'prod/Admin',
    grant: 'admin',
    durationSeconds: 1800,
    reason: 'INC-7',
    claims: { groups: ['sre'], amr: ['mfa'], employment: null, auth_time: null, exp: null },
    ...more,
  });
  const lines = (...records: unknown[]) =>
    file('export.jsonl', records.map((one) => `${JSON.stringify(one)}\n`).join(''));

  it('says what would have been refused, and ends with 1', async () => {
    const proposed = file('new.yml', HEAD + READERS + ADMIN.replace('reason: true', 'ticket: true'));
    const { code, stdout, stderr } = await cli.run([
      'replay',
      '--audit',
      lines(record(), record({ phase: 'intent' })),
      proposed,
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^WOULD BE {2}TIME/);
    expect(stdout).toContain(
      'refused   2026-11-25T09:00:00.000Z  sre@example.com  prod/Admin  requirement_unmet: name a ticket: one is required',
    );
    expect(stderr).toBe('daypass: 1 decision: 1 refused; 1 record without one\n');
  });

  it('is quiet about what stays the same', async () => {
    const { code, stdout, stderr } = await cli.run(['replay', '--audit', lines(record(), record()), old]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: 'daypass: 2 decisions: 2 same\n' });
  });

  it('prints JSON lines, the counts last', async () => {
    const { stdout } = await cli.run(['replay', '--audit', lines(record({ claims: undefined })), old, '--json']);
    const [first, last] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({
      verdict: 'unknown',
      by: 'inference',
      why: expect.stringContaining('holds no claims'),
    });
    expect(last).toEqual({
      decisions: 1,
      refused: 0,
      shorter: 0,
      changed: 0,
      allowed: 0,
      longer: 0,
      unknown: 1,
      same: 0,
      others: 0,
      unreadable: 0,
      byTarget: [
        { name: 'prod/Admin', refused: 0, shorter: 0, allowed: 0, longer: 0, unknown: 1, same: 0, changed: 0 },
      ],
      byCaller: [
        { name: 'sre@example.com', refused: 0, shorter: 0, allowed: 0, longer: 0, unknown: 1, same: 0, changed: 0 },
      ],
    });
  });

  it('names lines that are no records, and does not take the answer for whole', async () => {
    const path = file('export.jsonl', `${JSON.stringify(record())}\n{\n[]\n{"schema":2}\n\n`);
    const { code, stderr } = await cli.run(['replay', '--audit', path, old]);
    expect(code).toBe(1);
    expect(stderr).toContain('3 lines of');
    expect(stderr).toContain('line 2, 3, 4');
  });

  test.each<[string, object]>([
    ['a duration that nobody can ask for', { requestedDurationSeconds: 5 }],
    ['a caller that is nobody', { caller: null }],
    ['a username that is no text', { caller: { issuer: 'corp', subject: 's', username: {} } }],
    ['claims that are a text', { claims: 'sre' }],
    ['names of claims that are numbers', { claimsOmitted: [1] }],
    ['a role that is an object', { role: {} }],
    ['a reason that is a number', { reason: 7 }],
    ['a time that is none', { time: 'yesterday' }],
  ])('takes a record with %s for no record, and goes on', async (_, wrong) => {
    const { code, stderr } = await cli.run(['replay', '--audit', lines(record(wrong), record()), old]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^daypass: 1 decision: 1 same\ndaypass: 1 line of .* is no audit record:\n {2}line 1\n$/);
    const people = await cli.run(['who-can', 'prod/Admin', '--policy', old, '--callers', lines(record(wrong))]);
    expect(people.code).toBe(1);
    expect(people.stderr).toContain('it is not a whole audit record');
  });

  it('reads a hundred thousand records', async () => {
    const line = `${JSON.stringify(record())}\n`;
    const { code, stderr } = await cli.run(['replay', '--audit', file('export.jsonl', line.repeat(100_000)), old]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'daypass: 100000 decisions: 100000 same\n' });
  });

  test.each<[string, string[], number, string]>([
    ['no export', ['replay', 'x.yml'], 2, '--audit is missing'],
    ['an export that is not there', ['replay', '--audit', '/nowhere', 'OLD'], 5, '/nowhere cannot be read (ENOENT)'],
  ])('%s is a clear error', async (_, args, code, message) => {
    const result = await cli.run(args.map((arg) => (arg === 'OLD' ? old : arg)));
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  });
});

describe('examples/github-actions-access-review.yml', () => {
  const text = readFileSync(new URL('../../examples/github-actions-access-review.yml', import.meta.url), 'utf8');
  const workflow = parse(text) as {
    on: { pull_request: { types: string[] } };
    permissions: object;
    jobs: { review: { steps: { run?: string; uses?: string }[] } };
  };

  it('runs what is proposed without rights over the repository', () => {
    expect(Object.keys(workflow.on)).toEqual(['pull_request']);
    // Whoever sets the label that opens the gate does not have to push for it to count.
    expect(workflow.on.pull_request.types).toEqual(expect.arrayContaining(['synchronize', 'labeled', 'unlabeled']));
    expect(workflow.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    // Names and titles of a pull request are anybody's text: they reach a shell through variables only.
    for (const { run = '' } of workflow.jobs.review.steps) expect(run).not.toContain('${{');
  });

  it('stops at wider access, and at what may be', () => {
    const last = workflow.jobs.review.steps.at(-1)?.run ?? '';
    expect(last).toContain('--fail-on changes');
    // The gate compares what the comment shows.
    expect(last).toContain('daypass diff "$RUNNER_TEMP/old.yml" access.yml --callers callers');
  });

  it('uses commands and options that exist', () => {
    const runs = workflow.jobs.review.steps
      .flatMap(({ run = '' }) => run.split('\n'))
      .filter((line) => line.startsWith('daypass '));
    expect(runs.length).toBeGreaterThanOrEqual(4);
    for (const line of runs) {
      const command = COMMANDS.find(({ name }) => name === line.split(' ')[1]);
      expect(command, line).toBeDefined();
      for (const [, option] of line.matchAll(/--([a-z-]+)/g))
        expect(Object.keys(command?.options ?? {}), line).toContain(option);
    }
  });
});

describe('Text of a policy in a comment', () => {
  it.each([
    ['#123', '&#35;\u2060123'],
    ['see GH-7', 'see GH-\u20607'],
    ['deadbeef1234567', 'dead\u2060beef1234567'],
    ['www.evil.example', 'www&#46;evil.example'],
    ['@team', '@\u2060team'],
    // An account's number is none of these.
    ['111122223333', '111122223333'],
  ])('links to nothing: %s', (text, shown) => {
    expect(escaped(text)).toBe(shown);
  });
});
