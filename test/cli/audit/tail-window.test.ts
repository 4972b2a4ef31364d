import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FOLLOW_MS, OVERLAP_MS, TailWindow } from '../../../cli/audit/tail-window.ts';
import type { AuditRecord } from '../../../lib/audit/record.ts';
import { newSessionId, sessionTime } from '../../../lib/session-id.ts';
import { auditRecord } from '../../support/records.ts';

const START = Date.UTC(2026, 10, 22);

interface Written {
  readonly record: AuditRecord;
  /** Epoch ms from which on a reading finds it. */
  readonly durable: number;
}

function session(begun: number, intentAfter: number, outcomeAfter: number | undefined): Written[] {
  const sessionId = newSessionId(begun);
  const outcome = auditRecord({ sessionId });
  const { outcome: _, ...intent } = { ...outcome, phase: 'intent' as const };
  return [
    { record: intent, durable: begun + intentAfter },
    ...(outcomeAfter === undefined ? [] : [{ record: outcome, durable: begun + intentAfter + outcomeAfter }]),
  ];
}

/** Follows the log as the command does: a reading every few seconds, and one open session looked up after each. */
function follow(
  log: readonly Written[],
  readings: readonly { readonly at: number; readonly fails: boolean }[],
): string[] {
  const window = new TailWindow(START);
  const shown: string[] = [];
  const show = (records: readonly AuditRecord[]): void => {
    for (const { sessionId, phase } of records) shown.push(`${sessionId}#${phase}`);
  };
  for (const { at, fails } of readings) {
    const found = log
      .filter(({ record, durable }) => durable <= at && sessionTime(record.sessionId) >= window.since)
      .map(({ record }) => record)
      .sort((one, other) => (one.sessionId < other.sessionId ? -1 : 1));
    // A reading that fails half way has shown its first page.
    show(window.fresh(fails ? found.slice(0, found.length >> 1) : found));
    if (fails) continue;
    window.complete(at);
    const open = window.nextOpen();
    if (open === undefined) continue;
    const outcome = window.closed(
      open,
      log.filter(({ durable }) => durable <= at).map(({ record }) => record),
    );
    if (outcome !== undefined) show([outcome]);
  }
  return shown;
}

test('every record is shown once, however late its outcome comes and whichever readings fail', () => {
  const sessions = fc.array(
    fc.record({
      begun: fc.integer({ min: 0, max: 1_200_000 }),
      intentAfter: fc.integer({ min: 0, max: 30_000 }),
      outcomeAfter: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 20_000, max: FOLLOW_MS - 700_000 }) },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
    }),
    { maxLength: 40 },
  );
  const steps = fc.array(fc.record({ step: fc.integer({ min: 1_000, max: 40_000 }), fails: fc.boolean() }), {
    minLength: 20,
    maxLength: 60,
  });
  fc.assert(
    fc.property(sessions, steps, (begun, pauses) => {
      const log = begun.flatMap((one) => session(START + one.begun, one.intentAfter, one.outcomeAfter));
      let at = START;
      const readings = pauses.map(({ step, fails }) => {
        at += step;
        return { at, fails };
      });
      // Long enough for the latest outcome, one open session after the other.
      for (let index = 0; index < 1_000; index += 1) {
        at += 10_000;
        readings.push({ at, fails: index % 7 === 3 });
      }
      const expected = log.map(({ record: { sessionId, phase } }) => `${sessionId}#${phase}`).sort();
      expect(follow(log, readings).sort()).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test('after a pause of an hour nothing is missing', () => {
  const log = Array.from({ length: 200 }, (_, index) => session(START + index * 18_000, 100, 900)).flat();
  const shown = follow(log, [
    { at: START + 1_000, fails: false },
    { at: START + 3_700_000, fails: false },
  ]);
  expect(new Set(shown).size).toBe(400);
  expect(shown).toHaveLength(400);
});

describe('What is remembered', () => {
  test('is what lies in the overlap, so a tail of weeks does not grow', () => {
    const window = new TailWindow(START);
    const records = Array.from({ length: 1_440 }, (_, minute) =>
      auditRecord({ sessionId: newSessionId(START + minute * 60_000) }),
    );
    for (const record of records) {
      expect(window.fresh([record])).toHaveLength(1);
      window.complete(sessionTime(record.sessionId));
    }
    // No reading goes back as far as to the first one: it is forgotten, and the last one is not.
    expect(window.fresh(records.slice(-1))).toEqual([]);
    expect(window.fresh(records.slice(0, -2))).toHaveLength(1_438);
  });

  test('a session without an outcome is followed for two hours, then named', () => {
    const window = new TailWindow(START);
    const [intent] = session(START, 0, undefined);
    window.fresh(intent === undefined ? [] : [intent.record]);
    expect(window.nextOpen()).toBeUndefined();
    expect(window.complete(START + OVERLAP_MS + 1)).toEqual([]);
    expect(window.nextOpen()).toBe(intent?.record.sessionId);
    expect(window.complete(START + FOLLOW_MS + 1)).toEqual([intent?.record.sessionId]);
    expect(window.nextOpen()).toBeUndefined();
  });

  test('no more than a thousand open sessions are followed, the oldest is given up first', () => {
    const window = new TailWindow(START);
    const intents = Array.from({ length: 1_002 }, (_, index) => session(START + index, 0, undefined)[0]?.record);
    window.fresh(intents.filter((record) => record !== undefined));
    expect(window.complete(START + 2_000)).toEqual([intents[0]?.sessionId, intents[1]?.sessionId]);
  });

  test('a broker’s clock that goes back loses nothing', () => {
    const window = new TailWindow(START);
    window.complete(START + 100_000);
    window.complete(START);
    expect(window.since).toBe(START + 100_000 - OVERLAP_MS);
  });
});
