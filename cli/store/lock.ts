import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, Failure, reasonOf } from '../failure.ts';
import { lockPath } from './home.ts';
import { makePrivateDirectory } from './private-file.ts';

/** Milliseconds between two signs of life of a holder. */
const HEARTBEAT = 2_000;

/** Milliseconds without a sign of life after which a holder counts as gone, whoever has its process id now. */
const SILENCE = 15_000;

/** Milliseconds. Longer than any request of ours may take. */
const PATIENCE = 90_000;

/** The text of a lock file. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Epoch milliseconds; with the other two it names one holder for ever. */
  readonly since: number;
  readonly nonce: string;
}

/**
 * Runs `work` while no other process does, for one name. `already` is asked first and again on every look at the
 * lock: what another process has meanwhile done need not be waited for nor done again.
 *
 * A holder that died is found by its process id, one on another machine or one whose id was given away by its
 * silence. @throws Failure `local` when the lock cannot be had.
 */
export async function withLock<T>(
  home: string,
  name: string,
  already: () => T | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const path = lockPath(home, name);
  prepare(home, path);
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const done = already();
    if (done !== undefined) return done;
    const mine = acquire(path);
    if (mine !== undefined) {
      const beat = setInterval(() => touch(path), HEARTBEAT).unref();
      try {
        return already() ?? (await work());
      } finally {
        clearInterval(beat);
        release(path, mine);
      }
    }
    if (isAbandoned(path)) breakLock(path);
    else if (Date.now() > deadline) {
      throw new Failure('local', `another daypass process holds ${path} and does not finish`, {
        hint: 'look for a daypass process that hangs; when there is none, remove that file',
      });
    }
    await sleep(20 + Math.random() * 40);
  }
}

function prepare(home: string, path: string): void {
  try {
    makePrivateDirectory(home);
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true, mode: 0o700 });
  } catch (thrown) {
    if (Failure.is(thrown)) throw thrown;
    throw new Failure('local', `${home} cannot be written (${reasonOf(thrown)})`, {
      hint: 'set DAYPASS_HOME to a directory of your own that can be written',
    });
  }
}

function acquire(path: string): string | undefined {
  const nonce = Math.random().toString(36).slice(2);
  const holder: Holder = { pid: process.pid, host: hostname(), since: Date.now(), nonce };
  return createExclusive(path, JSON.stringify(holder)) ? nonce : undefined;
}

function createExclusive(path: string, text: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (thrown) {
    if (errorCode(thrown) === 'EEXIST') return false;
    throw new Failure('local', `${path} cannot be made (${reasonOf(thrown)})`, { cause: thrown });
  }
  writeSync(descriptor, text);
  closeSync(descriptor);
  return true;
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Somebody took us for dead. What they do is done twice, not wrongly.
  }
}

function release(path: string, nonce: string): void {
  if (read(path)?.holder?.nonce === nonce) rmSync(path, { force: true });
}

function read(path: string): { holder: Holder | undefined; silence: number } | undefined {
  try {
    const silence = Date.now() - statSync(path).mtimeMs;
    const text = readFileSync(path, 'utf8');
    try {
      return { holder: JSON.parse(text) as Holder, silence };
    } catch {
      // Made but not yet written, or cut off by a crash: only its age tells.
      return { holder: undefined, silence };
    }
  } catch {
    return undefined;
  }
}

function isAbandoned(path: string): boolean {
  const found = read(path);
  if (found === undefined) return false;
  if (found.silence > SILENCE) return true;
  return found.holder?.host === hostname() && !isRunning(found.holder.pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it runs, as somebody else.
    return errorCode(thrown) !== 'ESRCH';
  }
}

/**
 * Removes an abandoned lock. Two processes may come to the same conclusion, and the slower one must not remove
 * the lock that the faster one has made since: only the maker of `….breaking` removes, and it looks again first.
 */
function breakLock(path: string): void {
  const guard = `${path}.breaking`;
  if (!createExclusive(guard, String(process.pid))) {
    const found = read(guard);
    if (found !== undefined && found.silence > SILENCE) rmSync(guard, { force: true });
    return;
  }
  try {
    if (isAbandoned(path)) rmSync(path, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}
