import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { compilePolicy } from '../../../lib/access/compile.ts';
import { useCli } from '../harness.ts';
import { brokerTrust, OWN_ACCOUNT, READ_ROLE, useAws } from './aws.ts';

const { cli } = await useCli();
const { aws, place, operator, somebody, makeReadRole, count } = await useAws();

const SOURCE = `# Who may have what.
version: 1
issuers:
  corp: { issuer: "https://idp.example.com", audience: [daypass], algorithms: [RS256], username: email }
accounts:
  prod: { id: "222222222222" }   # production
roles:
  # by hand
  prod/Admin: { arn: "arn:aws:iam::222222222222:role/Admin", externalId: by-hand }   # careful
grants:
  - name: by-hand
    roles: [prod/*]
    callers: { groups: [sre] }
`;
const file = join(cli.directory, 'access.yml');

/** Every test has an account of its own, so that none sees another's roles. */
let accounts = 300000000000;
function newAccount(name = 'team'): { readonly name: string; readonly id: string; readonly word: string } {
  const id = String(++accounts);
  makeReadRole(id);
  return { name, id, word: `${name}=${id}` };
}

function makeRole(
  accountId: string,
  path: string,
  tags: Readonly<Record<string, string>> = {},
  more: object = {},
): string {
  const arn = `arn:aws:iam::${accountId}:role/${path}`;
  aws.createRole({ arn, trustPolicy: brokerTrust(), tags, ...more });
  return arn;
}

const run = (account: string, ...more: string[]) =>
  cli.run(['roles', 'import', '--account', account, '--policy', file, '--read-role', READ_ROLE, ...more]);
const written = () => readFileSync(file, 'utf8');

function rolesOf(source = written()) {
  const { policy, diagnostics } = compilePolicy(source, file);
  if (policy === undefined) throw new Error(JSON.stringify(diagnostics));
  return policy;
}

beforeEach(() => {
  cli.env = { ...operator };
  writeFileSync(file, SOURCE);
  chmodSync(file, 0o640);
});

