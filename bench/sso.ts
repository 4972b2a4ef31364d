import path from 'node:path';
import { build } from 'esbuild';
import { FUNCTION_BUNDLE } from '../dev/build.ts';
import { ROOT } from '../dev/root.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { functionEnvironment } from './policy.ts';
import { runNode } from './run-node.ts';

const PAIRS = 5;

/**
 * What the stock AWS tools ask for, by Identity Center's protocols ÷ `POST /v1/credentials`. Each run is a process of its
 * own, bundled as functions are, over the same in-process transport.
 */
export async function sso(directory: string): Promise<Figure[]> {
  const environment = functionEnvironment(path.join(directory, 'access.json'));
  const workers = path.join(directory, 'sso-workers');
  await build({
    ...FUNCTION_BUNDLE,
    entryPoints: ['credentials', 'role-credentials', 'create-token'].map((name) =>
      path.join(ROOT, 'bench/worker', `${name}.ts`),
    ),
    outdir: workers,
  });
  const cpu = (worker: string) => () => Number(runNode([path.join(workers, `${worker}.cjs`), 'cpu'], environment));
  const credentials = cpu('credentials');
  return [
    figure(
      'CPU per GetRoleCredentials ÷ POST /v1/credentials',
      await pairedRatio(PAIRS, cpu('role-credentials'), credentials),
      '×',
      1.2,
    ),
    figure(
      'CPU per CreateToken (refresh) ÷ POST /v1/credentials',
      await pairedRatio(PAIRS, cpu('create-token'), credentials),
      '×',
      1,
    ),
  ];
}
