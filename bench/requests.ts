import path from 'node:path';
import { build } from 'esbuild';
import { FUNCTION_BUNDLE, ROOT } from '../dev/build.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { functionEnvironment } from './policy.ts';
import { runNode } from './run-node.ts';

const PAIRS = 7;

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
  const run = (worker: string, what: 'cpu' | 'memory') => () =>
    Number(runNode([...NODE_FLAGS, path.join(workers, `${worker}.cjs`), what], environment));
  const cpu = await pairedRatio(PAIRS, run('credentials', 'cpu'), run('floor', 'cpu'));
  return [
    figure('CPU per POST /v1/credentials ÷ minimal handler', cpu, '×', 1.3),
    figure('peak memory after 10,000 requests ÷ after 100', run('credentials', 'memory')(), '×', 1.1),
  ];
}

/** As serverless.yml sets them for the deployed functions, in NODE_OPTIONS. */
const NODE_FLAGS: readonly string[] = [];
