import { randomInt } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Caller } from '../identity/caller.ts';
import type { Item, Table } from '../store/dynamodb.ts';
import { deviceHash, deviceRequestKey, userCodeGuessesKey, userCodeKey } from '../store/table.ts';
import { callerMembers, callerOf, hashOf, newSecret, stored, swap } from './stored.ts';
import { newToolSessionId, type ToolSessions } from './tool-sessions.ts';

/** A device that asks to be signed in, as the person who is asked sees it. */
export interface DeviceRequest {
  readonly clientName: string;
  /** Whether it may refresh. */
  readonly refreshes: boolean;
  readonly sourceIp: string | undefined;
  readonly userAgent: string | undefined;
  /** Epoch seconds. */
  readonly begunAt: number;
}

/** What a device that asks how far its request is may be told. */
export type DeviceState =
  | { readonly state: 'pending' }
  | {
      readonly state: 'approved';
      readonly caller: Caller;
      readonly refreshes: boolean;
      readonly sessionEndsAt: number;
      /** Uses the code up. @returns id of the session to begin. @throws Fault `grant_invalid`, `store_unavailable` */
      use(): Promise<string>;
    };

/** RFC 8628: a device asks for two codes, a person types the short one in a browser, the device asks with the long one. */
export interface DeviceRequests {
  /**
   * @param now epoch milliseconds
   * @throws Fault `rate_limited`, `store_unavailable`
   */
  begin(
    request: Omit<DeviceRequest, 'begunAt'> & { readonly clientId: string },
    now: number,
  ): Promise<{ readonly deviceCode: string; readonly userCode: string }>;
  /**
   * @throws Fault `slow_down`, `authorization_denied`, `device_code_expired`, `grant_invalid`, `store_unavailable`
   */
  ask(deviceCode: string, clientId: string, now: number): Promise<DeviceState>;
  /**
   * The request that waits under a code that somebody typed, however they wrote it.
   *
   * @throws Fault `user_code_unknown`, `rate_limited` when they, or all together, tried too many, `store_unavailable`
   */
  find(
    userCode: string,
    guesser: { readonly issuer: string; readonly subject: string },
    now: number,
  ): Promise<DeviceRequest & { readonly userCode: string }>;
  /** The same of a code that was found before. @throws Fault `user_code_unknown`, `store_unavailable` */
  waiting(userCode: string, now: number): Promise<DeviceRequest & { readonly userCode: string }>;
  /** @throws Fault `user_code_unknown`, `store_unavailable` */
  approve(
    userCode: string,
    approval: { readonly caller: Caller; readonly sessionEndsAt: number },
    now: number,
  ): Promise<void>;
  /** @throws Fault `user_code_unknown`, `store_unavailable` */
  deny(userCode: string, now: number): Promise<void>;
}

/** Seconds that a person has to type the code. */
export const DEVICE_SECONDS = 600;

/** Seconds between two questions of a device. */
export const DEVICE_INTERVAL = 5;

/** Seconds for which a used code is known as such. */
const REMEMBERED_SECONDS = 3600;

/** RFC 8628 §6.1: no vowels, so no words; nothing that looks like something else. Eight of them are 34.6 bits. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;

/** Codes that one person, and all together, may try in ten minutes: of a thousand that wait, one is met in 50,000 years. */
const GUESSES = 5;
const GUESSES_OF_ALL = 500;

const ROUNDS = 20;

const REQUEST = 'the device’s request';

