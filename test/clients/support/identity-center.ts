import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { asked, nameOf } from './ask.ts';
import type { Client } from './installed.ts';
import { PersonWithBrowser } from './person.ts';
import { start } from './run.ts';
import {
  afterAwsLogin,
  afterSsoLogin,
  configuredHome,
  homeEnvironment,
  isoIn,
  type Profile,
  redirectByRules,
} from './signed-in-home.ts';
import { startWorld, type World } from './world.ts';

const LONG = { timeout: 120_000 };

/** A minute, of one of the two people that all tests are. */
const REQUESTS = 300;

/** AWS CLI 2 before 2.13, which knows no endpoint settings. */
function isOld(version: string | undefined): boolean {
  return version !== undefined && /^2\.(\d|1[0-2])\./.test(version);
}

/** What has to hold of every client that has signed in by IAM Identity Center's protocols. */
export function describeIdentityCenter(clients: readonly Client[]): void {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(REQUESTS);
  }, 180_000);
  afterAll(() => world.close());
  afterEach(() => world.endSessionsAfter(undefined));

  const DEPLOY = { roleName: 'Deploy' };
  const DEV = 'dev@example.com';
  const newest = async (caller: string, action: string) =>
    (await world.outcomes(caller)).filter((record) => record.action === action).at(-1);

  describe.each(clients)(
    '$name, signed in by aws sso login,',
    ({ program, asksAgain, loginProgram, command, version }) => {
      const signedIn = async (user: string, profile: Profile) => {
        const home = await afterSsoLogin(world, user, profile);
        if (isOld(version)) redirectByRules(home.directory, world.stack.local.broker);
        return home;
      };

      test('has its role, on record with who approved it', LONG, async () => {
        const home = await signedIn('dev', DEPLOY);
        const [answer] = asked(await world.run(program, home.environment));
        expect(nameOf(answer?.arn)).toBe(DEV);
        const session = await newest(DEV, 'credentials');
        expect(session).toMatchObject({ outcome: 'issued', via: 'sso', role: 'prod/Deploy' });
        const authorized = await newest(DEV, 'authorize');
        expect(authorized).toMatchObject({ outcome: 'allowed', client: 'botocore-client-daypass-test' });
        expect(session?.signIn).toBe(authorized?.sessionId);
        expect(authorized?.signIn).toBe((await newest(DEV, 'sign-in'))?.sessionId);
      });

      test('refreshes a token that is about to expire, and keeps the new one', LONG, async () => {
        const home = await signedIn('dev', DEPLOY);
        const before = home.token();
        home.keep({ expiresAt: isoIn(60) });
        const [answer] = asked(await world.run(program, home.environment));
        expect(nameOf(answer?.arn)).toBe(DEV);
        const after = home.token();
        expect(after.refreshToken).not.toBe(before.refreshToken);
        expect(after.accessToken).not.toBe(before.accessToken);
        expect(Date.parse(after.expiresAt)).toBeGreaterThan(Date.now() + 3_000_000);
        expect(await newest(DEV, 'token')).toMatchObject({ outcome: 'allowed', via: 'sso' });
      });

      test('has another session of its role when one ends', LONG, async () => {
        const home = await signedIn('sre', DEPLOY);
        world.endSessionsAfter(2_000);
        if (!asksAgain) {
          const keys = [];
          for (let run = 0; run < 2; run += 1) {
            const [answer] = asked(await world.run(program, home.environment));
            keys.push(answer?.arn);
            await sleep(2_500);
          }
          expect(new Set(keys).size).toBe(2);
          return;
        }
        const running = start(program, world.environment(home.environment));
        const [first] = await running.stdout(/^.*\n/);
        await sleep(2_500);
        running.say('again');
        const [, second = ''] = await running.stdout(/^.*\n(.*)\n/);
        expect(nameOf(JSON.parse(second).arn)).toBe('sre@example.com');
        expect(JSON.parse(second).arn).not.toBe(JSON.parse(first).arn);
        running.end();
        await running.finished;
      });

      test('is told to sign in again when its session was ended', LONG, async () => {
        const home = await signedIn('dev', DEPLOY);
        const logout = await fetch(`${world.stack.local.broker}/logout`, {
          method: 'POST',
          headers: { 'x-amz-sso_bearer_token': home.token().accessToken },
        });
        expect(logout.status).toBe(200);
        const [answer] = asked(await world.run(program, home.environment));
        expect(answer?.message).toMatch(/sso login/);
        // Nor does its refresh token give another.
        home.keep({ expiresAt: isoIn(-60) });
        const [again] = asked(await world.run(program, home.environment));
        expect(again?.error).toBeDefined();
        expect(await newest('dev@example.com', 'sign-out')).toMatchObject({ outcome: 'allowed', via: 'sso' });
      });

      test('is told that a role is not theirs, once', LONG, async () => {
        const home = await signedIn('sre', { roleName: 'Secret' });
        const before = (await world.outcomes('sre@example.com')).filter(({ outcome }) => outcome === 'denied').length;
        const [answer] = asked(await world.run(program, home.environment));
        expect(`${answer?.error} ${answer?.message}`).toMatch(/no grant gives you|ForbiddenException/);
        const denied = (await world.outcomes('sre@example.com')).filter(({ outcome }) => outcome === 'denied');
        expect(denied).toHaveLength(before + 1);
        expect(denied.at(-1)).toMatchObject({ role: 'prod/Secret', via: 'sso', denial: 'no_grant' });
      });

      test('ten at once share one refresh token that is about to expire', LONG, async () => {
        const home = await signedIn('dev', DEPLOY);
        home.keep({ expiresAt: isoIn(60) });
        const refused = async () =>
          (await world.outcomes(DEV)).filter(({ outcome }) => outcome !== 'issued' && outcome !== 'allowed');
        const before = (await refused()).length;
        const ask = async () => asked(await world.run(program, home.environment))[0];
        const answers = await Promise.all(Array.from({ length: 10 }, ask));
        for (const [at, answer] of answers.entries()) {
          // The SDK for JavaScript writes the file in place: one of ten may read it half written, which it says so.
          if (/token .* was not found or is invalid/.test(answer?.message ?? '')) answers[at] = await ask();
        }
        expect(answers.map((answer) => nameOf(answer?.arn) ?? answer)).toEqual(Array.from({ length: 10 }, () => DEV));
        expect(await refused()).toHaveLength(before);
        // Whoever wrote last, what is kept goes on working.
        home.keep({ expiresAt: isoIn(60) });
        const [answer] = asked(await world.run(program, home.environment));
        expect(nameOf(answer?.arn)).toBe(DEV);
      });

      test.skipIf(command === undefined)('signs in by a code that somebody types, and out', LONG, async () => {
        const home = configuredHome(world, DEPLOY);
        if (isOld(version)) redirectByRules(home, world.stack.local.broker);
        const environment = homeEnvironment(home);
        const aws = (...args: string[]) => [...(command ?? []), ...args];
        const byCode = version !== undefined && /^2\.(2[2-9]|[3-9]\d)\./.test(version) ? ['--use-device-code'] : [];
        const login = start(aws('sso', 'login', '--no-browser', ...byCode), world.environment(environment));
        const [, code = ''] = await login.stdout(/\b([B-Z]{4}-[B-Z]{4})\b/);
        const person = new PersonWithBrowser(world.stack.local.broker, 'dev');
        const page = await person.send(await person.open('/device'), { code });
        expect(await person.send(String(page), { decision: 'approve' })).toContain('The device is signed in');
        expect((await login.finished).code).toBe(0);
        const [answer] = asked(await world.run(program, environment));
        expect(nameOf(answer?.arn)).toBe(DEV);
        expect((await world.run(aws('sso', 'logout'), environment)).code).toBe(0);
        expect(await newest(DEV, 'sign-out')).toMatchObject({ outcome: 'allowed', via: 'sso' });
      });

      test.skipIf(loginProgram === undefined)('and by aws login: it refreshes with its key', LONG, async () => {
        const home = await afterAwsLogin(world, 'dev', 'prod/Deploy');
        const before = home.token();
        const [answer] = asked(await world.run(loginProgram ?? [], home.environment));
        expect(nameOf(answer?.arn)).toBe(DEV);
        expect(home.token().refreshToken).not.toBe(before.refreshToken);
        expect(await newest(DEV, 'credentials')).toMatchObject({
          outcome: 'issued',
          via: 'login',
          role: 'prod/Deploy',
        });
        // A refresh token that somebody took along without the key is worth nothing, and does no harm either.
        home.keep({ expiresAt: isoIn(60) });
        const [again] = asked(await world.run(loginProgram ?? [], home.environment));
        expect(nameOf(again?.arn)).toBe(DEV);
      });
    },
  );

  test('whoever asks too often is throttled by the name that clients know', LONG, async () => {
    const home = await afterSsoLogin(world, 'sre', DEPLOY);
    const headers = { 'x-amz-sso_bearer_token': home.token().accessToken };
    const ask = () => fetch(`${world.stack.local.broker}/assignment/accounts`, { headers });
    for (const { program, version } of clients) {
      if (isOld(version)) redirectByRules(home.directory, world.stack.local.broker);
      let status = 200;
      for (let asks = 0; asks <= 2 * REQUESTS && status === 200; asks += 1) status = (await ask()).status;
      expect(status).toBe(429);
      const [answer] = asked(await world.run(program, { ...home.environment, AWS_MAX_ATTEMPTS: '1' }));
      // A new minute may just have begun.
      if (answer?.arn === undefined) expect(`${answer?.error} ${answer?.message}`).toMatch(/TooManyRequests/);
    }
  });
}
