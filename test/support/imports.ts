import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** The file that imports, from the root. */
  readonly from: string;
  /** A file from the root, or a package as it is named (`node:fs`, `jose`, `@aws-sdk/client-sts`). */
  readonly to: string;
  /** Gone at run time. */
  readonly isType: boolean;
}

/** TypeScript sources below a folder, from the root. */
export function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** Lines of code, with what comments hold blanked. Statements are formatted, so a comment line is known by its start. */
export function codeOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
    .replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '')
    .replace(/(^|\s)\/\/.*$/gm, '');
}

const STATIC = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /(await |void )?\bimport\('([^']+)'\)/g;

/** Every import of a file, static and dynamic. The specifiers of this repository are literals in single quotes. */
export function importsOf(file: string): Import[] {
  const code = codeOf(file);
  const resolve = (specifier: string) => (specifier.startsWith('.') ? join(dirname(file), specifier) : specifier);
  return [
    ...[...code.matchAll(STATIC)].map(([, type, specifier = '']) => ({
      from: file,
      to: resolve(specifier),
      isType: type !== undefined,
    })),
    ...[...code.matchAll(DYNAMIC)].map(([, run, specifier = '']) => ({
      from: file,
      to: resolve(specifier),
      isType: run === undefined,
    })),
  ];
}

/** All that is loaded, sooner or later, when these files are: files and packages. */
export function reachableFrom(files: readonly string[]): Set<string> {
  const reached = new Set<string>(files);
  for (const file of reached) {
    if (!file.endsWith('.ts')) continue;
    for (const { to, isType } of importsOf(file)) if (!isType) reached.add(to);
  }
  return reached;
}
