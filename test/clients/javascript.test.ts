import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { asked, nameOf } from './support/ask.ts';
import type { Platform } from './support/ci-issuer.ts';
import { javaScript } from './support/installed.ts';
import { start } from './support/run.ts';
import { DEPLOY, RATE_LIMIT, SECRET, startWorld, type World } from './support/world.ts';

/** The AWS SDK for JavaScript, unmodified, each time a process of its own, against the whole product on loopback. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 180_000);
afterAll(() => world.close());
afterEach(() => world.endSessionsAfter(undefined));

const LONG = { timeout: 120_000 };

/** A caller of its own for each test, so that none uses up another's requests. */
let runs = 0;
const anotherRun = () => ({ run_id: String(++runs), sub: `repo:example/shop:ref:refs/heads/main-${runs}` });

/** The environment of a way in, for a token. */
const byStsOf = (token: string, roleArn = DEPLOY) => ({
  AWS_WEB_IDENTITY_TOKEN_FILE: world.file(`token-${++runs}`, token),
  AWS_ROLE_ARN: roleArn,
  AWS_ENDPOINT_URL_STS: world.stack.local.broker,
});
const byContainerOf = (token: string, role = 'prod/Deploy') => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: `${world.stack.local.broker}/v1/container/${role}`,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
});
const byProcessOf = (token: string, role = 'prod/Deploy') => ({
  AWS_CONFIG_FILE: world.file(
    `config-${++runs}`,
    `[default]\ncredential_process = ${process.execPath} ${world.daypass} credentials ${role}\n`,
  ),
  DAYPASS_URL: world.stack.local.broker,
  DAYPASS_TOKEN: token,
});

const platforms: readonly (readonly [Platform, string])[] = [
  ['github', 'gh-7654321.16412345678'],
  ['gitlab', 'gl-22.9041'],
  ['cluster', 'k8s-shop.orders'],
];

describe.each(platforms)('A workload of %s', (platform, name) => {
  test.each([
    ['fromTokenFile', byStsOf, 'sts'],
    ['fromContainerMetadata', byContainerOf, 'container'],
    ['fromHttp', byContainerOf, 'container'],
    ['fromProcess', byProcessOf, undefined],
    ['fromIni', byProcessOf, undefined],
    ['fromNodeProviderChain', byStsOf, 'sts'],
  ] as const)('has its role by %s', LONG, async (provider, environmentOf, via) => {
    const [answer] = asked(await world.run(javaScript(provider), environmentOf(world.ci.token(platform))));
    expect(nameOf(answer?.arn)).toBe(name);
    const record = (await world.outcomes(name)).at(-1);
    expect(record).toMatchObject({ outcome: 'issued', role: 'prod/Deploy', accessKeyId: answer?.accessKeyId });
    expect(record?.via).toBe(via);
    // Of containers the SDK does not say who it is.
    if (via !== 'container') expect(record?.userAgent).toMatch(via === undefined ? /^daypass\// : /aws-sdk-js/);
  });
});

test('a profile with a web identity token has its role by fromIni', LONG, async () => {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ENDPOINT_URL_STS } = byStsOf(world.ci.token('github', anotherRun()));
  const config = `[default]\nrole_arn = ${DEPLOY}\nweb_identity_token_file = ${file}\nrole_session_name = build\n`;
  const AWS_CONFIG_FILE = world.file('config-web-identity', config);
  const [answer] = asked(await world.run(javaScript('fromIni'), { AWS_CONFIG_FILE, AWS_ENDPOINT_URL_STS }));
  const name = nameOf(answer?.arn) ?? '';
  expect(name).toMatch(/^gh-7654321\./);
  expect((await world.outcomes(name)).at(-1)?.requestedSessionName).toBe('build');
});

test('a token file of Kubernetes, without Bearer before it, is enough for a container', LONG, async () => {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI } = byContainerOf('');
  const AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = world.file('pod-token', world.ci.token('cluster'));
  const environment = { AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE };
  const [answer] = asked(await world.run(javaScript('fromHttp'), environment));
  expect(nameOf(answer?.arn)).toBe('k8s-shop.orders');
});

