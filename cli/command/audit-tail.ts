import type { AuditRecord } from '../../lib/audit/record.ts';
import { INTERRUPTED, Interrupt } from '../audit/interrupt.ts';
import { countOption, FILTER_OPTIONS, FORMAT_OPTIONS, formatOption, queryOf } from '../audit/query-options.ts';
import { Tail } from '../audit/tail.ts';
import { recordWriter, USUAL_WIDTHS } from '../audit/writer.ts';
import { BROKER_OPTIONS, type Command, type Input } from '../command.ts';
import { contextOf } from '../context.ts';
import { parseDuration } from '../duration.ts';
import { EXIT, Failure } from '../failure.ts';
import { say, writeOut } from '../output.ts';

/** Seconds between two readings; each is a request and a record of its own. */
const INTERVAL = 5;
/** Seconds: the longest pause before a broker that did not answer is asked again. */
const LONGEST_PAUSE = 60;

const { until: _, ...TAIL_FILTERS } = FILTER_OPTIONS;

export const auditTail: Command = {
  name: 'audit tail',
  summary: 'show the end of the audit log, and follow it',
  usage: '[-f] [-n N] [--caller NAME] [--role ROLE] [--format FORMAT]',
  description: [
    'Prints the newest records, the newest last. With -f it goes on with new ones as they come, until Ctrl-C. Each',
    'record is shown once, also an outcome that comes late; a broker that is down is asked again until it answers.',
    'Reading is itself recorded: the readings of this command are left out of what it shows.',
  ],
  options: {
    ...BROKER_OPTIONS,
    follow: { short: 'f', help: 'go on with new records until Ctrl-C' },
    lines: { short: 'n', value: 'N', help: 'how many of the newest records (default: 10)' },
    interval: { value: 'TIME', help: `how long to wait between two readings (default: ${INTERVAL}s)` },
    ...TAIL_FILTERS,
    ...FORMAT_OPTIONS,
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const lines = countOption(input, 'lines', 10);
    const interval = intervalOption(input);
    const writer = recordWriter(formatOption(input), writeOut, USUAL_WIDTHS);
    const { outcome, code, accessKeyId, ...query } = queryOf(input);
    const isWanted = (record: AuditRecord): boolean =>
      (outcome === undefined || record.outcome === outcome) &&
      (code === undefined || record.code === code) &&
      (accessKeyId === undefined || record.accessKeyId === accessKeyId);
    const show = (records: readonly AuditRecord[]): boolean => records.length === 0 || writer.write(records);
    const tail = new Tail({ context: contextOf(input), query, isWanted, show });
    const follow = input.isSet('follow');
    // Before the first request, so that Ctrl-C ends it in order at any time.
    const interrupt = follow ? new Interrupt() : undefined;
    const begun = tail.begin(lines, follow);
    const goesOn = interrupt === undefined ? await begun : await interrupt.during(begun);
    if (interrupt !== undefined && goesOn === true) await followLog(tail, interrupt, interval);
    return EXIT.ok;
  },
};

/** Until it is interrupted or nobody reads any more. */
async function followLog(tail: Tail, interrupt: Interrupt, interval: number): Promise<void> {
  say('following the audit log; Ctrl-C ends it');
  let failures = 0;
  let pause = interval;
  while (!interrupt.isInterrupted) {
    await interrupt.sleep(pause * 1000);
    if (interrupt.isInterrupted) return;
    try {
      const goesOn = await interrupt.during(tail.poll());
      if (goesOn === INTERRUPTED || !goesOn) return;
      if (failures > 0) say('the broker answers again; nothing was missed');
      failures = 0;
      pause = interval;
    } catch (thrown) {
      // A sign-in that ended or a permission that was taken away is not mended by waiting.
      if (!Failure.is(thrown) || thrown.kind !== 'unavailable') throw thrown;
      pause = thrown.retryAfterSeconds ?? Math.min(interval * 2 ** failures, LONGEST_PAUSE);
      if (failures === 0) say(`${thrown.message}; trying again until it answers`);
      failures += 1;
    }
  }
}

function intervalOption(input: Input): number {
  const text = input.text('interval');
  if (text === undefined) return INTERVAL;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= 1 && seconds <= 3600) return seconds;
  throw new Failure('usage', `--interval ${text} is not between 1s and 1h`, { hint: 'such as 5s or 1m' });
}
