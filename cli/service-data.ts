import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceData } from '../lib/iam/service-data.ts';
import { Failure, reasonOf } from './failure.ts';
import { readServiceData } from './service-data/reader.ts';

/** The file beside the parts of the built command; `dev/bundle-cli.ts` writes it. */
export const SERVICE_DATA_FILE = 'service-data.jsonl';

let loaded: Promise<ServiceData> | undefined;

/**
 * What AWS publishes about its services. The built command reads the file beside it; run from the sources, it makes the
 * same text from the package.
 *
 * @throws Failure `local` when the file is not there
 */
export function loadServiceData(): Promise<ServiceData> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ServiceData> {
  // The bundler defines this as undefined, and then leaves the other branch and the package out.
  if (import.meta.url === undefined) {
    const file = join(__dirname, SERVICE_DATA_FILE);
    try {
      return readServiceData(readFileSync(file, 'latin1'));
    } catch (thrown) {
      throw new Failure('local', `the service data ${file} cannot be read (${reasonOf(thrown)})`, {
        hint: 'it is part of the command: install `dist/` as a whole',
      });
    }
  } else {
    const { compactServiceData } = await import('./service-data/compact.ts');
    return readServiceData(await compactServiceData());
  }
}
