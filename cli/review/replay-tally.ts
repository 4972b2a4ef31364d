import type { Replayed } from '../../lib/access/review/replay.ts';
import { detail, say, writeOut } from '../output.ts';
import { counted, printableJson, table } from '../text.ts';

/** Decisions that are shown one by one. */
const SHOWN = 200;
/** Lines that could not be read and are named. */
const SHOWN_UNREADABLE = 20;
/** Rows of the sums by role and by caller. */
const SHOWN_SUMS = 20;
/** Roles, and callers, that are told apart; an export may have any number of made-up ones. */
const MAX_NAMES = 10_000;

const VERDICTS = ['refused', 'shorter', 'changed', 'allowed', 'longer', 'unknown', 'same'] as const;

type Counts = Record<Replayed['verdict'], number>;

/** Counts replayed decisions and tells of them, in memory that does not grow with their number. */
export class ReplayTally {
  readonly #json: boolean;
  readonly #counts = noCounts();
  readonly #byTarget = new Sums();
  readonly #byCaller = new Sums();
  readonly #shown: Replayed[] = [];
  #inferred = 0;
  #others = 0;
  readonly #unreadable: number[] = [];
  #unreadableCount = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  add(replayed: Replayed | undefined): void {
    if (replayed === undefined) {
      this.#others++;
      return;
    }
    const { verdict, target, caller, by } = replayed;
    this.#counts[verdict]++;
    this.#byTarget.add(target, verdict);
    this.#byCaller.add(caller, verdict);
    if (by !== 'record' && verdict !== 'unknown') this.#inferred++;
    if (verdict === 'same') return;
    if (this.#json) writeOut(`${printableJson(replayed)}\n`);
    else if (this.#shown.length < SHOWN) this.#shown.push(replayed);
  }

  unreadable(line: number): void {
    this.#unreadableCount++;
    if (this.#unreadable.length < SHOWN_UNREADABLE) this.#unreadable.push(line);
  }

  /** @returns whether something that was allowed would be refused, or a line is missing from the answer */
  finish(file: string): boolean {
    const decisions = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    if (this.#json) {
      const sums = {
        decisions,
        ...this.#counts,
        others: this.#others,
        unreadable: this.#unreadableCount,
        byTarget: this.#byTarget.toJson(),
        byCaller: this.#byCaller.toJson(),
      };
      writeOut(`${printableJson(sums)}\n`);
    } else this.#print(decisions);
    if (this.#unreadableCount > 0) {
      const verb = this.#unreadableCount === 1 ? 'is' : 'are';
      say(`${counted(this.#unreadableCount, 'line')} of ${file} ${verb} no audit record:`);
      detail(`line ${this.#unreadable.join(', ')}${this.#unreadableCount > this.#unreadable.length ? ' …' : ''}`);
    }
    return this.#counts.refused > 0 || this.#unreadableCount > 0;
  }

  #print(decisions: number): void {
    if (this.#shown.length > 0) {
      const rows = this.#shown
        .toSorted((one, other) => VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict))
        .map(({ verdict, time, caller, target, why = '' }) => [verdict, time, caller, target, why]);
      writeOut(`${table([['WOULD BE', 'TIME', 'CALLER', 'TARGET', 'WHY'], ...rows])}\n`);
      writeOut(`\n${this.#byTarget.toText('TARGET')}\n\n${this.#byCaller.toText('CALLER')}\n`);
    }
    const hidden = decisions - this.#counts.same - this.#shown.length;
    if (hidden > 0) say(`… and ${hidden} more; --json shows them all`);
    const parts = VERDICTS.filter((verdict) => this.#counts[verdict] > 0).map(
      (verdict) => `${this.#counts[verdict]} ${verdict}`,
    );
    const others = this.#others > 0 ? `; ${counted(this.#others, 'record')} without one` : '';
    say(`${counted(decisions, 'decision')}: ${parts.join(', ') || 'none'}${others}`);
    if (this.#inferred > 0) say(`${this.#inferred} of them not by claims of their own record`);
  }
}

/** Verdicts by name, of the names that are not only `same` the most refused first. */
class Sums {
  readonly #counts = new Map<string, Counts>();

  add(name: string, verdict: Replayed['verdict']): void {
    const isNew = !this.#counts.has(name);
    const own = isNew && this.#counts.size >= MAX_NAMES ? 'others' : name;
    const counts = this.#counts.get(own) ?? noCounts();
    counts[verdict]++;
    this.#counts.set(own, counts);
  }

  toText(heading: string): string {
    const rows = this.#touched();
    const more = rows.length - SHOWN_SUMS;
    return table([
      [heading, ...VERDICTS.map((verdict) => verdict.toUpperCase())],
      ...rows.slice(0, SHOWN_SUMS).map(([name, counts]) => [name, ...VERDICTS.map((one) => String(counts[one]))]),
      ...(more > 0 ? [[`… and ${more} more`]] : []),
    ]);
  }

  toJson(): readonly ({ readonly name: string } & Counts)[] {
    return this.#touched().map(([name, counts]) => ({ name, ...counts }));
  }

  #touched(): (readonly [string, Counts])[] {
    const isTouched = (counts: Counts): boolean => VERDICTS.some((one) => one !== 'same' && counts[one] > 0);
    const before = (one: Counts, other: Counts): number => {
      const first = VERDICTS.find((verdict) => one[verdict] !== other[verdict]);
      return first === undefined ? 0 : other[first] - one[first];
    };
    return [...this.#counts].filter(([, counts]) => isTouched(counts)).sort(([, one], [, other]) => before(one, other));
  }
}

function noCounts(): Counts {
  return { refused: 0, shorter: 0, changed: 0, allowed: 0, longer: 0, unknown: 0, same: 0 };
}
