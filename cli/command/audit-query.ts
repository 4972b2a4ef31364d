import { auditPages } from '../audit/pages.ts';
import { countOption, FILTER_OPTIONS, FORMAT_OPTIONS, formatOption, queryOf } from '../audit/query-options.ts';
import { recordWriter } from '../audit/writer.ts';
import { BROKER_OPTIONS, type Command } from '../command.ts';
import { contextOf } from '../context.ts';
import { EXIT } from '../failure.ts';
import { say } from '../output.ts';

export const auditQuery: Command = {
  name: 'audit query',
  aliases: ['audit'],
  summary: 'read the audit log (needs the audit:read permission)',
  usage: '[--since TIME] [--caller NAME] [--role ROLE] [--limit N|all] [--format FORMAT]',
  description: [
    'Prints audit records, newest first, of the last 24 hours unless told otherwise. All filters that are given must',
    'hold. TIME is RFC 3339 (2026-01-31T12:00:00Z) or how long ago (30m, 12h, 7d). Records are written as they come,',
    'so --limit all needs no memory. With --format jsonl, one record per line. In --format csv a cell that begins',
    'with = + - @ or a tab has an apostrophe in front, so that no spreadsheet takes it for a formula.',
  ],
  options: {
    ...BROKER_OPTIONS,
    ...FILTER_OPTIONS,
    order: { value: 'ORDER', help: 'which first (default: newest)', choices: ['newest', 'oldest'] },
    limit: { value: 'N', help: 'at most so many records, or all (default: 100)' },
    ...FORMAT_OPTIONS,
  },
  positionals: { names: [], required: 0 },
  async run(input) {
    const order = input.text('order');
    const query = { ...queryOf(input), ...(order !== undefined && { order }) };
    const limit = input.text('limit') === 'all' ? Number.POSITIVE_INFINITY : countOption(input, 'limit', 100);
    const writer = recordWriter(formatOption(input));
    let count = 0;
    let isMore = false;
    for await (const { records, more } of auditPages(contextOf(input), query, { limit })) {
      count += records.length;
      isMore = more;
      if (!writer.write(records)) return EXIT.ok;
    }
    if (count === 0) say('no records');
    if (isMore) say(`there are more; --limit ${limit * 10} shows them, --limit all shows all`);
    return EXIT.ok;
  },
};
