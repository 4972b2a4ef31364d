import { readdirSync, readFileSync } from 'node:fs';
import { errorCode, Failure, reasonOf } from '../failure.ts';
import { removePrivate } from './private-file.ts';

/**
 * Removes every cached session of the broker, whoever's it was, and every file that cannot be told.
 *
 * @returns how many
 */
export function forgetCached(home: string, broker: string): number {
  const directory = `${home}/credentials`;
  let removed = 0;
  for (const name of names(directory)) {
    const path = `${directory}/${name}`;
    const owner = brokerOf(path);
    if (owner !== undefined && owner !== broker) continue;
    removePrivate(path);
    removed++;
  }
  return removed;
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return [];
    throw new Failure('local', `${directory} cannot be read (${reasonOf(thrown)})`);
  }
}

function brokerOf(path: string): string | undefined {
  try {
    const cached = JSON.parse(readFileSync(path, 'utf8')) as { key?: { broker?: unknown } };
    return typeof cached.key?.broker === 'string' ? cached.key.broker : undefined;
  } catch {
    return undefined;
  }
}