describe('roles import', () => {
  it('adds an account with its roles, keeps the rest byte for byte, and changes nothing the second time', async () => {
    const { id, word } = newAccount();
    makeRole(id, 'Zeta');
    makeRole(id, 'people/Alpha', { 'daypass:max-duration': '30m', 'daypass:description': 'Look around' });
    const first = await run(word);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(`--- ${file}\n+++ ${file}\n@@ `);
    const added = written()
      .split('\n')
      .filter((line) => !SOURCE.split('\n').includes(line));
    expect(added).toEqual([
      `  team: { id: "${id}" }`,
      `  team/Alpha: { arn: "arn:aws:iam::${id}:role/people/Alpha", maxDuration: 30m, description: "Look around" }`,
      `  team/Zeta: { arn: "arn:aws:iam::${id}:role/Zeta" }`,
      `  team/${READ_ROLE}: { arn: "arn:aws:iam::${id}:role/${READ_ROLE}" }`,
    ]);
    expect(SOURCE.split('\n').every((line) => written().split('\n').includes(line))).toBe(true);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('640');

    const before = written();
    const second = await run('team');
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toContain(`${file} is up to date`);
    expect(written()).toBe(before);
  });

  it('--dry-run shows the diff and writes nothing', async () => {
    const { id, word } = newAccount();
    makeRole(id, 'Alpha');
    const { code, stdout } = await run(word, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain(`+  team/Alpha: { arn: "arn:aws:iam::${id}:role/Alpha" }\n`);
    expect(written()).toBe(SOURCE);
  });

  it('leaves out roles of AWS services, those that a tag keeps out, and those that are not asked for', async () => {
    const { id, word } = newAccount();
    makeRole(id, 'aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS');
    makeRole(id, 'aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef');
    makeRole(id, 'people/Kept');
    makeRole(id, 'people/KeptOut', { 'daypass:import': 'false' });
    makeRole(id, 'people/Other');
    makeRole(id, 'machines/Kept2');
    const { stderr } = await run(word, '--path-prefix', '/people/', '--match', 'Kept*');
    expect(
      rolesOf()
        .roles.filter(({ account }) => account === 'team')
        .map((role) => role.id),
    ).toEqual(['team/Kept']);
    expect(stderr).toContain('1 kept out by a tag');
    writeFileSync(file, SOURCE);
    expect((await run(word)).stderr).toContain('2 of AWS services left out');
  });

  it('corrects an ARN that has moved, and keeps what a person wrote where a tag says otherwise', async () => {
    const { id } = newAccount();
    writeFileSync(
      file,
      SOURCE.replace('accounts:', `accounts:\n  team: { id: "${id}" }`).replace(
        'roles:',
        `roles:\n  team/Moved: { arn: "arn:aws:iam::${id}:role/old/Moved", maxDuration: 30m, externalId: mine } # note`,
      ),
    );
    makeRole(id, 'new/Moved', { 'daypass:max-duration': '12h', 'daypass:external-id': 'theirs' });
    const { stderr } = await run('team', '--match', 'Moved');
    expect(written()).toContain(
      `team/Moved: { arn: "arn:aws:iam::${id}:role/new/Moved", maxDuration: 30m, externalId: mine } # note\n`,
    );
    expect(stderr).toContain('its tag asks for sessions of 12h, the access policy gives 30m');
    expect(stderr).toContain('its tag names the external id theirs, the access policy mine');
  });

  it('shortens what the role itself or its tag makes shorter', async () => {
    const { id } = newAccount();
    const line = (name: string) => `\n  team/${name}: { arn: "arn:aws:iam::${id}:role/${name}", maxDuration: 4h }`;
    writeFileSync(
      file,
      SOURCE.replace('accounts:', `accounts:\n  team: { id: "${id}" }`).replace(
        'roles:',
        `roles:${line('ByIam')}${line('ByTag')}`,
      ),
    );
    makeRole(id, 'ByIam', {}, { maxSessionDuration: 7200 });
    makeRole(id, 'ByTag', { 'daypass:max-duration': '45m' }, { maxSessionDuration: 14_400 });
    await run('team', '--match', 'By*');
    const durations = rolesOf()
      .roles.filter(({ account }) => account === 'team')
      .map((role) => role.maxDurationSeconds);
    expect(durations).toEqual([7200, 2700]);
  });

  it('says which ids two roles would share, and takes neither from the other', async () => {
    const { id } = newAccount();
    writeFileSync(
      file,
      SOURCE.replace('accounts:', `accounts:\n  team: { id: "${id}" }`).replace(
        'roles:',
        `roles:\n  team/Two: { arn: "arn:aws:iam::${id}:role/One" }`,
      ),
    );
    const one = makeRole(id, 'One');
    const two = makeRole(id, 'Two');
    const { stderr } = await run('team', '--match', '*o*');
    expect(stderr).toContain(`${two} would be team/Two, which is another role of the access policy: ${one}`);
    expect(rolesOf().roles.find((role) => role.id === 'team/Two')?.arn).toBe(one);
  });
});

describe('--grants', () => {
  it('makes one grant for each set of groups, marked, and keeps them as the tags say', async () => {
    const { id, word } = newAccount();
    makeRole(id, 'A', { 'daypass:groups': 'sre team-x' });
    makeRole(id, 'B', { 'daypass:groups': 'team-x sre' });
    makeRole(id, 'C', { 'daypass:groups': 'sales' });
    const { stderr } = await run(word, '--grants');
    expect(stderr).toContain('whoever may tag roles in that account decides who gets them');
    const made = () => rolesOf().grants.filter(({ name }) => name.startsWith('import.'));
    expect(made().map(({ name, roles, callers }) => ({ name, roles, callers }))).toEqual([
      { name: 'import.team.sales', roles: ['team/C'], callers: { groups: ['sales'] } },
      { name: 'import.team.sre.team-x', roles: ['team/A', 'team/B'], callers: { groups: ['sre', 'team-x'] } },
    ]);
    expect(written()).toContain(
      '- name: import.team.sales # from the tags daypass:groups, by `daypass roles import`\n',
    );
    const before = written();
    await run('team', '--grants');
    expect(written()).toBe(before);

    aws.state.roles.byArn(`arn:aws:iam::${id}:role/B`)?.tags.set('daypass:groups', 'sales');
    const kept = await run('team', '--grants');
    expect(kept.stderr).toContain(
      'team/B in grant import.team.sre.team-x: the tags no longer say so; --prune takes it out',
    );
    expect(made().map(({ roles }) => roles)).toEqual([
      ['team/B', 'team/C'],
      ['team/A', 'team/B'],
    ]);
    await run('team', '--grants', '--prune');
    expect(made().map(({ roles }) => roles)).toEqual([['team/B', 'team/C'], ['team/A']]);
  });

  it('makes none without it, and never from a tag with a wildcard', async () => {
    const { id, word } = newAccount();
    const arn = makeRole(id, 'A', { 'daypass:groups': 'sre' });
    // IAM takes no such tag; another source of them might.
    aws.state.roles.byArn(makeRole(id, 'B'))?.tags.set('daypass:groups', '*');
    await run(word);
    expect(rolesOf().grants.map(({ name }) => name)).toEqual(['by-hand']);
    const { stderr } = await run('team', '--grants');
    expect(rolesOf().grants.map(({ name }) => name)).toEqual(['by-hand', 'import.team.sre']);
    expect(stderr).toContain(`arn:aws:iam::${id}:role/B: daypass:groups is not`);
    expect(arn).toContain(id);
  });

  it('leaves a grant alone that has such a name and no mark', async () => {
    const { id, word } = newAccount();
    makeRole(id, 'A', { 'daypass:groups': 'sre' });
    writeFileSync(file, `${SOURCE}  - { name: import.team.sre, roles: [prod/Admin], callers: { groups: [boss] } }\n`);
    const { stderr } = await run(word, '--grants');
    expect(stderr).toContain('grant import.team.sre was not made by an import');
    expect(rolesOf().grants.find(({ name }) => name === 'import.team.sre')?.roles).toEqual(['prod/Admin']);
  });
});

describe('--prune', () => {
  it('takes out roles that are gone and that no grant names; without it, they are only told', async () => {
    const { id } = newAccount();
    const line = (name: string) => `\n  team/${name}: { arn: "arn:aws:iam::${id}:role/${name}" }`;
    writeFileSync(
      file,
      SOURCE.replace('accounts:', `accounts:\n  team: { id: "${id}" }`)
        .replace('roles:', `roles:${line('Gone')}${line('Named')}${line('There')}`)
        .replace('roles: [prod/*]', 'roles: [prod/*, team/Named]'),
    );
    makeRole(id, 'There');
    const told = await run('team');
    expect(told.stderr).toContain('team/Gone is gone from AWS; --prune takes it out');
    expect(rolesOf().roles.some((role) => role.id === 'team/Gone')).toBe(true);
    const { stderr } = await run('team', '--prune');
    expect(stderr).toContain('team/Named is gone from AWS, but by-hand gives it');
    expect(stderr).toContain('1 removed');
    const ids = rolesOf().roles.map((role) => role.id);
    expect(ids).not.toContain('team/Gone');
    expect(ids).toContain('team/Named');
    // Another account's roles were not looked for.
    expect(ids).toContain('prod/Admin');
  });

  it('leaves alone what was not looked for', async () => {
    const { id } = newAccount();
    writeFileSync(
      file,
      SOURCE.replace('accounts:', `accounts:\n  team: { id: "${id}" }`).replace(
        'roles:',
        `roles:\n  team/Gone: { arn: "arn:aws:iam::${id}:role/Gone" }`,
      ),
    );
    await run('team', '--prune', '--path-prefix', '/people/');
    expect(rolesOf().roles.some((role) => role.id === 'team/Gone')).toBe(true);
  });
});

describe('nothing is written', () => {
  test.each<[string, string[], number, RegExp]>([
    ['no account', [], 2, /--account is missing/],
    ['no name', ['--account', 'Team'], 2, /does not name an account/],
    ['no id', ['--account', 'team=12'], 2, /not an account id/],
    ['an unknown account', ['--account', 'team'], 1, /has no account team/],
    ['another id', ['--account', 'prod=111111111111'], 1, /account prod is 222222222222/],
    ['another name', ['--account', 'production=222222222222'], 1, /named prod in the access policy/],
    ['no path', ['--account', 'prod', '--path-prefix', 'people'], 2, /begins and ends with a slash/],
  ])('%s', async (_, words, code, message) => {
    const result = await cli.run(['roles', 'import', '--policy', file, '--read-role', READ_ROLE, ...words]);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(message);
    expect(written()).toBe(SOURCE);
  });

  test('without credentials, or without the right to list or to read tags', async () => {
    const { id, word } = newAccount();
    makeRole(id, 'A');
    cli.env = { ...place };
    expect(await run(word)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no AWS credentials of your own'),
    });
    cli.env = { ...somebody() };
    const own = `own=${OWN_ACCOUNT}`;
    expect(await run(own)).toMatchObject({ code: 1, stderr: expect.stringContaining('not allowed: iam:ListRoles') });
    cli.env = { ...operator };
    aws.faults.add({ action: 'ListRoleTags', times: null, kind: 'error', code: 'AccessDenied' });
    expect(await run(word, '--prune')).toMatchObject({ code: 1, stderr: expect.stringContaining('iam:ListRoleTags') });
    expect(written()).toBe(SOURCE);
  });

  test('when the access policy has an error before', async () => {
    writeFileSync(file, SOURCE.replace('username: email', 'usrname: email'));
    expect(await run('prod')).toMatchObject({ code: 1, stderr: expect.stringMatching(/has \d errors?\n/) });
  });

  test('when it would have one after', async () => {
    const { id } = newAccount();
    const before = SOURCE.replace('accounts:', `accounts:\n  team: { id: "${id}" }`)
      .replace('roles:', `roles:\n  team/Gone: { arn: "arn:aws:iam::${id}:role/Gone" }`)
      .replace('roles: [prod/*]', 'roles: [team/Go*]');
    writeFileSync(file, before);
    const result = await run('team', '--prune');
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('it is as it was') });
    expect(written()).toBe(before);
  });
});

