import { createReadStream } from 'node:fs';
import { readRecord } from '../../lib/audit/read-record.ts';
import type { AuditRecord } from '../../lib/audit/record.ts';
import { Failure, reasonOf } from '../failure.ts';
import { unknownRecord } from './pages.ts';

/** Characters. A record is at most 400 KB, which is what an item of the table holds. */
const LONGEST_LINE = 1_048_576;

/**
 * The records of an export in JSON Lines, a few at a time: the file may be larger than memory.
 *
 * @param file `-` is standard input
 * @throws Failure `local` when it cannot be read, `refused` with the line's number when it is no record we know
 * @see https://jsonlines.org/
 */
export async function* fileRecords(file: string): AsyncGenerator<readonly AuditRecord[]> {
  const name = file === '-' ? 'standard input' : file;
  let number = 0;
  let rest = '';
  for await (const chunk of chunksOf(file)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw notRecords(name, number + 1, 'it is longer than 1 MiB');
    yield lines.flatMap((line) => recordsOf(line, name, ++number));
  }
  yield recordsOf(rest, name, number + 1);
}

async function* chunksOf(file: string): AsyncGenerator<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  stream.setEncoding('utf8');
  try {
    for await (const chunk of stream) yield String(chunk);
  } catch (thrown) {
    throw new Failure('local', `${file} cannot be read (${reasonOf(thrown)})`);
  }
}

function recordsOf(line: string, name: string, number: number): AuditRecord[] {
  const text = number === 1 ? line.replace(/^\ufeff/, '') : line;
  if (text.trim() === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notRecords(name, number, 'it is not JSON');
  }
  const reading = readRecord(value);
  if ('record' in reading) return [reading.record];
  throw unknownRecord(`${reading.name ?? ''} in ${name}, line ${number},`.trim(), reading.problem);
}

function notRecords(name: string, number: number, problem: string): Failure {
  return new Failure('refused', `${name}, line ${number}: ${problem}`, {
    hint: 'one audit record per line, as `daypass audit query --format jsonl --limit all` writes them',
  });
}