describe('A role that is granted to others', () => {
  test('is denied by STS’s code, and not asked for again', LONG, async () => {
    const run = anotherRun();
    const environment = byStsOf(world.ci.token('github', run), SECRET);
    const [answer] = asked(await world.run(javaScript('fromTokenFile'), environment));
    expect(answer?.error).toBe('AccessDenied');
    expect(answer?.message).toMatch(
      /^Not authorized to perform sts:AssumeRoleWithWebIdentity: no grant gives you this role/,
    );
    const records = await world.outcomes(`gh-7654321.${run.run_id}`);
    expect(records).toMatchObject([{ outcome: 'denied', role: 'prod/Secret', via: 'sts' }]);
  });

  test('is denied to a container, with the broker’s words', LONG, async () => {
    const run = anotherRun();
    const environment = byContainerOf(world.ci.token('github', run), 'prod/Secret');
    const [answer] = asked(await world.run(javaScript('fromHttp'), environment));
    expect(answer?.error).toBe('access_denied');
    expect(answer?.message).toMatch(/no grant gives you "prod\/Secret"/);
    for (const record of await world.outcomes(`gh-7654321.${run.run_id}`)) {
      expect(record).toMatchObject({ outcome: 'denied', role: 'prod/Secret', via: 'container' });
    }
  });
});

describe('A token that has expired', () => {
  const expired = () => {
    const seconds = Math.floor(Date.now() / 1000);
    return world.ci.token('github', { ...anotherRun(), iat: seconds - 700, nbf: seconds - 700, exp: seconds - 400 });
  };

  test('is one to STS', LONG, async () => {
    const [answer] = asked(await world.run(javaScript('fromTokenFile'), byStsOf(expired())));
    expect(answer).toMatchObject({ error: 'ExpiredTokenException', message: expect.stringContaining('expired') });
  });

  test('is one to a container', LONG, async () => {
    const [answer] = asked(await world.run(javaScript('fromHttp'), byContainerOf(expired())));
    expect(answer).toMatchObject({ error: 'token_expired' });
  });
});

test('a token of another audience is no identity', LONG, async () => {
  const token = world.ci.token('github', { ...anotherRun(), aud: 'sts.amazonaws.com' });
  const [answer] = asked(await world.run(javaScript('fromTokenFile'), byStsOf(token)));
  expect(answer?.error).toBe('InvalidIdentityToken');
});

test('a second call to STS says why it is not answered', LONG, async () => {
  const environment = { ...byStsOf(world.ci.token('github', anotherRun())), STAND_IN: world.stack.local.broker };
  const [answer] = asked(await world.run(javaScript('fromTokenFile'), environment));
  expect(answer?.error).toBe('InvalidAction');
  expect(answer?.message).toMatch(/signed for AWS, and this is a Daypass broker.*AWS_CONTAINER_CREDENTIALS_FULL_URI/);
});

describe('When a session ends', () => {
  test('AWS refuses it, and the SDK gets another by the newest token', LONG, async () => {
    const [first, second] = [anotherRun(), anotherRun()];
    const environment = byStsOf(world.ci.token('github', first));
    world.endSessionsAfter(2_000);
    const running = start(javaScript('fromTokenFile'), world.environment(environment));
    const [line] = await running.stdout(/^.*\n/);
    expect(nameOf(JSON.parse(line).arn)).toBe(`gh-7654321.${first.run_id}`);

    const ended = (await world.outcomes(`gh-7654321.${first.run_id}`)).at(-1);
    world.file(`token-${environment.AWS_WEB_IDENTITY_TOKEN_FILE.split('-').at(-1)}`, world.ci.token('github', second));
    await sleep(2_500);
    running.say('again');
    const [, again = ''] = await running.stdout(/^.*\n(.*)\n/);
    expect(nameOf(JSON.parse(again).arn)).toBe(`gh-7654321.${second.run_id}`);
    expect(JSON.parse(again).accessKeyId).not.toBe(ended?.accessKeyId);
    await running.stop();
  });

  test('whoever kept the credentials can do no more with them', LONG, async () => {
    world.endSessionsAfter(1_500);
    const response = await fetch(`${world.stack.local.broker}/v1/container/prod/Deploy`, {
      headers: { authorization: world.ci.token('github', anotherRun()) },
    });
    const { AccessKeyId, SecretAccessKey, Token } = (await response.json()) as Record<string, string>;
    const environment = {
      AWS_ACCESS_KEY_ID: AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: SecretAccessKey ?? '',
      AWS_SESSION_TOKEN: Token ?? '',
    };
    await sleep(2_000);
    const [answer] = asked(await world.run(javaScript('environment'), environment));
    expect(answer?.error).toMatch(/^ExpiredToken/);
  });
});

