import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { useCli } from './harness.ts';

/** Whom a review is about, and files that somebody made to mislead it. */

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
const WIDER = READERS.replace('[eng]', '[eng, ops]');

let directory: string;
let old: string;
let wider: string;
let folders = 0;
const file = (name: string, content: string): string => {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const folderOf = (people: Readonly<Record<string, object>>): string => {
  for (const [name, claims] of Object.entries(people)) file(`callers/${name}.json`, JSON.stringify(claims));
  return join(directory, 'callers');
};
const diff = (...args: string[]) => cli.run(['diff', ...args]);

beforeEach(() => {
  folders += 1;
  directory = join(cli.directory, `callers-${folders}`);
  old = file('old.yml', HEAD + READERS);
  wider = file('new.yml', HEAD + WIDER);
});

const record = (more: object = {}) => ({
  schema: 1,
  phase: 'outcome',
  sessionId: '01M81T4DYQ9MKQA6RAF2W5X0SX',
  time: '2026-11-25T09:00:00.000Z',
  action: 'credentials',
  outcome: 'issued',
  caller: { issuer: 'corp', subject: 's', username: 'ops@example.com' },
  role: 'prod/ReadOnly',
  grant: 'readers',
  durationSeconds: 3600,
  claims: { groups: ['ops'], auth_time: null, exp: null },
  ...more,
});
const jsonl = (name: string, ...records: unknown[]) =>
  file(name, records.map((one) => `${JSON.stringify(one)}\n`).join(''));

describe('--callers', () => {
  it('keeps people apart who have the same name and other claims', async () => {
    const people = folderOf({
      today: { email: 'ada@example.com', groups: ['ops'] },
      yesterday: { email: 'ada@example.com', groups: ['eng'] },
    });
    const { stdout } = await diff(old, wider, '--callers', people);
    expect(stdout).toContain('2 callers compared: 1 difference\n+ ada@example.com (today)  prod/ReadOnly  gains it');
  });

  it('names those whose claims tell no username by their file', async () => {
    const { stdout } = await diff(
      old,
      wider,
      '--callers',
      folderOf({ ci: { groups: ['ops'] }, web: { groups: ['ops'] } }),
    );
    expect(stdout).toMatch(/\+ ci .*gains it.*\n\+ web .*gains it/);
  });

  it('sees people of an issuer that only the proposed policy trusts', async () => {
    const two = file(
      'two.yml',
      (HEAD + READERS).replace(
        'accounts:',
        '  ci: { issuer: https://ci.example.com, audience: [x], algorithms: [RS256], username: actor, usernamePrefix: ci- }\naccounts:',
      ),
    );
    const people = folderOf({
      bot: { iss: 'https://ci.example.com', actor: 'bot', groups: ['eng'] },
      // Without an issuer of their own they are of the only one that there was.
      ada: { email: 'ada@example.com', groups: ['eng'] },
    });
    const { code, stdout } = await diff(old, two, '--callers', people);
    expect(code).toBe(0);
    expect(stdout).toContain('2 callers compared: 1 difference\n+ ci-bot  prod/ReadOnly  gains it');
    expect((await diff(two, old, '--callers', people)).stdout).toContain('- ci-bot  prod/ReadOnly  loses it');
  });

  it('takes of an audit export the newest claims of each caller, in whatever order it is', async () => {
    const then = record({ time: '2026-11-01T09:00:00.000Z', claims: { groups: ['eng'] } });
    for (const order of [
      [record(), then],
      [then, record()],
    ]) {
      const { stdout } = await diff(old, wider, '--callers', jsonl('export.jsonl', ...order));
      expect(stdout).toContain('1 caller compared: 1 difference\n+ ops@example.com  prod/ReadOnly  gains it');
    }
  });

  it('never takes an export without claims for people whom nothing changes for', async () => {
    const { code, stdout, stderr } = await diff(
      old,
      wider,
      '--callers',
      jsonl('export.jsonl', record({ claims: undefined })),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('0 callers compared, 1 could not be read');
    expect(stderr).toContain('ops@example.com: no record of theirs holds claims');
  });

  it('takes a record for the claims of nobody, wherever it stands', async () => {
    const { code, stdout, stderr } = await diff(old, wider, '--callers', folderOf({ record: record() }));
    expect(code).toBe(1);
    expect(stdout).toContain('0 callers compared, 1 could not be read');
    expect(stderr).toContain('it is an audit record');
  });

  it('says which claims no record holds, and a strict gate does not open on it', async () => {
    const guests = file(
      'guests.yml',
      `${HEAD}${READERS}  - { name: no-guests, effect: deny, roles: ["prod/*"], callers: { site: [guest] } }\n`,
    );
    const people = jsonl('export.jsonl', record({ claims: { groups: ['eng'] } }));
    const { code, stdout } = await diff(old, guests, '--callers', people, '--fail-on', 'widens');
    expect(code).toBe(0);
    expect(stdout).toContain('? what the claim site gives or takes is not known for 1 caller: no record holds it');
    expect((await diff(old, guests, '--callers', people, '--fail-on', 'changes')).code).toBe(1);
  });

  it('comes from an address, for conditions on networks', async () => {
    const office =
      '  - { name: office, effect: deny, roles: ["prod/*"], callers: everyone, condition: { NotIpAddress: { aws:SourceIp: 10.0.0.0/8 } } }\n';
    const [before, after] = [file('a.yml', HEAD + READERS + office), file('b.yml', HEAD + WIDER + office)];
    const people = folderOf({ ops: { email: 'ops@example.com', groups: ['ops'] } });
    expect((await diff(before, after, '--callers', people)).stdout).toContain(
      'is close to it now; must not hold: the source',
    );
    const { stdout } = await diff(before, after, '--callers', people, '--source-ip', '10.1.1.1');
    expect(stdout).toContain('ops@example.com  prod/ReadOnly  gains it');
    expect(await diff(before, after, '--callers', people, '--source-ip', '10.1.1')).toMatchObject({ code: 2 });
    const who = await cli.run([
      'who-can',
      'prod/ReadOnly',
      '--policy',
      after,
      '--callers',
      people,
      '--source-ip',
      '10.1.1.1',
    ]);
    expect(who.stdout).toContain('ops@example.com  has it by readers');
  });

  it('is for a replay too, where records hold no claims', async () => {
    const people = folderOf({ ops: { email: 'ops@example.com', groups: ['ops'] } });
    const records = jsonl('export.jsonl', record({ claims: undefined }));
    const without = await cli.run(['replay', '--audit', records, old]);
    expect(without).toMatchObject({ code: 0 });
    expect(without.stdout).toContain('unknown');
    const { code, stdout, stderr } = await cli.run(['replay', '--audit', records, old, '--callers', people]);
    expect(code).toBe(1);
    expect(stdout).toContain('refused');
    expect(stderr).toContain('1 of them not by claims of their own record');
  });
});

describe('replay --old', () => {
  it('concludes from the recorded decision what its claims would tell', async () => {
    const { stdout } = await cli.run(['diff', old, old, '--json']);
    const { oldDigest } = JSON.parse(stdout) as { oldDigest: string };
    const records = jsonl('export.jsonl', record({ claims: undefined, policyDigest: oldDigest }));
    expect(await cli.run(['replay', '--audit', records, wider, '--old', old])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'daypass: 1 decision: 1 same\ndaypass: 1 of them not by claims of their own record\n',
    });
    const none = file('none.yml', HEAD + READERS.replace('prod/ReadOnly', 'prod/Admin'));
    expect(await cli.run(['replay', '--audit', records, none, '--old', old])).toMatchObject({ code: 1 });
    const { stderr } = await cli.run(['replay', '--audit', records, wider, '--old', none]);
    expect(stderr).toContain('no record was made by the policy of --old: it told nothing');
  });
});

describe('What somebody made to mislead a reviewer', () => {
  it('writes nothing to the terminal that a terminal would act on', async () => {
    const hostile = '"a\\e[31mred\\a", "\\u202eevil", "x\\ny"';
    const after = file(
      'esc.yml',
      HEAD +
        READERS.replace('[eng]', `[${hostile}]`) +
        READERS.replace('readers', 'second').replace(
          ' }\n',
          `, condition: { StringEquals: { claim:x: [${hostile}] }, StringNotEquals: { claim:x: [${hostile}] } } }\n`,
        ),
    );
    for (const args of [
      ['diff', old, after],
      ['diff', old, after, '--markdown'],
      ['who-can', 'prod/ReadOnly', '--policy', after],
      ['diff', old, after, '--json'],
    ]) {
      const { stdout, stderr } = await cli.run(args);
      expect(stdout, args.join(' ')).toMatch(/1b\]?\}?.*red|1b&#125;.*red/);
      expect(`${stdout}${stderr}`.replaceAll('\n', ''), args.join(' ')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });

  it('is at most as long as a comment may be', async () => {
    const grants = Array.from({ length: 2_000 }, (_, place) =>
      READERS.replace('readers', `g${place}`).replace('[eng]', `["${'<|>'.repeat(300)}${place}"]`),
    );
    const { stdout } = await diff(old, file('many.yml', HEAD + grants.join('')), '--markdown');
    expect(stdout.length).toBeLessThan(65_536);
    expect(stdout).toMatch(/^### Access review: 🔺 widens\n/);
    expect(stdout).toMatch(/… and \d+ more/);
  });

  it.each([
    ['other keys for an issuer', 'username: email', 'username: email, jwksUri: https://keys.example.net/jwks'],
    ['another issuer behind the name', 'https://idp.example.com', 'https://idp.example.net'],
    ['another role behind the name', ':role/ReadOnly', ':role/Root'],
  ])('does not pass a gate with %s', async (_, from, to) => {
    const after = file('after.yml', (HEAD + READERS).replace(from, to));
    expect(await diff(old, after, '--fail-on', 'widens')).toMatchObject({ code: 1 });
  });

  test.each([
    ['claims that are none', { claims: null }],
    ['claims that are a list', { claims: [] }],
    ['a caller without a name', { caller: { issuer: 'corp', subject: 's' } }],
    ['a duration that is no number', { requestedDurationSeconds: 'long' }],
    ['a trace that is none', { trace: { steps: [1] } }],
    ['a phase of its own', { phase: 'intention' }],
  ])('replay names a record with %s, and reads on', async (_, more) => {
    const { code, stderr } = await cli.run(['replay', '--audit', jsonl('export.jsonl', record(more), record()), wider]);
    expect(code).toBe(1);
    expect(stderr).toContain('1 decision: 1 same');
    expect(stderr).toContain('line 1');
    expect(stderr).not.toContain('went wrong');
  });

  it('reads hostile names as names', async () => {
    const text = `${JSON.stringify(record()).replace('"groups"', '"__proto__":{"groups":["eng"]},"constructor":["x"],"groups"')}\n`;
    const { code, stderr } = await cli.run(['replay', '--audit', file('export.jsonl', text), wider]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'daypass: 1 decision: 1 same\n' });
  });

  it('does not keep a line in memory that no record can have', async () => {
    const path = file(
      'export.jsonl',
      `${JSON.stringify(record())}\n${'x'.repeat(8_000_000)}\n${JSON.stringify(record())}\n`,
    );
    const { code, stderr } = await cli.run(['replay', '--audit', path, wider]);
    expect(code).toBe(1);
    expect(stderr).toContain('2 decisions: 2 same');
    expect(stderr).toContain('line 2');
  });
});
