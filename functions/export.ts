import { composeExporter } from '../lib/compose.ts';

/** What Lambda tells a function of its time. */
interface Running {
  getRemainingTimeInMillis(): number;
}

/** Each hour: the audit records of the hours that have settled, into a bucket. By hand: those of any hours. */
export function exportFunction(exporter: ReturnType<typeof composeExporter>) {
  return (event: unknown, running: Running) => exporter.run(event, () => running.getRemainingTimeInMillis());
}

export const handler = exportFunction(composeExporter(process.env));
