import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ANSWERED, CONSOLE_POINTS, DENIAL_POINTS, type End, POINTS, type Point } from './points.ts';
import type { Run } from './promises.ts';
import { type Ask, buildFunction, makeWorld, type World } from './world.ts';

/**
 * Whenever the function dies, nothing was released that is not on record: SIGKILL at each point of the path, for each
 * way of asking for credentials, and then the ledger is held against what AWS issued and what the clients got.
 */

/** Runs a point; `npm run test:kill` makes 200 of them. */
const RUNS = Number(process.env['DAYPASS_KILL_RUNS'] ?? '20');

/** Requests of every other function. The others have one, as in Lambda; but a process for each request takes minutes. */
const TOGETHER = 19;

interface Way {
  readonly ask: (world: World) => Ask;
  readonly points: Readonly<Partial<Record<Point, readonly End[]>>>;
}

/** A new way in is one line. */
const WAYS: Readonly<Record<string, Way>> = {
  'POST /v1/credentials': { points: POINTS, ask: ({ askApi }) => askApi('/v1/credentials', 'prod/ReadOnly') },
  'POST /v1/console': { points: CONSOLE_POINTS, ask: ({ askApi }) => askApi('/v1/console', 'prod/ReadOnly') },
  'GET /v1/container': { points: POINTS, ask: ({ askContainer }) => askContainer('prod/ReadOnly') },
  'POST / as AWS STS': { points: POINTS, ask: ({ askSts }) => askSts('arn:aws:iam::222222222222:role/ReadOnly') },
  'GET /federation/credentials': {
    points: POINTS,
    ask: ({ askIdentityCenter }) => askIdentityCenter('222222222222', 'ReadOnly'),
  },
  'POST /v1/token, as aws login': { points: POINTS, ask: ({ askLogin }) => askLogin('prod/ReadOnly') },
  'the portal’s credentials': { points: POINTS, ask: ({ askPortal }) => askPortal('credentials', 'prod/ReadOnly') },
  'the portal’s console': { points: CONSOLE_POINTS, ask: ({ askPortal }) => askPortal('console', 'prod/ReadOnly') },
  'a denial': { points: DENIAL_POINTS, ask: ({ askApi }) => askApi('/v1/credentials', 'prod/Admin') },
};

let program: string;
let remove = (): void => undefined;
beforeAll(async () => {
  ({ program, remove } = await buildFunction());
});
afterAll(() => remove());

describe.each(Object.entries(WAYS))('%s', (_, { ask, points }) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(program);
  });
  afterAll(() => world.close());

  const all: Run[] = [];
  const pointOf = (run: string) => run.slice(0, run.lastIndexOf(' '));

  test.each(Object.keys(points) as Point[])(`dies ${RUNS} times at: %s`, { timeout: 1_800_000 }, async (point) => {
    const runs: Run[] = [];
    const ids = Array.from({ length: RUNS }, (_, run) => `${point} ${run}`);
    const functions: string[][] = [];
    while (ids.length > 0) functions.push(ids.splice(0, functions.length % 2 === 0 ? 1 : TOGETHER));
    // Two at the same time: what one waits for, the other works.
    const work = async (): Promise<void> => {
      for (let own = functions.shift(); own !== undefined; own = functions.shift()) {
        runs.push(...(await world.run(own, { point, afterMs: functions.length % 5 }, ask(world))));
      }
    };
    await Promise.all([work(), work()]);
    all.push(...runs);
    // Each died, and where it was told to: before the last points nothing has left.
    expect(runs.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
    expect(runs.filter(({ received }) => (received !== '') !== ANSWERED.includes(point))).toEqual([]);
    await world.seal();
  });

  test('and every promise holds over all of it', { timeout: 600_000 }, async () => {
    expect(all).toHaveLength(Object.keys(points).length * RUNS);
    const { problems, ends } = await world.judge(all);
    expect(problems).toEqual([]);
    // And where a write can be cut off, both ends came about.
    const seen: Record<string, (End | undefined)[]> = {};
    for (const [run, end] of ends) seen[pointOf(run)] = [...new Set([...(seen[pointOf(run)] ?? []), end])].sort();
    expect(seen).toEqual(points);
  });
});

describe('The checks find', () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld(program);
  });
  afterEach(() => world.close());

  const credentials: Way['ask'] = ({ askApi }) => askApi('/v1/credentials', 'prod/ReadOnly');
  const denied: Way['ask'] = ({ askApi }) => askApi('/v1/credentials', 'prod/Admin');

  test.each([
    [
      'the intent is not written',
      'intent is not written',
      undefined,
      credentials,
      /^I1: STS was asked for \S+ without/,
    ],
    ['the outcome is not written', 'outcome is not written', undefined, credentials, /^I2: x released .* unresolved$/],
    [
      'the credentials leave before the outcome',
      'outcome is written after the answer',
      'response done',
      credentials,
      /^I2: x released credentials, its record says unresolved$/,
    ],
    [
      'a denial is not written',
      'outcome is not written',
      undefined,
      denied,
      /^I5: x was denied, its record says nothing$/,
    ],
  ] as const)('that %s', async (_, broken, point, ask, problem) => {
    const [run] = await world.run(['x'], { broken, ...(point !== undefined && { point }) }, ask(world));
    expect(run?.received).toMatch(/SecretAccessKey|access_denied/);
    const { problems } = await world.judge(run === undefined ? [] : [run]);
    expect(problems).toContainEqual(expect.stringMatching(problem));
  });

  test('that nobody closes what was left open', async () => {
    const runs = await world.run(['x'], { point: 'intent acked' }, credentials(world));
    const { problems } = await world.judge(runs, 'the reconciler');
    expect(problems).toContain('I3: the intent of x ended not at all');
  });
});
