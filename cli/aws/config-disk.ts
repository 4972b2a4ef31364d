import { mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { errorCode, Failure, reasonOf } from '../failure.ts';
import { replaceFile } from '../store/replace-file.ts';

/** Where every AWS client looks for it: AWS_CONFIG_FILE, else `~/.aws/config`. */
export function configPath(env: NodeJS.ProcessEnv): string {
  const named = env['AWS_CONFIG_FILE'] || '~/.aws/config';
  return resolve(named.replace(/^~(?=\/)/, env['HOME'] || homedir()));
}

/** The file's bytes (`latin1`); empty when there is none. @throws Failure `local` */
export function readConfig(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return '';
    throw new Failure('local', `${file} cannot be read (${reasonOf(thrown)})`);
  }
}

/**
 * In one step, where the file really is if its name is a link, with the rights it has; a new one is 0600.
 *
 * @param content bytes (`latin1`)
 * @throws Failure `local`
 */
export function writeConfig(file: string, content: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const { path, mode } = target(file);
    replaceFile(path, Buffer.from(content, 'latin1'), mode);
  } catch (thrown) {
    throw new Failure('local', `${file} cannot be written (${reasonOf(thrown)})`, { cause: thrown });
  }
}

function target(file: string): { path: string; mode: number } {
  try {
    const path = realpathSync(file);
    return { path, mode: statSync(path).mode & 0o777 };
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return { path: file, mode: 0o600 };
    throw thrown;
  }
}