export function deviceRequests(table: Table, sessions: Pick<ToolSessions, 'revoke'>): DeviceRequests {
  const readByHash = (hash: string) => stored(REQUEST, () => table.get(deviceRequestKey(hash)));

  async function change(hash: string, item: Item, version: number): Promise<boolean> {
    return swap(table, REQUEST, { ...item, ...deviceRequestKey(hash), version: version + 1 }, version);
  }

  /** The request that waits under a user code; undefined for none. */
  async function pending(userCode: string, now: number): Promise<{ hash: string; item: Item } | undefined> {
    const found = await stored(REQUEST, () => table.get(userCodeKey(userCode)));
    const hash = String(found?.['device'] ?? '');
    const item = found === undefined ? undefined : await readByHash(hash);
    const isWaiting = item?.['state'] === 'pending' && Number(item['goodUntil']) * 1000 > now;
    return isWaiting ? { hash, item } : undefined;
  }

  async function waiting(userCode: string, now: number): Promise<DeviceRequest & { readonly userCode: string }> {
    const { item } = (await pending(userCode, now)) ?? {};
    if (item === undefined) throw new Fault('user_code_unknown', 'no request waits under the code that was typed');
    return {
      userCode,
      clientName: String(item['clientName']),
      refreshes: item['refreshes'] === 1,
      sourceIp: item['sourceIp'] === undefined ? undefined : String(item['sourceIp']),
      userAgent: item['userAgent'] === undefined ? undefined : String(item['userAgent']),
      begunAt: Number(item['goodUntil']) - DEVICE_SECONDS,
    };
  }

  async function decide(userCode: string, decision: Item, now: number): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { hash, item } = (await pending(userCode, now)) ?? {};
      if (hash === undefined || item === undefined) break;
      if (await change(hash, { ...item, ...decision }, Number(item['version']))) return;
    }
    throw new Fault('user_code_unknown', 'no request waits under this code any more');
  }

  return {
    async begin({ clientId, clientName, refreshes, sourceIp, userAgent }, now) {
      const deviceCode = newSecret();
      const hash = deviceHash(deviceCode);
      const seconds = Math.floor(now / 1000);
      const item = {
        ...deviceRequestKey(hash),
        version: 1,
        state: 'pending',
        client: hashOf(clientId),
        clientName,
        refreshes: refreshes ? 1 : 0,
        ...(sourceIp !== undefined && { sourceIp }),
        ...(userAgent !== undefined && { userAgent }),
        session: newToolSessionId(),
        interval: DEVICE_INTERVAL,
        goodUntil: seconds + DEVICE_SECONDS,
        expiresAt: seconds + REMEMBERED_SECONDS,
      };
      await stored(REQUEST, () => table.create(item));
      // A code that waits already, or did within the hour, is not given twice.
      for (let round = 0; round < ROUNDS; round += 1) {
        const userCode = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
        const code = { ...userCodeKey(userCode), device: hash, expiresAt: seconds + DEVICE_SECONDS };
        if (await stored(REQUEST, () => table.create(code))) return { deviceCode, userCode: written(userCode) };
      }
      throw new Fault('store_unavailable', 'no user code is free');
    },

    async ask(deviceCode, clientId, now) {
      const hash = deviceHash(deviceCode);
      for (let round = 0; round < ROUNDS; round += 1) {
        const item = await readByHash(hash);
        if (item === undefined) throw new Fault('grant_invalid', 'the device code is not known');
        if (item['client'] !== hashOf(clientId)) throw new Fault('grant_invalid', 'the code is of another client');
        const version = Number(item['version']);
        const session = String(item['session']);
        const again = async (): Promise<never> => {
          await sessions.revoke(session, now);
          throw new Fault('grant_invalid', 'the device code was used before: what came of it is over');
        };
        if (item['state'] === 'used') return again();
        if (item['state'] === 'denied') throw new Fault('authorization_denied', 'the person said no');
        if (!(Number(item['goodUntil']) * 1000 > now)) {
          throw new Fault('device_code_expired', 'nobody approved the request in time');
        }
        if (item['state'] === 'approved') {
          const sessionEndsAt = Number(item['sessionEndsAt']);
          return {
            state: 'approved',
            caller: callerOf(item, sessionEndsAt),
            refreshes: item['refreshes'] === 1,
            sessionEndsAt,
            async use() {
              const used = {
                state: 'used',
                client: item['client'] ?? '',
                session,
                expiresAt: Number(item['expiresAt']),
              };
              return (await change(hash, used, version)) ? session : again();
            },
          };
        }
        const interval = Number(item['interval']);
        const isTooFast = now - Number(item['askedBefore'] ?? 0) < interval * 1000;
        const asked = {
          ...item,
          // Clients ask twice in a row when they begin; only a third time within the interval is too fast.
          askedBefore: item['askedLast'] ?? 0,
          askedLast: now,
          ...(isTooFast && { interval: interval + DEVICE_INTERVAL }),
        };
        if (!(await change(hash, asked, version))) continue;
        if (isTooFast) throw new Fault('slow_down', `more than two questions within ${interval} seconds`);
        return { state: 'pending' };
      }
      throw new Fault('slow_down', 'too many questions at once');
    },

    async find(typed, guesser, now) {
      const userCode = typed.toUpperCase().replace(/[^A-Z]/g, '');
      await guess(`${guesser.issuer}\n${guesser.subject}`, GUESSES, now);
      await guess('', GUESSES_OF_ALL, now);
      return waiting(userCode, now);
    },

    waiting,

    approve: (userCode, { caller, sessionEndsAt }, now) =>
      decide(userCode, { state: 'approved', ...callerMembers(caller), sessionEndsAt }, now),

    deny: (userCode, now) => decide(userCode, { state: 'denied' }, now),
  };

  async function guess(guesser: string, limit: number, now: number): Promise<void> {
    const windowEnd = (Math.floor(now / 600_000) + 1) * 600;
    const key = userCodeGuessesKey(guesser, now);
    if (await stored(REQUEST, () => table.countUp(key, 1, limit, windowEnd + 3600))) return;
    throw new Fault('rate_limited', `more than ${limit} codes tried within ten minutes`, {
      retryAfterSeconds: Math.max(1, windowEnd - Math.floor(now / 1000)),
    });
  }
}

/** `BCDF-GHJK`, as people read it. */
function written(userCode: string): string {
  return `${userCode.slice(0, LENGTH / 2)}-${userCode.slice(LENGTH / 2)}`;
}
