import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockPath } from '../../../cli/store/home.ts';
import { withLock } from '../../../cli/store/lock.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'daypass-lock-'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const nothing = (): undefined => undefined;

/** A lock file that somebody left. */
function leave(name: string, text: string, age = 0): void {
  mkdirSync(join(home, 'lock'), { recursive: true });
  const path = lockPath(home, name);
  writeFileSync(path, text);
  const at = new Date(Date.now() - age);
  utimesSync(path, at, at);
}

/** The id of a process that has ended. */
async function endedProcess(): Promise<number> {
  const { spawnSync } = await import('node:child_process');
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

test('one at a time, for one name', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<number> => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return --inside;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(home, 'a', nothing, work)));
  expect(most).toBe(1);
  expect(readdirSync(join(home, 'lock'))).toEqual([]);
});

test('different names do not wait for each other', async () => {
  let release = (): void => undefined;
  const first = withLock(home, 'a', nothing, () => new Promise<void>((resolve) => (release = resolve)));
  expect(await withLock(home, 'b', nothing, async () => 'done')).toBe('done');
  release();
  await first;
});

test('what another has done meanwhile is not done again', async () => {
  let done: string | undefined;
  let times = 0;
  const work = async (): Promise<string> => {
    times++;
    await new Promise((resolve) => setTimeout(resolve, 30));
    done = 'made once';
    return done;
  };
  const results = await Promise.all(Array.from({ length: 10 }, () => withLock(home, 'a', () => done, work)));
  expect({ times, results: new Set(results) }).toEqual({ times: 1, results: new Set(['made once']) });
});

test('work that fails gives the lock back', async () => {
  await expect(withLock(home, 'a', nothing, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(home, 'a', nothing, async () => 1)).toBe(1);
});

test('the lock of a process that has ended is broken by exactly one of many', async () => {
  leave('a', JSON.stringify({ pid: await endedProcess(), host: hostname(), since: 0, nonce: 'n' }));
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(home, 'a', nothing, work)));
  expect(most).toBe(1);
  expect(readdirSync(join(home, 'lock'))).toEqual([]);
});

test('a breaker that died in the middle does not matter after a while', async () => {
  leave('a', JSON.stringify({ pid: await endedProcess(), host: hostname(), since: 0, nonce: 'n' }));
  const guard = `${lockPath(home, 'a')}.breaking`;
  writeFileSync(guard, '1');
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(guard, longAgo, longAgo);
  expect(await withLock(home, 'a', nothing, async () => 1)).toBe(1);
});

test('the lock of a living process on this machine is waited for', async () => {
  leave('a', JSON.stringify({ pid: process.pid, host: hostname(), since: 0, nonce: 'n' }));
  let entered = false;
  const waiting = withLock(home, 'a', nothing, async () => (entered = true));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(entered).toBe(false);
  rmSync(lockPath(home, 'a'));
  await waiting;
  expect(entered).toBe(true);
});

test('a lock that was taken over meanwhile is not removed at the end', async () => {
  await withLock(home, 'a', nothing, async () => {
    leave('a', JSON.stringify({ pid: process.pid, host: hostname(), since: 1, nonce: 'other' }));
  });
  expect(readdirSync(join(home, 'lock'))).toEqual(['a.lock']);
});
