import path from 'node:path';
import { build } from 'esbuild';
import { bundleFunctions } from '../dev/build.ts';
import { ROOT } from '../dev/root.ts';
import { type Figure, figure, pairedRatio } from './figure.ts';
import { functionEnvironment } from './policy.ts';
import { runNode } from './run-node.ts';

const PAIRS = 21;

/**
 * Cold load of the credentials bundle (it reads and indexes its policy and makes its clients, as Lambda's init
 * phase does) ÷ cold load of the plain handler. Each load is a process of its own; what counts is the time
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
  const ours = load(path.join(directory, 'functions/credentials.cjs'));
  const plain = load(floor);
  // Once each, so that both are in the page cache.
  ours();
  plain();
  return [
    figure('cold load of the credentials function ÷ plain handler', await pairedRatio(PAIRS, ours, plain), '×', 0.75),
  ];
}

const MEASURE = `
const start = process.hrtime.bigint();
const { handler } = require(process.argv[1]);
const time = process.hrtime.bigint() - start;
if (typeof handler !== 'function') throw new Error('no handler');
console.log(Number(time));
`;
