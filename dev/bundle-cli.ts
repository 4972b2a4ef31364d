import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { compactServiceData } from '../cli/service-data/compact.ts';
import { SERVICE_DATA_FILE } from '../cli/service-data.ts';
import { replaceFile } from './replace-file.ts';
import { ROOT } from './root.ts';

const MAIN = resolve(ROOT, 'cli', 'main.ts');

/** The file that is the `daypass` command, and the directory of the parts that it loads when they are needed. */
const PROGRAM = 'daypass.cjs';
const PARTS = 'cli';

/**
 * Writes the command: `outdir/daypass.cjs` (executable) and one file in `outdir/cli/` for each `import()` in
 * the source, with the service data beside them. esbuild splits ESM only, and Node starts CommonJS faster, so each part is bundled on its own; what
 * two parts share is in both of them.
 *
 * @returns what went into which file, for tests and for curious people
 */
export async function bundleCli(outdir: string): Promise<Metafile> {
  const metafile: Metafile = { inputs: {}, outputs: {} };
  const pending = [MAIN];
  const done = new Set<string>();
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    if (done.has(entry)) continue;
    done.add(entry);
    const outfile = join(outdir, fileOf(entry));
    const result = await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      mainFields: ['module', 'main'],
      metafile: true,
      write: false,
      // CommonJS has none. Where the sources ask for it, they do without the packages that only sources have.
      define: { 'import.meta.url': 'undefined' },
      legalComments: 'linked',
      logLevel: 'error',
      // `require` instead of Node's `import()`, whose loader alone takes milliseconds.
      supported: { 'dynamic-import': false },
      plugins: [separateParts(dirname(outfile), outdir, pending)],
    });
    for (const file of result.outputFiles) {
      // A command that runs while it is built anew finds the old file or the new one.
      if (entry === MAIN && file.path === resolve(outfile)) {
        await replaceFile(file.path, `#!/usr/bin/env node\n${file.text}`, 0o755);
      } else await replaceFile(file.path, file.text, 0o644);
    }
    Object.assign(metafile.inputs, result.metafile.inputs);
    Object.assign(metafile.outputs, result.metafile.outputs);
  }
  await writeServiceData(join(outdir, PARTS));
  return metafile;
}

/** What the command knows of AWS's services, and the licence of where it is from. */
async function writeServiceData(directory: string): Promise<void> {
  await replaceFile(join(directory, SERVICE_DATA_FILE), await compactServiceData(), 0o644);
  const licence = await readFile(join(ROOT, 'node_modules', '@cloud-copilot', 'iam-data', 'LICENSE.txt'), 'utf8');
  await replaceFile(join(directory, `${SERVICE_DATA_FILE}.LICENSE.txt`), licence, 0o644);
}

function fileOf(entry: string): string {
  if (entry === MAIN) return PROGRAM;
  const name = relative(ROOT, entry).replace(/\.ts$/, '').replaceAll('/', '-');
  return join(PARTS, `${name.replace(/^cli-/, '')}.cjs`);
}

/** Leaves every `import()` of our own sources to run time, as a `require` of the file that is made of it. */
function separateParts(from: string, outdir: string, pending: string[]): Plugin {
  return {
    name: 'separate-parts',
    setup(building) {
      building.onResolve({ filter: /^\.{1,2}\// }, (asked) => {
        if (asked.kind !== 'dynamic-import' || asked.importer.includes('node_modules')) return undefined;
        const entry = resolve(asked.resolveDir, asked.path);
        pending.push(entry);
        const path = relative(from, join(outdir, fileOf(entry)));
        return { path: path.startsWith('.') ? path : `./${path}`, external: true };
      });
    },
  };
}
