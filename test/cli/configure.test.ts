import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeBroker, ROLES } from './fake-broker.ts';
import { jwtFor, useCli } from './harness.ts';

const { cli, broker } = await useCli();
let file: string;

beforeEach(() => {
  const directory = join(cli.directory, 'aws');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  file = join(directory, 'config');
  cli.env['AWS_CONFIG_FILE'] = file;
});

const MINE = '[default]\nregion = eu-west-1   \n\n; mine\n[profile other]\noutput=json';

/** The credential_process line of the profile, which an SDK would run. */
function processLine(profile: string): string {
  const section = readFileSync(file, 'utf8').split(`[profile ${profile}]\n`)[1] ?? '';
  return /^credential_process = (.*)$/m.exec(section)?.[1] ?? '';
}

test('the profile runs: what an SDK would start prints credentials', async () => {
  const { code, stdout, stderr } = await cli.run(['configure']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toBe(`daypass: 1 profile in ${file}\nhint: aws --profile prod/ReadOnly sts get-caller-identity\n`);
  const line = processLine('prod/ReadOnly');
  expect(line).toBe(`${cli.node} ${cli.program} credentials prod/ReadOnly --url ${broker.url}`);
  const { execFile } = await import('node:child_process');
  const env = { DAYPASS_HOME: cli.home, DAYPASS_TOKEN: jwtFor('u-1') };
  const printed = await new Promise<string>((resolve) => {
    execFile('/bin/sh', ['-c', line], { env }, (_, output) => resolve(output));
  });
  expect(JSON.parse(printed).Version).toBe(1);
});

test('a second run changes nothing, and what was there stays byte for byte', async () => {
  writeFileSync(file, MINE);
  chmodSync(file, 0o644);
  await cli.run(['configure']);
  const once = readFileSync(file, 'utf8');
  expect(once.startsWith(`${MINE}\n# >>> daypass >>>\n`)).toBe(true);
  expect(cli.mode(file)).toBe('644');
  const { stderr } = await cli.run(['configure']);
  expect(stderr).toContain('is up to date');
  expect(readFileSync(file, 'utf8')).toBe(once);
});

test('--dry-run prints a diff and changes nothing', async () => {
  writeFileSync(file, MINE);
  const { code, stdout } = await cli.run(['configure', '--dry-run', '--region', 'eu-central-1']);
  expect(code).toBe(0);
  expect(stdout).toContain(`--- ${file}\n+++ ${file}\n@@ -3,4 +3,10 @@\n`);
  expect(stdout).toContain('\n+[profile prod/ReadOnly]\n');
  expect(stdout).toContain('\n+region = eu-central-1\n');
  expect(readFileSync(file, 'utf8')).toBe(MINE);
});

test('a file that is not there is made, 0600, with --dry-run not', async () => {
  const deep = join(cli.directory, 'aws', 'a', 'config');
  await cli.run(['configure', '--dry-run'], { AWS_CONFIG_FILE: deep });
  expect(existsSync(deep)).toBe(false);
  await cli.run(['configure'], { AWS_CONFIG_FILE: deep });
  expect(cli.mode(deep)).toBe('600');
});

test('without AWS_CONFIG_FILE it is ~/.aws/config', async () => {
  await cli.run(['configure'], { AWS_CONFIG_FILE: '' });
  expect(readFileSync(join(cli.directory, '.aws', 'config'), 'utf8')).toContain('[profile prod/ReadOnly]');
});

test('a link stays a link', async () => {
  const real = join(cli.directory, 'aws', 'dotfiles-config');
  writeFileSync(real, MINE);
  symlinkSync(real, file);
  await cli.run(['configure']);
  expect(readlinkSync(file)).toBe(real);
  expect(readFileSync(real, 'utf8')).toContain('[profile prod/ReadOnly]');
});

test('roles that are gone go, other brokers’ profiles stay', async () => {
  const other = await FakeBroker.listen();
  await cli.run(['configure', '--prefix', 'other/'], { DAYPASS_URL: other.url });
  await cli.run(['configure']);
  broker.answers['/v1/roles'] = () => ({ json: { roles: [{ ...ROLES.roles[0], role: 'prod/New' }] } });
  await cli.run(['configure']);
  await other.server.close();
  const content = readFileSync(file, 'utf8');
  expect(content.match(/^\[.*\]$/gm)).toEqual(['[profile other/prod/ReadOnly]', '[profile prod/New]']);
});

test('--role writes only what it names and removes nothing', async () => {
  const roles = ['prod/ReadOnly', 'prod/Deploy', 'dev/Admin'].map((role) => ({ ...ROLES.roles[0], role }));
  broker.answers['/v1/roles'] = () => ({ json: { roles } });
  await cli.run(['configure', '--role', 'prod/*']);
  expect(readFileSync(file, 'utf8').match(/^\[.*\]$/gm)).toEqual(['[profile prod/ReadOnly]', '[profile prod/Deploy]']);
  await cli.run(['configure', '--role', 'dev/Admin']);
  expect(readFileSync(file, 'utf8').match(/^\[.*\]$/gm)).toEqual([
    '[profile prod/ReadOnly]',
    '[profile prod/Deploy]',
    '[profile dev/Admin]',
  ]);
  const { code, stderr } = await cli.run(['configure', '--role', 'nothing/*']);
  expect(code).toBe(1);
  expect(stderr).toContain('no role that is open to you matches nothing/*');
});

test('in --role only * and ? stand for something else than themselves', async () => {
  const roles = ['prod/Read.Only', 'prod/ReadXOnly', 'prod/Deploy1'].map((role) => ({ ...ROLES.roles[0], role }));
  broker.answers['/v1/roles'] = () => ({ json: { roles } });
  await cli.run(['configure', '--role', 'prod/Read.Only']);
  await cli.run(['configure', '--role', 'prod/Deploy?']);
  expect(readFileSync(file, 'utf8').match(/^\[.*\]$/gm)).toEqual([
    '[profile prod/Read.Only]',
    '[profile prod/Deploy1]',
  ]);
  expect((await cli.run(['configure', '--role', '(prod|dev)/.+'])).code).toBe(1);
});

test('a role that is closed gets no profile, not even by name', async () => {
  const { code, stderr } = await cli.run(['configure', '--role', 'prod/Admin']);
  expect(code).toBe(1);
  expect(stderr).toContain('no role that is open to you matches prod/Admin');
  expect(existsSync(file)).toBe(false);
});

test('a role that needs a reason says so above its line', async () => {
  broker.answers['/v1/roles'] = () => ({ json: { roles: [{ ...ROLES.roles[0], requires: ['reason'] }] } });
  await cli.run(['configure']);
  expect(readFileSync(file, 'utf8')).toContain(
    '# needs --reason: run `daypass credentials prod/ReadOnly` with it first\n',
  );
});

test('two roles that would be one profile are refused', async () => {
  const roles = ['prod/a=b', 'prod/a,b'].map((role) => ({ ...ROLES.roles[0], role }));
  broker.answers['/v1/roles'] = () => ({ json: { roles } });
  const { code, stderr } = await cli.run(['configure']);
  expect(code).toBe(5);
  expect(stderr).toContain('prod/a=b and prod/a,b would both be the profile prod/a-b');
});

test.each([
  ['one marker only', `${MINE}\n# >>> daypass >>>\n`, 'not one pair'],
  ['the profile outside the block', `${MINE}\n[profile prod/ReadOnly]\n`, 'the profile prod/ReadOnly is already there'],
])('a file with %s is refused and stays as it is', async (_, content, why) => {
  writeFileSync(file, content);
  const before = statSync(file);
  const { code, stderr } = await cli.run(['configure']);
  expect(code).toBe(5);
  expect(stderr).toContain(why);
  expect(readFileSync(file, 'utf8')).toBe(content);
  expect(statSync(file).mtimeMs).toBe(before.mtimeMs);
});

test.each([
  [['--region', 'eu central'], '--region “eu central” is not the name of a region'],
  [['--prefix', 'a b'], '--prefix “a b” cannot be in the name of a profile'],
  [['--prefix', 'x]\n[profile y'], 'cannot be in the name of a profile'],
])('%j is refused', async (args, why) => {
  const { code, stderr } = await cli.run(['configure', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(why);
  expect(existsSync(file)).toBe(false);
});

test('a role name or address from the broker cannot add lines to the file', async () => {
  const role = 'prod/x\n[profile default]\ncredential_process = evil';
  broker.answers['/v1/roles'] = () => ({ json: { roles: [{ ...ROLES.roles[0], role }] } });
  const { code } = await cli.run(['configure']);
  expect(code).not.toBe(0);
  expect(existsSync(file)).toBe(false);
});

describe('--sso', () => {
  const offered = () => {
    const { endpoints } = broker;
    broker.answers['/.well-known/daypass'] = () => ({
      json: { version: '0.1.0', issuers: [], endpoints: endpoints.call(broker), sso: true },
    });
  };
  const name = () => `daypass-127.0.0.1-${new URL(broker.url).port}`;

  test('writes profiles that need nothing installed, and says how to go on', async () => {
    offered();
    const { code, stderr } = await cli.run(['configure', '--sso', '--region', 'eu-central-1']);
    expect(code).toBe(0);
    expect(stderr).toContain(`1 profile in ${file}`);
    expect(stderr).toContain('hint: aws sso login --profile prod/ReadOnly');
    expect(readFileSync(file, 'utf8')).toBe(`# >>> daypass >>>
# Written by \`daypass configure\`; changes in here are lost.
[profile prod/ReadOnly]
sso_session = ${name()}
sso_account_id = ${ROLES.roles[0]?.account.id}
sso_role_name = ReadOnly
services = ${name()}
region = eu-central-1
[sso-session ${name()}]
sso_start_url = https://${name().replaceAll('.', '-')}.awsapps.com/start
sso_region = us-daypass-1
sso_registration_scopes = sso:account:access
[services ${name()}]
sso =
  endpoint_url = ${broker.url}
sso_oidc =
  endpoint_url = ${broker.url}
# <<< daypass <<<
`);
    const once = readFileSync(file, 'utf8');
    expect((await cli.run(['configure', '--sso', '--region', 'eu-central-1'])).stderr).toContain('is up to date');
    expect(readFileSync(file, 'utf8')).toBe(once);
  });

  test('takes the place of what was written without it, and the other way round', async () => {
    offered();
    await cli.run(['configure']);
    await cli.run(['configure', '--sso']);
    const sso = readFileSync(file, 'utf8');
    expect(sso).not.toContain('credential_process');
    await cli.run(['configure']);
    const process = readFileSync(file, 'utf8');
    expect(process).toContain('credential_process');
    expect(process).not.toMatch(/sso|services/);
  });

  test('--role keeps the other roles, and what they lead to', async () => {
    offered();
    const roles = ['prod/ReadOnly', 'dev/Admin'].map((role) => ({ ...ROLES.roles[0], role }));
    broker.answers['/v1/roles'] = () => ({ json: { roles } });
    await cli.run(['configure', '--sso', '--role', 'prod/*']);
    await cli.run(['configure', '--sso', '--role', 'dev/*']);
    expect(readFileSync(file, 'utf8').match(/^\[.*\]$/gm)).toEqual([
      '[profile prod/ReadOnly]',
      '[profile dev/Admin]',
      `[sso-session ${name()}]`,
      `[services ${name()}]`,
    ]);
  });

  test('leaves out what these clients cannot have, and says why', async () => {
    offered();
    const [role] = ROLES.roles;
    const roles = [
      role,
      { ...role, role: 'prod/Reason', requires: ['reason'] },
      { ...role, role: 'prod/Short', maxDurationSeconds: 900 },
    ];
    broker.answers['/v1/roles'] = () => ({ json: { roles } });
    const { code, stderr } = await cli.run(['configure', '--sso']);
    expect(code).toBe(0);
    expect(stderr).toContain('prod/Reason is left out: needs --reason; daypass exec prod/Reason gives it');
    expect(stderr).toContain('prod/Short is left out: its sessions are shorter than 20 minutes');
    expect(readFileSync(file, 'utf8').match(/^\[profile .*\]$/gm)).toEqual(['[profile prod/ReadOnly]']);
  });

  test('is refused where nobody can sign a tool in, and where a section of the name is somebody’s own', async () => {
    const { code, stderr } = await cli.run(['configure', '--sso']);
    expect(code).toBe(1);
    expect(stderr).toContain('lets nobody sign in the AWS tools');
    expect(existsSync(file)).toBe(false);
    offered();
    writeFileSync(file, `[sso-session ${name()}]\nsso_region = eu-west-1\n`);
    const taken = await cli.run(['configure', '--sso']);
    expect([taken.code, taken.stderr]).toEqual([
      5,
      expect.stringContaining(`the sso-session ${name()} is already there`),
    ]);
  });

  test.each([
    { role: 'prod/x\n[default]\ncredential_process = evil' },
    { account: { name: 'prod', id: '1\ncredential_process = evil', label: 'x' } },
  ])('%j from the broker adds no lines to the file', async (change) => {
    offered();
    broker.answers['/v1/roles'] = () => ({ json: { roles: [{ ...ROLES.roles[0], ...change }] } });
    expect((await cli.run(['configure', '--sso'])).code).not.toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  test('is read by boto3 as it is meant', async ({ skip }) => {
    const { spawnSync } = await import('node:child_process');
    if (spawnSync('python3', ['-c', 'import boto3']).status !== 0) skip('boto3 is not on this machine');
    offered();
    await cli.run(['configure', '--sso', '--region', 'eu-central-1']);
    const program = `import boto3, json
session = boto3.Session(profile_name='prod/ReadOnly')
config = session._session.get_scoped_config()
client = session.client('sso', region_name='us-daypass-1')
print(json.dumps({'session': config['sso_session'], 'role': config['sso_role_name'], 'region': session.region_name, 'endpoint': client.meta.endpoint_url}))`;
    const { stdout, stderr } = spawnSync('python3', ['-c', program], {
      encoding: 'utf8',
      env: { ...process.env, AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      session: name(),
      role: 'ReadOnly',
      region: 'eu-central-1',
      endpoint: broker.url,
    });
  });
});
