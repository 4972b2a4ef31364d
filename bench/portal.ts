import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { FUNCTION_BUNDLE } from '../dev/build.ts';
import { ROOT } from '../dev/root.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { functionEnvironment } from './policy.ts';
import { runNode } from './run-node.ts';
import { largeCatalogue } from './worker/large-catalogue.ts';

const PAIRS = 5;

/**
 * The portal's home page for a person with 300 roles in 60 accounts: its CPU ÷ that of `GET /v1/roles` for the same
 * person, and its size. Each run is a process of its own, bundled as functions are, over the same in-process transport.
 */
export async function portal(directory: string): Promise<Figure[]> {
  const policyFile = path.join(directory, 'large.json');
  const environment = {
    ...functionEnvironment(path.join(directory, 'access.json')),
    DAYPASS_POLICY_FILE: policyFile,
    DAYPASS_RATE_LIMIT_PER_MINUTE: '100000',
  };
  writeFileSync(policyFile, JSON.stringify(largeCatalogue()));
  const workers = path.join(directory, 'portal-workers');
  await build({
    ...FUNCTION_BUNDLE,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    entryPoints: ['portal-home', 'roles'].map((name) => path.join(ROOT, 'bench/worker', `${name}.ts`)),
    outdir: workers,
  });
  const run = (worker: string, what: string) => runNode([path.join(workers, `${worker}.mjs`), what], environment);
  const cpu = await pairedRatio(
    PAIRS,
    () => Number(run('portal-home', 'cpu')),
    () => Number(run('roles', 'cpu')),
  );
  const size = JSON.parse(run('portal-home', 'size')) as { readonly plain: number; readonly compressed: number };
  return [
    figure('CPU per portal home, 300 roles ÷ GET /v1/roles', cpu, '×', 3),
    figure('  size of that page', size.plain / 1024, 'KB', 60),
    figure('  the same, gzipped', size.compressed / 1024, 'KB', 15),
  ];
}
