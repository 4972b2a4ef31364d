import path from 'node:path';
import { build } from 'esbuild';
import { bundleFunctions } from '../dev/build.ts';
import { ROOT } from '../dev/root.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { functionEnvironment } from './policy.ts';
import { runNode } from './run-node.ts';

const PAIRS = 21;

/**
 * Cold load of a bundle (it reads and indexes its policy and makes its clients, as Lambda's init phase does) ÷ cold
 * load of the plain handler, for the functions that somebody waits for. Each load is a process of its own; what counts is the time
 * from `require` to the handler.
 */
export async function coldLoad(directory: string): Promise<Figure[]> {
  await bundleFunctions(directory);
  const floor = path.join(directory, 'floor.cjs');
  await build({
    entryPoints: [path.join(ROOT, 'bench/floor-handler.ts')],
    outfile: floor,
    bundle: true,
    platform: 'node',
    logLevel: 'error',
  });
  const environment = functionEnvironment(path.join(directory, 'access.json'));
  const load = (file: string) => () => Number(runNode(['-e', MEASURE, file], environment));
  const plain = load(floor);
  const figures: Figure[] = [];
  for (const name of ['credentials', 'portal', 'signin', 'sso']) {
    const ours = load(path.join(directory, `functions/${name}.cjs`));
    // Once each, so that both are in the page cache.
    ours();
    plain();
    const ratio = await pairedRatio(PAIRS, ours, plain);
    figures.push(figure(`cold load of the ${name} function ÷ plain handler`, ratio, '×', 0.75));
  }
  return figures;
}

const MEASURE = `
const start = process.hrtime.bigint();
const { handler } = require(process.argv[1]);
const time = process.hrtime.bigint() - start;
if (typeof handler !== 'function') throw new Error('no handler');
console.log(Number(time));
`;
