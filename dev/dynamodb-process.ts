import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endOf, stopChild } from './child.ts';
import type { DynamoDbOptions, LocalDynamoDb } from './dynamodb.ts';
import { startDynamoDb } from './dynamodb.ts';

export interface DynamoDbProcess extends LocalDynamoDb {
  /** Kill it to see what the product does without its store. */
  readonly pid: number;
}

type Reply = { readonly url: string; readonly port: number } | { readonly problem: string };

const THIS_FILE = fileURLToPath(import.meta.url);
const GUARD = fileURLToPath(new URL('child-guard.ts', import.meta.url));

/**
 * `startDynamoDb` in a process of its own, so that it can be killed while everything else stays up.
 *
 * @throws Error when it does not start
 */
export async function startDynamoDbProcess(options: DynamoDbOptions): Promise<DynamoDbProcess> {
  const child = fork(THIS_FILE, [], {
    execArgv: ['--import', GUARD],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  let stopping = false;
  const close = async (): Promise<void> => {
    stopping = true;
    await stopChild(child);
  };
  const ended = endOf(child, 'the local DynamoDB', () => stopping);
  ended.catch(() => undefined);
  try {
    child.send(options);
    const reply = await Promise.race([
      once(child, 'message').then(([message]) => message as Reply),
      ended.then(() => ({ problem: 'the local DynamoDB was stopped' })),
    ]);
    if ('problem' in reply) throw new Error(reply.problem);
    return { ...reply, tableName: options.tableName, pid: child.pid ?? 0, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The child's side: options in, address out, then serve until told to end. */
async function serve(): Promise<void> {
  const [options] = (await once(process, 'message')) as [DynamoDbOptions];
  let reply: Reply;
  try {
    const database = await startDynamoDb(options);
    process.once('SIGTERM', () => void database.close().finally(() => process.exit(0)));
    reply = { url: database.url, port: database.port };
  } catch (error) {
    reply = { problem: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(reply);
}

if (import.meta.main) await serve();