describe('Ten processes at once', () => {
  test('by STS have a session each', LONG, async () => {
    const run = anotherRun();
    const environment = byStsOf(world.ci.token('github', run));
    const answers = await tenTimes(() => world.run(javaScript('fromTokenFile'), environment));
    expect(answers.map(({ arn }) => nameOf(arn))).toEqual(Array.from({ length: 10 }, () => `gh-7654321.${run.run_id}`));
    expect(new Set(answers.map(({ arn }) => arn)).size).toBe(10);
    const records = await world.outcomes(`gh-7654321.${run.run_id}`);
    expect(new Set(records.map(({ accessKeyId }) => accessKeyId))).toEqual(
      new Set(answers.map(({ accessKeyId }) => accessKeyId)),
    );
  });

  test('by credential_process share one', LONG, async () => {
    const run = anotherRun();
    const environment = byProcessOf(world.ci.token('github', run));
    const answers = await tenTimes(() => world.run(javaScript('fromProcess'), environment));
    expect(new Set(answers.map(({ arn }) => arn)).size).toBe(1);
    expect(await world.outcomes(`gh-7654321.${run.run_id}`)).toHaveLength(1);
  });

  test('by daypass serve share one, by either of its protocols', LONG, async () => {
    const run = anotherRun();
    const served = start(
      [process.execPath, world.daypass, 'serve', 'prod/Deploy', '--imds', '--shell', 'sh'],
      world.environment({ DAYPASS_URL: world.stack.local.broker, DAYPASS_TOKEN: world.ci.token('github', run) }),
    );
    const [lines] = await served.stdout(/[\s\S]*AWS_EC2_METADATA_SERVICE_ENDPOINT='.*\n/);
    const variable = (name: string) => ({ [name]: new RegExp(`export ${name}='(.*)'`).exec(lines)?.[1] ?? '' });
    const container = {
      ...variable('AWS_CONTAINER_CREDENTIALS_FULL_URI'),
      ...variable('AWS_CONTAINER_AUTHORIZATION_TOKEN'),
    };
    const metadata = { ...variable('AWS_EC2_METADATA_SERVICE_ENDPOINT'), AWS_EC2_METADATA_DISABLED: 'false' };
    const answers = [
      ...(await tenTimes(() => world.run(javaScript('fromHttp'), container))),
      ...(await tenTimes(() => world.run(javaScript('fromInstanceMetadata'), metadata))),
      ...(await tenTimes(() => world.run(javaScript('fromNodeProviderChain'), metadata))),
    ];
    expect(new Set(answers.map(({ arn }) => arn)).size).toBe(1);
    expect(nameOf(answers[0]?.arn)).toBe(`gh-7654321.${run.run_id}`);
    expect(await world.outcomes(`gh-7654321.${run.run_id}`)).toHaveLength(1);
    expect((await served.stop()).code).toBe(0);
  });

  async function tenTimes(ask: () => ReturnType<World['run']>) {
    const finished = await Promise.all(Array.from({ length: 10 }, ask));
    return finished.flatMap(asked);
  }
});

test('whoever asks too often is throttled by STS’s code, and told so', LONG, async () => {
  // Within one minute of the counter.
  if (new Date().getSeconds() > 40) await sleep((61 - new Date().getSeconds()) * 1000);
  const run = anotherRun();
  const token = world.ci.token('github', run);
  const url = `${world.stack.local.broker}/v1/container/prod/Nothing`;
  for (let asked = 0; asked <= RATE_LIMIT; asked += 1) await fetch(url, { headers: { authorization: token } });
  const [answer] = asked(await world.run(javaScript('fromTokenFile'), { ...byStsOf(token), AWS_MAX_ATTEMPTS: '2' }));
  expect(answer).toMatchObject({ error: 'Throttling', message: expect.stringContaining('Too many requests') });
  const refused = (await world.outcomes(`gh-7654321.${run.run_id}`)).filter(({ via }) => via === 'sts');
  expect(refused.map(({ code }) => code)).toEqual(['rate_limited', 'rate_limited']);
});