test('a file behind a symbolic link is written where it is', async () => {
  const { id, word } = newAccount();
  makeRole(id, 'A');
  const link = join(cli.directory, `link-${id}.yml`);
  symlinkSync(file, link);
  await cli.run(['roles', 'import', '--account', word, '--policy', link, '--read-role', READ_ROLE]);
  expect(written()).toContain('team/A');
});

test('three thousand roles are paged through, throttled in between, and written in one go', async () => {
  const { id, word } = newAccount();
  for (let index = 0; index < 3000; index++) {
    makeRole(
      id,
      `R${String(index).padStart(4, '0')}`,
      index % 3 === 0 ? { 'daypass:groups': `team-${index % 9}` } : {},
    );
  }
  aws.faults.add({ action: 'ListRoles', times: 1, kind: 'error', code: 'Throttling' });
  aws.faults.add({ action: 'ListRoleTags', times: 3, kind: 'error', code: 'Throttling' });
  const { code, stderr } = await run(word, '--grants', '--match', 'R*');
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('3000 roles: 3000 new, 0 changed'),
  });
  const policy = rolesOf();
  expect(policy.roles).toHaveLength(3001);
  expect(policy.grants.filter(({ name }) => name.startsWith('import.')).map(({ roles }) => roles.length)).toEqual([
    334, 333, 333,
  ]);
  // Four pages of a thousand (the read role is the 3,001st), one of them asked for twice.
  expect(count('ListRoles')).toBe(5);
  expect(count('AssumeRole')).toBe(1);
  const before = written();
  expect((await run('team', '--grants', '--match', 'R*')).stdout).toBe('');
  expect(written()).toBe(before);
}, 180_000);
