import { dayOf } from '../../store/table.ts';
import { valueAt } from './keyed.ts';
import type { DayUse } from './report.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** Days without any record are listed up to a period of so many days. */
const FILLED_DAYS = 400;

/** When sessions were issued and requests refused: by day, and by hour of the week, in UTC. */
export class TimeUse {
  readonly #days = new Map<string, { issued: number; refusals: number }>();
  readonly #hours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));

  add(time: number, isIssued: boolean): void {
    const use = valueAt(this.#days, dayOf(time), () => ({ issued: 0, refusals: 0 }));
    if (!isIssued) {
      use.refusals += 1;
      return;
    }
    use.issued += 1;
    // 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday.
    const day = this.#hours[(Math.floor(time / DAY) + 3) % 7];
    const hour = Math.floor((time % DAY) / HOUR);
    if (day?.[hour] !== undefined) day[hour] += 1;
  }

  /**
   * @param since epoch ms, inclusive
   * @param until epoch ms, exclusive
   */
  days(since: number, until: number): DayUse[] {
    const use = (day: string) => ({ day, ...(this.#days.get(day) ?? { issued: 0, refusals: 0 }) });
    if (until - since > FILLED_DAYS * DAY) return [...this.#days.keys()].sort().map(use);
    const days: DayUse[] = [];
    for (let time = since - (since % DAY); time < until; time += DAY) days.push(use(dayOf(time)));
    return days;
  }

  hours(): number[][] {
    return this.#hours.map((day) => [...day]);
  }
}
