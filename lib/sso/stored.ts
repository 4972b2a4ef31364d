import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import type { JsonObject } from '../json.ts';
import type { Item, Table } from '../store/dynamodb.ts';

/** How items of signing in are written, and read again. */

/** 256 random bits in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256, hex: what is kept of something that could be used. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Claims are kept apart, so that none of them can pass for something that was verified about them. */
export function callerMembers(caller: Caller): { readonly caller: string; readonly claims: string } {
  const { claims, ...known } = caller;
  return { caller: JSON.stringify(known), claims: JSON.stringify(claims) };
}

/** @param expiresAt epoch seconds: until when the caller is taken for who they were verified to be */
export function callerOf(item: Item, expiresAt: number): Caller {
  const known = JSON.parse(String(item['caller'])) as Omit<Caller, 'claims'>;
  return {
    ...known,
    authenticatedAt: known.authenticatedAt,
    expiresAt,
    claims: JSON.parse(String(item['claims'])) as JsonObject,
  };
}

/** @throws Fault `store_unavailable` for whatever the table throws */
export async function stored<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('store_unavailable', `${what} could not be read or written`, { cause });
  }
}

type Swapped = Parameters<Table['swap']>[0];

/**
 * `Table.swap` that knows its own write: where it was kept and its answer lost, the SDK tries again and fails because of
 * itself. Each write carries a mark of its own, which tells.
 *
 * @throws Fault `store_unavailable`
 */
export async function swap(table: Table, what: string, item: Swapped, previous: number): Promise<boolean> {
  const mark = randomUUID();
  return stored(what, async () => {
    if (await table.swap({ ...item, mark }, previous)) return true;
    return (await table.get({ pk: item.pk, sk: item.sk }))?.['mark'] === mark;
  });
}
