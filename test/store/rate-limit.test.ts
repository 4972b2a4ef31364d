import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../lib/fault.ts';
import type { Item, Table } from '../../lib/store/dynamodb.ts';
import { rateLimit } from '../../lib/store/rate-limit.ts';
import type { Key } from '../../lib/store/table.ts';
import { usedTokens } from '../../lib/store/used-tokens.ts';
import { type TestTable, testTable } from '../support/table.ts';

const NOW = Date.UTC(2026, 0, 15, 12, 0, 20);
let store: TestTable;
beforeAll(async () => {
  store = await testTable();
});
afterAll(() => store.close());

async function codes(promises: Promise<void>[]): Promise<(string | undefined)[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => (result.status === 'rejected' ? (result.reason as Fault).code : undefined));
}

describe('the rate limit', () => {
  test('lets exactly its number through, however many come at once', async () => {
    const limit = rateLimit(store.table, 5);
    const caller = { issuer: 'corp', subject: 'many' };
    const taken = await codes(Array.from({ length: 40 }, () => limit.take(caller, NOW)));
    expect(taken.filter((code) => code === undefined)).toHaveLength(5);
    expect(taken.filter((code) => code === 'rate_limited')).toHaveLength(35);
  });

  test('is taken to the last one by a caller who stays with one instance, in fewer writes', async () => {
    let writes = 0;
    const counted = Object.assign(Object.create(store.table) as Table, {
      countUp: (...count: Parameters<Table['countUp']>) => {
        writes += 1;
        return store.table.countUp(...count);
      },
    });
    const limit = rateLimit(counted, 60);
    const taken = [];
    for (let request = 0; request < 70; request += 1)
      taken.push(...(await codes([limit.take({ issuer: 'corp', subject: 'burst' }, NOW)])));
    expect(taken.indexOf('rate_limited')).toBe(60);
    expect(writes).toBeLessThan(40);
  });

  test('is never passed by instances that do not know of each other, and hardly missed', async () => {
    const instances = Array.from({ length: 5 }, () => rateLimit(store.table, 60));
    const taken: (string | undefined)[] = [];
    for (let request = 0; request < 100; request += 1) {
      const instance = instances[request % instances.length];
      taken.push(...(await codes(instance ? [instance.take({ issuer: 'corp', subject: 'spread' }, NOW)] : [])));
    }
    const through = taken.filter((code) => code === undefined).length;
    expect(through).toBeLessThanOrEqual(60);
    expect(through).toBeGreaterThan(35);
  });

  test('begins anew with the minute, whatever is held of the last one', async () => {
    const limit = rateLimit(store.table, 20);
    const caller = { issuer: 'corp', subject: 'minutes' };
    for (const now of [NOW, NOW + 60_000, NOW + 120_000]) {
      const taken = await codes(Array.from({ length: 30 }, () => limit.take(caller, now)));
      expect(taken.filter((code) => code === undefined).length).toBeLessThanOrEqual(20);
    }
  });

  test('says how long the minute still lasts', async () => {
    const limit = rateLimit(store.table, 1);
    const caller = { issuer: 'corp', subject: 'waiting' };
    await limit.take(caller, NOW);
    await expect(limit.take(caller, NOW)).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 40 });
    await expect(limit.take(caller, NOW + 40_000)).resolves.toBeUndefined();
  });

  test('is counted per issuer and subject, which cannot be shifted into each other', async () => {
    const limit = rateLimit(store.table, 1);
    await limit.take({ issuer: 'corp', subject: 'ab' }, NOW);
    await expect(limit.take({ issuer: 'corpa', subject: 'b' }, NOW)).resolves.toBeUndefined();
    await expect(limit.take({ issuer: 'other', subject: 'ab' }, NOW)).resolves.toBeUndefined();
    await expect(limit.take({ issuer: 'corp', subject: 'ab' }, NOW)).rejects.toMatchObject({ code: 'rate_limited' });
  });
});

describe('single-use tokens', () => {
  test('have one user, however many come at once', async () => {
    const guard = usedTokens(store.table);
    for (let round = 0; round < 50; round += 1) {
      const used = await codes(Array.from({ length: 16 }, () => guard.consume('ci', `jti-${round}`, NOW / 1000)));
      expect(used.filter((code) => code === undefined)).toHaveLength(1);
      expect(used.filter((code) => code === 'token_replayed')).toHaveLength(15);
    }
  });

  test('may be used although the answer to their first write was lost', async () => {
    // What a client's own retry sees: the write is there, the condition fails.
    const lossy = Object.assign(Object.create(store.table) as Table, {
      create: async (item: Item & Key) => (await store.table.create(item)) && store.table.create(item),
      get: (key: Key) => store.table.get(key),
    });
    await expect(usedTokens(lossy).consume('ci', 'lost', NOW / 1000)).resolves.toBeUndefined();
    await expect(usedTokens(store.table).consume('ci', 'lost', NOW / 1000)).rejects.toMatchObject({
      code: 'token_replayed',
    });
  });

  test('of two issuers may have one id', async () => {
    const guard = usedTokens(store.table);
    await guard.consume('one', 'shared', NOW / 1000);
    await expect(guard.consume('two', 'shared', NOW / 1000)).resolves.toBeUndefined();
  });
});

test('a store that is down lets nothing through', async () => {
  const down = await testTable();
  await down.close();
  await expect(rateLimit(down.table, 5).take({ issuer: 'corp', subject: 's' }, NOW)).rejects.toMatchObject({
    code: 'store_unavailable',
  });
  await expect(usedTokens(down.table).consume('ci', 'j', NOW / 1000)).rejects.toMatchObject({
    code: 'store_unavailable',
  });
});
