import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONSOLE_POINTS, POINTS, type Point } from './points.ts';
import { type Ask, makeWorld, type Run, type World } from './world.ts';

/**
 * Whenever the function dies, nothing was released that is not on record: SIGKILL at each point of the path, for each
 * way of asking for credentials, and then the ledger is held against what AWS issued and what the client got.
 */

/** Runs a point; `npm run test:kill` makes 200 of them. */
const RUNS = Number(process.env['DAYPASS_KILL_RUNS'] ?? '20');

/** Functions alive at the same time. */
const AT_ONCE = 4;

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const ANSWERING = ['sts acked', 'outcome sent', 'outcome acked', 'response half written', 'response done'] as const;

interface Way {
  readonly ask: (world: World) => Ask;
  readonly points: readonly Point[];
}

/** A new way in is one entry. */
const WAYS: Readonly<Record<string, Way>> = {
  'POST /v1/credentials': { ask: ({ askApi }) => askApi('/v1/credentials', 'prod/ReadOnly'), points: POINTS },
  'POST /v1/console': {
    ask: ({ askApi }) => askApi('/v1/console', 'prod/ReadOnly'),
    points: [...POINTS, ...CONSOLE_POINTS],
  },
  // The path is the API's; what differs is where the answer is made.
  'GET /v1/container': { ask: ({ askContainer }) => askContainer('prod/ReadOnly'), points: ANSWERING },
  'POST / as AWS STS': {
    ask: ({ askSts }) => askSts('arn:aws:iam::222222222222:role/ReadOnly'),
    points: ANSWERING,
  },
  'the portal’s credentials': { ask: ({ askPortal }) => askPortal('credentials', 'prod/ReadOnly'), points: POINTS },
  'the portal’s console': {
    ask: ({ askPortal }) => askPortal('console', 'prod/ReadOnly'),
    points: [...POINTS, ...CONSOLE_POINTS],
  },
  'a denial': {
    ask: ({ askApi }) => askApi('/v1/credentials', 'prod/Admin'),
    points: [
      'received',
      'verified',
      'decided',
      'outcome sent',
      'outcome acked',
      'response half written',
      'response done',
    ],
  },
};

const runs: Run[] = [];

describe.each(Object.entries(WAYS))('%s', (name, { ask, points }) => {
  test.each(points)(`dies ${RUNS} times at: %s`, { timeout: 1_800_000 }, async (point) => {
    const waiting = Array.from({ length: RUNS }, (_, run) => run);
    const mine: Run[] = [];
    const work = async (): Promise<void> => {
      for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
        mine.push(await world.run(`${name} ${point} ${run}`, { point, afterMs: run % 8 }, ask(world)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    runs.push(...mine);
    // Each died, and where it was told to: before the last points nothing has left.
    expect(mine.filter(({ signal }) => signal !== 'SIGKILL')).toEqual([]);
    const hasAnswered = point === 'response half written' || point === 'response done';
    expect(mine.filter(({ received }) => (received !== '') !== hasAnswered)).toEqual([]);
    await world.seal();
  });
});

test('and every promise holds over all of it', { timeout: 600_000 }, async () => {
  expect(await world.problems(runs)).toEqual([]);
  const released = runs.filter(({ received }) => /ASIA|SigninToken/.test(received));
  // Of what was answered in whole; half an answer may end before it.
  expect(released.length).toBeGreaterThanOrEqual(4 * RUNS);
  expect(runs).toHaveLength(Object.values(WAYS).flatMap(({ points }) => points).length * RUNS);
});

describe('The checks find', () => {
  test.each([
    ['outcome is not written', /^I2: run x released credentials, its record says (nothing|unresolved)$/],
    ['intent is not written', /^I1: STS issued \w{26} without an intent$/],
  ] as const)('that the %s', async (broken, problem) => {
    const other = await makeWorld();
    try {
      const ask = other.askApi('/v1/credentials', 'prod/ReadOnly');
      const run = await other.run('x', { point: 'never', afterMs: 0, broken }, ask);
      expect(run.received).toContain('SecretAccessKey');
      expect(await other.problems([run])).toContainEqual(expect.stringMatching(problem));
    } finally {
      await other.close();
    }
  });
});
