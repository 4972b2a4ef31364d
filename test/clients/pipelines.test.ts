import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compilePolicy } from '../../lib/access/compile.ts';
import { asked, nameOf } from './support/ask.ts';
import { AUDIENCE } from './support/ci-issuer.ts';
import { javaScript } from './support/installed.ts';
import { run } from './support/run.ts';
import { startWorld, type World } from './support/world.ts';

/** The pipelines of `examples/pipelines/`, run as their platforms would, against the whole product on loopback. */

const LONG = { timeout: 60_000 };
const missing = ['bash', 'curl', 'sed'].filter((name) => spawnSync(name, ['--version']).status !== 0);
const withShell = test.skipIf(missing.length > 0);

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 180_000);
afterAll(() => world.close());

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: { readonly deploy: { readonly steps: readonly { readonly run: string }[] } };
}

const example = <T>(name: string) => parse(readFileSync(`examples/pipelines/${name}`, 'utf8')) as T;

/** The first step, with what GitHub gives a job, and what later steps find in their environment. */
async function firstStep(file: string, changes: Readonly<Record<string, string>> = {}) {
  const { env, jobs } = example<Workflow>(file);
  const directory = mkdtempSync(join(world.directory, 'job-'));
  const GITHUB_ENV = join(directory, 'env');
  writeFileSync(GITHUB_ENV, '');
  const script = join(directory, 'step.sh');
  writeFileSync(script, jobs.deploy.steps[0]?.run ?? '');
  const finished = await run(['bash', '--noprofile', '--norc', '-eo', 'pipefail', script], {
    PATH: process.env['PATH'] ?? '',
    ...env,
    DAYPASS_URL: world.stack.local.broker,
    DAYPASS_ROLE: 'prod/Deploy',
    ACTIONS_ID_TOKEN_REQUEST_URL: world.ci.requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: world.ci.requestToken,
    GITHUB_ENV,
    ...changes,
  });
  const lines = readFileSync(GITHUB_ENV, 'utf8').trim().split('\n').filter(Boolean);
  const environment = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
  return { ...finished, environment };
}

describe.each([
  ['github-actions-curl.yml', 'environment'],
  ['github-actions-container.yml', 'fromHttp'],
])('%s', (file, provider) => {
  withShell(
    `gives later steps the role of the workflow${missing.length > 0 ? `: ${missing} missing` : ''}`,
    LONG,
    async () => {
      const { code, stdout, stderr, environment } = await firstStep(file);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [answer] = asked(await world.run(javaScript(provider), environment));
      expect(nameOf(answer?.arn)).toBe('gh-7654321.16412345678');
      // Every secret was masked before anything else could print it.
      const masked = [...stdout.matchAll(/^::add-mask::(.+)$/gm)].map(([, secret]) => secret);
      const isSecret = ([name]: [string, string]) => /SECRET|TOKEN$/.test(name);
      const secrets = Object.entries(environment)
        .filter(isSecret)
        .map(([, value]) => value.replace(/^Bearer /, ''));
      expect(secrets.length).toBeGreaterThan(0);
      for (const secret of secrets) expect(masked).toContain(secret);
      expect(masked).toContain(world.ci.given.at(-1));
      expect(stdout.replace(/^::add-mask::.*\n/gm, '')).toBe('');
    },
  );

  withShell('asks for the audience of the broker, and for no right but to ask', LONG, async () => {
    const { permissions, env } = example<Workflow>(file);
    expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(env['DAYPASS_AUDIENCE']).toBe(AUDIENCE);
    await firstStep(file);
    const [, payload = ''] = (world.ci.given.at(-1) ?? '').split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).aud).toBe(AUDIENCE);
  });
});

withShell(
  'github-actions-curl.yml fails with the words of the broker when the role is not the workflow’s',
  LONG,
  async () => {
    const { code, stdout, environment } = await firstStep('github-actions-curl.yml', { DAYPASS_ROLE: 'prod/Secret' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error::\{.*"code":"access_denied".*no grant gives you/m);
    expect(environment).toEqual({});
  },
);

withShell('gitlab-ci.yml sets what the AWS tools need, and nothing more', LONG, async () => {
  const { deploy } = example<{
    deploy: { id_tokens: Record<string, { aud: string }>; variables: Record<string, string>; script: string[] };
  }>('gitlab-ci.yml');
  expect(deploy.id_tokens['DAYPASS_TOKEN']?.aud).toBe(AUDIENCE);
  const [set = ''] = deploy.script;
  const shell = `${set}\nprintf %s "$AWS_CONTAINER_AUTHORIZATION_TOKEN"`;
  const DAYPASS_TOKEN = world.ci.token('gitlab');
  const { stdout } = await run(['bash', '-c', shell], { PATH: process.env['PATH'] ?? '', DAYPASS_TOKEN });
  const uri = deploy.variables['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '';
  const [answer] = asked(
    await world.run(javaScript('fromHttp'), {
      AWS_CONTAINER_AUTHORIZATION_TOKEN: stdout,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: uri.replace(AUDIENCE, world.stack.local.broker).replace('staging/', 'prod/'),
    }),
  );
  expect(nameOf(answer?.arn)).toBe('gl-22.9041');
});

test('kubernetes.yml mounts the token where its variable says, for the audience of the broker', () => {
  const { spec } = example<{
    spec: {
      automountServiceAccountToken: boolean;
      containers: [{ env: { name: string; value: string }[]; volumeMounts: [{ name: string; mountPath: string }] }];
      volumes: [{ name: string; projected: { sources: [{ serviceAccountToken: Record<string, unknown> }] } }];
    };
  }>('kubernetes.yml');
  const [container] = spec.containers;
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  const { path, audience } = spec.volumes[0].projected.sources[0].serviceAccountToken;
  expect(env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']).toBe(`${container.volumeMounts[0].mountPath}/${path}`);
  expect(container.volumeMounts[0].name).toBe(spec.volumes[0].name);
  expect(audience).toBe(AUDIENCE);
  expect(spec.automountServiceAccountToken).toBe(false);
});

describe('Each pipeline asks for a role of its access policy', () => {
  test.each([
    ['github-actions-curl.yml', 'github-actions.yml'],
    ['github-actions-container.yml', 'github-actions.yml'],
    ['gitlab-ci.yml', 'gitlab.yml'],
    ['kubernetes.yml', 'kubernetes.yml'],
  ])('%s: of %s', (file, policyFile) => {
    const { policy } = compilePolicy(readFileSync(`examples/access-policies/${policyFile}`, 'utf8'), policyFile);
    const text = readFileSync(`examples/pipelines/${file}`, 'utf8');
    const role = /DAYPASS_ROLE: (\S+)|\/v1\/container\/(\S+)/.exec(text)?.slice(1).find(Boolean);
    expect(policy?.roles.map(({ id }) => id)).toContain(role);
    expect(policy?.issuers.some(({ audience }) => audience.includes(AUDIENCE))).toBe(true);
  });
});
