/**
 * Where exported records lie, in a bucket or a folder. One object for each hour, named after the hour alone, so that
 * exporting an hour again writes the same bytes under the same name.
 *
 * ```
 * records/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz    audit records, one per line, in the order of session ids
 * ocsf/day=2026-01-15/hour=12/2026-01-15T12.jsonl.gz       the same as OCSF events
 * ```
 *
 * A session's records all lie in the hour in which it began (UTC): that is what its id tells, and an outcome that
 * comes late does not move. `day=` and `hour=` are Hive's names for partitions, which Athena projects.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
export type ExportFormat = 'jsonl' | 'ocsf';

export const EXPORT_FORMATS: readonly ExportFormat[] = ['jsonl', 'ocsf'];

export const HOUR = 3_600_000;

/** The beginning of the hour that a time lies in. Both epoch milliseconds. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR) * HOUR;
}

/** The object of an hour. @param hour epoch milliseconds, its beginning */
export function objectName(hour: number, format: ExportFormat): string {
  const [day = '', time = ''] = new Date(hour).toISOString().split('T');
  const number = time.slice(0, 2);
  return `${format === 'ocsf' ? 'ocsf' : 'records'}/day=${day}/hour=${number}/${day}T${number}.jsonl.gz`;
}
