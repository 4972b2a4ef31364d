import { isAction } from '../../lib/iam/action.ts';
import type { SimulationProblem } from '../../lib/iam/simulation.ts';
import { isJsonObject, type Json } from '../../lib/json.ts';
import type { Command } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { readEntries } from '../json-entries.ts';
import { detail, say, writeOut } from '../output.ts';
import { actionDoubt } from '../policy/known-action.ts';
import { otherFile } from '../policy/other-file.ts';
import { readTextOrInput } from '../read-text.ts';
import { printableJson } from '../text.ts';

/** Characters of output that are written at once. */
const CHUNK = 65_536;
/** Messages about one entry, and entries with messages, before the rest is only counted. */
const SHOWN_PROBLEMS = 20;
const SHOWN_ENTRIES = 100;

export const simulate: Command = {
  name: 'simulate',
  summary: 'decide requests against IAM policies, offline',
  usage: 'FILE|- [--explain]',
  description: [
    'Reads requests, each with the policies that apply to it, and prints one JSON object per request: its decision',
    '(allowed, implicitlyDenied or explicitlyDenied) and the trace, which names the statements that decided.',
    'FILE holds one JSON object, an array of them, or one per line; - is standard input. Needs no broker, no',
    'network and no AWS account. Exit code 1 when an entry cannot be read; a denial is no error.',
  ],
  options: { explain: { help: 'add the explanation in sentences to each line' } },
  positionals: { names: ['FILE'], required: 1 },
  async run(input) {
    const file = input.positionals[0] ?? '';
    const text = await readTextOrInput(file);
    const other = otherFile(text, file, 'requests to simulate');
    if (other !== undefined) {
      throw new Failure('refused', `${file} is ${other.what}, no requests for the simulation`, { hint: other.hint });
    }
    const entries = readEntries(text);
    const { simulate: decide } = await import('../iam.ts');
    const report = new Report(file === '-' ? 'standard input' : file);
    let pending = '';
    for (const entry of entries) {
      if (!('value' in entry)) {
        report.unreadable(entry.where, [{ path: '$', message: entry.message, fatal: true }]);
        pending += `${printableJson({ error: [{ path: '$', message: entry.message }] })}\n`;
        continue;
      }
      const { name, result, problems } = decide(entry.value, { explain: input.isSet('explain') });
      const where = name === undefined ? entry.where : `${entry.where} “${name.slice(0, 120)}”`;
      if (result === undefined) report.unreadable(where, problems);
      else report.doubtful(where, problems);
      await report.unknownAction(where, entry.value);
      pending += `${printableJson(result ?? failed(name, problems))}\n`;
      if (pending.length < CHUNK) continue;
      writeOut(pending);
      pending = '';
    }
    writeOut(pending);
    return report.finish(entries.length);
  },
};

/** The line of an entry without an answer: lines stay one per entry. */
function failed(name: string | undefined, problems: readonly SimulationProblem[]): unknown {
  const error = problems.filter(({ fatal }) => fatal).map(({ path, message }) => ({ path, message }));
  return { ...(name !== undefined && { name }), error };
}

/** What is wrong with entries, told on standard error as it is found. */
class Report {
  readonly #file: string;
  /** Actions that were looked at. */
  readonly #actions = new Set<string>();
  #failed = 0;
  #told = 0;

  constructor(file: string) {
    this.#file = file;
  }

  unreadable(where: string, problems: readonly SimulationProblem[]): void {
    this.#failed++;
    this.#tell(`${this.#file}: ${where} has no answer`, problems);
  }

  /** It has an answer, but AWS would refuse to store one of its documents. */
  doubtful(where: string, problems: readonly SimulationProblem[]): void {
    if (problems.length > 0) this.#tell(`${this.#file}: ${where} holds what AWS refuses to store`, problems);
  }

  /** A misspelt action is denied by most policies, which looks like an answer. */
  async unknownAction(where: string, entry: Json): Promise<void> {
    const request = isJsonObject(entry) ? entry['request'] : undefined;
    const action = isJsonObject(request) ? request['action'] : undefined;
    if (typeof action !== 'string' || this.#actions.has(action)) return;
    this.#actions.add(action);
    if (!isAction(action)) return;
    const doubt = await actionDoubt(action);
    if (doubt !== undefined) say(`${this.#file}: ${where}: ${doubt}`);
  }

  finish(count: number): number {
    if (this.#told > SHOWN_ENTRIES) say(`… and ${this.#told - SHOWN_ENTRIES} more such entries`);
    if (this.#failed === 0) return EXIT.ok;
    say(`${this.#file}: ${this.#failed} of ${count} ${count === 1 ? 'entry' : 'entries'} could not be decided`);
    return EXIT.refused;
  }

  #tell(heading: string, problems: readonly SimulationProblem[]): void {
    this.#told++;
    if (this.#told > SHOWN_ENTRIES) return;
    say(`${heading}:`);
    for (const problem of problems.slice(0, SHOWN_PROBLEMS)) {
      detail(`${problem.path}: ${problem.message}${problem.hint === undefined ? '' : ` (${problem.hint})`}`);
    }
    const more = problems.length - SHOWN_PROBLEMS;
    if (more > 0) detail(`… and ${more} more`);
  }
}
