import { counted } from '../text.ts';
import type { Check } from './finding.ts';
import type { ClockReading, Surroundings } from './surroundings.ts';

/** Seconds. Issuers tolerate 30 by default; AWS refuses signatures that are 5 minutes off. */
const DOUBTFUL = 30;
const WRONG = 300;

/** This machine's clock against those of all servers that were asked. Runs after they were. */
export function clockCheck({ clocks }: Surroundings): Check {
  const check = 'clock';
  return {
    name: check,
    async run() {
      const readings = distinct(clocks);
      const [first] = readings;
      if (first === undefined) {
        return [{ check, status: 'skipped', message: 'no server that was asked said what time it is' }];
      }
      const worst = readings.reduce((one, other) => (distance(other) > distance(one) ? other : one));
      const details = readings.map((reading) => `${reading.whose}: ${spoken(reading)}`);
      if (distance(worst) <= DOUBTFUL) {
        return [{ check, status: 'ok', message: `within ${counted(distance(worst), 'second')} of every server` }];
      }
      const together = readings.every((reading) => distance(reading) > DOUBTFUL);
      return [
        {
          check,
          status: distance(worst) > WRONG ? 'failed' : 'warning',
          message: `${worst.whose}’s clock is ${spoken(worst)}`,
          hint: together ? 'set this machine’s clock (NTP)' : `the clock of ${worst.whose} may be the wrong one`,
          details,
        },
      ];
    },
  };
}

function distance({ aheadSeconds }: ClockReading): number {
  return Math.abs(aheadSeconds);
}

function spoken({ aheadSeconds }: ClockReading): string {
  if (aheadSeconds === 0) return 'the same';
  return `${counted(Math.abs(aheadSeconds), 'second')} ${aheadSeconds > 0 ? 'ahead of' : 'behind'} this machine’s`;
}

/** The best reading of each server: an answer may have waited in a cache, with its date. */
function distinct(readings: readonly ClockReading[]): ClockReading[] {
  const best = new Map<string, ClockReading>();
  for (const reading of readings) {
    const known = best.get(reading.whose);
    if (known === undefined || distance(reading) < distance(known)) best.set(reading.whose, reading);
  }
  return [...best.values()];
}
