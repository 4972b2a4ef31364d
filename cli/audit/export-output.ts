import { appendFileSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type ExportFormat, hourOf, objectName } from '../../lib/audit/export/layout.ts';
import { Failure, reasonOf } from '../failure.ts';
import { writeOut } from '../output.ts';

/** A line for the export, and where it belongs. */
export interface PlacedLine {
  /** Without its end. */
  readonly line: string;
  /** Epoch milliseconds: when the session began. */
  readonly time: number;
  /** Session and phase; by it the lines of an hour are put in order. */
  readonly key: string;
}

type Lines = AsyncIterable<PlacedLine>;

/** Characters that are written at once. */
const CHUNK = 65_536;

export async function toStandardOutput(lines: Lines): Promise<void> {
  for await (const batch of batched(lines)) writeOut(batch);
}

/** One file, gzip where its name says so. @throws Failure `local`; the file is as it was then */
export async function toFile(lines: Lines, path: string): Promise<void> {
  await writeWhole(path, batched(lines));
}

/**
 * One file for each hour, as the scheduled export names them. Lines may come in any order: they are laid aside by hour
 * first, so that one hour at a time is held and put in order.
 *
 * @returns the beginnings of the hours, epoch milliseconds
 * @throws Failure `local`
 */
export async function toFolder(lines: Lines, folder: string, format: ExportFormat): Promise<number[]> {
  const aside = attempt(folder, () => {
    mkdirSync(folder, { recursive: true });
    return mkdtempSync(join(folder, '.export-'));
  });
  const pending = new Map<number, string>();
  const hours = new Set<number>();
  const flush = (hour: number): void => {
    const text = pending.get(hour) ?? '';
    pending.delete(hour);
    attempt(folder, () => appendFileSync(join(aside, String(hour)), text, { mode: 0o600 }));
  };
  try {
    for await (const { line, time, key } of lines) {
      const hour = hourOf(time);
      hours.add(hour);
      const text = `${pending.get(hour) ?? ''}${key}\t${line}\n`;
      pending.set(hour, text);
      if (text.length >= CHUNK) flush(hour);
      else if (pending.size > MOST_OPEN_HOURS) for (const open of [...pending.keys()]) flush(open);
    }
    for (const hour of [...pending.keys()]) flush(hour);
    for (const hour of hours) {
      const sorted = readFileSync(join(aside, String(hour)), 'utf8')
        .split('\n')
        .slice(0, -1)
        .sort();
      // The same record twice is one line.
      const once = sorted.filter((line, index) => line !== sorted[index - 1]);
      await writeWhole(
        join(folder, objectName(hour, format)),
        once.map((line) => `${line.slice(line.indexOf('\t') + 1)}\n`),
      );
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return [...hours].sort((one, other) => one - other);
}

/** Hours of which lines are held before they are laid aside. */
const MOST_OPEN_HOURS = 256;

async function* batched(lines: Lines): AsyncGenerator<string> {
  let batch = '';
  for await (const { line } of lines) {
    batch += `${line}\n`;
    if (batch.length < CHUNK) continue;
    yield batch;
    batch = '';
  }
  yield batch;
}

/** Until all of it is there it is a draft beside the file. Who did what is for those who may read the log: mode 600. */
async function writeWhole(path: string, text: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = createWriteStream(draft, { flags: 'w', mode: 0o600 });
    if (path.endsWith('.gz')) await pipeline(text, createGzip({ level: 6 }), file);
    else await pipeline(text, file);
    renameSync(draft, path);
  } catch (thrown) {
    discard(draft);
    throw Failure.is(thrown) ? thrown : notWritten(path, thrown);
  }
}

/** What went wrong before is what is told. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It is in no folder.
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw notWritten(path, thrown);
  }
}

function notWritten(path: string, thrown: unknown): Failure {
  return new Failure('local', `${path} cannot be written (${reasonOf(thrown)})`);
}
