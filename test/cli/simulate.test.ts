import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { readEntries } from '../../cli/json-entries.ts';
import { useCli } from './harness.ts';

const { cli } = await useCli();

const REQUEST = {
  principal: 'arn:aws:iam::111122223333:user/dana',
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::bucket/key',
  resourceAccountId: '111122223333',
  context: { 'aws:username': 'dana' },
};
const policy = (effect: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: effect, Action: 's3:*', Resource: '*' }],
});
const allowed = { name: 'yes', request: REQUEST, identityPolicies: [policy('Allow')] };
const denied = { request: REQUEST, identityPolicies: [policy('Allow'), policy('Deny')] };
const silent = { name: 'nothing', request: REQUEST };
const wrong = { name: 'wrong', request: REQUEST, identityPolicies: [policy('allow')] };

function file(text: string): string {
  const path = join(cli.directory, 'requests.json');
  writeFileSync(path, text);
  return path;
}
const lines = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const decisions = (stdout: string) => lines(stdout).map(({ decision }) => decision);

describe('simulate', () => {
  test.each([
    ['one object', JSON.stringify(allowed), ['allowed']],
    ['one object over several lines', JSON.stringify(allowed, null, 2), ['allowed']],
    [
      'an array',
      JSON.stringify([allowed, denied, silent], null, 2),
      ['allowed', 'explicitlyDenied', 'implicitlyDenied'],
    ],
    [
      'JSON Lines',
      [allowed, denied, silent].map((entry) => JSON.stringify(entry)).join('\n'),
      ['allowed', 'explicitlyDenied', 'implicitlyDenied'],
    ],
    [
      'JSON Lines with empty lines and CR LF',
      `\r\n${JSON.stringify(allowed)}\r\n\r\n${JSON.stringify(denied)}\r\n`,
      ['allowed', 'explicitlyDenied'],
    ],
    ['a byte order mark', `\ufeff${JSON.stringify(allowed)}`, ['allowed']],
  ])('reads %s', async (_what, text, expected) => {
    const { code, stdout, stderr } = await cli.run(['simulate', file(text)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(decisions(stdout)).toEqual(expected);
  });

  it('prints one JSON object per request: name, decision and trace', async () => {
    const { stdout } = await cli.run(['simulate', file(JSON.stringify([allowed, silent]))]);
    expect(lines(stdout)[0]).toEqual({
      name: 'yes',
      decision: 'allowed',
      trace: {
        reason: 'identityPolicyGrants',
        sameAccount: true,
        decidedBy: [{ statement: 'identityPolicies[0].Statement[0]', effect: 'Allow' }],
        layers: [
          {
            layer: 'identity',
            outcome: 'allowed',
            statements: [{ statement: 'identityPolicies[0].Statement[0]', effect: 'Allow', applies: true }],
          },
        ],
      },
    });
  });

  it('adds sentences with --explain', async () => {
    const { stdout } = await cli.run(['simulate', file(JSON.stringify(denied)), '--explain']);
    expect(lines(stdout)[0]?.['explanation']).toContain('identityPolicies[1].Statement[0] denies it.');
  });

  it('reads standard input', () => {
    const { status, stdout } = spawnSync(cli.node, [cli.program, 'simulate', '-'], {
      input: JSON.stringify([allowed, denied]),
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(decisions(stdout)).toEqual(['allowed', 'explicitlyDenied']);
  });

  it('answers thousands of requests in one run, one line each, in their order', () => {
    const input = Array.from({ length: 5_000 }, (_, index) => JSON.stringify({ ...allowed, name: String(index) })).join(
      '\n',
    );
    const { status, stdout } = spawnSync(cli.node, [cli.program, 'simulate', '-'], {
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    expect(status).toBe(0);
    expect(lines(stdout).map(({ name }) => Number(name))).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
  });
});

describe('what cannot be decided', () => {
  it('is told with file, entry and JSON path, and the other entries are decided', async () => {
    const path = file([allowed, wrong, silent].map((entry) => JSON.stringify(entry)).join('\n'));
    const { code, stdout, stderr } = await cli.run(['simulate', path]);
    expect(code).toBe(1);
    expect(decisions(stdout)).toEqual(['allowed', undefined, 'implicitlyDenied']);
    expect(lines(stdout)[1]).toEqual({
      name: 'wrong',
      error: [
        { path: '$.identityPolicies[0].Statement[0].Effect', message: 'Effect is "Allow" or "Deny", in this spelling' },
      ],
    });
    expect(stderr).toContain(
      `daypass: ${path}: entry 2 (line 2) “wrong” has no answer:\n  $.identityPolicies[0].Statement[0].Effect: `,
    );
    expect(stderr).toContain(`daypass: ${path}: 1 of 3 entries could not be decided`);
  });

  it('may be a line that is not JSON', async () => {
    const { code, stdout, stderr } = await cli.run(['simulate', file(`${JSON.stringify(allowed)}\n{"request":\n`)]);
    expect(code).toBe(1);
    expect(decisions(stdout)).toEqual(['allowed', undefined]);
    expect(stderr).toMatch(/entry 2 \(line 2\) has no answer:\n {2}\$: not JSON: /);
  });

  test.each([
    ['an array that is not closed', `[${JSON.stringify(allowed)},`],
    ['an object that is not closed', JSON.stringify(allowed, null, 2).slice(0, -2)],
    ['an empty file', ''],
    ['words', 'no JSON at all'],
  ])('may be the whole file: %s', async (_what, text) => {
    const { code, stderr } = await cli.run(['simulate', file(text)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/the file has no answer:\n {2}\$: not JSON: /);
  });

  it('is not what AWS would only refuse to store', async () => {
    const entry = {
      request: REQUEST,
      identityPolicies: [{ Statement: { ...policy('Allow').Statement[0], Principal: '*' } }],
    };
    const { code, stdout, stderr } = await cli.run(['simulate', file(JSON.stringify(entry))]);
    expect(code).toBe(0);
    expect(decisions(stdout)).toEqual(['allowed']);
    expect(stderr).toContain('entry 1 holds what AWS refuses to store:\n  $.identityPolicies[0].Statement.Principal: ');
  });

  it('may be a file that is not there', async () => {
    const { code, stdout, stderr } = await cli.run(['simulate', join(cli.directory, 'none.json')]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('none.json cannot be read (ENOENT)');
  });

  it('shows no control characters of the file', async () => {
    const { stderr } = await cli.run([
      'simulate',
      file(JSON.stringify({ name: '\u001b[2J', request: { 'x\u001b': 1 } })),
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(stderr).not.toMatch(/\u001b/);
  });

  it('may be hostile: __proto__, 100,000 levels, 100,000 statements', () => {
    const statements = Array<string>(100_000).fill('{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}').join();
    const entries = [
      `{"__proto__":{"request":1},"request":${JSON.stringify(REQUEST)}}`,
      `{"request":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      `{"request":${JSON.stringify(REQUEST)},"identityPolicies":[{"Statement":[${statements}]}]}`,
    ];
    const { status, stdout } = spawnSync(cli.node, [cli.program, 'simulate', '-'], {
      input: entries.join('\n'),
      encoding: 'utf8',
      maxBuffer: 2 ** 27,
    });
    expect(status).toBe(1);
    expect(decisions(stdout)).toEqual(['implicitlyDenied', undefined, 'implicitlyDenied']);
  });
});

test('a file of JSON Lines whose first line is broken is still one', () => {
  expect(
    readEntries('{"a":\n{"b":1}\n{"c":2}').map((entry) => ('value' in entry ? entry.value : 'unreadable')),
  ).toEqual(['unreadable', { b: 1 }, { c: 2 }]);
});
