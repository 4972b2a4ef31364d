import { statSync } from 'node:fs';
import { type ExportFormat, HOUR, hourOf } from '../../lib/audit/export/layout.ts';
import { lineOf } from '../../lib/audit/export/lines.ts';
import { sessionTime } from '../../lib/session-id.ts';
import { VERSION } from '../../lib/version.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../failure.ts';
import { detail, say, withProgress } from '../output.ts';
import { counted } from '../text.ts';
import { type PlacedLine, toFile, toFolder, toStandardOutput } from './export-output.ts';
import { recordsOf } from './records.ts';
import type { Window } from './window.ts';

export interface ExportSettings {
  readonly format: ExportFormat;
  readonly window: Window;
  /** Files; undefined for the broker. */
  readonly from: string | undefined;
  /** A file or a folder; undefined for standard output. */
  readonly out: string | undefined;
  readonly context: () => Context;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Messages about single records before the rest is only counted. */
const SHOWN = 20;

/**
 * Exports what can be, tells what cannot, and is no success then.
 *
 * @returns the exit code
 * @throws Failure
 */
export async function runExport(settings: ExportSettings): Promise<number> {
  const { format, from, out, now } = settings;
  const folder = out !== undefined && isFolder(out) ? out : undefined;
  const window =
    folder === undefined ? settings.window : wholeHours(settings.window, from === undefined ? now : undefined);
  const counts = { records: 0, left: 0 };
  const lines = linesOf({ ...settings, window }, counts);
  let where = '';
  if (folder !== undefined) {
    const hours = await withProgress('exporting', toFolder(lines, folder, format));
    where = ` in ${counted(hours.length, 'hour')} to ${folder}`;
    const running = hours.filter((hour) => hour + HOUR > now);
    if (running.length > 0) say('the last hour has not ended; export it again when it has');
  } else if (out !== undefined) {
    await withProgress('exporting', toFile(lines, out));
    where = ` to ${out}`;
  } else await toStandardOutput(lines);

  if (counts.left > 0) {
    if (counts.left > SHOWN) detail(`… and ${counts.left - SHOWN} more`);
    say(`${counts.left} of ${counted(counts.records + counts.left, 'record')} could not be exported`);
    return EXIT.refused;
  }
  if (out !== undefined) say(`${counted(counts.records, 'record')}${where}`);
  else if (counts.records === 0) say('no records');
  return EXIT.ok;
}

async function* linesOf(
  { format, from, window, context }: ExportSettings,
  counts: { records: number; left: number },
): AsyncGenerator<PlacedLine> {
  for await (const entry of recordsOf(from, window, context)) {
    if ('record' in entry) {
      const { sessionId, phase } = entry.record;
      counts.records += 1;
      yield { line: lineOf(entry.record, format, VERSION), time: sessionTime(sessionId), key: `${sessionId}#${phase}` };
    } else {
      counts.left += 1;
      if (counts.left <= SHOWN) say(`${entry.where}: ${entry.problem}`);
    }
  }
}

/** A folder that is there, or whatever ends in a slash. */
function isFolder(path: string): boolean {
  if (path.endsWith('/')) return true;
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * A file of a folder is an hour: half of one would take the place of the whole.
 *
 * @param now of a broker, whose last 24 hours are meant when nothing is said
 */
function wholeHours({ since, until }: Window, now: number | undefined): Window {
  const from = since ?? (now === undefined ? undefined : (until ?? now) - 24 * HOUR);
  return {
    since: from === undefined ? undefined : hourOf(from),
    until: until === undefined ? undefined : hourOf(until + HOUR - 1),
  };
}
