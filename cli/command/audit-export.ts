import { WINDOW_OPTIONS, windowOf } from '../audit/window.ts';
import { BROKER_OPTIONS, type Command } from '../command.ts';
import { contextOf } from '../context.ts';

export const auditExport: Command = {
  name: 'audit export',
  summary: 'write audit records for a SIEM or a data lake',
  usage: '[--format ocsf|jsonl] [--since TIME] [--until TIME] [--from FILE|DIR] [--out FILE|DIR]',
  description: [
    'Writes one line per record, oldest first: an OCSF 1.5.0 event, or the record as it is. The records come from the',
    'broker (the last 24 hours unless told otherwise) or, with --from, from JSON Lines, gzip or plain, without any',
    'network; - is standard input. A folder (one that is there, or ends in /) gets a file for each whole hour, laid out',
    'as the scheduled export does it; doing it again writes the same files. A record that cannot be exported is told by',
    'name, the others are exported, and the exit code is 1. TIME is RFC 3339 or how long ago (30m, 12h, 7d).',
  ],
  options: {
    ...BROKER_OPTIONS,
    format: { value: 'FORMAT', help: 'what a line is (default: ocsf)', choices: ['ocsf', 'jsonl'] },
    ...WINDOW_OPTIONS,
    from: { value: 'FILE|DIR', help: 'read records from files instead of the broker' },
    out: { value: 'FILE|DIR', help: 'where to (default: standard output); a file ending in .gz is compressed' },
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const now = Date.now();
    const window = windowOf(input, now);
    const format = input.text('format') === 'jsonl' ? 'jsonl' : 'ocsf';
    const { runExport } = await import('../audit/run-export.ts');
    const context = () => contextOf(input);
    return runExport({ format, window, from: input.text('from'), out: input.text('out'), context, now });
  },
};
