import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInAttempts } from '../../lib/sso/attempts.ts';
import { newSecret } from '../../lib/sso/stored.ts';
import { type TestTable, testTable } from '../support/table.ts';

/** A sign-in that was begun is finished once, whoever asks, however many at the same time. */

let store: TestTable;
beforeAll(async () => {
  store = await testTable();
});
afterAll(() => store.close());

/** More behind `DAYPASS_ROUNDS`. */
const ROUNDS = Number(process.env['DAYPASS_ROUNDS'] ?? '40');

describe('A pending sign-in', () => {
  test(`has one winner in each of ${ROUNDS} rounds of 16`, { timeout: 600_000 }, async () => {
    const attempts = signInAttempts(store.table);
    for (let round = 0; round < ROUNDS; round += 1) {
      const secret = newSecret();
      const { state } = await attempts.begin(secret, { issuer: 'corp', returnTo: '/' }, Date.now());
      const ends = await Promise.allSettled(
        Array.from({ length: 16 }, () => attempts.finish(secret, state, Date.now())),
      );
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const end of ends) {
        if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'sign_in_failed' });
      }
    }
  });

  test('is kept with what it was begun for, and nothing that could be used', async () => {
    const attempts = signInAttempts(store.table);
    const secret = newSecret();
    const purpose = { issuer: 'corp', returnTo: '/sessions', maxAgeSeconds: 300, acrValues: 'a b' };
    const begun = await attempts.begin(secret, purpose, 1_000_000);
    const finished = await attempts.finish(secret, begun.state, 1_000_000);
    expect(finished).toEqual({ ...purpose, ...begun, begunAt: 1000 });
    expect(new Set([begun.state, begun.nonce, begun.codeVerifier, secret]).size).toBe(4);
  });

  test('fails closed when the store does not answer', async () => {
    const down = { take: () => Promise.reject(new Error('down')), create: () => Promise.reject(new Error('down')) };
    const attempts = signInAttempts(down as never);
    await expect(attempts.begin('s', { issuer: 'corp', returnTo: '/' }, 0)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    await expect(attempts.finish('s', 'x', 0)).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
