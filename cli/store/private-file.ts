import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { errorCode, Failure, reasonOf } from '../failure.ts';
import { isDraftOf, replaceFile } from './replace-file.ts';

/** Bytes. A token is at most 16 KiB and a session token a few; nothing of ours comes near. */
const LARGEST = 1_048_576;

/**
 * The text of one of our files, or undefined when there is none. Refuses a file that somebody else owns or may
 * read or write, and one that is no plain file: what is in it can no longer be trusted or kept secret.
 */
export function readPrivate(path: string): string | undefined {
  let descriptor: number;
  try {
    // O_NOFOLLOW: a symbolic link is not a file we wrote. Absent on Windows.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined;
    if (errorCode(thrown) === 'ELOOP') throw unsafe(path, 'is a symbolic link');
    throw new Failure('local', `${path} cannot be read (${reasonOf(thrown)})`, { cause: thrown });
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw unsafe(path, 'is not a plain file');
    if (process.getuid !== undefined) {
      if (status.uid !== process.getuid()) throw unsafe(path, 'belongs to somebody else');
      if ((status.mode & 0o077) !== 0) {
        throw unsafe(path, `may be read or changed by others (mode ${(status.mode & 0o777).toString(8)})`);
      }
    }
    if (status.size > LARGEST) throw unsafe(path, 'is far larger than anything daypass writes');
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function unsafe(path: string, why: string): Failure {
  return new Failure('local', `${path} ${why}, so it is not used`, {
    hint: 'remove that file and sign in again; if others could read it, run `daypass logout` where it was made',
  });
}

/** Replaces the file in one step, 0600 in directories that are 0700. */
export function writePrivate(home: string, path: string, text: string): void {
  const directory = path.slice(0, path.lastIndexOf('/'));
  try {
    makePrivateDirectory(home);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    replaceFile(path, text, 0o600);
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
    throw new Failure('local', `${path} cannot be written (${reasonOf(thrown)})`, {
      hint: 'set DAYPASS_HOME to a directory of your own that can be written',
      cause: thrown,
    });
  }
}

/** Makes the directory 0700, or checks that nobody else can put files into the one that is there. */
export function makePrivateDirectory(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (process.getuid === undefined) return;
  const status = statSync(home);
  if (status.uid !== process.getuid()) {
    throw new Failure('local', `${home} belongs to somebody else`, {
      hint: 'set DAYPASS_HOME to a directory of your own',
    });
  }
  if ((status.mode & 0o022) !== 0) {
    throw new Failure('local', `others may write to ${home}`, { hint: `chmod 700 ${home}` });
  }
}

/** Removes the file if it is there. */
export function removePrivate(path: string): void {
  try {
    rmSync(path, { force: true });
    // What a write that was ended half way left beside it.
    const slash = path.lastIndexOf('/');
    const [directory, file] = [path.slice(0, slash), path.slice(slash + 1)];
    const names = existsSync(directory) ? readdirSync(directory) : [];
    for (const name of names) if (isDraftOf(name, file)) rmSync(`${directory}/${name}`, { force: true });
  } catch (thrown) {
    throw new Failure('local', `${path} cannot be removed (${reasonOf(thrown)})`, {
      cause: thrown,
    });
  }
}
