import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Template } from './cloudformation.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

export const FUNCTIONS = [
  'credentials',
  'catalogue',
  'audit',
  'export',
  'portal',
  'public',
  'seal',
  'signin',
  'sso',
] as const;

export const ASSUMABLE = ['arn:aws:iam::111122223333:role/ReadOnly', 'arn:aws:iam::222233334444:role/Deploy'];

export interface Package {
  readonly template: Template;
  /** The files in each function's archive. */
  readonly archives: Readonly<Record<string, readonly string[]>>;
}

/**
 * What `osls package` makes of serverless.yml, in a directory of its own: with stand-ins for the bundles (this is
 * about the deployment, not the code), no AWS credentials and no setting from outside.
 *
 * Packaging takes seconds and several files ask for the same, so the result is kept under node_modules/.cache by
 * everything it depends on.
 *
 * @param parameters values for `--param`
 */
export async function packaged(parameters: Readonly<Record<string, string>> = {}, stage = 'prod'): Promise<Package> {
  const cache = join(ROOT, 'node_modules', '.cache', 'daypass-package');
  const file = join(cache, `${await digestOfInputs(parameters, stage)}.json`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as Package;
  const made = await runPackage(parameters, stage);
  await mkdir(cache, { recursive: true });
  await writeFile(`${file}.${process.pid}`, JSON.stringify(made));
  await rename(`${file}.${process.pid}`, file);
  return made;
}

async function digestOfInputs(...settings: readonly unknown[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  const inputs = ['serverless.yml', 'package.json', 'node_modules/osls/package.json', 'test/deploy/packaged.ts'];
  for (const input of inputs) hash.update(await readFile(join(ROOT, input)));
  return hash.digest('hex');
}

async function runPackage(parameters: Readonly<Record<string, string>>, stage: string): Promise<Package> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'daypass-package-'));
  try {
    await mkdir(join(directory, 'dist', 'functions'), { recursive: true });
    await Promise.all([
      cp(join(ROOT, 'serverless.yml'), join(directory, 'serverless.yml')),
      cp(join(ROOT, 'package.json'), join(directory, 'package.json')),
      symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules')),
      writeFile(join(directory, 'dist', 'access.json'), '{}'),
      writeFile(join(directory, 'dist', 'deploy.json'), JSON.stringify({ assumeRoleResources: ASSUMABLE })),
      ...FUNCTIONS.map((name) => writeFile(join(directory, 'dist', 'functions', `${name}.cjs`), `// ${name}\n`)),
    ]);
    const parameterOptions = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
    await promisify(execFile)(
      process.execPath,
      [join(ROOT, 'node_modules', 'osls', 'bin', 'serverless.js'), 'package', '--stage', stage, ...parameterOptions],
      { cwd: directory, env: { PATH: process.env['PATH'] ?? '', HOME: directory, AWS_EC2_METADATA_DISABLED: 'true' } },
    );
    const output = join(directory, '.serverless');
    const template = await readFile(join(output, 'cloudformation-template-update-stack.json'), 'utf8');
    const archives: Record<string, readonly string[]> = {};
    for (const name of FUNCTIONS) archives[name] = archiveEntries(await readFile(join(output, `${name}.zip`)));
    return { template: JSON.parse(template) as Template, archives };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** File names in a ZIP's central directory (APPNOTE.TXT §4.3.12 and §4.3.16). */
function archiveEntries(archive: Buffer): string[] {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0) throw new Error('not a ZIP archive');
  const names: string[] = [];
  let offset = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = archive.readUInt16LE(offset + 28);
    names.push(archive.toString('utf8', offset + 46, offset + 46 + nameLength));
    offset += 46 + nameLength + archive.readUInt16LE(offset + 30) + archive.readUInt16LE(offset + 32);
  }
  return names.sort();
}
