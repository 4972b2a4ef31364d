import { LogFileError, LogFileReader } from '../../lib/audit/reconcile/log-file.ts';
import { filesUnder } from './files.ts';
import { TextProblem, textOf } from './text-stream.ts';

/** An event as CloudTrail wrote it, a file that was read to its end, or why it was not. */
export type CloudTrailEntry =
  | { readonly event: string; readonly source: string }
  | { readonly read: string }
  | { readonly source: string; readonly problem: string };

/** What lies beside the log files and holds none. */
const BESIDE: ReadonlySet<string> = new Set(['CloudTrail-Digest', 'CloudTrail-Insight', 'CloudTrail-Aggregated']);

/**
 * Every event of every log file under the folder, as the bucket of a trail has them (`AWSLogs/…`) or in any other order.
 * One event is held at a time.
 *
 * @throws Failure `local` when there is nothing of that name
 */
export async function* eventsOfFiles(path: string): AsyncGenerator<CloudTrailEntry> {
  for (const file of filesUnder(path, (folder) => BESIDE.has(folder))) {
    const source = file.path;
    if ('problem' in file) yield { source, problem: file.problem };
    else if (!/\.json(\.gz)?$/.test(source)) yield { source, problem: 'it is no .json and no .json.gz file' };
    else yield* eventsOfFile(source);
  }
}

async function* eventsOfFile(source: string): AsyncGenerator<CloudTrailEntry> {
  const reader = new LogFileReader();
  try {
    for await (const text of textOf(source)) for (const event of reader.push(text)) yield { event, source };
    reader.end();
    yield { read: source };
  } catch (thrown) {
    if (!(thrown instanceof TextProblem || thrown instanceof LogFileError)) throw thrown;
    yield { source, problem: thrown.message };
  }
}
