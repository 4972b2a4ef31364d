import { printFreshCredentials } from './fast.ts';

// The whole program is in a file of its own, which the cached path never loads.
if (!printFreshCredentials(process.argv.slice(2), process.env)) {
  void import('./program.ts').then(({ run }) => run(process.argv.slice(2)));
}
