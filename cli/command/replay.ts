import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Replayed } from '../../lib/access/review/replay.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import type { Json } from '../../lib/json.ts';
import type { Command } from '../command.ts';
import { EXIT, Failure, reasonOf } from '../failure.ts';
import { detail, say, writeOut } from '../output.ts';
import { readPolicy } from '../policy/policy-file.ts';
import { auditRecordOf } from '../review/audit-record-of.ts';
import { counted, printableJson, table } from '../text.ts';

/** Decisions that are shown one by one. */
const SHOWN = 200;
/** Lines that could not be read and are named. */
const SHOWN_UNREADABLE = 20;

const VERDICTS = ['refused', 'shorter', 'changed', 'allowed', 'longer', 'unknown', 'same'] as const;

export const replayCommand: Command = {
  name: 'replay',
  summary: 'run recorded decisions against a proposed access policy',
  usage: '--audit EXPORT|- NEW [--json]',
  description: [
    'Reads audit records (one JSON object a line, as `daypass audit --json` prints them) and decides each anew, with the',
    'claims, the circumstances and the time of its record: what would have been refused, newly allowed, shorter,',
    'longer or of another AWS role. What a record does not hold is said (unknown), never guessed. Exit code 1 when',
    'something that was allowed would be refused, or a line could not be read.',
  ],
  options: {
    audit: { value: 'FILE', help: 'the records; - is standard input' },
    json: { help: 'print one JSON object for each decision that would not be the same, then the counts' },
  },
  positionals: { names: ['NEW'], required: 1 },
  async run(input) {
    const file = input.text('audit');
    if (file === undefined) {
      throw new Failure('usage', '--audit is missing', {
        hint: '`daypass audit --json --since 30d > export.jsonl` makes one',
      });
    }
    const policy = await readPolicy(input.positionals[0] ?? '');
    const { indexPolicy, replay } = await import('../access-policy.ts');
    const index = indexPolicy(policy);
    const tally = new Tally(input.isSet('json'));
    for await (const { line, number } of linesOf(file)) {
      const record = parse(line);
      if (record === undefined) tally.unreadable(number);
      else tally.add(replay(index, record));
    }
    return tally.finish(file);
  },
};

class Tally {
  readonly #json: boolean;
  readonly #counts = new Map<Replayed['verdict'], number>();
  readonly #shown: Replayed[] = [];
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
    const { verdict } = replayed;
    this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1);
    if (verdict === 'same') return;
    if (this.#json) writeOut(`${printableJson(replayed)}\n`);
    else if (this.#shown.length < SHOWN) this.#shown.push(replayed);
  }

  unreadable(line: number): void {
    this.#unreadableCount++;
    if (this.#unreadable.length < SHOWN_UNREADABLE) this.#unreadable.push(line);
  }

  finish(file: string): number {
    const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, this.#counts.get(verdict) ?? 0]));
    const decisions = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    if (this.#json)
      writeOut(`${printableJson({ decisions, ...counts, others: this.#others, unreadable: this.#unreadableCount })}\n`);
    else this.#print(decisions, counts);
    if (this.#unreadableCount > 0) {
      say(
        `${counted(this.#unreadableCount, 'line')} of ${file} ${this.#unreadableCount === 1 ? 'is' : 'are'} no audit record:`,
      );
      detail(`line ${this.#unreadable.join(', ')}${this.#unreadableCount > this.#unreadable.length ? ' …' : ''}`);
    }
    return (counts['refused'] ?? 0) > 0 || this.#unreadableCount > 0 ? EXIT.refused : EXIT.ok;
  }

  #print(decisions: number, counts: Readonly<Record<string, number>>): void {
    if (this.#shown.length > 0) {
      const rows = this.#shown
        .toSorted((one, other) => VERDICTS.indexOf(one.verdict) - VERDICTS.indexOf(other.verdict))
        .map(({ verdict, time, caller, target, why = '' }) => [verdict, time, caller, target, why]);
      writeOut(`${table([['WOULD BE', 'TIME', 'CALLER', 'TARGET', 'WHY'], ...rows])}\n`);
    }
    const hidden = decisions - (counts['same'] ?? 0) - this.#shown.length;
    if (hidden > 0) say(`… and ${hidden} more; --json shows them all`);
    const parts = VERDICTS.filter((verdict) => (counts[verdict] ?? 0) > 0).map(
      (verdict) => `${counts[verdict]} ${verdict}`,
    );
    const others = this.#others > 0 ? `; ${counted(this.#others, 'record')} without one` : '';
    say(`${counted(decisions, 'decision')}: ${parts.join(', ') || 'none'}${others}`);
  }
}

async function* linesOf(file: string): AsyncGenerator<{ readonly line: string; readonly number: number }> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() !== '') yield { line, number };
    }
  } catch (thrown) {
    throw new Failure('local', `${file} cannot be read (${reasonOf(thrown)})`);
  }
}

function parse(line: string): AuditRecord | undefined {
  try {
    return auditRecordOf(JSON.parse(line) as Json);
  } catch {
    return undefined;
  }
}
