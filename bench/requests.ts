import path from 'node:path';
import { build } from 'esbuild';
import { FUNCTION_BUNDLE } from '../dev/build.ts';
import { ROOT } from '../dev/root.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { functionEnvironment } from './policy.ts';
import { runNode } from './run-node.ts';

const PAIRS = 5;

/**
 * CPU per `POST /v1/credentials` ÷ CPU of the least that could do the job (verify, assume, put two items), and
 * how the handler's peak memory grows. Each run is a process of its own, bundled as functions are, over the
 * same in-process transport.
 */
export async function requests(directory: string): Promise<Figure[]> {
  const environment = functionEnvironment(path.join(directory, 'access.json'));
  const workers = path.join(directory, 'workers');
  await build({
    ...FUNCTION_BUNDLE,
    entryPoints: ['credentials', 'floor'].map((name) => path.join(ROOT, 'bench/worker', `${name}.ts`)),
    outdir: workers,
  });
  const run = (worker: string, what: 'cpu' | 'rss' | 'live') => () =>
    Number(runNode(['--expose-gc', path.join(workers, `${worker}.cjs`), what], environment));
  const cpu = await pairedRatio(PAIRS, run('credentials', 'cpu'), run('floor', 'cpu'));
  return [
    figure('CPU per POST /v1/credentials ÷ minimal handler', cpu, '×', 1.3),
    // The collector lets garbage lie while there is room: this figure is V8's as much as the handler's.
    figure('peak memory (RSS) after 10,000 requests ÷ after 100', run('credentials', 'rss')(), '×', 1.1),
    figure('  the same of the minimal handler, for comparison', run('floor', 'rss')(), '×', null),
    figure('peak live memory (after collection) after 10,000 ÷ after 100', run('credentials', 'live')(), '×', 1.1),
  ];
}
