import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../failure.ts';
import { counted } from '../text.ts';
import type { Check, Finding } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** More than this many are only counted. */
const SHOWN = 10;

/** The command's own files: nobody else may read or change them. */
export function filesCheck({ home }: Surroundings): Check {
  return { name: 'files', run: async () => [checkFiles(home)] };
}

function checkFiles(home: string | undefined): Finding {
  const check = 'files';
  if (home === undefined) {
    return { check, status: 'failed', message: 'neither DAYPASS_HOME nor HOME is set', hint: 'set one of them' };
  }
  if (process.getuid === undefined) return { check, status: 'skipped', message: 'this system has no file modes' };
  const owner = process.getuid();
  const wrong: string[] = [];
  let count = 0;
  let isGrave = false;
  const visit = (path: string, mode: number): boolean => {
    const status = lstatSync(path);
    count++;
    const problem = status.isSymbolicLink()
      ? 'is a symbolic link'
      : status.uid !== owner
        ? 'belongs to somebody else'
        : (status.mode & 0o777 & ~mode) !== 0
          ? `has mode ${(status.mode & 0o777).toString(8)}`
          : undefined;
    if (problem !== undefined) wrong.push(`${path} ${problem}`);
    // Others may see the names in the home, which tell nothing; nobody may read the rest, or put files anywhere.
    const isSeenOnly = path === home && status.uid === owner && (status.mode & 0o022) === 0;
    if (problem !== undefined && !isSeenOnly) isGrave = true;
    return status.isDirectory();
  };
  try {
    if (visit(home, 0o700)) {
      for (const folder of readdirSync(home)) {
        if (!visit(join(home, folder), 0o700)) continue;
        for (const name of readdirSync(join(home, folder))) visit(join(home, folder, name), 0o600);
      }
    }
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return { check, status: 'ok', message: `${home}: nothing is kept yet` };
    throw thrown;
  }
  if (wrong.length === 0) {
    return { check, status: 'ok', message: `${home}: ${counted(count, 'file')} and folders, yours alone` };
  }
  const rest = wrong.length - SHOWN;
  return {
    check,
    status: isGrave ? 'failed' : 'warning',
    message: `${counted(wrong.length, 'file')} of the command may be read or changed by others`,
    details: [...wrong.slice(0, SHOWN), ...(rest > 0 ? [`… and ${rest} more`] : [])],
    hint: isGrave ? `\`daypass logout\` removes them; then chmod -R go= ${home}` : `chmod 700 ${home}`,
  };
}
