import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { asked, nameOf } from './support/ask.ts';
import { installedClients } from './support/installed.ts';
import { start } from './support/run.ts';
import { DEPLOY, SECRET, startWorld, type World } from './support/world.ts';

/** The clients of AWS that are on this machine, as workloads use them; those that are not, by name. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 180_000);
afterAll(() => world.close());
afterEach(() => world.endSessionsAfter(undefined));

const LONG = { timeout: 120_000 };
const found = installedClients();
const clients = found.flatMap(([, client]) => (client === undefined ? [] : [client]));
for (const [name, client] of found) test.skipIf(client === undefined)(`${name} is on this machine`, () => undefined);

/** A client with a home of its own: the AWS command keeps what STS gave it. */
const ask = (program: readonly string[], environment: Readonly<Record<string, string>>) =>
  world.run(program, { ...environment, HOME: mkdtempSync(join(world.directory, 'home-')) });

/** A caller of its own for each test. */
let runs = 0;
const aToken = (changes: Record<string, unknown> = {}) => {
  runs += 1;
  const sub = `repo:example/shop:ref:refs/heads/main-${runs}`;
  return world.ci.token('github', { run_id: `9${runs}`, sub, ...changes });
};
const nameNow = () => `gh-7654321.9${runs}`;

const bySts = (token: string, roleArn = DEPLOY) => ({
  AWS_WEB_IDENTITY_TOKEN_FILE: world.file(`sts-token-${++files}`, `${token}\n`),
  AWS_ROLE_ARN: roleArn,
  AWS_ENDPOINT_URL_STS: world.stack.local.broker,
});
const byContainer = (token: string, role = 'prod/Deploy') => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: `${world.stack.local.broker}/v1/container/${role}`,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: `Bearer ${token}`,
});
const byProcess = (token: string) => ({
  AWS_CONFIG_FILE: world.file(
    `process-config-${++files}`,
    `[default]\ncredential_process = ${process.execPath} ${world.daypass} credentials prod/Deploy\n`,
  ),
  DAYPASS_URL: world.stack.local.broker,
  DAYPASS_TOKEN: token,
});
let files = 0;

describe.each(clients)('$name', ({ program }) => {
  test.each([
    ['a web identity token, by STS’s protocol', bySts, 'sts'],
    ['the container variables', byContainer, 'container'],
    ['credential_process', byProcess, undefined],
  ] as const)('has its role by %s', LONG, async (_, environmentOf, via) => {
    const [answer] = asked(await ask(program, environmentOf(aToken())));
    expect(nameOf(answer?.arn)).toBe(nameNow());
    expect((await world.outcomes(nameNow())).at(-1)).toMatchObject({ outcome: 'issued', role: 'prod/Deploy' });
    expect((await world.outcomes(nameNow())).at(-1)?.via).toBe(via);
  });

  test('is told that a role is not theirs, by STS’s code', LONG, async () => {
    const [answer] = asked(await ask(program, bySts(aToken(), SECRET)));
    expect(`${answer?.error} ${answer?.message}`).toMatch(/AccessDenied.*no grant gives you this role/s);
    expect(await world.outcomes(nameNow())).toMatchObject([{ outcome: 'denied', role: 'prod/Secret', via: 'sts' }]);
  });

  test('is told that its token has expired', LONG, async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const token = aToken({ iat: seconds - 700, nbf: seconds - 700, exp: seconds - 400 });
    const [answer] = asked(await ask(program, bySts(token)));
    expect(`${answer?.error} ${answer?.message}`).toMatch(/ExpiredToken/);
  });

  test('has what daypass serve has, as a container and as an instance', LONG, async () => {
    const served = start(
      [process.execPath, world.daypass, 'serve', 'prod/Deploy', '--imds', '--shell', 'sh'],
      world.environment({ DAYPASS_URL: world.stack.local.broker, DAYPASS_TOKEN: aToken() }),
    );
    const [lines] = await served.stdout(/[\s\S]*AWS_EC2_METADATA_SERVICE_ENDPOINT='.*\n/);
    const variable = (name: string) => ({ [name]: new RegExp(`export ${name}='(.*)'`).exec(lines)?.[1] ?? '' });
    const container = {
      ...variable('AWS_CONTAINER_CREDENTIALS_FULL_URI'),
      ...variable('AWS_CONTAINER_AUTHORIZATION_TOKEN'),
    };
    const instance = { ...variable('AWS_EC2_METADATA_SERVICE_ENDPOINT'), AWS_EC2_METADATA_DISABLED: 'false' };
    for (const environment of [container, instance]) {
      const [answer] = asked(await ask(program, environment));
      expect(nameOf(answer?.arn)).toBe(nameNow());
    }
    expect(await world.outcomes(nameNow())).toHaveLength(1);
    await served.stop();
  });

  test('ten at once by credential_process share one session', LONG, async () => {
    const environment = byProcess(aToken());
    const finished = await Promise.all(Array.from({ length: 10 }, () => world.run(program, environment)));
    expect(new Set(finished.flatMap(asked).map(({ arn }) => arn)).size).toBe(1);
    expect(await world.outcomes(nameNow())).toHaveLength(1);
  });
});
